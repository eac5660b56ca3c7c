import keras
import pytest

from keras_gans.endpoints import limits
from keras_gans.export import module


def test_endpoints_and_signatures(network, conditional_network):
    built = module.build(network)
    assert list(built.calls) == ["default", "mapping", "latents", "sample"]
    assert limits(built.calls["sample"][1]["num"]) == (0, 1024)
    built = module.build(conditional_network)
    assert list(built.calls["sample"][1]) == ["num", "seed", "y", "truncation"]
    assert list(built.signatures["image_bytes"][1]) == ["z", "y", "truncation"]


class Other(keras.Model):
    """A network whose endpoints are given."""

    def __init__(self, endpoints):
        super().__init__()
        self.endpoints = lambda: endpoints


def test_own_endpoints_come_before_derived_ones():
    z = {"z": keras.InputSpec(shape=(None, 2), dtype="float32")}
    seed = {"seed": keras.InputSpec(shape=(), dtype="int64")}
    offered = {"default": (lambda z: z, z), "sample": (lambda seed: seed, seed)}
    built = module.build(Other(offered))
    assert built.calls["sample"][1] is seed
    assert "image_bytes" not in built.signatures  # no pictures


def test_nothing_is_derived_without_latents():
    image = {"image": keras.InputSpec(shape=(None, 4, 4, 3), dtype="float32")}
    built = module.build(Other({"default": (lambda image: image, image)}))
    assert list(built.calls) == ["default"]
    assert set(built.signatures) == {"default", "serving_default", "image_bytes"}


@pytest.mark.parametrize("name", ["restore", "variables", "save"])
def test_names_that_are_taken(name):
    z = {"z": keras.InputSpec(shape=(None, 2), dtype="float32")}
    with pytest.raises(ValueError, match=name):
        module.build(Other({"default": (lambda z: z, z), name: (lambda z: z, z)}))
    with pytest.raises(ValueError, match="must hold 'default'"):
        module.build(Other({"other": (lambda z: z, z)}))
