import itertools

import numpy as np
import pytest
import tensorflow as tf
from network_check import check_weights_differ, count, randomized
from reference import translation_numpy

from harness import assert_close, random_inputs
from keras_gans.export.module import build
from keras_gans.importers.pix2pix import networks_from_tensors
from keras_gans.networks import Pix2PixGenerator

SEEDS = np.array([3, -1, 2**40, 0], "int64")
CONFIG = {"num_downs": 5, "ngf": 2, "norm": "batch", "use_dropout": True}


def size(width, num_downs, batch_norm, source=3, colors=3):
    """4x4 kernels; a bias, or two numbers of batch norm, a channel; ends as the paper has them."""
    widths = [width * min(2**level, 8) for level in range(num_downs)]
    bias = 0 if batch_norm else 1
    total = 16 * source * width + bias * width + 16 * 2 * width * colors + colors
    for level, (outer, inner) in enumerate(itertools.pairwise(widths), 1):
        innermost = level == num_downs - 1
        total += 16 * outer * inner + bias * inner  # down
        total += 16 * (1 if innermost else 2) * inner * outer + bias * outer  # up
        total += 2 * batch_norm * (outer + (0 if innermost else inner))
    return total


@pytest.mark.parametrize("batch_norm", [False, True])
def test_parameters_of_other_sizes(batch_norm):
    network = Pix2PixGenerator(num_downs=6, width=3, batch_norm=batch_norm, dropout=0.0)
    assert count(network) == size(3, 6, batch_norm)


def test_batch_norm_of_one_image_is_affine_instance_norm():
    shape = {"num_downs": 3, "width": 2}
    batch, instance = (Pix2PixGenerator(batch_norm=one, affine=not one, **shape) for one in (True, False))
    randomized(batch)
    assert [w.shape for w in instance.trainable_weights] == [w.shape for w in batch.trainable_weights]
    instance.set_weights([weight.numpy() for weight in batch.trainable_weights])
    images = random_inputs([(1, 16, 16, 3)])
    assert_close(instance(images), batch(images, training=True), 2e-5)


@pytest.fixture(scope="module")
def dropping():
    tensors = translation_numpy.random_tensors(translation_numpy.unet_shapes(CONFIG))
    return tensors, networks_from_tensors({"G": CONFIG}, tensors)["generator"]


def test_dropout_of_three_layers_by_seed(dropping):
    """The masks of the layers, read from what they do to ones, in the network in NumPy."""
    tensors, generator = dropping
    x = random_inputs([(4, 3, 32, 32)])
    images = x.transpose(0, 2, 3, 1)
    layers = {layer.name: layer for layer in generator.layers}
    masks = {}
    for level, width, pixels in ((4, 16, 2), (3, 8, 4), (2, 4, 8)):
        ones = tf.ones((4, pixels, pixels, layers[f"up{level}_conv"].filters))
        assert ones.shape[-1] == width
        masks[level] = layers[f"up{level}_dropout"](ones, SEEDS).numpy().transpose(0, 3, 1, 2)
        assert set(np.unique(masks[level])) == {0.0, 2.0}
    expected = translation_numpy.unet(tensors, CONFIG, x, masks).transpose(0, 2, 3, 1)
    assert_close(generator([images, SEEDS]), expected, 2e-5)
    assert_close(generator(images), translation_numpy.unet(tensors, CONFIG, x).transpose(0, 2, 3, 1), 2e-5)
    assert {name for name in layers if name.endswith("dropout")} == {f"up{n}_dropout" for n in (4, 3, 2)}


def test_training_has_the_statistics_of_the_batch(dropping):
    _, generator = dropping
    images = random_inputs([(4, 32, 32, 3)])
    norm = generator.get_layer("down1_norm")
    before = norm.moving_mean.numpy()
    training = generator([images, SEEDS], training=True)
    assert np.any(norm.moving_mean.numpy() != before)
    norm.moving_mean.assign(before)
    assert np.abs(training - generator([images, SEEDS])).max() > 1e-3


def test_any_multiple(dropping):
    _, generator = dropping
    assert generator([np.zeros((2, 64, 32, 3), "float32"), SEEDS[:2]]).shape == (2, 64, 32, 3)
    with pytest.raises(ValueError, match=r"multiples of 32, at least 32\. Received: 48x32"):
        generator(np.zeros((1, 48, 32, 3), "float32"))
    with pytest.raises(ValueError, match=r"multiples of 256, at least 256\. Received: 128x128"):
        Pix2PixGenerator(resolution=128)


def test_other_depths_are_refused():
    with pytest.raises(ValueError, match=r"`num_downs` must be at least 2\. Received: 1"):
        Pix2PixGenerator(num_downs=1)


@pytest.mark.slow
def test_export():
    """Pure functions of images, and of images and seeds."""
    generator = randomized(Pix2PixGenerator(num_downs=2, width=3))
    signatures = build(generator).signatures
    names = {name: list(signatures[name][1]) for name in ("default", "with_seeds")}
    assert names == {"default": ["images"], "with_seeds": ["images", "seeds"]}
    images = np.random.default_rng(0).uniform(size=(4, 8, 12, 3)).astype("float32")

    def run(images, seeds=None):
        given = {"images": tf.constant(images)} | ({} if seeds is None else {"seeds": tf.constant(seeds)})
        name = "default" if seeds is None else "with_seeds"
        return signatures[name][0](**given)[name].numpy()

    outputs = run(images, SEEDS)
    assert_close(outputs, generator([images * 2 - 1, SEEDS]) * 0.5 + 0.5, 1e-5)
    assert_close(run(images[1:2], SEEDS[1:2]), outputs[1:2], 1e-6)
    assert np.abs(run(images, SEEDS + 1) - outputs).max() > 1e-3
    numbered = run(images, np.arange(4))
    assert_close(run(images), numbered, 1e-6)
    assert_close(run(images[:1]), numbered[:1], 1e-6)
    assert np.abs(numbered - outputs).max() > 1e-3
    with pytest.raises(tf.errors.InvalidArgumentError, match="`images` must lie in"):
        run(images + 1.0, SEEDS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiples of 4, at least 4"):
        run(images[:, :, :10])


def test_endpoint_without_dropout():
    generator = Pix2PixGenerator(resolution=8, num_downs=3, width=2, dropout=0.0)
    assert list(generator.endpoints()) == ["default"]
    function, specs = generator.endpoints()["default"]
    assert {name: spec.shape for name, spec in specs.items()} == {"images": (None, 8, 8, 3)}
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
    assert_close(function(images=images), generator(images * 2 - 1) * 0.5 + 0.5, 1e-6)


def test_initial_weights():
    for weight in Pix2PixGenerator(num_downs=5, width=8).trainable_weights:
        if weight.name == "kernel" and np.size(weight) > 1000:
            assert np.std(weight) == pytest.approx(0.02, rel=0.1), weight.path


def test_kernels_of_one_shape_begin_with_other_numbers():
    """The innermost two have one shape; an initializer that they shared gave both the same numbers."""
    check_weights_differ(Pix2PixGenerator(num_downs=5, width=1))
