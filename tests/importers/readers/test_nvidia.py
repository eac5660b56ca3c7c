"""Pickles of NVIDIA's networks, of PyTorch and of TensorFlow 1."""

import numpy as np
import pytest
from checkpoint_files import Call, Global, dumps, module, numpy_array, stored_network

from keras_gans.importers.readers import Unreadable, read

TENSORS = {
    "mapping.fc0.weight": np.arange(6, dtype="float32").reshape(2, 3),
    "synthesis.b4.const": np.ones((3, 4, 4), "float32"),
    "synthesis.b4.noise_strength": np.array(3, "float32"),
}
NESTED = {"z_dim": 4, "synthesis_kwargs": {"channel_base": 16}}


def check(found, tensors):
    assert list(found) == list(tensors)
    for name, array in tensors.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("protocol", [3, 4])
def test_networks_of_pytorch(file, protocol):
    networks = {
        "training_set_kwargs": {"path": "data.zip"},
        "G": module("Generator", TENSORS, NESTED),
        "G_ema": module("Generator", TENSORS, NESTED),
        "augment_pipe": None,
    }
    found = read(file(dumps(networks, protocol)))
    assert found.kind == "nvidia pickle" and list(found.content) == ["G", "G_ema"]
    network = found.content["G_ema"]
    assert (network.class_name, network.config, network.flat) == ("Generator", NESTED, False)
    check(network.tensors, TENSORS)


@pytest.mark.parametrize(
    "class_name, role", [("Generator", "G_ema"), ("Discriminator", "D"), ("Other", "Other")]
)
def test_a_network_alone(file, class_name, role):
    found = read(file(dumps(module(class_name, {}), 4)))
    assert list(found.content) == [role]


@pytest.mark.parametrize(
    "kwargs, source, flat",
    [
        ({"z_dim": 4, "conv_clamp": 256}, "", True),
        ({}, "def f(fused_modconv_default): pass", True),
        (NESTED, "", False),
        ({"conv_clamp": 256}, "", False),  # a discriminator of either code
    ],
)
def test_the_newer_code_is_told_apart(file, kwargs, source, flat):
    networks = {"D": module("Discriminator", {}), "G": module("Generator", {}, kwargs, source=source)}
    found = read(file(dumps(networks, 4))).content
    assert [network.flat for network in found.values()] == [flat, flat]


def test_buffers_that_are_no_part_of_the_state(file):
    changes = {"_buffers": {"kept": numpy_array(np.ones(2)), "passing": numpy_array(np.zeros(2))}}
    network = module("Generator", {}, _non_persistent_buffers_set=["passing"], **changes)
    check(read(file(dumps(network, 4))).content["G_ema"].tensors, {"kept": np.ones(2)})


@pytest.mark.parametrize("kind", [("dnnlib.tflib.network", "Network"), ("tfutil", "Network")])
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_networks_of_tensorflow(file, protocol, kind):
    weights, constant = np.arange(6, dtype="float32").reshape(2, 3), np.ones((1, 2), "float32")
    parts = {
        "mapping": stored_network("G_mapping", {"Dense0/weight": weights}, kind=kind),
        "synthesis": stored_network("G_synthesis", {"4x4/Const/const": constant}, kind=kind),
    }
    lod = {"lod": np.array(0, "float32")}
    generator = stored_network("G", lod, {"num_channels": 3}, parts, kind)
    discriminator = stored_network("D", {"4x4/Conv/weight": weights}, {"resolution": 8}, kind=kind)
    found = read(file(dumps((generator, discriminator, generator), protocol)))
    assert found.kind == "tensorflow pickle" and list(found.content) == ["G", "D", "Gs"]
    network = found.content["Gs"]
    assert (network.class_name, network.config, network.flat) == ("G_build", {"num_channels": 3}, False)
    check(
        network.tensors,
        {**lod, "G_mapping/Dense0/weight": weights, "G_synthesis/4x4/Const/const": constant},
    )
    check(found.content["D"].tensors, {"4x4/Conv/weight": weights})


def test_one_network_of_tensorflow(file):
    assert list(read(file(dumps(stored_network("G", {"lod": np.zeros(())}), 4))).content) == ["Gs"]


def test_a_pickle_of_arrays(file):
    found = read(file(dumps({"w": numpy_array(np.arange(3)), "step": 4}, 4)))
    assert found.kind == "pickle" and found.content["step"] == 4
    np.testing.assert_array_equal(found.content["w"], np.arange(3))


@pytest.mark.parametrize(
    "value, message",
    [
        ({"step": 4}, "without any array"),
        ([numpy_array(np.zeros(1)), Call(Global("torch.storage", "_load_from_bytes"), (3,))], "no bytes"),
        ((stored_network("G", {}),), "the three networks G, D, Gs"),
        (module("Generator", {}, _init_args=(4,)), "without their names"),
        (module("Generator", {}, _init_kwargs=3), "arguments of G_ema are damaged"),
        (module("Generator", {}, _buffers=3), "has no '_buffers'"),
        (module("Generator", {}, _buffers={"a": 3}), "a is no tensor"),
        (module("Generator", {}, _modules={"a": {}}), "a is no module"),
        (
            Call(Global("torch_utils.persistence", "_reconstruct_persistent_obj"), ({"type": "class"},)),
            "description of an object",
        ),
    ],
)
def test_what_is_refused(file, value, message):
    with pytest.raises(Unreadable, match=message):
        read(file(dumps(value, 4)))


ZERO = numpy_array(np.zeros(1))


@pytest.mark.parametrize(
    "state, message",
    [
        ({"static_kwargs": 3}, "arguments of G are damaged"),
        ({"variables": 3}, "variables of a network are damaged"),
        ({"variables": [3]}, "variables of a network are damaged"),
        ({"variables": [("a", "text")]}, "the variable a is no array"),
        ({"variables": [("a", ZERO), ("a", ZERO)]}, "G has two variables named 'a'"),
        ({"components": 3}, "components of a network are damaged"),
        ({"components": {"a": 3}}, "variables of a network are damaged"),
    ],
)
def test_networks_of_tensorflow_that_are_refused(file, state, message):
    network = stored_network("G", {})
    network.state.update(state)
    with pytest.raises(Unreadable, match=message):
        read(file(dumps((network, None, None), 4)))


def test_bytes_behind_a_pickle(file):
    with pytest.raises(Unreadable, match="1 bytes behind the pickle"):
        read(file(dumps([ZERO], 4) + b"x"))
