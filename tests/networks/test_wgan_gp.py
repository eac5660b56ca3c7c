import itertools

import numpy as np
import pytest
import tensorflow as tf
from network_check import count, randomized
from reference.classic_numpy import (
    weights_of,
    wgan_gp_cifar_discriminator,
    wgan_gp_discriminator,
    wgan_gp_generator,
)

from harness import assert_close, random_inputs
from keras_gans.networks import WGANGPCIFARDiscriminator, WGANGPDiscriminator, WGANGPGenerator

LABELS = np.array([0, 2, 1, 2], "int32")
# Widths 6, 4, 2 and 1 at 4, 8, 16 and 32 px.
SMALL = {"channel_base": 32, "channel_max": 6}
EVERY = pytest.mark.parametrize(
    "network_class", [WGANGPGenerator, WGANGPDiscriminator, WGANGPCIFARDiscriminator]
)


def conv(inputs, outputs, size=3, bias=True):
    return size * size * inputs * outputs + bias * outputs


def generator_size(latents, colors, widths, classes=0):
    """Widths from 4 px on; a norm has two numbers a channel, or two for each class."""
    total = (latents + 1) * 16 * widths[0]
    for inner, outer in itertools.pairwise(widths):
        norms = 2 * (classes or 1) * (inner + outer)
        total += norms + conv(inner, outer, bias=False) + conv(outer, outer) + conv(inner, outer, 1)
    return total + 2 * widths[-1] + conv(widths[-1], colors)


def discriminator_size(colors, widths, classes=0):
    """Widths from the full resolution down to 4 px."""
    total = conv(colors, widths[0])
    for outer, inner in itertools.pairwise(widths):
        total += 4 * outer + conv(outer, outer, bias=False) + conv(outer, inner) + conv(outer, inner, 1)
    return total + (16 * widths[-1] + 1) * (1 + classes)


def cifar_discriminator_size(colors, widths, classes=0):
    """Widths from half the resolution down to 8 px."""
    total = conv(colors, widths[0]) + conv(widths[0], widths[0]) + conv(colors, widths[0], 1)
    for outer, inner in itertools.pairwise(widths):
        total += conv(outer, outer) + conv(outer, inner) + conv(outer, inner, 1)
    return total + 4 * conv(widths[-1], widths[-1]) + (widths[-1] + 1) * (1 + classes)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("classes", [0, 3])
def test_generator_in_numpy(classes, training):
    network = randomized(WGANGPGenerator(**SMALL, resolution=16, latent_dim=5, num_classes=classes))
    latents = random_inputs([(4, 5)])
    labels = [LABELS] if classes else []
    expected = wgan_gp_generator(weights_of(network), latents, *labels, resolution=16, training=training)
    assert_close(network([latents, LABELS] if classes else latents, training=training), expected)
    assert np.abs(expected).max() > 0.1
    assert count(network) == generator_size(5, 3, (6, 4, 2), classes)


def test_discriminator_in_numpy():
    network = randomized(WGANGPDiscriminator(**SMALL, resolution=16))
    images = random_inputs([(4, 16, 16, 3)])
    assert_close(network(images, training=True), wgan_gp_discriminator(weights_of(network), images))
    assert count(network) == discriminator_size(3, (2, 4, 6))


def test_cifar_discriminator_in_numpy():
    network = randomized(WGANGPCIFARDiscriminator(**SMALL, resolution=32))
    images = random_inputs([(4, 32, 32, 3)])
    assert_close(network(images, training=True), wgan_gp_cifar_discriminator(weights_of(network), images))
    assert count(network) == cifar_discriminator_size(3, (2, 4))


@pytest.mark.parametrize("network_class", [WGANGPDiscriminator, WGANGPCIFARDiscriminator])
def test_the_penalty_s_gradient(network_class):
    """Second order, by two identities of Euler for `|grad_x D|^2`.

    It is quadratic in the last kernel k, so that `<grad, k>` is twice its value; and a kernel before a layer
    norm may have any scale, so that `<grad, k>` is 0.
    """
    network = randomized(network_class(**SMALL, resolution=16))
    images = tf.constant(random_inputs([(2, 16, 16, 3)]))
    kernels = [network.get_layer(name).kernel.value for name in ("logits", "8x8_conv0")]
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = tf.reduce_sum(network(images, training=True))
        value = tf.reduce_sum(tape.gradient(score, images) ** 2)
    products, sizes = [], []
    for kernel, slope in zip(kernels, outer.gradient(value, kernels), strict=True):
        products.append(float(tf.reduce_sum(kernel * slope)))
        sizes.append(float(tf.norm(kernel) * tf.norm(slope)))
    assert products[0] == pytest.approx(2 * float(value), rel=1e-4)
    assert sizes[1] > 0
    if network_class is WGANGPDiscriminator:
        assert abs(products[1]) < 1e-3 * sizes[1]


def test_an_example_s_score_is_its_own_while_training():
    """What the penalty needs, and batch norm would not give."""
    images = random_inputs([(3, 16, 16, 3)])
    for network_class in (WGANGPDiscriminator, WGANGPCIFARDiscriminator):
        network = randomized(network_class(**SMALL, resolution=16))
        alone, together = network(images[:1], training=True), network(images, training=True)
        assert_close(alone[0], together[0])
        assert not network.non_trainable_weights


def test_labels_choose_gains_and_biases():
    network = WGANGPGenerator(**SMALL, resolution=16, latent_dim=5, num_classes=3)
    latents = np.repeat(random_inputs([(1, 5)]), 3, axis=0)
    images = np.asarray(network([latents, np.arange(3)]))
    assert_close(images[0], images[1], 1e-6)  # gain 1 and bias 0 of every class at the start
    network.get_layer("8x8_norm1_bias").embeddings.assign(np.eye(3, 4))
    images = np.asarray(network([latents, np.arange(3)]))
    assert np.abs(images[0] - images[1]).max() > 1e-4


def test_bounds():
    with pytest.raises(ValueError, match=r"from 16 to 1024, for blocks that end at 8x8. Received: 8"):
        WGANGPCIFARDiscriminator(resolution=8)
    with pytest.raises(ValueError, match=r"`channel_base` must be at least 64.*Received: 63"):
        WGANGPGenerator(resolution=64, channel_base=63)


def test_initial_weights():
    """Uniform with the variance 4 / (inputs + outputs) in blocks, half of it at ends and shortcuts."""
    network = WGANGPGenerator(resolution=16, channel_base=512, channel_max=32)
    for name, scale, fan in (
        ("8x8_conv0", 4, 9 * (32 + 32)),
        ("16x16_conv1", 4, 9 * (32 + 32)),
        ("16x16_shortcut", 2, 32 + 32),
        ("output_conv", 2, 9 * (32 + 3)),
        ("4x4_dense", 2, 128 + 512),
    ):
        kernel = network.get_layer(name).kernel.numpy()
        assert kernel.var() == pytest.approx(scale / fan, rel=0.1), name
        assert np.abs(kernel).max() <= np.sqrt(3 * scale / fan) * 1.001
