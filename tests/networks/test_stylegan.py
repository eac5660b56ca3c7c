import keras
import numpy as np
import pytest

import small
from harness import assert_close, parameters_of, random_inputs
from keras_gans import losses, training
from keras_gans.networks import StyleGANDiscriminator, StyleGANGenerator

SHAPE = {"resolution": 8, "channel_base": 16, "channel_max": 4}
SMALL = {**SHAPE, "latent_dim": 5, "style_dim": 6, "mapping_layers": 2, "mapping_width": 7}
BOTH = pytest.mark.parametrize("network_class", [StyleGANGenerator, StyleGANDiscriminator])


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(StyleGANGenerator).items()}
    assert [defaults[k] for k in ("resolution", "latent_dim", "style_dim", "mapping_width")] == [1024] + [
        512
    ] * 3
    assert (defaults["mapping_layers"], defaults["mapping_lr_multiplier"]) == (8, 0.01)
    assert (defaults["blur_taps"], defaults["average_decay"]) == ((1, 2, 1), 0.995)
    assert StyleGANGenerator.truncation_cutoff == 8


@pytest.fixture(scope="module")
def generator():
    return StyleGANGenerator(**{**SMALL, "resolution": 16})


@pytest.fixture(scope="module")
def discriminator():
    return StyleGANDiscriminator(**{**SHAPE, "resolution": 16})


def test_initial_values(generator):
    """Constant and colours as described; noise and styles have no effect yet."""
    layers = {layer.name: layer for layer in generator.synthesis.layers}
    assert np.all(layers["4x4_const"].constant.numpy() == 1.0)
    assert not np.any(layers["8x8_conv0_noise"].strength)
    assert not np.any(layers["8x8_conv0_style"].bias)
    assert 50 < np.std(generator.mapping.get_layer("dense0").kernel) < 200
    assert not np.any(generator.style_average.average)


def test_views(generator, discriminator):
    """They are the network's own layers, cover all of them, and give images and scores of their size."""
    for network in (generator, discriminator):
        views = [network.at(size) for size in network.resolutions]
        assert network.resolutions == (4, 8, 16)
        assert {id(w) for view in views for w in view.weights} == {id(w) for w in network.weights}
        assert len({w.path for w in network.weights}) == len(network.weights)
        with pytest.raises(ValueError, match=r"resolutions \(4, 8, 16\). Received: 32"):
            network.at(32)
    latents = random_inputs([(2, 5)])
    for size in (4, 8, 16):
        assert generator.at(size)(latents).shape == (2, size, size, 3)
        assert discriminator.at(size)(np.ones((2, size, size, 3))).shape == (2, 1)


def test_fade(generator, discriminator):
    """Alpha 0 is the view below, enlarged or on the halved image; between, a straight line."""
    latents, images = random_inputs([(2, 5), (2, 16, 16, 3)])
    shown = {}
    for alpha in (0.0, 0.25, 1.0):
        generator.alpha.assign(alpha)
        shown[alpha] = np.asarray(generator(latents))
    below = np.asarray(generator.at(8)(latents))
    assert_close(shown[0.0], below.repeat(2, axis=1).repeat(2, axis=2), 1e-6)
    assert_close(shown[0.25], 0.75 * shown[0.0] + 0.25 * shown[1.0])
    assert np.max(np.abs(shown[1.0] - shown[0.0])) > 1e-3
    discriminator.alpha.assign(0.0)
    faded = np.asarray(discriminator(images))
    discriminator.alpha.assign(1.0)
    halved = images.reshape(2, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    assert_close(faded, discriminator.at(8)(halved))


def test_the_latents_length_does_not_matter(generator):
    latents = random_inputs([(2, 5)])
    assert_close(generator(7.0 * latents), generator(latents))


@pytest.mark.slow
def test_grows_with_the_progressive_trainer():
    """A step at 4 px and one that fades 8 px in: both players move, and the average style follows."""
    keras.utils.set_random_seed(3)
    gan = training.ProgressiveGAN(
        StyleGANGenerator(**SMALL, name="generator"),
        StyleGANDiscriminator(**SHAPE, name="discriminator"),
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=[losses.R1(weight=10.0)],
        average=training.ExponentialMovingAverage(decay=0.9),
    )
    for phase in (small.phase(4), small.phase(8, start=64)):
        gan.begin_phase(phase)
        small.compile_(gan, run_eagerly=True)
        before = [[w.numpy() for w in n.trainable_weights] for n in (gan.generator, gan.discriminator)]
        small.fit(gan, small.data(1, resolution=phase.resolution))
        for network, old in zip((gan.generator, gan.discriminator), before, strict=True):
            assert any(np.any(w.numpy() != o) for w, o in zip(network.trainable_weights, old, strict=True))
    assert int(gan.skipped_steps.numpy()) == 0
    assert np.any(gan.generator.style_average.average)
    np.testing.assert_array_equal(
        gan.generator_average.style_average.average, gan.generator.style_average.average
    )
