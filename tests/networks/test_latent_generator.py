import keras
import numpy as np

from harness import assert_close, random_inputs
from keras_gans.networks.class_conditioning import label_input
from keras_gans.networks.latent_generator import LatentGenerator


class Painter(LatentGenerator):
    """Images of one pixel: half the latents, plus the label."""

    def __init__(self, *, latent_dim=3, num_classes=0, dtype=None, name="painter"):
        latents = keras.Input((latent_dim,))
        inputs, labels = label_input(latents, num_classes)
        pixels = 0.5 * latents
        if num_classes:
            pixels = pixels + keras.ops.cast(labels, "float32")[:, None]
        super().__init__(inputs, pixels[:, None, None, :])


def shapes(signature):
    return {name: (spec.shape, spec.dtype) for name, spec in signature.items()}


def test_without_classes():
    endpoints = Painter().endpoints()
    assert list(endpoints) == ["default"]
    function, signature = endpoints["default"]
    assert shapes(signature) == {"z": ((None, 3), "float32")}
    z = random_inputs([(5, 3)])
    assert_close(function(z=z), np.clip(z / 4 + 0.5, 0, 1)[:, None, None])


def test_with_classes():
    function, signature = Painter(num_classes=4).endpoints()["default"]
    assert shapes(signature) == {
        "z": ((None, 3), "float32"),
        "y": ((None, 4), "float32"),
        "truncation": ((), "float32"),
    }
    z, labels = random_inputs([(4, 3)]), np.array([0, 1, 3, 2])
    y = np.eye(4, dtype="float32")[labels]

    def expected(factor):
        return np.clip((z * factor / 2 + labels[:, None]) / 2 + 0.5, 0, 1)[:, None, None]

    assert_close(function(z=z, y=y, truncation=np.float32(0.25)), expected(0.25))
    rows = np.array([1.0, 0.5, 0.0, 0.25], "float32")  # one for each example
    assert_close(function(z=z, y=y, truncation=rows), expected(rows[:, None]))
