import itertools

import keras
import numpy as np
import pytest

import small
from harness import assert_close, check_network, parameters_of, random_inputs
from keras_gans import losses, training
from keras_gans.networks import StyleGANDiscriminator, StyleGANGenerator

SHAPE = {"resolution": 8, "channel_base": 16, "channel_max": 4}
SMALL = {**SHAPE, "latent_dim": 5, "style_dim": 6, "mapping_layers": 2, "mapping_width": 7}
LABELS = np.array([0, 2, 1, 2], "int32")
BOTH = pytest.mark.parametrize("network_class", [StyleGANGenerator, StyleGANDiscriminator])


def prepare(network):
    """Half faded, the same noise every time, mappings that matter."""
    network.alpha.assign(0.5)
    random = np.random.default_rng(5)
    for layer in getattr(network, "noise_constants", ()):
        layer.constant.assign(random.standard_normal(layer.shape))
    for layer in network.mapping.layers if hasattr(network, "mapping") else ():
        if layer.name.startswith("dense"):
            layer.kernel.assign(100.0 * layer.kernel)


def widths(resolution, base, most):
    return {2**n: min(2 * base // 2**n, most) for n in range(1, resolution.bit_length())}


def generator_size(
    resolution, *, latents=512, style=512, hidden=512, depth=8, base=8192, most=512, classes=0, colors=3
):
    """Mapping, constant, and for every size two convolutions, two epilogues and colours."""
    width = widths(resolution, base, most)
    layers = [latents * (2 if classes else 1), *[hidden] * (depth - 1), style]
    total = classes * latents + sum((a + 1) * b for a, b in itertools.pairwise(layers))
    total += 16 * width[4] - 9 * width[4] ** 2  # a constant in place of the first convolution
    for size in list(width)[1:]:
        inner, outer = width[max(size // 2, 4)], width[size]
        total += 9 * inner * outer + 9 * outer**2 + 2 * (2 * outer + 2 * outer * (style + 1))
        total += (outer + 1) * colors
    return total


def discriminator_size(resolution, *, base=8192, most=512, classes=0, colors=3):
    width = widths(resolution, base, most)
    total = 9 * (width[4] + 1) * width[4] + width[4] + (16 * width[4] + 1) * width[2]
    total += (width[2] + 1) * max(classes, 1)
    for size in list(width)[1:]:
        total += (colors + 1) * width[size]
        if size > 4:
            inner, outer = width[size // 2], width[size]
            total += 9 * outer**2 + outer + 9 * outer * inner + inner
    return total


def test_generator(tmp_path):
    sizes = {"latents": 5, "style": 6, "hidden": 7, "depth": 2, "base": 16, "most": 4}
    check_network(
        StyleGANGenerator,
        arguments={**SMALL, "num_classes": 3, "channels": 1, "name": "painter"},
        inputs=[random_inputs([(4, 5)]), LABELS],
        output_shape=(8, 8, 1),
        trainable_parameters=generator_size(8, classes=3, colors=1, **sizes),
        folder=tmp_path,
        prepare=prepare,
        tolerance=5e-5,
    )


def test_discriminator(tmp_path):
    check_network(
        StyleGANDiscriminator,
        arguments={**SHAPE, "num_classes": 3, "minibatch_group_size": 2, "name": "critic"},
        inputs=[random_inputs([(4, 8, 8, 3)]), LABELS],
        output_shape=(1,),
        trainable_parameters=discriminator_size(8, base=16, most=4, classes=3),
        folder=tmp_path,
        prepare=prepare,
        per_example=False,
    )


# Of the published networks; the discriminators are Progressive GAN's.
PUBLISHED = {
    128: (25_843_858, 22_941_313),
    256: (26_086_229, 23_052_353),
    1024: (26_219_627, 23_087_249),
}


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("resolution", PUBLISHED)
def test_published_parameter_counts(resolution):
    assert (generator_size(resolution), discriminator_size(resolution)) == PUBLISHED[resolution]


@pytest.mark.slow
@BOTH
def test_parameters_of_the_published_networks(network_class):
    """The defaults are the paper's; symbolic, without running anything."""
    network = network_class(resolution=128)
    assert count(network) == PUBLISHED[128][network_class is StyleGANDiscriminator]


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


@BOTH
@pytest.mark.parametrize("resolution", [4, 12, 2048])
def test_other_resolutions_are_refused(network_class, resolution):
    with pytest.raises(ValueError, match=f"power of two from 8 to 1024. Received: {resolution}"):
        network_class(resolution=resolution)


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
