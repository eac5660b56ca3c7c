import numpy as np
import pytest

from harness import random_inputs
from keras_gans.networks import LeNetReconstructor, ResNet18Reconstructor


@pytest.mark.parametrize("network_class", [LeNetReconstructor, ResNet18Reconstructor])
def test_the_order_of_a_pair_counts(network_class):
    network = network_class(resolution=8, num_directions=3, channels=1, width=2)
    pair = random_inputs([(2, 8, 8, 1)], seed=1), random_inputs([(2, 8, 8, 1)], seed=2)
    one, other = (network(list(each)) for each in (pair, pair[::-1]))
    assert np.abs(one[0] - other[0]).max() > 1e-3 and np.abs(one[1] - other[1]).max() > 1e-4
    with pytest.raises(ValueError, match=r"`num_directions` must be at least 1. Received: 0"):
        network_class(num_directions=0)


def test_widths_of_lenet():
    network = LeNetReconstructor(resolution=28, num_directions=10, channels=1, width=6)
    assert [layer.kernel.shape[-1] for layer in network.layers if hasattr(layer, "kernel")][:4] == [
        6,
        16,
        120,
        84,
    ]
