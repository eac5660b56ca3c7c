import keras
import numpy as np
import pytest

from keras_gans.importers.assign import (
    Assigner,
    fill_networks,
    in_networks,
    layers_of,
    left_vector,
    of_each_network,
    read_config,
)
from keras_gans.layers import SpectralConv2D


@pytest.fixture
def dense():
    layer = keras.layers.Dense(2, name="dense")
    layer.build((None, 3))
    return layer


def test_assigns_and_transforms(dense):
    kernel, bias = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0])
    assigner = Assigner({"w": kernel, "b": bias})
    assigner.assign(dense.kernel, "w", np.transpose)
    assigner.assign(dense.bias, "b")
    assigner.finish([dense])
    np.testing.assert_array_equal(dense.kernel, kernel.T)
    np.testing.assert_array_equal(dense.bias, bias)


def test_a_missing_tensor_is_named_with_those_present(dense):
    with pytest.raises(ValueError, match=r"dense/kernel needs the tensor 'w', which is missing.*a, b"):
        Assigner({"b": 0, "a": 0}).assign(dense.kernel, "w")


def test_a_wrong_shape_is_named(dense):
    with pytest.raises(ValueError, match=r"'w' gives shape \(2, 3\); dense/kernel has \(3, 2\)"):
        Assigner({"w": np.zeros((2, 3))}).assign(dense.kernel, "w")


def test_left_over_tensors_and_variables_are_named(dense):
    assigner = Assigner({"w": np.zeros((3, 2)), "x": 0, "y": 0})
    assigner.assign(dense.kernel, "w")
    with pytest.raises(ValueError, match=r"no variable takes: x, y; .*no tensor sets: dense/bias"):
        assigner.finish([dense])
    assigner.ignore("x", "a step count")
    assigner.ignore("y", "of no use", required=True)
    assigner.ignore("z", "in old files only")
    assigner.leave([dense.bias])
    assigner.finish([dense])


def test_ignored_tensors_must_be_there(dense):
    assigner = Assigner({"w": np.zeros((3, 2)), "b": np.zeros(2)}, ignored={"lod": "an argument here"})
    assigner.assign(dense.kernel, "w")
    assigner.assign(dense.bias, "b")
    assigner.ignore("v", "follows from u", required=True)
    with pytest.raises(ValueError, match=r"absent: lod, v"):
        assigner.finish([dense])


def test_a_variable_is_assigned_once(dense):
    assigner = Assigner({"b": np.zeros(2), "c": np.zeros(2)})
    assigner.assign(dense.bias, "b")
    with pytest.raises(ValueError, match=r"dense/bias .*twice.*'c'"):
        assigner.assign(dense.bias, "c")


def test_the_caller_s_dictionary_is_left_alone(dense):
    tensors = {"b": [1, 2]}
    Assigner(tensors).assign(dense.bias, "b")
    assert tensors == {"b": [1, 2]}


def test_networks_are_those_that_have_tensors(dense):
    def discriminator(assigner, config):
        assert config == {"size": 4}
        assigner.assign(dense.kernel, "D/w")
        assigner.leave([dense.bias])
        return dense

    def fill(tensors):
        others = {"G": None, "encoder": None}
        return fill_networks({"size": 4}, tensors, D=discriminator, **others, ignored={"step": "a count"})

    kernel = np.ones((3, 2))
    assert fill({"D/w": kernel, "step": 0}) == {"discriminator": dense}
    np.testing.assert_array_equal(dense.kernel, kernel)
    with pytest.raises(ValueError, match=r"begin with 'D/' or 'G/' or 'encoder/'"):
        fill({"step": 0, "Dense": 0})
    with pytest.raises(ValueError, match=r"no variable takes: D/x"):
        fill({"D/w": kernel, "D/x": 0, "step": 0})


def test_layers_inside_layers_count():
    inner = keras.Sequential([keras.layers.Dense(1, name="inside")], name="inner")
    found = layers_of(keras.Sequential([inner, keras.layers.Dense(1, name="outside")]))
    assert list(found) == ["inner", "inside", "outside"]


def test_read_config():
    known = {"size": ..., "width": 8}
    assert read_config({"size": 4}, known) == {"size": 4, "width": 8}
    assert read_config({"size": 4, "width": 2}, known) == {"size": 4, "width": 2}
    with pytest.raises(ValueError, match=r"unknown: \['depth'\], missing: \['size'\].*\['size', 'width'\]"):
        read_config({"depth": 3}, known)


@pytest.mark.parametrize("kind", ["both", "left", "step"])
def test_vectors_of_spectral_norm(kind):
    """A layer divides by what the reference divides by, whatever vectors it stores."""
    random = np.random.default_rng(0)
    kernel = random.standard_normal((4, 3, 2, 2)).astype("float32")
    u, v = (random.standard_normal(size).astype("float32") for size in (4, 12))
    u /= np.linalg.norm(u)
    matrix = kernel.reshape(4, 12)
    v = matrix.T @ u + 0.1 * v
    v /= np.linalg.norm(v)
    after = matrix.T @ u / np.linalg.norm(matrix.T @ u)
    sigma = {
        "both": u @ matrix @ v,
        "left": np.linalg.norm(matrix.T @ u),
        "step": np.linalg.norm(matrix @ after),
    }[kind]
    layer = SpectralConv2D(4, 2, use_bias=False)
    layer.build((None, 4, 4, 3))
    tensors = {"w": kernel, "u": u[None], "v": v}
    tensors = {name: array for name, array in tensors.items() if kind == "both" or name != "v"}
    assigner = Assigner(tensors)
    assigner.assign(layer.kernel, "w", lambda array: array.transpose(2, 3, 1, 0))
    assigner.assign_vector(layer.u, "u", kernel="w", right=None if kind == "step" else "v")
    assigner.finish([layer])
    np.testing.assert_allclose(layer.normalized(), kernel.transpose(2, 3, 1, 0) / sigma, rtol=1e-5)


def test_vectors_of_another_kernel_are_refused():
    with pytest.raises(ValueError, match=r"a spectral norm above 0. Received: -2.0"):
        left_vector(np.ones(2), np.eye(2), -2.0)
    exact = np.array([1.0, 0.0], "float32")
    assert left_vector(exact, np.eye(2), 1.0) is exact


def test_configurations_of_each_network():
    read = dict
    assert of_each_network({"a": 1}, {}, read) == {"G": {"a": 1}, "D": {"a": 1}}
    assert of_each_network({"a": 1}, {"D/w": 0}, read) == {"D": {"a": 1}}
    config = {"a": 1, "b": 2, "G": {"a": 3}}
    assert of_each_network(config, {"D/w": 0}, read) == {"G": {"a": 3, "b": 2}, "D": {"a": 1, "b": 2}}


def test_harmless_keys_are_left_out():
    assert read_config({"a": 1, "lr": 2}, {"a": 0}, harmless=("lr",)) == {"a": 1}


def test_keys_of_both_networks():
    known = {"G": {"a": 1, "b": 2}, "D": {"b": 2}}
    assert in_networks({"a": 3, "b": 4, "c": 5}, known) == {"G": {"a": 3, "b": 4}, "D": {"b": 4}, "c": 5}
    assert in_networks({"b": 4, "D": {"b": 6}}, known) == {"G": {"b": 4}, "D": {"b": 6}}
