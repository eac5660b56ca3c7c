import keras
import numpy as np
import pytest
import tensorflow as tf
from network_check import count

from harness import assert_close, parameters_of, random_inputs
from keras_gans.networks import ProGANDiscriminator, ProGANGenerator

SMALL = {"resolution": 16, "channel_base": 48, "channel_max": 6}
BOTH = pytest.mark.parametrize("network_class", [ProGANGenerator, ProGANDiscriminator])


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(ProGANGenerator).items()}
    assert (defaults["resolution"], defaults["latent_dim"]) == (1024, 512)
    assert (defaults["channel_base"], defaults["channel_max"]) == (8192, 512)
    assert parameters_of(ProGANDiscriminator)["minibatch_group_size"].default == 4


@BOTH
@pytest.mark.parametrize("resolution", [8, 16, 32, 64])
def test_any_power_of_two_from_8(network_class, resolution):
    network = network_class(resolution=resolution, channel_base=64, channel_max=3)
    assert network.resolutions[0] == 4 and network.resolutions[-1] == resolution
    assert len(network.resolutions) == resolution.bit_length() - 2


@BOTH
def test_a_base_that_leaves_no_channels_is_refused(network_class):
    with pytest.raises(ValueError, match=r"`channel_base` must be at least 32.*Received: 31"):
        network_class(resolution=64, channel_base=31)


@BOTH
@pytest.mark.parametrize("resolution", [2, 5, 32])
def test_views_that_do_not_exist(network_class, resolution):
    network = network_class(**SMALL)
    with pytest.raises(ValueError, match=rf"resolutions \(4, 8, 16\). Received: {resolution}"):
        network.at(resolution)


@pytest.fixture
def generator():
    return ProGANGenerator(**SMALL, latent_dim=5)


@pytest.fixture
def discriminator():
    return ProGANDiscriminator(**SMALL, minibatch_group_size=2)


def double(images):
    return np.asarray(images).repeat(2, axis=1).repeat(2, axis=2)


def test_shapes_of_views(generator, discriminator):
    for size in (4, 8, 16):
        assert generator.at(size)(np.ones((2, 5))).shape == (2, size, size, 3)
        assert discriminator.at(size)(np.ones((2, size, size, 3))).shape == (2, 1)


def test_generator_fade(generator):
    """Alpha 0 is the enlarged view below; 1 does not have it; between them it is a straight line."""
    latents = random_inputs([(3, 5)])
    for size in (8, 16):
        images = {}
        for alpha in (0.0, 0.25, 1.0):
            generator.alpha.assign(alpha)
            images[alpha] = np.asarray(generator.at(size)(latents))
        generator.alpha.assign(1.0)
        assert_close(images[0.0], double(generator.at(size // 2)(latents)), 1e-6)
        assert_close(images[0.25], 0.75 * images[0.0] + 0.25 * images[1.0])
        assert np.abs(images[1.0] - images[0.0]).max() > 0.01
        before = generator.get_layer(f"to_rgb_{size // 2}x{size // 2}") if size == 16 else None
        if before:  # the old path is of no weight any more
            before.kernel.assign(before.kernel + 1.0)
            assert_close(generator.at(size)(latents), images[1.0])


def test_discriminator_fade(discriminator):
    """Alpha 0 is the view below on the halved image; at 1 the old colours play no part."""
    images = random_inputs([(4, 16, 16, 3)])
    halved = images.reshape(4, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    discriminator.alpha.assign(0.0)
    faded = np.asarray(discriminator(images))
    discriminator.alpha.assign(1.0)
    assert_close(faded, discriminator.at(8)(halved))
    full = np.asarray(discriminator(images))
    assert np.abs(full - faded).max() > 1e-3
    old = discriminator.get_layer("from_rgb_8x8")
    old.kernel.assign(old.kernel + 1.0)
    assert_close(discriminator(images), full)


def test_training_a_view_trains_the_network(generator):
    latents = random_inputs([(2, 5)])
    view = generator.at(8)
    assert {id(w) for w in view.weights} < {id(w) for w in generator.weights}
    before = np.asarray(generator(latents))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(view(latents) ** 2)
    for variable, gradient in zip(
        view.trainable_variables,
        tape.gradient(loss, [v.value for v in view.trainable_variables], unconnected_gradients="zero"),
        strict=True,
    ):
        variable.assign_sub(0.1 * gradient)
    assert np.abs(np.asarray(generator(latents)) - before).max() > 1e-4


@BOTH
def test_views_cover_all_weights(network_class):
    """What is grown later is there from the start, and saved."""
    network = network_class(**SMALL)
    seen = {id(w) for size in network.resolutions for w in network.at(size).weights}
    assert seen == {id(w) for w in network.weights}
    assert len({w.path for w in network.weights}) == len(network.weights)


@BOTH
def test_all_views_survive_saving(network_class, tmp_path):
    network = network_class(**SMALL)
    network.alpha.assign(0.3)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert_close(loaded.alpha, 0.3, 1e-6)
    for size in network.resolutions:
        shape = (4, 512) if network_class is ProGANGenerator else (4, size, size, 3)
        inputs = random_inputs([shape])
        np.testing.assert_array_equal(loaded.at(size)(inputs), network.at(size)(inputs))


def test_the_latents_length_does_not_matter(generator):
    latents = random_inputs([(2, 5)])
    assert_close(generator(7.0 * latents), generator(latents))


def test_labels_matter():
    network = ProGANGenerator(**SMALL, latent_dim=5, num_classes=3)
    latents = np.repeat(random_inputs([(1, 5)]), 3, axis=0)
    images = np.asarray(network([latents, np.arange(3)]))
    assert np.abs(images[0] - images[1]).max() > 1e-3
    assert np.abs(images[1] - images[2]).max() > 1e-3


def test_minibatch_statistics_see_the_batch(discriminator):
    images = random_inputs([(2, 16, 16, 3)])
    alone, together = discriminator(images[:1]), discriminator(images)
    assert np.abs(alone[0] - together[0]) > 1e-4
    without = ProGANDiscriminator(**SMALL, minibatch_group_size=None)
    assert_close(without(images[:1])[0], without(images)[0])
    assert count(discriminator) - count(without) == 9 * 6


def test_endpoints(generator):
    endpoints = generator.endpoints()
    assert list(endpoints) == ["default"]
    function, signature = endpoints["default"]
    assert {name: (spec.shape, spec.dtype) for name, spec in signature.items()} == {
        "z": ((None, 5), "float32")
    }
    z = random_inputs([(3, 5)])
    raw, images = np.asarray(generator(z)), np.asarray(function(z=z))
    assert images.min() >= 0.0 and images.max() <= 1.0
    assert_close(images, np.clip((raw + 1) / 2, 0, 1))


def test_conditional_endpoints():
    network = ProGANGenerator(**SMALL, latent_dim=5, num_classes=3)
    function, signature = network.endpoints()["default"]
    assert {name: spec.shape for name, spec in signature.items()} == {
        "z": (None, 5),
        "y": (None, 3),
        "truncation": (),
    }
    z = random_inputs([(3, 5)])
    y = np.eye(3, dtype="float32")[[2, 0, 1]]
    images = np.asarray(function(z=z, y=y, truncation=np.float32(1.0)))
    raw = np.asarray(network([z, np.array([2, 0, 1])]))
    assert_close(images, np.clip((raw + 1) / 2, 0, 1))
    # Per example, as in rows of TF Serving; shorter latents, heavier labels.
    rows = np.asarray(function(z=z, y=y, truncation=np.array([1.0, 0.5, 0.25], "float32")))
    assert_close(rows[0], images[0])
    raw = np.asarray(network([z * 0.25, np.array([2, 0, 1])]))
    assert_close(rows[2], np.clip((raw[2] + 1) / 2, 0, 1))


@BOTH
def test_policy_by_argument(network_class):
    network = network_class(**SMALL, dtype="mixed_bfloat16")
    assert network.get_config()["dtype"] == "mixed_bfloat16"
    assert network.get_layer("16x16_conv0").compute_dtype == "bfloat16"
    assert network_class(**SMALL).get_config()["dtype"] == "float32"
