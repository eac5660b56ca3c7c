import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import assert_close, random_inputs
from keras_gans.layers import ReflectionPadding2D


def reflected(x, padding):
    return np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="reflect")


@pytest.mark.parametrize("padding", [1, 3])
def test_reflection(padding):
    check_layer(
        ReflectionPadding2D,
        arguments={"padding": padding},
        shapes=[(2, 5, 4, 3)],
        reference=lambda x: reflected(x, padding),
    )


def gathered(slopes, padding, height, width):
    """The adjoint: every pixel collects what its copies have."""
    places = reflected(np.arange(height * width).reshape(1, height, width, 1), padding)[0, ..., 0]
    total = np.zeros((len(slopes), height * width, slopes.shape[-1]))
    for row, column in np.ndindex(places.shape):
        total[:, places[row, column]] += slopes[:, row, column]
    return total.reshape(len(slopes), height, width, -1)


@pytest.mark.parametrize(
    "policy, jit",
    [("float32", False), ("float32", True), ("mixed_float16", False), ("mixed_bfloat16", False)],
)
def test_first_and_second_derivatives(policy, jit):
    layer = ReflectionPadding2D(2, dtype=policy)
    x, slopes = random_inputs([(2, 5, 4, 3), (2, 9, 8, 3)])

    @tf.function(jit_compile=jit)
    def derivatives(x, slopes):
        with tf.GradientTape() as outer:
            outer.watch(slopes)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.cast(layer(x), "float32") * slopes)
            first = inner.gradient(loss, x)
            penalty = tf.reduce_sum(first**2)
        return first, outer.gradient(penalty, slopes)

    first, second = derivatives(tf.constant(x), tf.constant(slopes))
    expected = gathered(slopes, 2, 5, 4)
    tolerance = 1e-5 if policy == "float32" else 2e-2
    assert_close(first, expected, tolerance)
    assert_close(second, 2.0 * reflected(expected, 2), tolerance)


def test_small_images_are_refused():
    with pytest.raises(ValueError, match=r"by 3 pixels needs images of at least 4\. Received: 3x8"):
        ReflectionPadding2D(3)(np.zeros((1, 3, 8, 2)))
    with pytest.raises(ValueError, match=r"`padding` must be at least 1\. Received: 0"):
        ReflectionPadding2D(0)
