import numpy as np
import pytest
from network_check import count

from harness import parameters_of, policy, random_inputs
from keras_gans.networks import (
    StyleGAN2Discriminator,
    StyleGAN2Generator,
)

SHAPE = {"resolution": 8, "channel_base": 32, "channel_max": 4}
SMALL = {**SHAPE, "latent_dim": 5, "style_dim": 6, "mapping_layers": 2}


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(StyleGAN2Generator).items()}
    assert [defaults[k] for k in ("resolution", "channel_base", "channel_max")] == [1024, 32768, 512]
    assert [defaults[k] for k in ("latent_dim", "style_dim", "mapping_layers")] == [512, 512, 8]
    assert (defaults["taps"], defaults["average_decay"]) == ((1, 3, 3, 1), 0.995)
    assert StyleGAN2Generator.truncation_cutoff is None
    assert parameters_of(StyleGAN2Discriminator)["minibatch_group_size"].default == 4


@pytest.mark.parametrize("blocks, low", [(0, set()), (2, {16, 32}), (9, {8, 16, 32})])
def test_low_precision_blocks(blocks, low):
    """The last ones, never that of 4x4; weights and what leaves the networks are float32."""
    shape = {"resolution": 32, "channel_base": 64, "channel_max": 4, "dtype": "mixed_bfloat16"}
    generator = StyleGAN2Generator(**shape, latent_dim=5, style_dim=6, low_precision_blocks=blocks)
    discriminator = StyleGAN2Discriminator(**shape, low_precision_blocks=blocks)
    for network in (generator.synthesis, discriminator):
        for size in (4, 8, 16, 32):
            precision = "bfloat16" if size in low else "float32"
            name = f"{size}x{size}_conv" + ("1" if size > 4 or network is generator.synthesis else "")
            assert network.get_layer(name).compute_dtype == precision, name
        assert network.outputs[0].dtype == "float32"
        assert all(w.dtype == "float32" for w in network.weights)
    assert all(layer.compute_dtype == "float32" for layer in generator.mapping.layers)


def test_the_clamp_limits_features_and_images():
    """Enormous weights: without a clamp the images follow, with one each of the two sums is limited."""
    images = {}
    for clamp in (None, 3.0):
        generator = StyleGAN2Generator(**SMALL, clamp=clamp)
        random = np.random.default_rng(0)
        for weight in generator.synthesis.trainable_weights:
            weight.assign(50.0 * random.standard_normal(weight.shape))
        images[clamp] = np.abs(generator(random_inputs([(2, 5)]))).max()
    assert images[None] > 1e3
    # Enlarging does not raise the 3 of the first image: its filter is an average.
    assert 3.0 <= images[3.0] <= 6.0 + 1e-4


def test_initial_values():
    generator = StyleGAN2Generator(**SMALL)
    synthesis = generator.synthesis
    assert np.all(synthesis.get_layer("8x8_conv0_style").bias.numpy() == 1.0)
    assert float(synthesis.get_layer("8x8_conv0_noise").strength) == 0.0
    assert not np.any(synthesis.get_layer("8x8_conv0_bias").bias)
    assert 0.5 < np.std(synthesis.get_layer("4x4_const").constant) < 1.5
    assert 50 < np.std(generator.mapping.get_layer("dense1").kernel) < 200


def test_statistics_of_the_batch():
    images = random_inputs([(2, 8, 8, 3)])
    network = StyleGAN2Discriminator(**SHAPE)
    alone, together = network(images[:1]), network(images)
    assert np.abs(alone[0] - together[0]) > 1e-4
    without = StyleGAN2Discriminator(**SHAPE, minibatch_group_size=None)
    np.testing.assert_allclose(without(images[:1])[0], without(images)[0], atol=1e-5)
    assert count(network) - count(without) == 9 * 4


def test_labels_matter():
    generator = StyleGAN2Generator(**SMALL, num_classes=3)
    discriminator = StyleGAN2Discriminator(**SHAPE, num_classes=3)
    assert discriminator.get_layer("4x4_dense1").units == 4  # the width at 4x4
    same, labels = random_inputs([(1, 5)]).repeat(3, axis=0), np.arange(3)
    images = np.asarray(generator([same, labels]))
    logits = np.asarray(discriminator([images[[0, 0, 0]], labels]))
    for values in (images, logits):
        assert np.abs(values[0] - values[1]).max() > 1e-4
        assert np.abs(values[1] - values[2]).max() > 1e-4


@pytest.mark.parametrize("network_class", [StyleGAN2Generator, StyleGAN2Discriminator])
@pytest.mark.parametrize(
    "options, message",
    [
        ({"resolution": 9}, "power of two from 8 to 1024, or.*Received: 9"),
        ({"resolution": 64, "channel_base": 63}, r"`channel_base` must be at least 64.*Received: 63"),
        ({"resolution": 8, "low_precision_blocks": -1}, "must not be negative. Received: -1"),
        ({"resolution": 8, "taps": (1, 2)}, r"symmetric.*Received: \[1.0, 2.0\]"),
        ({"channels": 0}, r"`channels` must be at least 1. Received: 0"),
        ({"channel_max": 0}, r"`channel_max` must be at least 1. Received: 0"),
        ({"mapping_layers": 0}, r"`mapping_layers` must be at least 1. Received: 0"),
        ({"clamp": -1.0}, r"`clamp` must be positive, or None. Received: -1.0"),
    ],
)
def test_what_is_refused(network_class, options, message):
    with pytest.raises(ValueError, match=message):
        network_class(**{**SHAPE, **options})


def test_policy_by_argument():
    network = StyleGAN2Generator(**SMALL, dtype="mixed_bfloat16")
    assert network.get_config()["dtype"] == "mixed_bfloat16"
    with policy("mixed_bfloat16"):
        assert StyleGAN2Discriminator(**SHAPE).get_config()["dtype"] == "mixed_bfloat16"
