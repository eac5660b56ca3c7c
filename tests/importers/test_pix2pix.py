import numpy as np
import pytest
from reference import translation_numpy
from reference.parity import assert_parity, channels_last
from reference.tensors import (
    assert_each_is_needed,
    assert_same_numbers,
    assert_same_shapes,
    assert_translators_agree,
)

from harness import first_of
from keras_gans.importers import pix2pix
from keras_gans.importers.pix2pix import networks_from_tensors
from keras_gans.networks import PatchGANDiscriminator, Pix2PixGenerator

FIXTURE = "pix2pix_32"

# Deeper, other channels, instance norm; a discriminator of larger patches.
INSTANCE = {
    "G": {"input_nc": 1, "output_nc": 2, "num_downs": 6, "ngf": 3, "norm": "instance", "use_dropout": True},
    "D": {"input_nc": 3, "ndf": 2, "n_layers": 4, "norm": "instance"},
    "resolution": 64,
}
# Not down to one pixel; a discriminator of small patches; one norm each.
BATCH = {
    "G": {"num_downs": 5, "ngf": 2, "norm": "batch", "use_dropout": False},
    "D": {"input_nc": 6, "ndf": 5, "n_layers": 1, "norm": "batch"},
    "resolution": 64,
}
OTHERS = {"instance": INSTANCE, "batch": BATCH}


def random_tensors(config):
    shapes = translation_numpy.unet_shapes(config["G"]) | translation_numpy.patchgan_shapes(config["D"])
    return translation_numpy.random_tensors(shapes)


def test_published_networks(fixture):
    config, tensors, arrays = fixture
    networks = networks_from_tensors(config, tensors)
    source, target = (channels_last(arrays[f"inputs/{name}"]) for name in ("real_a", "real_b"))
    assert_parity(networks["generator"](source), channels_last(arrays["outputs/fake_b"]))
    pairs = np.concatenate([source, target], axis=-1)
    assert_parity(networks["discriminator"](pairs), channels_last(arrays["outputs/d_logits"]))


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    images = translation_numpy.unet(tensors, config["G"], arrays["inputs/real_a"])
    assert_parity(images, arrays["outputs/fake_b"])
    pairs = np.concatenate([arrays["inputs/real_a"], arrays["inputs/real_b"]], axis=1)
    assert_parity(translation_numpy.patchgan(tensors, config["D"], pairs), arrays["outputs/d_logits"])
    assert_same_shapes(random_tensors(config), tensors)


@pytest.mark.parametrize("config", first_of(list(OTHERS.values()), ids=list(OTHERS)))
def test_other_configurations(config):
    tensors = random_tensors(config)
    networks = networks_from_tensors(config, tensors)
    assert_translators_agree(networks, tensors, config, generator=translation_numpy.unet)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_discriminator_of_pixels(norm):
    config = {"D": {"input_nc": 4, "ndf": 3, "n_layers": 0, "norm": norm}}
    tensors = translation_numpy.random_tensors(translation_numpy.patchgan_shapes(config["D"]))
    assert ("D/net.5.bias" in tensors) == (norm == "instance")
    discriminator = networks_from_tensors(config, tensors)["discriminator"]
    images = np.random.default_rng(1).standard_normal((3, 4, 5, 6)).astype("float32")
    expected = channels_last(translation_numpy.patchgan(tensors, config["D"], images))
    assert expected.shape == (3, 5, 6, 1) and np.std(expected) > 0.1
    assert_parity(discriminator(channels_last(images)), expected)
    other = {"batch": "instance", "instance": "batch"}[norm]
    with pytest.raises(ValueError, match="which is missing"):
        networks_from_tensors({"D": {**config["D"], "norm": other}}, tensors)
    if norm == "batch":
        with pytest.raises(ValueError, match=r"no variable takes: D/net\.5\.bias"):
            networks_from_tensors(config, {**tensors, "D/net.5.bias": np.ones(1)})


def test_what_is_built(fixture, networks):
    _, tensors, _ = fixture
    assert type(networks["generator"]) is Pix2PixGenerator
    assert type(networks["discriminator"]) is PatchGANDiscriminator
    assert_same_numbers(networks.values(), tensors)


def test_configuration_of_the_networks():
    networks = networks_from_tensors(INSTANCE, random_tensors(INSTANCE))
    generator, discriminator = (networks[name].get_config() for name in ("generator", "discriminator"))
    expected = {
        "resolution": 64,
        "source_channels": 1,
        "channels": 2,
        "num_downs": 6,
        "width": 3,
        "dropout": 0.5,
        "batch_norm": False,
    }
    assert {name: generator[name] for name in expected} == expected
    expected = {"resolution": 64, "channels": 3, "num_layers": 4, "width": 2, "batch_norm": False}
    assert {name: discriminator[name] for name in expected} == expected


def test_every_tensor_is_needed(fixture, monkeypatch):
    config, tensors, _ = fixture
    assert_each_is_needed(pix2pix, config, tensors, monkeypatch=monkeypatch)


def test_tensors_without_use():
    """Counters of batch norm; statistics that old files have of instance norm."""
    tensors = random_tensors(BATCH)
    networks_from_tensors(BATCH, {**tensors, "D/model.3.num_batches_tracked": np.array(7)})
    tensors = random_tensors(INSTANCE)
    more = {f"D/model.3.{name}": np.ones(4) for name in ("running_mean", "running_var")}
    networks_from_tensors(INSTANCE, {**tensors, **more})
    with pytest.raises(ValueError, match=r"no variable takes: D/model\.4\.running_mean"):
        networks_from_tensors(INSTANCE, {**tensors, "D/model.4.running_mean": np.ones(4)})


@pytest.mark.usefixtures("built_once")
def test_every_shape_is_checked(fixture):
    config, tensors, _ = fixture
    for name in ("G/model.model.0.weight", "G/model.model.1.model.6.running_var", "D/model.11.bias"):
        wrong = np.concatenate([tensors[name]] * 2)
        with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
            networks_from_tensors(config, {**tensors, name: wrong})


def test_configuration_is_checked(fixture):
    config, tensors, _ = fixture

    def changed(player, **options):
        return networks_from_tensors({**config, player: {**config[player], **options}}, tensors)

    with pytest.raises(ValueError, match=r"unknown: \['gf'\]"):
        changed("G", gf=6)
    with pytest.raises(ValueError, match=r"missing: \['num_downs'\]"):
        networks_from_tensors({**config, "G": {}}, tensors)
    with pytest.raises(ValueError, match=r"`norm` must be one of .* Received: 'none'"):
        changed("D", norm="none")
    with pytest.raises(ValueError, match=r"`num_downs` must be at least 5\. Received: 4"):
        changed("G", num_downs=4)
    with pytest.raises(ValueError, match=r"`n_layers` must be at least 0\. Received: -1"):
        changed("D", n_layers=-1)
    with pytest.raises(ValueError, match=r"'D/net\.0\.weight', which is missing"):
        changed("D", n_layers=0)
    with pytest.raises(ValueError, match=r"`use_dropout` must be True or False\. Received: 'yes'"):
        changed("G", use_dropout="yes")


def test_a_configuration_may_be_one_for_both_networks(fixture):
    config, tensors, _ = fixture
    flat = {**config["G"], "ndf": config["D"]["ndf"], "n_layers": 3, "D": {"input_nc": 6}, "resolution": 32}
    nested = networks_from_tensors(config, tensors)
    for role, network in networks_from_tensors(flat, tensors).items():
        assert network.get_config() == nested[role].get_config()


def test_one_network_is_needed():
    with pytest.raises(ValueError, match=r"One network is needed there. Received: latest_net_G, 5_net_G"):
        pix2pix.only_one({"latest_net_G": 0, "5_net_G": 0})
