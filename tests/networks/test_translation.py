import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from harness import assert_close, random_inputs
from keras_gans.endpoints import limits, open_sizes
from keras_gans.layers import InstanceNorm
from keras_gans.networks.dcgan import normal
from keras_gans.networks.translation import Translator, image_argument, norm


class Sum(Translator):
    """Twice the images, and other things where there are any."""

    def __init__(self, *, dtype=None, name="sum"):
        images = keras.Input((None, None, 1))
        others = [keras.Input((1,), optional=True) for _ in range(2)]
        super().__init__([images, *others], Parts()(images, *others))


class Parts(layers.Layer):
    def call(self, images, first=None, second=None):
        given = [other for other in (first, second) if other is not None]
        return 2.0 * images + sum(other[:, None, None] for other in given)

    def compute_output_shape(self, images_shape, first_shape=None, second_shape=None):
        return images_shape


def test_inputs_that_are_left_out():
    x, first, second = random_inputs([(2, 3, 4, 1), (2, 1), (2, 1)])
    network = Sum()
    first_term, second_term = first[:, None, None], second[:, None, None]
    for images in (x, tf.constant(x)):
        assert_close(network(images), 2 * x, 1e-6)
        assert_close(network([images]), 2 * x, 1e-6)
        assert_close(network([images, first]), 2 * x + first_term, 1e-6)
        assert_close(network([images, None, second]), 2 * x + second_term, 1e-6)
        assert_close(network((images, first, tf.constant(second))), 2 * x + first_term + second_term, 1e-6)
    symbols = keras.Input((4, 4, 1)), keras.Input((1,))
    outer = keras.Model(symbols, network(list(symbols)))
    x = random_inputs([(2, 4, 4, 1)])
    assert_close(outer((x, first)), 2 * x + first_term, 1e-6)
    with pytest.raises(ValueError):
        network([x, first, second, second])


def test_translated_is_in_the_range_of_exports():
    """0.5 is 0 inside, 0.75 is 0.5, whose double is 1: white; 0.25 is black."""
    pixels = np.array([0.5, 0.75, 0.25, 0.6], "float32").reshape(1, 2, 2, 1)
    assert_close(Sum().translated(pixels).numpy().ravel(), [0.5, 1.0, 0.0, 0.7], 1e-6)
    term = np.array([[0.2]], "float32")
    assert_close(Sum().translated(pixels, term).numpy().ravel(), [0.6, 1.0, 0.1, 0.8], 1e-6)


def test_image_argument():
    argument = image_argument(8, 3)
    assert argument.shape == (None, 8, 8, 3) and argument.dtype == "float32"
    assert limits(argument) == (0.0, 1.0)
    assert image_argument(None, 1).shape == (None, None, None, 1)
    assert open_sizes(image_argument(None, 3, multiple=4, smallest=8)) == (4, 8)


def test_norms():
    x = random_inputs([(4, 3, 3, 2)])
    instance = keras.Model(
        images := keras.Input((3, 3, 2)), norm(images, "n", batch_norm=False, dtype="float32")
    )
    batch = keras.Model(images := keras.Input((3, 3, 2)), norm(images, "n", batch_norm=True, dtype="float32"))
    assert type(instance.get_layer("n")) is InstanceNorm and instance.weights == []
    layer = batch.get_layer("n")
    assert (layer.momentum, layer.epsilon, layer.synchronized) == (0.9, 1e-5, True)
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    expected = (x - mean) / np.sqrt(variance + 1e-5) * layer.gamma.numpy()
    assert_close(batch(x, training=True), expected, 1e-5)
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    assert_close(instance(x), (x - mean) / np.sqrt(variance + 1e-5), 1e-5)
    gains = norm_gains()
    assert gains.mean() == pytest.approx(1.0, abs=0.01) and gains.std() == pytest.approx(0.02, rel=0.2)
    assert np.std(normal()((100, 100))) == pytest.approx(0.02, rel=0.05)


def norm_gains():
    images = keras.Input((1, 1, 1000))
    return keras.Model(images, norm(images, "n", batch_norm=True, dtype="float32")).weights[0].numpy()
