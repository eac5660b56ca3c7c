import copy

import numpy as np
import pytest
import tensorflow as tf
from reference import stylegan2_numpy
from reference.parity import assert_parity, channels_first, channels_last
from reference.tensors import assert_same_numbers, assert_same_shapes

from harness import first_of
from keras_gans.importers.stylegan2 import DISCRIMINATORS, GENERATORS, networks_from_tensors
from keras_gans.losses import R1, DiscriminatorView, path_gradient, path_lengths
from keras_gans.networks import StyleGAN2Discriminator, StyleGAN2Generator, mix_styles

FIXTURE = "stylegan2_ada_32"


def configuration(
    generator,
    discriminator,
    *,
    classes=0,
    clamp=None,
    statistics=1,
    group=2,
    taps=(1, 3, 3, 1),
    mapping=None,
):
    """A small configuration of the reference."""
    return {
        "G": {
            "z_dim": 7,
            "c_dim": classes,
            "w_dim": 6,
            "img_resolution": 16,
            "img_channels": 1,
            "mapping_kwargs": {"num_layers": 3, **(mapping or {})},
            "synthesis_kwargs": {
                "channel_base": 96,
                "channel_max": 9,
                "num_fp16_res": 2,
                "conv_clamp": clamp,
                "architecture": generator,
            },
        },
        "D": {
            "c_dim": classes,
            "img_resolution": 16,
            "img_channels": 1,
            "architecture": discriminator,
            "channel_base": 80,
            "channel_max": 12,
            "num_fp16_res": 2,
            "conv_clamp": clamp,
            "cmap_dim": 5 if classes == 3 else None,
            "mapping_kwargs": {"num_layers": 2, **(mapping or {})},
            "epilogue_kwargs": {"mbstd_group_size": group, "mbstd_num_channels": statistics},
        },
        "resample_filter": list(taps),
    }


# The clamp is so low that it is felt.
OTHERS = {
    "skip": configuration("skip", "skip", classes=3, clamp=1.0),
    "resnet": configuration("resnet", "resnet", clamp=1.5, taps=(1, 1)),
    "orig": configuration("skip", "orig", classes=4, statistics=0, taps=(1, 2, 1)),
    # Widths and rate of the mapping, several statistics of the whole batch.
    "mapping": configuration(
        "resnet",
        "orig",
        classes=3,
        statistics=4,
        group=None,
        mapping={"embed_features": 4, "layer_features": 8, "lr_multiplier": 0.1},
    ),
}


def assert_relative(ours, reference):
    ours = np.asarray(ours)
    assert ours.shape == reference.shape
    assert np.max(np.abs(ours - reference)) <= 1e-3 * np.max(np.abs(reference))


def test_published_generator(fixture, networks):
    _, _, arrays = fixture
    generator, latents = networks["generator"], arrays["inputs/z"]
    assert np.std(arrays["outputs/w"]) > 0.1
    assert_parity(generator.mapping(latents), arrays["outputs/w"])
    assert_parity(channels_first(generator(latents)), arrays["outputs/images_const_psi1"])
    styles = generator.styles(latents)
    silence = [np.zeros((4, *shape), "float32") for shape in generator.noise_shapes]
    assert_parity(channels_first(generator.synthesize(styles, silence)), arrays["outputs/images_none_psi1"])
    truncated = generator.truncate(styles, 0.5)
    assert_parity(truncated, arrays["outputs/ws_psi0.5"])
    assert_parity(channels_first(generator.synthesize(truncated)), arrays["outputs/images_const_psi0.5"])
    mixed = generator.synthesize(mix_styles(styles, tf.reverse(styles, [0]), 3))
    assert_parity(channels_first(mixed), arrays["outputs/images_const_mixed_from3"])


def test_published_discriminator(fixture, networks):
    _, _, arrays = fixture
    discriminator, images = networks["discriminator"], channels_last(arrays["inputs/d_images"])
    assert_parity(discriminator(images), arrays["outputs/d_logits"])
    assert_parity(discriminator(images[:2]), arrays["outputs/d_logits_batch2"])


def test_published_path_lengths(fixture, networks):
    _, _, arrays = fixture
    generator, noise = networks["generator"], channels_last(arrays["inputs/pl_noise"])
    styles = generator.styles(arrays["inputs/z"])
    gradient = path_gradient(generator.synthesize, styles, noise)
    assert_relative(gradient, arrays["outputs/pl_grads"])
    assert_relative(path_lengths(generator.synthesize, styles, noise), arrays["outputs/pl_lengths"])


def test_published_gradient_penalty(fixture, networks):
    _, _, arrays = fixture
    discriminator = networks["discriminator"]
    images = tf.constant(channels_last(arrays["inputs/d_images"]))
    view = DiscriminatorView(
        **{
            **dict.fromkeys(DiscriminatorView.__dataclass_fields__),
            "real_images": images,
            "discriminate": discriminator,
        }
    )
    assert_relative(2.0 * R1().value(view), arrays["outputs/r1_penalty"])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(discriminator(images))
    gradient = tape.gradient(total, images)[:2]
    assert_relative(channels_first(gradient), arrays["outputs/r1_grads_first2"])


def test_the_numpy_networks_are_the_published_ones(fixture):
    config, tensors, arrays = fixture
    full = copy.deepcopy(config)
    full["G"]["synthesis_kwargs"]["architecture"] = "skip"
    full["D"].update(cmap_dim=None)
    generator = stylegan2_numpy.Generator(tensors, full)
    w = generator.mapping(arrays["inputs/z"])
    assert_parity(w, arrays["outputs/w"])
    images = generator.synthesis(w[:, None].repeat(8, axis=1))
    assert_parity(images, arrays["outputs/images_const_psi1"])
    logits = stylegan2_numpy.discriminator(tensors, full, arrays["inputs/d_images"])
    assert_parity(logits, arrays["outputs/d_logits"])
    assert_same_shapes(stylegan2_numpy.random_tensors(full), tensors)


@pytest.mark.parametrize("config", first_of(list(OTHERS.values()), ids=list(OTHERS)))
def test_other_configurations(config):
    tensors = stylegan2_numpy.random_tensors(config)
    networks = networks_from_tensors(config, tensors)
    assert type(networks["generator"]) is GENERATORS[config["G"]["synthesis_kwargs"]["architecture"]]
    assert type(networks["discriminator"]) is DISCRIMINATORS[config["D"]["architecture"]]
    random = np.random.default_rng(1)
    latents = random.standard_normal((4, 7)).astype("float32")
    labels, count = np.array([2, 0, 1, 2], "int32"), config["G"]["c_dim"]
    classes = np.eye(count)[labels] if count else None
    generator, theirs = networks["generator"], stylegan2_numpy.Generator(tensors, config)
    w = theirs.mapping(latents, classes)
    assert_parity(generator.styles(latents, classes)[:, 0], w)
    ws = random.standard_normal((4, generator.num_styles, 6)).astype("float32")
    noise = [random.standard_normal((4, *shape)).astype("float32") for shape in generator.noise_shapes]
    expected = theirs.synthesis(ws, [channels_first(one) for one in noise])
    assert_parity(channels_first(generator.synthesize(ws, noise)), expected)
    assert np.std(expected) > 0.1
    stored = theirs.synthesis(w[:, None].repeat(generator.num_styles, axis=1))
    assert_parity(channels_first(generator([latents, labels] if count else latents)), stored)
    images = random.standard_normal((4, 1, 16, 16)).astype("float32")
    expected = stylegan2_numpy.discriminator(tensors, config, images, classes)
    shown = channels_last(images)
    assert_parity(networks["discriminator"]([shown, labels] if count else shown), expected)
    assert np.std(expected) > 0.01


def test_what_is_built(fixture, networks):
    _, tensors, _ = fixture
    assert type(networks["generator"]) is StyleGAN2Generator
    assert type(networks["discriminator"]) is StyleGAN2Discriminator
    assert_same_numbers(networks.values(), tensors)


@pytest.fixture(scope="module")
def tiny():
    """Small, for every network is built anew."""
    config = copy.deepcopy(OTHERS["skip"])
    config["G"]["img_resolution"] = config["D"]["img_resolution"] = 8
    return config, stylegan2_numpy.random_tensors(config)


@pytest.mark.parametrize(
    "name",
    first_of(
        [
            "G/mapping.w_avg",
            "G/mapping.embed.weight",
            "G/synthesis.b8.conv0.affine.weight",
            "G/synthesis.b8.conv1.noise_const",
            "D/b4.fromrgb.bias",
        ]
    ),
)
def test_tensors_are_needed_and_their_shapes_checked(tiny, name):
    config, tensors = tiny
    tensors = {other: array for other, array in tensors.items() if other.startswith(name[:2])}
    wrong = np.concatenate([tensors.pop(name)] * 2, axis=0)
    with pytest.raises(ValueError, match=f"'{name}', which is missing"):
        networks_from_tensors(config, tensors)
    with pytest.raises(ValueError, match=f"Tensor '{name}' gives shape"):
        networks_from_tensors(config, {**tensors, name: wrong})


def test_no_tensor_is_superfluous_but_the_filters(tiny):
    config, tensors = tiny
    tensors = {**tensors, "D/b8.conv1.resample_filter": np.ones((4, 4)) / 16}
    assert set(networks_from_tensors(config, tensors)) == {"generator", "discriminator"}
    with pytest.raises(ValueError, match=r"no variable takes: D/b8\.conv2\.weight"):
        networks_from_tensors(config, {**tensors, "D/b8.conv2.weight": np.zeros(3)})


@pytest.mark.parametrize(
    "player, change, message",
    [
        ("G", {"latent_dim": 16}, r"unknown: \['latent_dim'\]"),
        ("G", {"mapping_kwargs": {"activation": "relu"}}, r"`activation` must be one of \['lrelu'\]"),
        ("G", {"mapping_kwargs": {"w_avg_beta": None}}, "`w_avg_beta` must be a number"),
        ("D", {"mapping_kwargs": {"w_avg_beta": 0.9}}, r"unknown: \['w_avg_beta'\]"),
        ("D", {"c_dim": 3, "cmap_dim": 0}, "`projection_dim` must be at least 1. Received: 0"),
        ("D", {"block_kwargs": {"resample_filter": [1, 2, 1]}}, r"same everywhere. Received: \[1, 2, 1\]"),
        ("D", {"architecture": "dense"}, r"\['orig', 'resnet', 'skip'\]. Received: 'dense'"),
        ("D", {"epilogue_kwargs": {"mbstd_num_channels": 5}}, "must divide.*num_channels=5"),
    ],
)
def test_the_configuration_is_checked(fixture, player, change, message):
    config, tensors, _ = fixture
    with pytest.raises(ValueError, match=message):
        networks_from_tensors({**config, player: {**config[player], **change}}, tensors)
