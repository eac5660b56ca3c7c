import math

import checkpoint_files as files
import numpy as np
import pytest
from reference import progan_numpy
from reference.parity import assert_parity, channels_first, channels_last
from reference.tensors import (
    assert_each_is_needed,
    assert_keys_are_checked,
    assert_same_numbers,
    assert_same_shapes,
)

from harness import first_of
from keras_gans import importers
from keras_gans.importers import progan
from keras_gans.importers.progan import CONFIG, networks_from_tensors
from keras_gans.networks import ProGANDiscriminator, ProGANGenerator

FIXTURE = "progan_32"

# Other sizes, labels, one colour, no minibatch statistics, resizing apart from the convolutions.
OTHER = {
    "num_channels": 1,
    "resolution": 16,
    "label_size": 3,
    "fmap_base": 40,
    "fmap_max": 12,
    "latent_size": 7,
    "mbstd_group_size": 1,
    "fused_scale": False,
}
# The same with labels and fused convolutions, groups of two, widths that are not a power of two.
FUSED = {**OTHER, "num_channels": 4, "mbstd_group_size": 2, "fused_scale": True, "fmap_base": 50}


def first(array, size):
    """NCHW images of full size -> NHWC, reduced by the mean of equal squares of pixels."""
    count, depth, full = array.shape[:3]
    step = full // size
    array = array.reshape(count, depth, size, step, size, step).mean(axis=(3, 5))
    return array.transpose(0, 2, 3, 1).astype("float32")


def enlarged(images, size):
    """NHWC images -> NCHW of full size, by repetition."""
    step = size // images.shape[1]
    return np.asarray(images).transpose(0, 3, 1, 2).repeat(step, axis=2).repeat(step, axis=3)


def view(network, lod):
    """The network at a level of detail: its view at resolution >> floor(lod), faded by what is left."""
    network.alpha.assign(1.0 - (lod - math.floor(lod)))
    size = network.resolution >> math.floor(lod)
    return network.at(size), size


@pytest.mark.parametrize("lod", [0.0, 0.6, 2.0])
def test_published_networks(fixture, lod):
    config, tensors, arrays = fixture
    networks = networks_from_tensors(config, tensors)
    generator, size = view(networks["generator"], lod)
    assert_parity(enlarged(generator(arrays["inputs/z"]), 32), arrays[f"outputs/images_lod{lod}"])
    discriminator, size = view(networks["discriminator"], lod)
    scores = discriminator(first(arrays["inputs/d_images"], size))
    assert_parity(np.asarray(scores), arrays[f"outputs/d_scores_lod{lod}"])


@pytest.mark.parametrize("lod", [0.0, 0.6, 2.0])
def test_the_numpy_networks_are_the_published_ones(fixture, lod):
    config, tensors, arrays = fixture
    images = progan_numpy.generator(tensors, config, arrays["inputs/z"], np.zeros((4, 0)), lod)
    assert_parity(images, arrays[f"outputs/images_lod{lod}"])
    scores = progan_numpy.discriminator(tensors, config, arrays["inputs/d_images"], lod)
    assert_parity(scores, arrays[f"outputs/d_scores_lod{lod}"])
    assert_same_shapes(progan_numpy.random_tensors(config), tensors)


@pytest.mark.parametrize("config", [OTHER, FUSED], ids=["other", "fused"])
@pytest.mark.parametrize("lod", first_of([1.75, 0.3, 0.0, 1.0]))
def test_other_configurations(config, lod):
    tensors = progan_numpy.random_tensors(config)
    networks = networks_from_tensors(config, tensors)
    random = np.random.default_rng(1)
    latents = random.standard_normal((4, config["latent_size"])).astype("float32")
    labels = np.array([2, 0, 1, 2], "int32")
    generator, size = view(networks["generator"], lod)
    expected = progan_numpy.generator(tensors, config, latents, np.eye(3)[labels], lod)
    assert_parity(enlarged(generator([latents, labels]), 16), expected)
    assert np.std(expected) > 0.1

    images = random.standard_normal((4, config["num_channels"], 16, 16)).astype("float32")
    discriminator, size = view(networks["discriminator"], lod)
    expected = progan_numpy.discriminator(tensors, config, images, lod)
    assert expected.shape == (4, 4)
    assert_parity(np.asarray(discriminator(first(images, size))), expected)


def test_what_is_built(fixture):
    config, tensors, _ = fixture
    networks = networks_from_tensors(config, tensors)
    assert type(networks["generator"]) is ProGANGenerator
    assert type(networks["discriminator"]) is ProGANDiscriminator
    assert_same_numbers(networks.values(), tensors, trainable=True)
    assert all(float(network.alpha) == 1.0 for network in networks.values())


def test_defaults_are_the_published_configuration():
    assert {key: CONFIG[key] for key in ("fmap_base", "fmap_max", "latent_size", "mbstd_group_size")} == {
        "fmap_base": 8192,
        "fmap_max": 512,
        "latent_size": 512,
        "mbstd_group_size": 4,
    }


def test_every_tensor_is_needed(monkeypatch):
    config = {**OTHER, "resolution": 8}
    tensors = progan_numpy.random_tensors(config)
    assert_each_is_needed(progan, config, tensors, monkeypatch=monkeypatch)


@pytest.mark.usefixtures("built_once")
def test_every_shape_is_checked(fixture):
    config, tensors, _ = fixture
    for name in ("G/4x4/Dense/bias", "G/32x32/Conv0_up/weight", "D/FromRGB_lod2/weight"):
        wrong = np.concatenate([tensors[name]] * 2, axis=-1)
        with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
            networks_from_tensors(config, {**tensors, name: wrong})


def test_configuration_keys_are_checked(fixture):
    config, tensors, _ = fixture
    assert_keys_are_checked(progan, config, tensors, unknown="latent_dim", required="resolution")


def pickle_of(path, fixture, lod, **more):
    """The pickle of the published code, in which the weights of training are zeros."""
    config, tensors, _ = fixture
    kwargs = {**config, "latent_size": None, "structure": "linear", **more}
    stored = []
    for part, name in (("G", "G"), ("D", "D"), ("G", "Gs")):
        own = {key[2:]: array for key, array in tensors.items() if key.startswith(f"{part}/")}
        own = {key: array * (name != "G") for key, array in own.items()}
        variables = {**own, "lod": np.float32(lod)}
        stored.append(files.stored_network(name, variables, kwargs, kind=("tfutil", "Network")))
    path.write_bytes(files.dumps(tuple(stored), 2))
    return path


def test_pickles(fixture, tmp_path):
    """`lod` says how far the networks have grown."""
    _, _, arrays = fixture
    imported = importers.load(pickle_of(tmp_path / "network-final.pkl", fixture, lod=0.6, fmap_decay=1.0))
    networks = imported.networks
    assert_parity(channels_first(networks["generator"](arrays["inputs/z"])), arrays["outputs/images_lod0.6"])
    scores = networks["discriminator"](channels_last(arrays["inputs/d_images"]))
    assert_parity(scores, arrays["outputs/d_scores_lod0.6"])
    assert imported.exported is networks["generator"]
    assert imported.derived == {"G.latent_size": 16, "lod": pytest.approx(0.6)}  # all else is stored
    assert imported.unused["Gs/lod"] == "how far the networks have grown"
    assert imported.unused["G/4x4/Conv/bias"] == "weights of training: their average is used"


def test_pickles_that_have_not_grown(fixture, tmp_path):
    path = pickle_of(tmp_path / "early.pkl", fixture, lod=1.5)
    with pytest.raises(ValueError, match=r"level of detail 1.5. --config lod=0"):
        importers.load(path)
    assert int(importers.load(path, lod=0).networks["generator"].alpha) == 1


def test_sizes_follow_from_tensors(fixture):
    _, tensors, _ = fixture
    assert progan._sizes(tensors) == {"resolution": 32, "num_channels": 3}
