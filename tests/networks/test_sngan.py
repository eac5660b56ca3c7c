import numpy as np
import pytest
from reference.sngan_numpy import Named, features, generator, weights_of

from harness import assert_close, parameters_of, random_inputs
from keras_gans.networks import (
    SNGANCNNDiscriminator,
    SNGANCNNGenerator,
    SNGANDiscriminator,
    SNGANGenerator,
)

LABELS = np.array([0, 2, 1, 2], "int32")
GENERATORS = pytest.mark.parametrize("network_class", [SNGANGenerator, SNGANCNNGenerator])
DISCRIMINATORS = pytest.mark.parametrize("network_class", [SNGANDiscriminator, SNGANCNNDiscriminator])
RESIDUAL = pytest.mark.parametrize("network_class", [SNGANGenerator, SNGANDiscriminator])
PLAIN = pytest.mark.parametrize("network_class", [SNGANCNNGenerator, SNGANCNNDiscriminator])


def tame(network):
    """Kernels that neither blow up nor die away, statistics and vectors of their own."""
    random = np.random.default_rng(0)
    for weight in network.weights:
        values = 0.5 * random.standard_normal(weight.shape)
        if weight.name == "kernel":
            values *= 2.0 / np.sqrt(np.prod(weight.shape[:-1]))
        elif weight.name in ("moving_mean", "moving_variance"):
            values = random.uniform(0.3, 0.7, weight.shape)
        elif weight.name == "u":
            values = values / np.linalg.norm(values)
        weight.assign(values)


def conv(inputs, outputs, size=3):
    return (size * size * inputs + 1) * outputs


@pytest.mark.parametrize("resolution, num_classes", [(8, 0), (16, 3), (64, 3)])
def test_generator_equals_numpy(resolution, num_classes):
    """Up to 32 px all feature maps have one width; at 64 px they have 16, 8, 4, 2 and 1 times `width`."""
    labels = LABELS[:2] if num_classes else None
    network = SNGANGenerator(
        resolution=resolution, latent_dim=5, width=2, num_classes=num_classes, norm_epsilon=0.1
    )
    tame(network)
    latents = random_inputs([(2, 5)])
    images = np.asarray(network([latents, labels] if num_classes else latents))
    named = Named(weights_of(network), labels, epsilon=0.1)
    sizes = [size for size in (8, 16, 32, 64) if size <= resolution]
    assert_close(images, generator(latents, sizes, dense=named.dense, norm=named.norm, conv=named.conv), 2e-5)
    assert np.median(np.abs(images)) < 0.95 and images.std() > 0.1
    assert network.get_layer("4x4_dense").units == 16 * 2 * (16 if resolution == 64 else 1)


@pytest.mark.parametrize("resolution, num_classes", [(8, 3), (16, 0), (64, 3)])
def test_discriminator_equals_numpy(resolution, num_classes):
    labels = LABELS[:2] if num_classes else None
    network = SNGANDiscriminator(resolution=resolution, width=2, num_classes=num_classes)
    tame(network)
    images = random_inputs([(2, resolution, resolution, 3)])
    logits = np.asarray(network([images, labels] if num_classes else images))
    named = Named(weights_of(network), labels)
    blocks, halvings = (5, 4) if resolution == 64 else (4, 2)
    vectors = features(images, blocks=blocks, halvings=halvings, conv=named.conv, has_shortcut=named.has)
    assert_close(logits, named.score(vectors), 2e-5)
    assert ("dense/bias" in named.weights) == (resolution == 64)
    assert logits.std() > 1e-3


def test_128_pixels():
    """Widths of table 6; the last block keeps them and the size."""
    generator = SNGANGenerator(resolution=128, width=1)
    widths = [generator.get_layer(f"{n}x{n}_conv1").filters for n in (8, 16, 32, 64, 128)]
    assert widths == [16, 8, 4, 2, 1] and generator.get_layer("4x4_dense").units == 16 * 16
    discriminator = SNGANDiscriminator(resolution=128, width=1)
    widths = [discriminator.get_layer(f"block{n}_conv1").filters for n in range(6)]
    assert widths == [1, 2, 4, 8, 16, 16]
    assert [discriminator.get_layer(f"block{n}_conv0").filters for n in range(6)] == [1, 1, 2, 4, 8, 16]
    names = {layer.name for layer in discriminator.layers}
    assert {n for n in range(6) if f"block{n}_shortcut" in names} == {0, 1, 2, 3, 4}


def test_defaults_are_the_paper_s():
    defaults = {name: p.default for name, p in parameters_of(SNGANGenerator).items()}
    assert (defaults["latent_dim"], defaults["width"], defaults["norm_epsilon"]) == (128, 256, 2e-5)
    assert parameters_of(SNGANDiscriminator)["width"].default == 128
    norm = SNGANGenerator(resolution=8, width=2).get_layer("8x8_norm0")
    assert (norm.momentum, norm.synchronized) == (0.9, True)


@DISCRIMINATORS
def test_the_class_is_projected(network_class):
    """A class acts through its vector alone: of equal vectors, the logits are equal."""
    network = network_class(resolution=8, width=2, num_classes=3)
    tame(network)
    images = np.repeat(random_inputs([(1, 8, 8, 3)]), 3, axis=0)
    logits = np.asarray(network([images, np.arange(3)]))
    table = network.get_layer("embedding").embeddings
    table.assign(np.ones(table.shape))
    assert_close(np.ptp(network([images, np.arange(3)])), 0.0)
    assert np.ptp(logits) > 1e-2


@GENERATORS
def test_classes_matter_and_start_alike(network_class):
    network = network_class(resolution=8, latent_dim=5, width=2, num_classes=3)
    latents = np.repeat(random_inputs([(1, 5)]), 3, axis=0)
    before = np.asarray(network([latents, np.arange(3)]))
    assert_close(np.ptp(before, axis=0), np.zeros(before.shape[1:]))
    tame(network)
    images = np.asarray(network([latents, np.arange(3)]))
    assert np.abs(images[0] - images[1]).max() > 1e-2


@DISCRIMINATORS
def test_every_kernel_is_normalised(network_class):
    network = network_class(resolution=8, width=2, num_classes=3)
    kernels = [w for w in network.trainable_weights if w.name in ("kernel", "embeddings")]
    vectors = [w for w in network.non_trainable_weights if w.name == "u"]
    assert len(kernels) == len(vectors) == len(network.non_trainable_weights)
    without = network_class(resolution=8, width=2, num_classes=3, spectral_norm=False)
    assert not without.non_trainable_weights
    paths = ["/".join(w.path.split("/")[-2:]) for w in network.weights if w.name != "u"]
    assert ["/".join(w.path.split("/")[-2:]) for w in without.weights] == paths


@GENERATORS
def test_endpoints(network_class):
    network = network_class(resolution=8, latent_dim=5, width=2, num_classes=3)
    tame(network)
    function, signature = network.endpoints()["default"]
    assert {name: spec.shape for name, spec in signature.items()} == {
        "z": (None, 5),
        "y": (None, 3),
        "truncation": (),
    }
    z, y = random_inputs([(3, 5)]), np.eye(3, dtype="float32")[[2, 0, 1]]
    images = np.asarray(function(z=z, y=y, truncation=np.float32(0.5)))
    assert_close(images, (np.asarray(network([0.5 * z, np.array([2, 0, 1])])) + 1) / 2)
    network = network_class(resolution=8, latent_dim=5, width=2)
    assert list(network.endpoints()["default"][1]) == ["z"]


@PLAIN
@pytest.mark.parametrize("resolution", [0, 4, 36, 8.5])
def test_other_resolutions_of_plain_networks_are_refused(network_class, resolution):
    with pytest.raises(ValueError, match=f"positive multiple of 8. Received: {resolution}"):
        network_class(resolution=resolution)


@PLAIN
def test_plain_networks_at_48_pixels(network_class):
    """The size of STL-10: 6x6 first pixels."""
    network = network_class(resolution=48, width=1)
    shape = (None, 48, 48, 3)
    assert shape in (network.input_shape, network.output_shape)
    dense = network.get_layer("dense")
    assert (dense.units == 6 * 6 * 8) if network_class is SNGANCNNGenerator else dense.kernel.shape[0] == 288
