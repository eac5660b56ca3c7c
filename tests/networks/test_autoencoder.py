import re

import numpy as np
import pytest
import tensorflow as tf
from network_check import make, vary

from harness import assert_close, gradients, parameters_of, random_inputs
from keras_gans.endpoints import open_sizes
from keras_gans.networks import KLAutoencoder, VQAutoencoder

SMALL = {"width": 4, "channel_multipliers": (1, 2), "blocks_per_level": 1, "num_groups": 2}
BOTH = pytest.mark.parametrize("kind", [KLAutoencoder, VQAutoencoder])


@pytest.fixture(scope="module")
def autoencoders():
    """Of any size, with weights that matter."""
    vq = make(VQAutoencoder, {**SMALL, "num_codes": 16})
    vq.codebook.codebook.assign(random_inputs([(16, 3)]))
    return {KLAutoencoder: make(KLAutoencoder, SMALL), VQAutoencoder: vq}


@pytest.fixture
def kl(autoencoders):
    return autoencoders[KLAutoencoder]


@pytest.fixture
def vq(autoencoders):
    return autoencoders[VQAutoencoder]


IMAGES = random_inputs([(2, 8, 12, 3)])


def test_defaults_are_the_published_ones():
    expected = {"resolution": None, "channels": 3, "width": 128, "blocks_per_level": 2, "num_groups": 32}
    for kind, own in (
        (KLAutoencoder, {"channel_multipliers": (1, 2, 4, 4), "latent_channels": 4}),
        (VQAutoencoder, {"channel_multipliers": (1, 2, 4), "latent_channels": 3, "num_codes": 8192}),
    ):
        defaults = {name: p.default for name, p in parameters_of(kind).items()}
        assert {name: defaults[name] for name in {**expected, **own}} == {**expected, **own}
        assert defaults["norm_epsilon"] == 1e-6


@BOTH
def test_a_call_decodes_the_latents(autoencoders, kind):
    """Of images of any size; the last convolution is the last layer, and nothing is between."""
    network = autoencoders[kind]
    latents = network.latents(IMAGES)
    assert latents.shape == (2, 4, 6, network.latent_channels)
    images = network(IMAGES)
    np.testing.assert_array_equal(network.decode(latents), images)
    features = network.features(latents)
    assert features.shape == (2, 8, 12, 4)
    np.testing.assert_array_equal(network.last_conv(features), images)
    assert_close(network(IMAGES, training=True), images, 2e-5)  # with other gradients only
    assert network.layers[-1] is network.last_conv
    assert network.downscale == 2


def test_parts_in_a_graph_of_any_size(vq):
    """Two trips of one trace; what the KL autoencoder has besides is of plain operations."""

    def run(images):
        return vq.decode(vq.encode(images))

    traced = tf.function(run, input_signature=[tf.TensorSpec((None, None, None, 3))])
    for images in (IMAGES, random_inputs([(1, 4, 4, 3)])):
        assert_close(traced(images), vq(images), 2e-5)


@BOTH
def test_gradients_of_training(autoencoders, kind):
    """Those with `training` are those without; all of them through the parts, the codebook's by its term."""
    network = autoencoders[kind]

    def run(training):
        def call(images):
            latents = network.encode(images, training=training)
            if kind is KLAutoencoder:
                penalties = network.kl(latents)
                latents = network.sample(latents, 0.5 * tf.ones((2, 4, 6, 4)))
                decoded = network.decode(latents, training=training)
            else:
                quantized, indices = network.quantized(latents)
                penalties = tf.reduce_sum((network.codes(indices) - latents) ** 2, axis=(1, 2, 3))
                decoded = network.decode(quantized, quantize=False, training=training)
            return tf.concat([tf.reshape(decoded, (2, -1)), penalties[:, None]], axis=1)

        return gradients(call, IMAGES, network.trainable_weights)[1]

    for weight, ours, expected in zip(network.weights, run(True), run(False), strict=True):
        largest = np.abs(expected).max()
        assert largest > (0.0 if weight.path.endswith("key_bias") else 1e-2), weight.path  # it has no effect
        assert_close(ours, expected, 2e-5)


def test_moments(kl):
    """Against the formulas, and against the density of many samples."""
    moments = np.stack([np.full((1, 2, 3), 0.5), np.full((1, 2, 3), -1.0)], axis=-1).astype("float32")
    divergence = 6 * 0.5 * (0.25 + np.exp(-1.0) - 1.0 + 1.0)
    assert_close(kl.kl(moments), [divergence])
    assert_close(kl.kl(np.zeros((3, 2, 2, 8), "float32")), np.zeros(3))
    noise = random_inputs([(1, 2, 3, 1)])
    assert_close(kl.sample(moments, noise), 0.5 + np.exp(-0.5) * noise)


def test_logarithms_of_variances_are_bounded(kl):
    network = KLAutoencoder(**SMALL)
    network.set_weights(kl.get_weights())
    conv = network.encoder.get_layer("encoder_latents")
    moments = np.asarray(network.encode(IMAGES))
    for bias, bound in ((1e3, 20.0), (-1e3, -30.0)):
        conv.bias.assign(np.full(8, bias))
        mean, log_variance = np.split(np.asarray(network.encode(IMAGES)), 2, axis=-1)
        np.testing.assert_array_equal(log_variance, np.full_like(log_variance, bound))
        assert np.abs(mean - bias).max() < 100.0
    np.testing.assert_array_equal(kl.latents(IMAGES), np.split(moments, 2, axis=-1)[0])


def test_codes(vq):
    latents = vq.encode(IMAGES)
    quantized, indices = vq.quantized(latents)
    assert indices.shape == (2, 4, 6) and indices.dtype == "int32"
    assert len(np.unique(indices)) > 3
    table = vq.codebook.codebook.numpy()
    distances = ((np.asarray(latents)[..., None, :] - table) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(indices, distances.argmin(axis=-1))
    np.testing.assert_array_equal(quantized, table[np.asarray(indices)])  # exactly
    np.testing.assert_array_equal(vq.codes(indices), quantized)
    again, numbers = vq.quantized(quantized)
    np.testing.assert_array_equal(again, quantized)
    np.testing.assert_array_equal(numbers, indices)
    np.testing.assert_array_equal(vq.decode(quantized, quantize=False), vq.decode(latents))
    assert np.abs(vq.decode(latents, quantize=False) - vq.decode(latents)).max() > 1e-2


def test_the_gradient_passes_straight_through(vq):
    latents = tf.constant(random_inputs([(2, 4, 4, 3)]))
    weights = random_inputs([(2, 4, 4, 3)], seed=2)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(latents)
        total = tf.reduce_sum(weights * vq.quantized(latents)[0])
    np.testing.assert_array_equal(tape.gradient(total, latents), weights)
    assert tape.gradient(total, vq.codebook.codebook.value) is None


def test_shapes_of_latents():
    network = KLAutoencoder(**SMALL)
    assert network.latent_shape(6) == (3, 3, 4)
    for resolution in (None, 7, 0):
        with pytest.raises(ValueError, match=f"a multiple of 2, at least 2. Received: {resolution}"):
            network.latent_shape(resolution)
    fixed = KLAutoencoder(resolution=8, **SMALL)
    assert fixed.latent_shape() == fixed.latent_shape(8) == (4, 4, 4)
    assert fixed.decoder.input_shape == (None, 4, 4, 4)
    with pytest.raises(ValueError, match=r"`resolution` must be 8\. Received: 16"):
        fixed.latent_shape(16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resolution": 7}, "must be multiples of 2, at least 2. Received: 7x7"),
        ({"channel_multipliers": ()}, "must have one number for each level. Received none"),
        ({"width": 5}, "must be multiples of num_groups=2. Received: width=5"),
        ({"blocks_per_level": 0}, "`blocks_per_level` must be at least 1. Received: 0"),
        ({"latent_channels": 0}, "`latent_channels` must be at least 1. Received: 0"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        KLAutoencoder(**{**SMALL, **arguments})


def test_images_that_cannot_be_are_refused(kl):
    with pytest.raises(ValueError, match=r"multiples of 2, at least 2\. Received: 8x9"):
        kl.encode(np.zeros((1, 8, 9, 3), "float32"))
    with pytest.raises(ValueError, match=r"shape=\(None, None, None, 3\), found shape=\(1, 8, 8, 2\)"):
        kl.encode(np.zeros((1, 8, 8, 2), "float32"))


def test_codes_of_another_width_than_the_encoder():
    network = VQAutoencoder(**SMALL, latent_channels=2, encoder_channels=5, num_codes=3)
    assert network.codebook.codebook.shape == (3, 2)
    assert network.encoder.get_layer("encoder_last_conv").filters == 5
    assert network.decoder.get_layer("decoder_latents").filters == 5
    assert network.latents(IMAGES).shape == (2, 4, 6, 2)


def test_starts_as_a_plain_chain():
    """Residual branches are zero; the image is not, so that the last layer's gradients can be compared."""
    network = KLAutoencoder(**SMALL)
    for part in (network.encoder, network.decoder):
        for layer in part.layers:
            if layer.name.endswith("_conv1"):
                np.testing.assert_array_equal(layer.kernel, 0.0)
    assert np.std(network(IMAGES)) > 0.1


def test_policy_by_argument():
    network = VQAutoencoder(**SMALL, num_codes=4, dtype="mixed_bfloat16")
    vary(network)
    parts = (network.encoder, network.decoder, network)
    computed = {layer.name: layer.compute_dtype for part in parts for layer in part.layers}
    assert computed["encoder_level0_block0_conv0"] == computed["decoder_first_conv"] == "bfloat16"
    for name in ("encoder_latents", "decoder_latents", "codebook", "last_conv"):
        assert computed[name] == "float32"
    assert network.encode(IMAGES).dtype == network(IMAGES).dtype == "float32"


@BOTH
def test_endpoints(autoencoders, kind):
    """Images in [0, 1] at the doors, open sizes, latents as they are."""
    network = autoencoders[kind]
    endpoints = network.endpoints()
    specs = {name: specs for name, (_, specs) in endpoints.items()}
    assert {name: list(each) for name, each in specs.items()} == {
        **{"default": ["images"], "encode": ["images"], "decode": ["latents"]}
    }
    signature = [specs["encode"]["images"], specs["decode"]["latents"]]
    assert [open_sizes(each) for each in signature] == [(2, 2), (1, 1)]

    images = np.random.default_rng(0).uniform(size=(2, 4, 6, 3)).astype("float32")
    latents = endpoints["encode"][0](images)
    np.testing.assert_array_equal(latents, network.latents(images * 2 - 1))
    expected = np.clip(network(images * 2 - 1) * 0.5 + 0.5, 0.0, 1.0)
    assert 0.0 < np.mean(expected) < 1.0
    assert_close(endpoints["default"][0](images), expected, 1e-6)
    assert_close(endpoints["decode"][0](latents), expected, 1e-6)


def test_endpoints_of_one_size():
    endpoints = KLAutoencoder(resolution=8, **SMALL).endpoints()
    assert endpoints["default"][1]["images"].shape == (None, 8, 8, 3)
    assert endpoints["decode"][1]["latents"].shape == (None, 4, 4, 4)
