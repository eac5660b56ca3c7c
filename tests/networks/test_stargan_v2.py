import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_check import count

from harness import assert_close, first_of, random_inputs
from keras_gans.networks import (
    StarGANv2,
    StarGANv2Discriminator,
    StarGANv2Generator,
    StarGANv2MappingNetwork,
    StarGANv2StyleEncoder,
)

LABELS = np.array([2, 0, 1, 2], "int32")


def conv(inner, outer, size=3, bias=True):
    return size * size * inner * outer + bias * outer


def shortcut(inner, outer):
    return inner * outer if inner != outer else 0


def widths(resolution, width, most, smallest):
    levels = (resolution // smallest).bit_length() - 1
    return [width, *(min(width * 2**level, most) for level in range(1, levels + 1))]


def generator_size(resolution=256, width=64, most=512, style=64, high_pass=False, colors=3):
    wide = widths(resolution, width, most, 8 if high_pass else 16)
    total = conv(colors, width) + 2 * width + conv(width, colors, 1)
    for inner, outer in [*itertools.pairwise(wide), *[(wide[-1],) * 2] * 2]:
        down = conv(inner, inner) + conv(inner, outer) + 4 * inner
        up = conv(outer, inner) + conv(inner, inner) + 2 * (style + 1) * (outer + inner)
        total += down + up + 2 * shortcut(inner, outer)
    return total


def randomized(network):
    random = np.random.default_rng(0)
    for weight in network.weights:
        weight.assign(1.0 * (weight.name == "gamma") + 0.3 * random.standard_normal(weight.shape))
    return network


SMALL = {"resolution": 8, "channels": 2, "width": 3, "max_width": 5}


HIGH_PASS = {"resolution": 32, "width": 2, "max_width": 3, "style_dim": 4}


def test_high_pass():
    generator = randomized(StarGANv2Generator(high_pass=2.0, **HIGH_PASS))
    assert count(generator) == generator_size(32, 2, 3, 4, high_pass=True)
    images, styles = random_inputs([(2, 32, 32, 3), (2, 4)])
    masks = np.zeros((2, 32, 32, 1), "float32")
    plain = generator([images, styles]).numpy()
    assert_close(generator([images, styles, masks]), plain, 1e-6)
    masks[0, 4:12, 4:12] = 1.0
    outputs = generator([images, styles, masks]).numpy()
    assert np.abs(outputs[0] - plain[0]).max() > 1e-2
    assert_close(outputs[1], plain[1], 1e-6)
    again = StarGANv2Generator.from_config(generator.get_config())
    again.set_weights(generator.get_weights())
    np.testing.assert_array_equal(again([images, styles, masks]), outputs)


@pytest.mark.parametrize("high_pass", first_of([1.0, 0.0]))
def test_any_multiple(high_pass):
    """The weights are those of a network of one size."""
    shape = {**HIGH_PASS, "high_pass": high_pass}
    fixed = randomized(StarGANv2Generator(**shape))
    generator = StarGANv2Generator(**{**shape, "resolution": None}, num_downs=1 + (high_pass > 0))
    assert generator.output_shape == (None, None, None, 3)
    generator.set_weights(fixed.get_weights())
    inputs = random_inputs([(2, 32, 32, 3), (2, 4), (2, 32, 32, 1)])[: 3 if high_pass else 2]
    assert_close(generator(inputs), fixed(inputs), 1e-5)
    inputs = random_inputs([(2, 8, 12, 3), (2, 4), (2, 8, 12, 1)])[: 3 if high_pass else 2]
    graph = tf.function(lambda *inputs: generator(list(inputs)))
    assert_close(graph(*inputs), generator(inputs), 1e-5)
    multiple = 4 if high_pass else 2
    with pytest.raises(ValueError, match=rf"multiples of {multiple}, at least {multiple}\. Received: 8x9"):
        generator([np.zeros((1, 8, 9, 3), "float32"), inputs[1][:1]])
    again = StarGANv2Generator.from_config(generator.get_config())
    assert again.get_config() == generator.get_config() and again.multiple == multiple
    assert StarGANv2Generator(resolution=24, num_downs=2, width=2, max_width=2).output_shape[1:3] == (24, 24)


@pytest.mark.parametrize("high_pass", [0.0, 1.0])
def test_two_halves(high_pass):
    generator = randomized(StarGANv2Generator(**{**HIGH_PASS, "high_pass": high_pass}))
    images, styles, masks = random_inputs([(2, 32, 32, 3), (2, 4), (2, 32, 32, 1)])
    features = generator.encode(images)
    assert len(features) == (3 if high_pass else 1)
    np.testing.assert_array_equal(generator.decode(features, styles), generator([images, styles]))
    if high_pass:
        expected = generator([images, styles, masks])
        np.testing.assert_array_equal(generator.decode(features, styles, masks), expected)
    assert count(generator) == generator_size(32, 2, 3, 4, high_pass=bool(high_pass))


def test_shortcuts_without_a_part_with_high_pass():
    """They are weights, as in the published network, and nothing depends on them."""
    generator = randomized(StarGANv2Generator(high_pass=1.0, **HIGH_PASS))
    inputs = random_inputs([(2, 32, 32, 3), (2, 4), (2, 32, 32, 1)])
    before = generator(inputs).numpy()
    unused = [weight for weight in generator.weights if weight.path.startswith("up0_shortcut")]
    assert [tuple(weight.shape) for weight in unused] == [(1, 1, 3, 2)]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(generator(inputs))
    weights = generator.trainable_weights
    silent = [
        weight.path
        for weight, slope in zip(weights, tape.gradient(loss, [w.value for w in weights]), strict=True)
        if slope is None
    ]
    assert silent == [unused[0].path]
    unused[0].assign(unused[0] + 1.0)
    np.testing.assert_array_equal(generator(inputs), before)


def test_no_tanh():
    generator = StarGANv2Generator(**HIGH_PASS)
    generator.get_layer("to_rgb").bias.assign([7.0, -7.0, 0.0])
    outputs = generator(random_inputs([(1, 32, 32, 3), (1, 4)])).numpy()
    assert outputs.max() > 3.0 and outputs.min() < -3.0


def test_a_domain_for_each_example():
    """The branch of the label, and no other, has a gradient."""
    network = StarGANv2Discriminator(num_classes=3, **SMALL)
    kernel = network.get_layer("logits").kernel
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(network([random_inputs([(2, 8, 8, 2)]), np.array([1, 1], "int32")]))
    slope = tape.gradient(total, kernel.value).numpy()
    assert np.any(slope[:, 1]) and not np.any(slope[:, [0, 2]])


@pytest.fixture(scope="module")
def stargan():
    size = {"resolution": 32, "width": 2, "max_width": 4, "style_dim": 4}
    return StarGANv2(
        generator=randomized(StarGANv2Generator(high_pass=1.0, **size)),
        mapping_network=randomized(
            StarGANv2MappingNetwork(latent_dim=3, style_dim=4, num_classes=3, width=5)
        ),
        style_encoder=randomized(StarGANv2StyleEncoder(num_classes=3, **size)),
    )


def test_three_networks_as_one(stargan, tmp_path):
    inputs = random_inputs([(2, 32, 32, 3), (2, 4), (2, 32, 32, 1)])
    outputs = stargan(inputs).numpy()
    np.testing.assert_array_equal(outputs, stargan.generator(inputs))
    networks = [stargan.generator, stargan.mapping_network, stargan.style_encoder]
    assert count(stargan) == sum(count(network) for network in networks)
    again = StarGANv2.from_config(stargan.get_config())
    assert again.get_config() == stargan.get_config()
    stargan.save(tmp_path / "networks.keras")
    loaded = keras.saving.load_model(tmp_path / "networks.keras")
    assert type(loaded) is StarGANv2
    np.testing.assert_array_equal(loaded(inputs), outputs)
    latents = random_inputs([(4, 3)])
    np.testing.assert_array_equal(
        loaded.mapping_network([latents, LABELS]), stargan.mapping_network([latents, LABELS])
    )


def test_endpoints(stargan):
    endpoints = stargan.endpoints()
    shapes = {
        name: {key: spec.shape for key, spec in specs.items()} for name, (_, specs) in endpoints.items()
    }
    assert shapes == {
        "default": {"images": (None, 32, 32, 3), "styles": (None, 4)},
        "style_from_latent": {"z": (None, 3), "y": (None, 3)},
        "style_from_reference": {"images": (None, 32, 32, 3), "y": (None, 3)},
        "with_masks": {"images": (None, 32, 32, 3), "styles": (None, 4), "masks": (None, 32, 32, 1)},
    }
    images = np.random.default_rng(0).uniform(size=(4, 32, 32, 3)).astype("float32")
    masks = np.random.default_rng(1).uniform(size=(4, 32, 32, 1)).astype("float32")
    z, y = random_inputs([(4, 3)]), np.eye(3, dtype="float32")[LABELS]

    def run(name, **arguments):
        function, _ = endpoints[name]
        return function(**{key: tf.constant(value) for key, value in arguments.items()})

    styles = run("style_from_latent", z=z, y=y)
    assert_close(styles, stargan.mapping_network([z, LABELS]), 1e-6)
    references = run("style_from_reference", images=images, y=y)
    assert_close(references, stargan.style_encoder([images * 2 - 1, LABELS]), 1e-6)
    expected = stargan.generator([images * 2 - 1, styles, masks]) * 0.5 + 0.5
    outputs = run("with_masks", images=images, styles=styles, masks=masks)
    assert_close(outputs, np.clip(expected, 0.0, 1.0), 1e-6)
    expected = np.clip(stargan.generator([images * 2 - 1, styles]) * 0.5 + 0.5, 0.0, 1.0)
    assert_close(run("default", images=images, styles=styles), expected, 1e-6)
    assert np.abs(expected - outputs).max() > 1e-3


def test_styles_of_mixtures_are_mixtures(stargan):
    images = np.random.default_rng(0).uniform(size=(2, 32, 32, 3)).astype("float32")
    z, y = random_inputs([(2, 3)]), np.array([[0.25, 0.0, 0.75], [0.1, 0.6, 0.3]], "float32")
    endpoints = stargan.endpoints()
    for name, network, key, given, inside in (
        ("style_from_latent", stargan.mapping_network, "z", z, z),
        ("style_from_reference", stargan.style_encoder, "images", images, images * 2 - 1),
    ):
        of_each = [network([inside, np.full(2, domain, "int32")]).numpy() for domain in range(3)]
        mixed = np.sum([y[:, [domain]] * style for domain, style in enumerate(of_each)], axis=0)
        assert_close(endpoints[name][0](**{key: tf.constant(given), "y": tf.constant(y)}), mixed, 1e-5)


def test_endpoints_of_any_size():
    shape = {"width": 2, "max_width": 4}
    stargan = StarGANv2(
        generator=StarGANv2Generator(resolution=None, num_downs=2, **shape),
        mapping_network=StarGANv2MappingNetwork(width=4),
        style_encoder=StarGANv2StyleEncoder(resolution=16, **shape),
    )
    endpoints = stargan.endpoints()
    assert endpoints["default"][1]["images"].shape == (None, None, None, 3)
    assert endpoints["default"][1]["images"].multiple == 4
    assert endpoints["style_from_reference"][1]["images"].shape == (None, 16, 16, 3)


def test_endpoints_without_high_pass():
    size = {"resolution": 32, "width": 2, "max_width": 4}
    stargan = StarGANv2(
        generator=StarGANv2Generator(**size),
        mapping_network=StarGANv2MappingNetwork(width=4),
        style_encoder=StarGANv2StyleEncoder(**size),
    )
    endpoints = stargan.endpoints()
    assert list(endpoints) == ["default", "style_from_latent", "style_from_reference"]
    function, specs = endpoints["default"]
    assert {name: spec.shape for name, spec in specs.items()} == {
        "images": (None, 32, 32, 3),
        "styles": (None, 64),
    }
    images, styles = np.full((1, 32, 32, 3), 0.25, "float32"), random_inputs([(1, 64)])
    expected = np.clip(stargan([images * 2 - 1, styles]) * 0.5 + 0.5, 0.0, 1.0)
    assert_close(function(images=images, styles=styles), expected, 1e-6)


def test_networks_that_do_not_fit():
    size = {"resolution": 32, "width": 2, "max_width": 4}
    with pytest.raises(ValueError, match=r"num_classes=\[2, 3\]"):
        StarGANv2(
            generator=StarGANv2Generator(**size),
            mapping_network=StarGANv2MappingNetwork(width=4),
            style_encoder=StarGANv2StyleEncoder(num_classes=3, **size),
        )


def test_arguments():
    for resolution in (16, 48):
        with pytest.raises(ValueError, match=f"power of two, 32 or more. Received: {resolution}"):
            StarGANv2Generator(resolution=resolution)
    with pytest.raises(ValueError, match=r"`num_downs` must be given where `resolution` is None"):
        StarGANv2Generator(resolution=None)
    with pytest.raises(ValueError, match=r"`num_downs` must be at least 1\. Received: 0"):
        StarGANv2Generator(num_downs=0)
    for network_class in (StarGANv2StyleEncoder, StarGANv2Discriminator):
        for resolution in (4, None):
            with pytest.raises(ValueError, match=f"power of two, 8 or more. Received: {resolution}"):
                network_class(resolution=resolution)
    for network_class in (StarGANv2StyleEncoder, StarGANv2Discriminator, StarGANv2MappingNetwork):
        with pytest.raises(ValueError, match=r"`num_classes` must be at least 1\. Received: 0"):
            network_class(num_classes=0)
    with pytest.raises(ValueError, match=r"`high_pass` must not be negative\. Received: -1"):
        StarGANv2Generator(high_pass=-1.0)
    with pytest.raises(ValueError, match=r"Received: shared_layers=4, domain_layers=0"):
        StarGANv2MappingNetwork(domain_layers=0)


def test_initial_weights():
    """He's, biases zero: the scale of adaptive instance norm starts around one."""
    generator = StarGANv2Generator(resolution=32, width=16, max_width=32)
    for weight in generator.weights:
        if weight.name == "kernel":
            assert np.std(weight) == pytest.approx(np.sqrt(2.0 / np.prod(weight.shape[:-1])), rel=0.25), (
                weight.path
            )
        if weight.name in ("bias", "beta"):
            assert_close(weight, np.zeros(weight.shape))
