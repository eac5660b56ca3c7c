import math

import checkpoint_files as files
import numpy as np
import pytest
from reference import stylegan_numpy
from reference.parity import assert_parity, channels_first, channels_last
from reference.tensors import assert_same_shapes

from harness import first_of
from keras_gans import importers
from keras_gans.importers import stylegan
from keras_gans.importers.stylegan import CONFIG, networks_from_tensors
from keras_gans.networks import StyleGANDiscriminator, StyleGANGenerator, truncate_styles

FIXTURE = "stylegan1_32"

# Other sizes, labels, one colour, no minibatch statistics, a wider filter.
OTHER = {
    "num_channels": 1,
    "resolution": 16,
    "latent_size": 7,
    "dlatent_size": 6,
    "mapping_fmaps": 9,
    "label_size": 3,
    "fmap_base": 40,
    "fmap_max": 12,
    "mapping_layers": 3,
    "mapping_lrmul": 0.1,
    "structure": "linear",
    "fused_scale": False,
    "blur_filter": [1, 4, 6, 4, 1],
    "mbstd_group_size": 1,
}
# Kernels of transposed convolutions at all sizes.
FUSED = {**OTHER, "label_size": 0, "fused_scale": True, "mbstd_group_size": 2, "blur_filter": [1, 2, 1]}
# Of one size only: those from 128 px.
AUTO = {**FUSED, "resolution": 128, "fmap_base": 128, "fmap_max": 2, "fused_scale": "auto"}


def test_published_mapping(fixture, networks):
    _, _, arrays = fixture
    assert np.std(arrays["outputs/w"]) > 0.1
    assert_parity(networks["generator"].mapping(arrays["inputs/z"]), arrays["outputs/w"])


@pytest.mark.parametrize("lod", [0.0, 0.6])
def test_published_networks(fixture, networks, lod):
    _, _, arrays = fixture
    generator, discriminator = networks["generator"], networks["discriminator"]
    for network in (generator, discriminator):
        network.alpha.assign(1.0 - lod)
    latents = arrays["inputs/z"]
    styles = generator.styles(latents)
    whole = arrays[f"outputs/synthesis_notrunc_lod{lod}"]
    assert_parity(channels_first(generator(latents)), whole)
    truncated = channels_first(generator.synthesize(generator.truncate(styles, 0.7)))
    assert_parity(truncated, arrays[f"outputs/images_psi0.7_cutoff8_lod{lod}"])
    assert np.max(np.abs(truncated - whole)) > 0.01
    if lod == 0.0:
        average = generator.style_average.average
        coarse = generator.synthesize(truncate_styles(styles, average, 0.7, cutoff=4))
        assert_parity(channels_first(coarse), arrays["outputs/images_psi0.7_cutoff4_lod0.0"])
    scores = discriminator(channels_last(arrays["inputs/d_images"]))
    assert_parity(scores, arrays[f"outputs/d_scores_lod{lod}"])


@pytest.mark.parametrize("lod", [0.0, 0.6])
def test_the_numpy_networks_are_the_published_ones(fixture, lod):
    config, tensors, arrays = fixture
    w = stylegan_numpy.mapping(tensors, config, arrays["inputs/z"], None)
    assert_parity(w, arrays["outputs/w"])
    images = stylegan_numpy.synthesis(tensors, config, w[:, None].repeat(8, axis=1), lod)
    assert_parity(images, arrays[f"outputs/synthesis_notrunc_lod{lod}"])
    scores = stylegan_numpy.discriminator(tensors, config, arrays["inputs/d_images"], None, lod)
    assert_parity(scores, arrays[f"outputs/d_scores_lod{lod}"])
    assert_same_shapes(stylegan_numpy.random_tensors(config), tensors)


# One, a truth value that is no bool, and the statistics of the whole batch.
WHOLE = {**FUSED, "fused_scale": 1, "mbstd_group_size": None}


@pytest.mark.parametrize(
    "config", first_of([OTHER, WHOLE, FUSED, AUTO], ids=["other", "whole", "fused", "auto"], count=2)
)
def test_other_configurations(config):
    tensors = stylegan_numpy.random_tensors(config)
    networks = networks_from_tensors(config, tensors)
    generator, discriminator = networks["generator"], networks["discriminator"]
    random = np.random.default_rng(1)
    latents = random.standard_normal((2, config["latent_size"])).astype("float32")
    labels = np.array([2, 0], "int32")
    classes = np.eye(3)[labels] if config["label_size"] else None
    ws = random.standard_normal((2, generator.num_styles, config["dlatent_size"])).astype("float32")
    w = stylegan_numpy.mapping(tensors, config, latents, classes)
    assert_parity(generator.styles(latents, classes)[:, 0], w)
    size, colors = config["resolution"], config["num_channels"]
    noise = [random.standard_normal((2, *shape)).astype("float32") for shape in generator.noise_shapes]
    images = random.standard_normal((2, colors, size, size)).astype("float32")
    # A resolution that is fading in, and the one below, alone.
    for lod in (0.3, 1.0) if size < 128 else (0.0,):
        for network in networks.values():
            network.alpha.assign(1.0 - (lod - math.floor(lod)))
        now = size >> math.floor(lod)
        synthesis = generator.synthesis_at(now)
        used = noise[: len(synthesis.inputs) - 1]
        expected = stylegan_numpy.synthesis(tensors, config, ws, lod, [channels_first(n) for n in noise])
        ours = channels_first(synthesis([ws, *used]))
        assert_parity(ours.repeat(size // now, axis=2).repeat(size // now, axis=3), expected)
        assert np.std(expected) > 0.1
        stored = stylegan_numpy.synthesis(tensors, config, w[:, None].repeat(len(noise), axis=1), lod)
        inputs = [latents, labels] if config["label_size"] else latents
        ours = channels_first(generator.at(now)(inputs))
        assert_parity(ours.repeat(size // now, axis=2).repeat(size // now, axis=3), stored)
        reduced = images.reshape(2, colors, now, size // now, now, size // now).mean(axis=(3, 5))
        shown = channels_last(reduced).astype("float32")
        scores = discriminator.at(now)([shown, labels] if config["label_size"] else shown)
        assert_parity(scores, stylegan_numpy.discriminator(tensors, config, images, classes, lod))


def test_what_is_built(fixture, networks):
    _, tensors, _ = fixture
    assert type(networks["generator"]) is StyleGANGenerator
    assert type(networks["discriminator"]) is StyleGANDiscriminator
    alphas = {id(network.alpha) for network in networks.values()}
    weights = [w for network in networks.values() for w in network.weights if id(w) not in alphas]
    # The same numbers, every one once.
    ours = np.sort(np.concatenate([np.ravel(w) for w in weights]))
    np.testing.assert_array_equal(ours, np.sort(np.concatenate([np.ravel(t) for t in tensors.values()])))


def test_defaults_are_the_published_configuration():
    numbers = ("latent_size", "dlatent_size", "mapping_fmaps", "fmap_base", "fmap_max", "mapping_layers")
    assert [CONFIG[key] for key in numbers] == [512, 512, 512, 8192, 512, 8]
    assert (CONFIG["mapping_lrmul"], CONFIG["fused_scale"]) == (0.01, "auto")


# Small: every network is built anew.
TINY = {**OTHER, "resolution": 8}


@pytest.mark.parametrize(
    "name",
    first_of(
        [
            "G/dlatent_avg",
            "G/G_mapping/LabelConcat/weight",
            "G/G_synthesis/noise3",
            "G/G_synthesis/8x8/Conv1/StyleMod/weight",
            "D/8x8/Conv1_down/weight",
        ]
    ),
)
def test_tensors_are_needed_and_their_shapes_checked(name):
    tensors = stylegan_numpy.random_tensors(TINY)
    tensors = {other: array for other, array in tensors.items() if other.startswith(name[:2])}
    wrong = np.concatenate([tensors.pop(name)] * 2, axis=-1)
    with pytest.raises(ValueError, match=f"'{name}', which is missing"):
        networks_from_tensors(TINY, tensors)
    with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
        networks_from_tensors(TINY, {**tensors, name: wrong})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"latent_dim": 16}, r"unknown: \['latent_dim'\]"),
        ({"blur_filter": [1, 1]}, r"odd number of taps. Received: \[1, 1\]"),
        ({"fused_scale": "always"}, r"True, False or 'auto'. Received: 'always'"),
        ({"structure": "nonsense"}, r"`structure` must be one of.*Received: 'nonsense'"),
        ({"use_noise": False}, r"`use_noise` must be one of \[True\]"),
        ({"dlatent_avg_beta": None}, "`dlatent_avg_beta` must be a number"),
        ({"mapping_layers": 0}, "`mapping_layers` must be at least 1. Received: 0"),
    ],
)
def test_the_configuration_is_checked(fixture, change, message):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=message):
        networks_from_tensors({**config, **change}, tensors)


def test_pickles(fixture, tmp_path):
    """Components may have other names; arguments of pictures and of training are of no effect."""
    config, tensors, arrays = fixture
    own = {part: {n[2:]: a for n, a in tensors.items() if n.startswith(f"{part}/")} for part in "GD"}
    own["G"]["G_synthesis/lod"] = np.float32(0)
    kwargs = {**config, "truncation_psi": 0.7, "style_mixing_prob": 0.9}
    generator = files.stored_generator("Gs", own["G"], kwargs)
    path = tmp_path / "karras2019stylegan.pkl"
    judge = files.stored_network("D", own["D"], {**config, "mbstd_num_features": 1})
    path.write_bytes(files.dumps((None, judge, generator), 2))
    imported = importers.load(path)
    generator = imported.exported
    styles = generator.truncate(generator.styles(arrays["inputs/z"]), 0.7)
    assert_parity(
        channels_first(generator.synthesize(styles)), arrays["outputs/images_psi0.7_cutoff8_lod0.0"]
    )
    scores = imported.networks["discriminator"](channels_last(arrays["inputs/d_images"]))
    assert_parity(scores, arrays["outputs/d_scores_lod0.0"])
    assert imported.unused == {"Gs/G_synthesis/lod": "how far the networks have grown"}
    assert stylegan.component_names("Gs_mapping/Dense0/bias") == "G_mapping/Dense0/bias"
