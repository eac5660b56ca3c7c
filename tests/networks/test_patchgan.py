import itertools

import numpy as np
import pytest
import tensorflow as tf
from network_check import randomized

from harness import assert_close, random_inputs
from keras_gans.networks import PatchGANDiscriminator


def size(channels, width, num_layers, batch_norm, kernel=4):
    """A bias at both ends; in between one, or two numbers of batch norm, for each channel."""
    widths = [width * min(2**number, 8) for number in range(max(num_layers, 1) + 1)]
    total = kernel**2 * channels * width + width + kernel**2 * widths[-1] + 1
    for inner, outer in itertools.pairwise(widths):
        total += kernel**2 * inner * outer + (2 if batch_norm else 1) * outer
    return total


@pytest.mark.parametrize("num_layers, field", [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_patches(num_layers, field):
    """What a logit sees: where its gradient is not zero, of images without a border near."""
    network = randomized(PatchGANDiscriminator(num_layers=num_layers, width=1, channels=1), spread=0.4)
    side = 2 * field + 64
    pixels = tf.constant(random_inputs([(1, side, side, 1)]))
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logits = network(pixels)
        logit = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.any(tape.gradient(logit, pixels)[0] != 0, axis=-1)
    rows = np.flatnonzero(seen.any(axis=1))
    assert rows[-1] - rows[0] + 1 == field
    assert network.count_params() - 2 * sum(w.shape[0] for w in network.weights if w.name == "gamma") == size(
        1, 1, num_layers, True, kernel=4 if num_layers else 1
    )


@pytest.mark.parametrize("height, width", [(24, 37), (70, 70), (31, 48)])
def test_any_size(height, width):
    network = PatchGANDiscriminator(width=2)
    logits = network(np.zeros((2, height, width, 3), "float32"))
    assert logits.shape == (2, height // 8 - 2, width // 8 - 2, 1)


def test_small_images_are_refused():
    with pytest.raises(ValueError, match=r"at least 24\. Received: 24x23"):
        PatchGANDiscriminator(width=2)(np.zeros((1, 24, 23, 3)))
    with pytest.raises(ValueError, match=r"at least 24\. Received: 16x16"):
        PatchGANDiscriminator(width=2, resolution=16)
    with pytest.raises(ValueError, match=r"`num_layers` must not be negative\. Received: -1"):
        PatchGANDiscriminator(num_layers=-1)


def test_initial_weights():
    network = PatchGANDiscriminator(width=16)
    for weight in network.trainable_weights:
        if weight.name == "kernel":
            assert np.std(weight) == pytest.approx(0.02, rel=0.1), weight.path
        if weight.name == "bias":
            assert_close(weight, np.zeros(weight.shape))
