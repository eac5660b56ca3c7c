import re

import numpy as np
import pytest
from reference import biggan_numpy
from reference.parity import assert_parity
from reference.tensors import assert_same_numbers, assert_same_shapes

from harness import first_of
from keras_gans.importers import biggan_deep
from keras_gans.importers.biggan_deep import CONFIG, networks_from_tensors
from keras_gans.networks import BigGANDeepGenerator

FIXTURE = "biggan_deep_hf"

# Another size, other widths, attention at the very start, few rows of statistics, another epsilon.
OTHER = {
    "output_dim": 16,
    "z_dim": 5,
    "class_embed_dim": 3,
    "channel_width": 4,
    "num_classes": 4,
    "layers": [[False, 8, 8], [True, 8, 4], [False, 4, 2], [True, 2, 1]],
    "attention_layer_position": 0,
    "eps": 1e-2,
    "n_stats": 5,
}
WITHOUT_ATTENTION = {
    **OTHER,
    "output_dim": 8,
    "layers": [[True, 4, 2], [False, 2, 2]],
    "attention_layer_position": 2,
}


@pytest.fixture(scope="module")
def generator(fixture):
    networks = networks_from_tensors(*fixture[:2])
    assert list(networks) == ["generator"] and type(networks["generator"]) is BigGANDeepGenerator
    return networks["generator"]


def images_of(generator, latents, classes, truncations):
    """The export's images, channels first."""
    signed = generator.endpoints()["signed"][0]
    return np.asarray(signed(latents, classes, np.asarray(truncations, "float32"))).transpose(0, 3, 1, 2)


@pytest.mark.parametrize("truncation", [0.4, 1.0])
def test_published_generator(fixture, generator, truncation):
    config, tensors, arrays = fixture
    inputs = arrays[f"inputs/z_truncation{truncation}"], arrays["inputs/labels_onehot"]
    expected = arrays[f"outputs/images_truncation{truncation}"]
    assert_parity(images_of(generator, *inputs, truncation), expected)
    levels = np.full(len(expected), truncation)
    assert_parity(biggan_numpy.deep_generator(tensors, config, *inputs, levels), expected)


def test_without_a_truncation_it_is_1(fixture, generator):
    _, _, arrays = fixture
    labels = arrays["inputs/labels_onehot"].argmax(axis=1)
    images = generator([arrays["inputs/z_truncation1.0"], labels])
    assert_parity(np.asarray(images).transpose(0, 3, 1, 2), arrays["outputs/images_truncation1.0"])


def test_what_is_built(fixture, generator):
    """The same numbers, every one once; the right vectors are not stored."""
    config, tensors, _ = fixture
    stored = {name: array for name, array in tensors.items() if not name.endswith("weight_v")}
    assert_same_numbers([generator], stored)
    assert_same_shapes(biggan_numpy.random_deep_tensors(config), tensors)


@pytest.mark.parametrize("config", [OTHER, WITHOUT_ATTENTION], ids=["other", "without_attention"])
def test_other_configurations(config, built):
    """Mixtures of classes, and truncations between rows, one for each example."""
    tensors, generator = built
    if config is not OTHER:
        tensors = biggan_numpy.random_deep_tensors(config)
        generator = networks_from_tensors(config, tensors)["generator"]
    random = np.random.default_rng(1)
    latents = random.standard_normal((3, 5)).astype("float32")
    classes = np.array([[0, 0, 1, 0], [0.25, 0, 0, 0.75], [1, 0, 0, 0]], "float32")
    levels = [0.3, 0.75, 0.99]
    expected = biggan_numpy.deep_generator(tensors, config, latents, classes, levels)
    assert_parity(images_of(generator, latents, classes, levels), expected)
    assert np.std(expected) > 0.1


@pytest.fixture
def tensors(monkeypatch, built):
    """Those of another configuration, for which the network is built once, not in each test."""
    tensors, generator = built
    monkeypatch.setattr(biggan_deep, "BigGANDeepGenerator", lambda **arguments: generator)
    return tensors


@pytest.fixture(scope="module")
def built():
    tensors = biggan_numpy.random_deep_tensors(OTHER)
    return tensors, networks_from_tensors(OTHER, tensors)["generator"]


def one_of_each_kind(tensors):
    """Names that differ in more than their numbers."""
    return {re.sub(r"\d+", "", name): name for name in tensors}.values()


def test_every_tensor_is_needed(tensors):
    for name in one_of_each_kind(tensors):
        if name.endswith("weight_v"):
            continue  # follows from the left vector where it is absent
        rest = {other: array for other, array in tensors.items() if other != name}
        with pytest.raises(ValueError, match=f"'{name}', which is missing"):
            networks_from_tensors(OTHER, rest)


def test_kernels_are_divided_by_what_both_vectors_give(tensors, built):
    """The reference stores a right vector that is older than the left one, and divides by `u . (W v)`."""
    name = "generator.layers.1.conv_1"
    u, v, kernel = (tensors[f"{name}.weight_{part}"] for part in ("u", "v", "orig"))
    older = v + 0.3 * np.random.default_rng(0).standard_normal(v.shape).astype("float32") / np.sqrt(v.size)
    older /= np.linalg.norm(older)
    sigma = u @ kernel.reshape(len(u), -1) @ older
    try:
        networks_from_tensors(OTHER, {**tensors, f"{name}.weight_v": older})
        [layer] = [layer for layer in built[1].layers if layer.name == "block0_conv1"]
        np.testing.assert_allclose(
            layer.normalized(), kernel.transpose(2, 3, 1, 0) / sigma, rtol=1e-5, atol=1e-7
        )
        assert abs(np.linalg.norm(u @ kernel.reshape(len(u), -1)) / sigma - 1) > 1e-2
        with pytest.raises(ValueError, match="a spectral norm above 0"):
            networks_from_tensors(OTHER, {**tensors, f"{name}.weight_v": -v})
    finally:
        networks_from_tensors(OTHER, tensors)


@pytest.mark.parametrize("name", first_of(["generator.layers.9.gamma", "embeddings.weight_v"]))
def test_no_tensor_is_superfluous(tensors, name):
    with pytest.raises(ValueError, match=f"no variable takes: {name}"):
        networks_from_tensors(OTHER, {**tensors, name: np.zeros(3)})


@pytest.mark.parametrize(
    "name",
    first_of(
        ["embeddings.weight", "generator.layers.1.bn_2.running_vars", "generator.gen_z.weight_v"], count=3
    ),
)
def test_every_shape_is_checked(tensors, name):
    wrong = np.concatenate([tensors[name]] * 2, axis=0)
    with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
        networks_from_tensors(OTHER, {**tensors, name: wrong})


def test_the_configuration_is_checked():
    with pytest.raises(ValueError, match=r"unknown: \['truncation'\]"):
        networks_from_tensors({**OTHER, "truncation": 0.4}, {})
    with pytest.raises(ValueError, match=r"from 4 pixels to 32(.|\n)*Received blocks for 16"):
        networks_from_tensors({**OTHER, "output_dim": 32}, {})


def test_defaults_are_the_release_s():
    assert len(CONFIG["layers"]) == 10
    rest = {name: value for name, value in CONFIG.items() if name != "layers"}
    assert rest == {
        "output_dim": 128,
        "z_dim": 128,
        "class_embed_dim": 128,
        "channel_width": 128,
        "num_classes": 1000,
        "attention_layer_position": 8,
        "eps": 1e-4,
        "n_stats": 51,
    }
