"""What importers of generator and discriminator refuse alike: tensors that nothing takes, and none at all."""

import functools
import importlib

import numpy as np
import pytest
from reference.parity import load
from reference.tensors import fill_again

from harness import first_of

PLAYERS = {"generator": "G/", "discriminator": "D/"}
# By family: the file with its tensors, and names that no variable has.
FAMILIES = {
    "progan": ("progan_32", ["G/64x64/Conv1/weight", "D/lod", "H/4x4/Conv/weight"]),
    "stylegan": ("stylegan1_32", ["G/G_synthesis/lod", "H/w"]),
    "stylegan2": ("stylegan2_ada_32", ["D/b8.conv2.weight", "G/synthesis.b8.conv2.weight"]),
    "cyclegan": ("cyclegan_32", ["G/model.2.weight", "G/model.12.conv_block.1.weight", "H/model.0.weight"]),
    "pix2pix": ("pix2pix_32", ["G/model.model.9.weight", "D/model.2.bias", "H/model.0.weight"]),
    "stargan": (
        "stargan_v1_32",
        ["G/main.0.bias", "G/main.2.running_mean", "D/conv1.bias", "H/main.0.weight"],
    ),
    "sngan": ("sngan_32", ["G/blocks.3.residual.0.weight", "D/linear.bias", "E/linear.weight_v"]),
}
EVERY = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def imported():
    """`imported(family)` -> importer, configuration, tensors and networks: all of them made once."""

    @functools.cache
    def imported(family):
        importer = importlib.import_module(f"keras_gans.importers.{family}")
        config, tensors = load(FAMILIES[family][0])[:2]
        return importer, config, tensors, importer.networks_from_tensors(config, tensors)

    return imported


@pytest.fixture
def read(imported, monkeypatch):
    """The importer of a family, which fills the same networks each time, its configuration and tensors."""

    def read(family):
        importer, config, tensors, networks = imported(family)
        fill_again(importer, networks, monkeypatch)
        return importer.networks_from_tensors, config, tensors

    return read


@EVERY
def test_one_network_alone(read, family):
    networks_from_tensors, config, tensors = read(family)
    for player, prefix in PLAYERS.items():
        some = {name: array for name, array in tensors.items() if name.startswith(prefix)}
        assert list(networks_from_tensors(config, some)) == [player]


@pytest.mark.parametrize(
    "family, name",
    [case for family in FAMILIES for case in first_of([(family, name) for name in FAMILIES[family][1]])],
)
def test_no_tensor_is_superfluous(read, family, name):
    networks_from_tensors, config, tensors = read(family)
    some = {other: array for other, array in tensors.items() if other[0] == name[0]} or tensors
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(config, {**some, name: np.zeros(3)})


@EVERY
def test_no_tensors_are_no_networks(read, family):
    networks_from_tensors, config, _ = read(family)
    with pytest.raises(ValueError, match=r"'G/' or 'D/'"):
        networks_from_tensors(config, {})
