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
from keras_gans.importers import cyclegan
from keras_gans.importers.cyclegan import networks_from_tensors
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network
from keras_gans.networks import CycleGANGenerator, PatchGANDiscriminator

FIXTURE = "cyclegan_32"

# Batch norm, and dropout, which moves the names; other channels.
BATCH = {
    "G": {"input_nc": 1, "output_nc": 2, "n_blocks": 3, "ngf": 3, "norm": "batch", "use_dropout": True},
    "D": {"input_nc": 2, "ndf": 4, "n_layers": 2, "norm": "batch"},
    "resolution": 24,
}
DROPOUT = {
    "G": {"n_blocks": 1, "ngf": 2, "norm": "instance", "use_dropout": True},
    "D": {"input_nc": 3, "ndf": 2, "n_layers": 3, "norm": "instance"},
}
OTHERS = {"batch": BATCH, "dropout": DROPOUT}


def random_tensors(config):
    shapes = translation_numpy.resnet_shapes(config["G"]) | translation_numpy.patchgan_shapes(config["D"])
    return translation_numpy.random_tensors(shapes)


def test_published_networks(fixture):
    config, tensors, arrays = fixture
    networks = networks_from_tensors(config, tensors)
    images = channels_last(arrays["inputs/images"])
    assert_parity(networks["generator"](images), channels_last(arrays["outputs/fake"]))
    assert_parity(networks["discriminator"](images), channels_last(arrays["outputs/d_logits"]))


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    images = arrays["inputs/images"]
    assert_parity(translation_numpy.resnet(tensors, config["G"], images), arrays["outputs/fake"])
    assert_parity(translation_numpy.patchgan(tensors, config["D"], images), arrays["outputs/d_logits"])
    assert_same_shapes(random_tensors(config), tensors)


@pytest.mark.parametrize("config", first_of(list(OTHERS.values()), ids=list(OTHERS)))
def test_other_configurations(config):
    tensors = random_tensors(config)
    networks = networks_from_tensors(config, tensors)
    assert_translators_agree(networks, tensors, config, generator=translation_numpy.resnet, size=28)


def test_what_is_built(fixture):
    config, tensors, _ = fixture
    networks = networks_from_tensors(config, tensors)
    assert type(networks["generator"]) is CycleGANGenerator
    assert type(networks["discriminator"]) is PatchGANDiscriminator
    assert_same_numbers(networks.values(), tensors)


def test_configuration_of_the_networks():
    generator = networks_from_tensors(BATCH, random_tensors(BATCH))["generator"].get_config()
    expected = {
        "resolution": 24,
        "source_channels": 1,
        "channels": 2,
        "num_blocks": 3,
        "width": 3,
        "batch_norm": True,
        "dropout": 0.5,
    }
    assert {name: generator[name] for name in expected} == expected


def test_every_tensor_is_needed(monkeypatch):
    tensors = random_tensors(BATCH)
    names = [name for name in tensors if name.startswith("G/")]
    assert_each_is_needed(cyclegan, BATCH, tensors, names=names, monkeypatch=monkeypatch)


def test_tensors_without_use(fixture):
    """Statistics that old files have of instance norm."""
    config, tensors, _ = fixture
    more = {f"G/model.{place}.running_mean": np.ones(8) for place in (2, "10.conv_block.6")}
    networks_from_tensors(config, {**tensors, **more})
    with pytest.raises(ValueError, match=r"no variable takes: G/model.10.conv_block.5.running_mean"):
        networks_from_tensors(config, {**tensors, "G/model.10.conv_block.5.running_mean": np.ones(8)})


def test_configuration_is_checked(fixture):
    config, tensors, _ = fixture
    for options, message in (
        ({"blocks": 6}, r"unknown: \['blocks'\]"),
        ({"norm": "layer"}, r"`norm` must be one of .* Received: 'layer'"),
        ({"ngf": 7}, "gives shape"),
        ({"use_dropout": "no"}, "`use_dropout` must be True or False. Received: 'no'"),
    ):
        with pytest.raises(ValueError, match=message):
            networks_from_tensors({**config, "G": {**config["G"], **options}}, tensors)


def test_more_than_two_generators_are_refused():
    names = dict.fromkeys(("model.1.weight", "model.10.conv_block.1.weight"), 0)
    networks = {place: Network("", {}, names) for place in ("G_A", "G_B", "G_C")}
    with pytest.raises(ValueError, match=r"two generators. Received: G_A, G_B, G_C"):
        cyclegan.find(Checkpoint("torch zip", networks))
