import numpy as np
import pytest
from reference.sngan_numpy import Named, features, generator, weights_of

from harness import assert_close, random_inputs
from keras_gans.networks import SAGANDiscriminator, SAGANGenerator

LABELS = np.array([0, 2, 1, 2], "int32")
BOTH = pytest.mark.parametrize("network_class", [SAGANGenerator, SAGANDiscriminator])


def tame(network):
    """Kernels that neither blow up nor die away, statistics and vectors of their own."""
    random = np.random.default_rng(0)
    for weight in network.weights:
        values = 0.5 * random.standard_normal(weight.shape)
        if weight.name in ("moving_mean", "moving_variance"):
            values = random.uniform(0.3, 0.7, weight.shape)
        elif weight.name.split("_")[-1] == "u":
            values = values / np.linalg.norm(values)
        elif weight.name.split("_")[-1] == "kernel":
            values = values / np.sqrt(np.prod(weight.shape[:-1]))
        weight.assign(values)


def conv(inputs, outputs, size=3):
    return (size * size * inputs + 1) * outputs


def attention(channels):
    return channels * (channels // 8 * 2 + channels) + 1


@pytest.mark.parametrize("attention_resolution, num_classes", [(8, 3), (16, 0)])
def test_generator_equals_numpy(attention_resolution, num_classes):
    labels = LABELS[:2] if num_classes else None
    network = SAGANGenerator(
        resolution=16,
        latent_dim=5,
        width=8,
        num_classes=num_classes,
        attention_resolution=attention_resolution,
    )
    tame(network)
    latents = random_inputs([(2, 5)])
    images = np.asarray(network([latents, labels] if num_classes else latents))
    named = Named(weights_of(network), labels, epsilon=1e-5)
    expected = generator(
        latents,
        (8, 16),
        dense=named.dense,
        norm=named.norm,
        conv=named.conv,
        behind=lambda x, size: named.attention(x) if size == attention_resolution else x,
    )
    assert_close(images, expected, 2e-5)
    assert images.std() > 0.1


@pytest.mark.parametrize("attention_resolution, num_classes", [(8, 0), (4, 3)])
def test_discriminator_equals_numpy(attention_resolution, num_classes):
    labels = LABELS[:2] if num_classes else None
    network = SAGANDiscriminator(
        resolution=16, width=8, num_classes=num_classes, attention_resolution=attention_resolution
    )
    tame(network)
    images = random_inputs([(2, 16, 16, 3)])
    logits = np.asarray(network([images, labels] if num_classes else images))
    named = Named(weights_of(network), labels)
    attended = []

    def behind(x, size):
        # The last block keeps 4 pixels; attention follows the one that halved to them.
        if size == attention_resolution and not attended:
            attended.append(size)
            return named.attention(x)
        return x

    vectors = features(images, blocks=3, halvings=2, conv=named.conv, has_shortcut=named.has, behind=behind)
    assert attended
    assert_close(logits, named.score(vectors), 2e-5)


def test_128_pixels():
    """The paper's widths in units of `width`, and where attention stands."""
    generator = SAGANGenerator(width=8)
    widths = [generator.get_layer(f"{n}x{n}_conv1").filters for n in (8, 16, 32, 64, 128)]
    assert widths == [128, 64, 32, 16, 8]
    assert generator.get_layer("attention").output.shape == (None, 64, 64, 16)
    discriminator = SAGANDiscriminator(width=8)
    for part in (0, 1):
        widths = [discriminator.get_layer(f"block{n}_conv{part}").filters for n in range(6)]
        assert widths == [8, 16, 32, 64, 128, 128]
    assert discriminator.get_layer("attention").output.shape == (None, 64, 64, 8)
    assert generator.get_config()["resolution"] == discriminator.get_config()["resolution"] == 128


@BOTH
def test_every_kernel_is_normalised(network_class):
    """But for the tables of batch norm."""
    arguments = {"resolution": 8, "width": 8, "num_classes": 3}
    at = 8 if network_class is SAGANGenerator else 4
    network = network_class(**arguments, attention_resolution=at)
    kernels = [w.path for w in network.trainable_weights if w.name.split("_")[-1] == "kernel"]
    vectors = [w.path for w in network.non_trainable_weights if w.name.split("_")[-1] == "u"]
    tables = [w.path for w in network.trainable_weights if w.name == "embeddings"]
    if network_class is SAGANDiscriminator:
        kernels += tables
    assert len(kernels) == len(vectors) and len(tables) == (4 if network_class is SAGANGenerator else 1)
    without = network_class(**arguments, attention_resolution=at, spectral_norm=False)
    names = ["/".join(w.path.split("/")[-2:]) for w in network.weights if w.path not in vectors]
    assert ["/".join(w.path.split("/")[-2:]) for w in without.weights] == names


@pytest.mark.parametrize(
    "network_class, given, allowed",
    [
        (SAGANGenerator, 4, r"\[8, 16, 32\]"),
        (SAGANGenerator, 64, r"\[8, 16, 32\]"),
        (SAGANDiscriminator, 32, r"\[16, 8, 4\]"),
        (SAGANDiscriminator, 5, r"\[16, 8, 4\]"),
    ],
)
def test_attention_needs_a_feature_map(network_class, given, allowed):
    with pytest.raises(ValueError, match=rf"size of a feature map, one of {allowed}. Received: {given}"):
        network_class(resolution=32, attention_resolution=given)


def test_endpoints():
    network = SAGANGenerator(resolution=8, latent_dim=5, width=8, attention_resolution=8)
    tame(network)
    function, signature = network.endpoints()["default"]
    assert {name: spec.shape for name, spec in signature.items()} == {"z": (None, 5)}
    z = random_inputs([(3, 5)])
    assert_close(function(z=z), (np.asarray(network(z)) + 1) / 2)
