import numpy as np
import pytest
from network_check import count, randomized
from reference.classic_numpy import dcgan_discriminator, dcgan_generator, weights_of

from harness import assert_close, random_inputs
from keras_gans.layers import Clip
from keras_gans.networks import DCGANDiscriminator, DCGANGenerator

LABELS = np.array([0, 2, 1, 2], "int32")
BOTH = pytest.mark.parametrize("network_class", [DCGANGenerator, DCGANDiscriminator])


def generator_size(latents, colors, width, resolution):
    """Bias-free 4x4 kernels, two numbers for each normalised channel."""
    widths = [width * 2**n for n in reversed(range(resolution.bit_length() - 3))]
    kernels = [16 * a * b for a, b in zip([latents, *widths], [*widths, colors], strict=True)]
    return sum(kernels) + 2 * sum(widths)


def discriminator_size(colors, width, resolution):
    widths = [width * 2**n for n in range(resolution.bit_length() - 3)]
    kernels = [16 * a * b for a, b in zip([colors, *widths], [*widths, 1], strict=True)]
    return sum(kernels) + 2 * sum(widths[1:])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("classes", [0, 3])
def test_generator_in_numpy(classes, training):
    network = randomized(
        DCGANGenerator(resolution=16, latent_dim=5, num_classes=classes, width=4), spread=0.4
    )
    latents = random_inputs([(4, 5)])
    weights, labels = weights_of(network), [LABELS] if classes else []
    expected = dcgan_generator(weights, latents, *labels, classes=classes, resolution=16, training=training)
    assert_close(network([latents, LABELS] if classes else latents, training=training), expected)
    assert 0.1 < np.abs(expected).std() < 0.9


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("classes", [0, 3])
def test_discriminator_in_numpy(classes, training):
    network = randomized(DCGANDiscriminator(resolution=16, num_classes=classes, width=2), spread=0.4)
    images = random_inputs([(4, 16, 16, 3)])
    weights, labels = weights_of(network), [LABELS] if classes else []
    expected = dcgan_discriminator(weights, images, *labels, classes=classes, training=training)
    assert_close(network([images, LABELS] if classes else images, training=training), expected)


def test_statistics_move_by_a_tenth():
    network = randomized(DCGANGenerator(resolution=8, latent_dim=5, width=2), spread=0.4)
    norm, latents = network.get_layer("4x4_norm"), random_inputs([(4, 5)])
    before = norm.moving_mean.numpy()
    features = (latents @ network.get_layer("4x4_dense").kernel.numpy()).reshape(-1, 2)
    network(latents, training=True)
    assert_close(norm.moving_mean, 0.9 * before + 0.1 * features.mean(axis=0), 1e-6)
    network(latents)
    assert_close(norm.moving_mean, 0.9 * before + 0.1 * features.mean(axis=0), 1e-6)
    assert norm.synchronized


@BOTH
@pytest.mark.parametrize("resolution", [8, 32, 64])
def test_any_power_of_two_from_8(network_class, resolution):
    network = network_class(resolution=resolution, width=2)
    size = generator_size(100, 3, 2, resolution)
    if network_class is DCGANDiscriminator:
        size = discriminator_size(3, 2, resolution)
    assert count(network) == size


def test_initial_weights():
    """Normal with a deviation of 0.02, gains around 1; no two kernels alike."""
    generator, discriminator = DCGANGenerator(resolution=16, width=32), DCGANDiscriminator(resolution=16)
    for network in (generator, discriminator):
        kernels = [w.numpy() for w in network.weights if w.name == "kernel" and w.numpy().size > 1000]
        for kernel in kernels:
            assert kernel.std() == pytest.approx(0.02, rel=0.1)
            assert abs(kernel.mean()) < 0.002
        assert len({round(float(kernel.std()), 9) for kernel in kernels}) == len(kernels)
        gains = np.concatenate([w.numpy() for w in network.weights if w.name == "gamma"])
        assert gains.mean() == pytest.approx(1.0, abs=0.02)
        assert gains.std() == pytest.approx(0.02, rel=0.4)


def test_clipping_is_a_constraint_of_every_trainable_weight():
    for weight in DCGANDiscriminator(resolution=16, width=2, clip=0.25).trainable_weights:
        assert isinstance(weight.constraint, Clip) and weight.constraint.limit == 0.25, weight.path
    free = DCGANDiscriminator(resolution=16, width=2)
    assert all(weight.constraint is None for weight in free.trainable_weights)
    with pytest.raises(ValueError, match=r"`limit` must be positive. Received: 0"):
        DCGANDiscriminator(resolution=16, clip=0)
