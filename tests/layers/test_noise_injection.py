import numpy as np
import pytest
from layer_check import check_layer

from keras_gans.layers import NoiseInjection


@pytest.mark.parametrize("per_channel", [True, False])
def test_noise_injection(per_channel):
    check_layer(
        NoiseInjection,
        arguments={"per_channel": per_channel},
        shapes=[(3, 4, 2, 5), (3, 4, 2, 1)],
        weights={"strength": (5,) if per_channel else ()},
        reference=lambda x, noise, strength: x + np.repeat(noise, 5, axis=3) * strength,
    )


def test_starts_silent():
    layer = NoiseInjection()
    features = np.ones((2, 4, 4, 3), "float32")
    np.testing.assert_array_equal(layer([features, 5.0 * features[..., :1]]), features)
