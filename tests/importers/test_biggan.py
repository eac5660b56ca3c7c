import re
from pathlib import Path

import numpy as np
import pytest
from reference import biggan_numpy
from reference.parity import assert_parity, channels_first, load
from reference.tensors import assert_each_is_needed, assert_same_numbers, assert_same_shapes

from harness import first_of
from keras_gans.importers import biggan
from keras_gans.importers.biggan import CONFIG, networks_from_tensors
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network
from keras_gans.networks import BigGANDiscriminator, BigGANGenerator

FIXTURES = Path(__file__).parents[1] / "reference"

GENERATORS = {
    # The form of CIFAR-10: tables of classes, and all latents in the first layer.
    "tables": {"G_shared": False, "dim_z": 7, "G_attn": "0", "mybn": True, "BN_eps": 1e-2},
    # The embedding as wide as the latents; attention twice, and at a size that there is not.
    "attentive": {"shared_dim": 0, "dim_z": 6, "G_attn": "8_32_64", "cross_replica": True},
    # Latents that the blocks cannot share evenly; no spectral norm.
    "plain": {"shared_dim": 5, "dim_z": 11, "hier": True, "G_attn": "16", "G_param": "N"},
}
DISCRIMINATORS = {
    "narrow": {"D_wide": False, "D_attn": "0"},
    "attentive": {"D_attn": "16"},  # behind all four blocks
    "plain": {"D_attn": "4_64", "D_param": "N", "resolution": 64, "D_ch": 8},
}
LABELS = np.array([4, 0, 1], "int32")


def other(changes):
    """Another configuration; every key has a value."""
    return {**CONFIG, "resolution": 32, "n_classes": 5, "G_ch": 2, "D_ch": 2, **changes}


@pytest.fixture(scope="module")
def generator_fixture():
    return load("biggan_64_G")


@pytest.fixture(scope="module")
def discriminator_fixture():
    return load("biggan_64_D")


def test_published_generator(generator_fixture):
    config, tensors, arrays = generator_fixture
    networks = networks_from_tensors(config, tensors)
    assert list(networks) == ["generator"]
    generator = networks["generator"]
    inputs = [arrays["inputs/z"], arrays["inputs/labels"]]
    assert_parity(channels_first(generator(inputs)), arrays["outputs/images"])
    assert_same_numbers([generator], tensors)
    images = biggan_numpy.generator(tensors, config, *inputs)
    assert_parity(images, arrays["outputs/images"])
    assert_same_shapes(biggan_numpy.random_generator_tensors({**CONFIG, **config}), tensors)


def test_published_discriminator(discriminator_fixture):
    config, tensors, arrays = discriminator_fixture
    networks = networks_from_tensors(config, tensors)
    assert list(networks) == ["discriminator"]
    discriminator = networks["discriminator"]
    images, labels = arrays["inputs/d_images"], arrays["inputs/d_labels"]
    logits = discriminator([images.transpose(0, 2, 3, 1), labels])
    assert_parity(logits, arrays["outputs/d_logits"])
    assert_same_numbers([discriminator], tensors)
    logits = biggan_numpy.discriminator(tensors, config, images, labels)
    assert_parity(logits, arrays["outputs/d_logits"])
    assert_same_shapes(biggan_numpy.random_discriminator_tensors({**CONFIG, **config}), tensors)


@pytest.mark.parametrize("name", first_of(list(GENERATORS), count=2))
def test_other_generators(name):
    config = other(GENERATORS[name])
    tensors = biggan_numpy.random_generator_tensors(config)
    generator = networks_from_tensors(config, tensors)["generator"]
    latents = np.random.default_rng(1).standard_normal((3, generator.latent_dim)).astype("float32")
    expected = biggan_numpy.generator(tensors, config, latents, LABELS)
    assert_parity(channels_first(generator([latents, LABELS])), expected)
    assert np.std(expected) > 0.1


@pytest.mark.parametrize("name", first_of(list(DISCRIMINATORS), count=2))
def test_other_discriminators(name):
    config = other(DISCRIMINATORS[name])
    tensors = biggan_numpy.random_discriminator_tensors(config)
    discriminator = networks_from_tensors(config, tensors)["discriminator"]
    shape = (3, 3, config["resolution"], config["resolution"])
    images = np.random.default_rng(1).standard_normal(shape).astype("float32")
    expected = biggan_numpy.discriminator(tensors, config, images, LABELS)
    assert_parity(discriminator([images.transpose(0, 2, 3, 1), LABELS]), expected)
    assert np.std(expected) > 0.1


def test_both_at_once():
    config = other({"G_attn": "0", "D_attn": "0", "G_shared": False})
    tensors = {
        **biggan_numpy.random_generator_tensors(config),
        **biggan_numpy.random_discriminator_tensors(config),
        "G/linear.sv0": np.ones(1),
        "D/blocks.0.0.conv1.sv0": np.ones(1),
        "G/blocks.0.0.bn1.accumulation_counter": np.ones(1),
    }
    networks = networks_from_tensors(config, tensors)
    assert [type(network) for network in networks.values()] == [BigGANGenerator, BigGANDiscriminator]
    assert networks["generator"].get_config()["statistics_rows"] == 1


def test_latents_are_those_that_the_blocks_share():
    config = other({**GENERATORS["plain"], "G_param": "SN"})
    tensors = biggan_numpy.random_generator_tensors(config)
    assert networks_from_tensors(config, tensors)["generator"].latent_dim == 8  # four parts of 11


def one_of_each_kind(tensors):
    """Names that differ in more than their numbers."""
    return {re.sub(r"\d+", "", name): name for name in tensors}.values()


def test_every_tensor_is_needed(monkeypatch):
    config = other({"G_attn": "32", "D_attn": "16"})
    tensors = {
        **biggan_numpy.random_generator_tensors(config),
        **biggan_numpy.random_discriminator_tensors(config),
    }
    names = one_of_each_kind(tensors)
    assert_each_is_needed(biggan, config, tensors, names=names, monkeypatch=monkeypatch)


@pytest.mark.parametrize("name", first_of(["D/embed.bias", "D/blocks.5.0.conv1.weight", "H/linear.weight"]))
def test_no_tensor_is_superfluous(discriminator_fixture, name):
    config, tensors, _ = discriminator_fixture
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(config, {**tensors, name: np.zeros(3)})


@pytest.mark.parametrize(
    "name", first_of(["D/embed.weight", "D/blocks.1.1.o.weight", "D/blocks.0.0.conv1.u0"])
)
def test_every_shape_is_checked(discriminator_fixture, name):
    config, tensors, _ = discriminator_fixture
    wrong = np.concatenate([tensors[name]] * 2, axis=0)
    with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
        networks_from_tensors(config, {**tensors, name: wrong})


@pytest.mark.parametrize("key, value", [("bottom_width", 8), ("norm_style", "in"), ("output_dim", 2)])
def test_what_the_networks_cannot_be_is_refused(discriminator_fixture, key, value):
    config, tensors, _ = discriminator_fixture
    with pytest.raises(ValueError, match=rf"`{key}` must be .*Received: {value!r}"):
        networks_from_tensors({**config, key: value}, tensors)


def test_configuration_keys_are_checked(discriminator_fixture):
    config, tensors, _ = discriminator_fixture
    with pytest.raises(ValueError, match=r"unknown: \['width'\]"):
        networks_from_tensors({**config, "width": 16}, tensors)


def test_no_tensors_are_no_networks():
    with pytest.raises(ValueError, match=r"'G/' or 'D/'"):
        networks_from_tensors({}, {})


def found_in(**networks):
    """What the importer finds in a file with these networks, by their place."""
    networks = {
        place: Network("", {}, {name[2:]: array for name, array in tensors.items()})
        for place, tensors in networks.items()
    }
    return biggan.find(Checkpoint("torch zip", networks))


@pytest.mark.parametrize("name", list(GENERATORS))
def test_the_generator_s_configuration_follows_from_shapes(name):
    config = other(GENERATORS[name])
    tensors = biggan_numpy.random_generator_tensors(config)
    found = found_in(G=tensors, G_ema=tensors)
    assert found.places == {"G": "G_ema"} and set(found.tensors) == set(tensors)
    assert found.unused["G/linear.weight"] == "another one is used"
    built = [
        networks_from_tensors(each, tensors)["generator"].get_config()
        for each in (config, {"G": {**found.derived["G"], "BN_eps": config.get("BN_eps", 1e-5)}})
    ]
    assert built[0] == built[1]


@pytest.mark.parametrize("name", list(DISCRIMINATORS))
def test_the_discriminator_s_configuration_follows_from_shapes(name):
    config = other(DISCRIMINATORS[name])
    tensors = biggan_numpy.random_discriminator_tensors(config)
    found = found_in(state_dict=tensors)
    built = [
        networks_from_tensors(each, tensors)["discriminator"].get_config() for each in (config, found.derived)
    ]
    assert built[0] == built[1]


def test_other_files_are_of_other_families():
    assert found_in(model={}) is None
