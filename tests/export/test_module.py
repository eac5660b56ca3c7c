import keras
import pytest
import tensorflow as tf

from keras_gans.endpoints import limits
from keras_gans.export import module

Z = {"z": keras.InputSpec(shape=(None, 2), dtype="float32")}


def test_endpoints_and_signatures(with_endpoints, conditional_network):
    def images(z):
        return tf.reshape(tf.repeat(z, 6, axis=1), (-1, 2, 2, 3))

    built = module.build(with_endpoints({"default": (images, Z), "mapping": (lambda z: {"w": z}, Z)}))
    assert list(built.calls) == ["default", "mapping", "latents", "sample"]
    assert limits(built.calls["sample"][1]["num"]) == (0, 1024)
    built = module.build(conditional_network)
    assert list(built.calls["sample"][1]) == ["num", "seed", "y", "truncation"]
    assert list(built.signatures["image_bytes"][1]) == ["z", "y", "truncation"]


def test_own_endpoints_come_before_derived_ones(with_endpoints):
    seed = {"seed": keras.InputSpec(shape=(), dtype="int64")}
    offered = {"default": (lambda z: z, Z), "sample": (lambda seed: seed, seed)}
    built = module.build(with_endpoints(offered))
    assert built.calls["sample"][1] is seed
    assert "image_bytes" not in built.signatures  # no pictures


def test_nothing_is_derived_without_latents(with_endpoints):
    image = {"image": keras.InputSpec(shape=(None, 4, 4, 3), dtype="float32")}
    built = module.build(with_endpoints({"default": (lambda image: image, image)}))
    assert list(built.calls) == ["default"]
    assert set(built.signatures) == {"default", "serving_default", "image_bytes"}


@pytest.mark.parametrize("name", ["restore", "variables", "save"])
def test_names_that_are_taken(name, with_endpoints):
    with pytest.raises(ValueError, match=name):
        module.build(with_endpoints({"default": (lambda z: z, Z), name: (lambda z: z, Z)}))
    with pytest.raises(ValueError, match="must hold 'default'"):
        module.build(with_endpoints({"other": (lambda z: z, Z)}))
