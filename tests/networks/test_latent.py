import keras
import numpy as np
import pytest

from harness import assert_close, random_inputs
from keras_gans.networks.latent import latent_endpoints, resolutions


class Painter(keras.layers.Layer):
    """Images of one pixel: half the latents, plus the label."""

    latent_dim = 3

    def __init__(self, num_classes=0):
        super().__init__()
        self.num_classes = num_classes

    def call(self, inputs):
        latents, labels = inputs if self.num_classes else (inputs, None)
        pixels = (
            0.5 * latents if labels is None else 0.5 * latents + keras.ops.cast(labels, "float32")[:, None]
        )
        return pixels[:, None, None, :]


def shapes(signature):
    return {name: (spec.shape, spec.dtype) for name, spec in signature.items()}


def test_without_classes():
    endpoints = latent_endpoints(Painter())
    assert list(endpoints) == ["default"]
    function, signature = endpoints["default"]
    assert shapes(signature) == {"z": ((None, 3), "float32")}
    z = random_inputs([(5, 3)])
    assert_close(function(z=z), np.clip(z / 4 + 0.5, 0, 1)[:, None, None])


def test_with_classes():
    function, signature = latent_endpoints(Painter(4))["default"]
    assert shapes(signature) == {
        "z": ((None, 3), "float32"),
        "y": ((None, 4), "float32"),
        "truncation": ((), "float32"),
    }
    z, labels = random_inputs([(3, 3)]), np.array([0, 1, 3])
    y = np.eye(4, dtype="float32")[labels]

    def expected(factor):
        return np.clip((z * factor / 2 + labels[:, None]) / 2 + 0.5, 0, 1)[:, None, None]

    assert_close(function(z=z, y=y, truncation=np.float32(0.25)), expected(0.25))
    rows = np.array([1.0, 0.5, 0.0], "float32")  # one for each example
    assert_close(function(z=z, y=y, truncation=rows), expected(rows[:, None]))


def test_resolutions():
    assert resolutions(8) == [4, 8]
    assert resolutions(64) == [4, 8, 16, 32, 64]


@pytest.mark.parametrize("resolution", [0, 4, 12, 2048, -8])
def test_other_resolutions_are_refused(resolution):
    with pytest.raises(ValueError, match=f"power of two from 8 to 1024. Received: {resolution}"):
        resolutions(resolution)
