"""Every public network and layer has a descriptor, and goes through its checks."""

import inspect

import keras
import pytest
from descriptors import BASES, COMPOSITES, LAYERS, NETWORKS
from layer_check import check_precision, check_ways
from network_check import check_all_ways, check_network, counted

from harness import POLICIES
from keras_gans import layers, networks


def name(thing):
    return getattr(thing, "__name__", None)


def public(module, base):
    things = (getattr(module, name) for name in module.__all__)
    return {thing for thing in things if inspect.isclass(thing) and issubclass(thing, base)}


def test_every_public_class_has_a_descriptor():
    assert public(networks, keras.Model) == {*NETWORKS, *COMPOSITES, *BASES}
    assert public(layers, keras.layers.Layer) == set(LAYERS)


PUBLISHED = [
    pytest.param(network, arguments, size, id=f"{network.__name__}-{size}")
    for network, case in NETWORKS.items()
    for arguments, size in case.published
]


@pytest.mark.parametrize("network, arguments, size", PUBLISHED)
def test_published_parameters(network, arguments, size):
    assert counted(network, arguments) == size


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_network(network, tmp_path):
    check_network(network, NETWORKS[network], folder=tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_network_in_all_ways(network):
    check_all_ways(network, NETWORKS[network])


@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_layer_in_a_graph_and_under_xla(layer):
    case = LAYERS[layer]
    options = {"separate": case.separate, "tolerance": case.tolerance}
    check_ways(layer, case.arguments, case.arrays(), **options)


@pytest.mark.parametrize(
    "precision", ["mixed_bfloat16", pytest.param("mixed_float16", marks=pytest.mark.full)]
)
@pytest.mark.parametrize("layer", LAYERS, ids=name)
def test_layer_in_low_precision(layer, precision):
    case = LAYERS[layer]
    closeness = POLICIES[precision]
    check_precision(layer, case.arguments, case.arrays(), precision, closeness, separate=case.separate)
