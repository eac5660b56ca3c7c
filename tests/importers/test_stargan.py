import numpy as np
import pytest
from reference import translation_numpy
from reference.parity import assert_parity, channels_last
from reference.tensors import assert_each_is_needed, assert_same_numbers, assert_same_shapes

from keras_gans.importers import stargan
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network
from keras_gans.importers.stargan import DISCRIMINATOR, GENERATOR, networks_from_tensors
from keras_gans.networks import StarGANDiscriminator, StarGANGenerator

FIXTURE = "stargan_v1_32"

# A class head larger than the image of the scores' kernel, other counts for both networks.
OTHER = {
    "G": {"conv_dim": 3, "c_dim": 4, "repeat_num": 3},
    "D": {"image_size": 48, "conv_dim": 2, "c_dim": 5, "repeat_num": 3},
}


def random_tensors(config):
    return translation_numpy.random_tensors(translation_numpy.stargan_shapes(config))


def without_statistics(tensors):
    return {name: array for name, array in tensors.items() if "running" not in name}


def test_published_networks(fixture):
    config, tensors, arrays = fixture
    networks = networks_from_tensors(config, tensors)
    images, labels = channels_last(arrays["inputs/images"]), arrays["inputs/labels"]
    assert_parity(networks["generator"]([images, labels]), channels_last(arrays["outputs/fake"]))
    scores, class_logits = networks["discriminator"](images)
    assert_parity(scores, channels_last(arrays["outputs/d_source"]))
    assert_parity(class_logits, arrays["outputs/d_class_logits"])


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    images, labels = arrays["inputs/images"], arrays["inputs/labels"]
    fakes = translation_numpy.stargan_generator(tensors, config["G"], images, labels)
    assert_parity(fakes, arrays["outputs/fake"])
    scores, class_logits = translation_numpy.stargan_discriminator(tensors, config["D"], images)
    assert_parity(scores, arrays["outputs/d_source"])
    assert_parity(class_logits, arrays["outputs/d_class_logits"])
    assert_same_shapes(random_tensors(config), tensors)


def test_other_configurations():
    tensors = random_tensors(OTHER)
    networks = networks_from_tensors(OTHER, tensors)
    random = np.random.default_rng(1)
    images = random.standard_normal((3, 3, 20, 12)).astype("float32")
    labels = random.integers(2, size=(3, 4)).astype("float32")
    expected = channels_last(translation_numpy.stargan_generator(tensors, OTHER["G"], images, labels))
    assert np.std(expected) > 0.1
    assert_parity(networks["generator"]([channels_last(images), labels]), expected)
    images = random.standard_normal((3, 3, 48, 48)).astype("float32")
    scores, class_logits = translation_numpy.stargan_discriminator(tensors, OTHER["D"], images)
    ours = networks["discriminator"](channels_last(images))
    assert_parity(ours[0], channels_last(scores))
    assert_parity(ours[1], class_logits)


def test_what_is_built(fixture):
    config, tensors, _ = fixture
    networks = networks_from_tensors(config, without_statistics(tensors))
    assert type(networks["generator"]) is StarGANGenerator
    assert type(networks["discriminator"]) is StarGANDiscriminator
    assert_same_numbers(networks.values(), without_statistics(tensors))


def test_defaults_are_the_published_configuration():
    assert GENERATOR == {"conv_dim": 64, "c_dim": 5, "repeat_num": 6}
    assert DISCRIMINATOR == {"image_size": 128, "conv_dim": 64, "c_dim": 5, "repeat_num": 6}


def test_every_tensor_is_needed(fixture, monkeypatch):
    config, tensors, _ = fixture
    needed = without_statistics(tensors)
    assert_each_is_needed(stargan, config, tensors, names=needed, monkeypatch=monkeypatch)


def test_configuration_is_checked(fixture):
    config, tensors, _ = fixture
    for player, options, message in (
        ("G", {"image_size": 32}, r"unknown: \['image_size'\]"),
        ("D", {"image_size": 64}, "Tensor 'D/conv2.weight' gives shape"),
        ("D", {"image_size": 40}, "multiples of 16"),
    ):
        with pytest.raises(ValueError, match=message):
            networks_from_tensors({**config, player: {**config[player], **options}}, tensors)


def test_the_configuration_follows_from_shapes(fixture):
    config, tensors, _ = fixture
    networks = {
        f"200000-{part}": Network("", {}, {n[2:]: a for n, a in tensors.items() if n.startswith(part)})
        for part in "GD"
    }
    found = stargan.find(Checkpoint("torch zip", networks))
    assert found.derived == config and set(found.tensors) == set(tensors)
    assert found.places == {"G": "200000-G", "D": "200000-D"}
    assert stargan.find(Checkpoint("torch zip", {})) is None
    assert "D" not in stargan.find(Checkpoint("torch zip", {"G": networks["200000-G"]})).derived
