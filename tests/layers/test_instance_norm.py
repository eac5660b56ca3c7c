import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import assert_close, random_inputs, randomize
from keras_gans.layers import InstanceNorm


def normalized(x, epsilon=1e-5):
    """In float64, map by map."""
    y = np.empty_like(x, "float64")
    for example in range(len(x)):
        for channel in range(x.shape[-1]):
            part = x[example, ..., channel].astype("float64")
            y[example, ..., channel] = (part - part.mean()) / np.sqrt(part.var() + epsilon)
    return y


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_with_weights(epsilon):
    check_layer(
        InstanceNorm,
        arguments={"epsilon": epsilon},
        shapes=[(3, 5, 4, 6)],
        weights={"gamma": (6,), "beta": (6,)},
        reference=lambda x, gamma, beta: normalized(x, epsilon) * gamma + beta,
    )


def test_without_weights():
    check_layer(
        InstanceNorm,
        arguments={"affine": False},
        shapes=[(2, 3, 4, 2)],
        reference=normalized,
    )


@pytest.mark.parametrize("affine", [False, True])
def test_scale_and_shift_of_each_example(affine):
    layer = InstanceNorm(affine=affine)
    x, scale, shift = random_inputs([(3, 5, 4, 6), (3, 6), (3, 6)])
    layer.build(x.shape)
    randomize(layer)
    gamma, beta = (weight.numpy() for weight in layer.weights) if affine else (1.0, 0.0)
    factor, term = scale[:, None, None], shift[:, None, None]
    expected = (normalized(x) * gamma + beta) * (1.0 + factor) + term
    symbols = [keras.Input(array.shape[1:]) for array in (x, scale, shift)]
    model = keras.Model(symbols, layer(symbols[0], scale=symbols[1], shift=symbols[2]))
    assert_close(model([x, scale, shift]), expected, 2e-6)
    for call in (layer, tf.function(layer), tf.function(layer, jit_compile=True)):
        assert_close(call(x, scale=scale, shift=shift), expected, 2e-6)
    low = InstanceNorm(affine=affine, dtype="mixed_bfloat16")
    low.build(x.shape)
    low.set_weights(layer.get_weights())
    outputs = low(x, scale=tf.cast(scale, "bfloat16"), shift=tf.cast(shift, "bfloat16"))
    assert outputs.dtype == "bfloat16"
    assert_close(tf.cast(outputs, "float32"), expected, 3e-2)


def test_first_and_second_derivatives():
    """Against automatic differentiation of Keras' own layer with a group for every channel."""
    ours, theirs = InstanceNorm(epsilon=1e-3), keras.layers.GroupNormalization(-1, epsilon=1e-3)
    x, weights = random_inputs([(3, 5, 4, 6), (3, 5, 4, 6)])
    for norm in (ours, theirs):
        norm.build(x.shape)
        randomize(norm)

    def derivatives(norm):
        inputs = tf.constant(x)
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                loss = tf.reduce_sum(norm(inputs) * weights)
            first = inner.gradient(loss, inputs)
            penalty = tf.reduce_sum(first**2)
        return first, *outer.gradient(penalty, [inputs, norm.gamma.value])

    expected = derivatives(theirs)
    assert min(np.abs(each).max() for each in expected) > 0.1
    for run in (
        tf.function(lambda: derivatives(ours)),
        tf.function(lambda: derivatives(ours), jit_compile=True),
    ):
        for actual, reference in zip(run(), expected, strict=True):
            assert_close(actual, reference, 2e-5)


def test_a_large_mean_does_not_drown_the_variance():
    x = random_inputs([(2, 5, 4, 3)]) + np.float32(256.0)  # squares of it have 2**-8 as last digit
    assert_close(InstanceNorm(affine=False)(x), normalized(x), 2e-4)


def test_large_maps():
    """As exact as small ones: a sum over 2**18 pixels in one go is not."""
    x = random_inputs([(1, 512, 512, 2)]) + np.float32(3.0)
    assert_close(tf.function(InstanceNorm(affine=False))(x), normalized(x), 5e-6)


def test_constant_maps_and_single_pixels():
    layer = InstanceNorm()
    for x in (tf.ones((2, 4, 4, 3)), tf.constant(random_inputs([(2, 1, 1, 3)]))):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
        np.testing.assert_array_equal(outputs, 0.0)
        assert np.isfinite(tape.gradient(outputs, x)).all()


def test_unknown_sizes():
    layer = InstanceNorm()
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))])
    for shape in ((1, 4, 6, 3), (3, 5, 2, 3)):
        x = random_inputs([shape])
        assert_close(graph(x), normalized(x), 2e-6)
