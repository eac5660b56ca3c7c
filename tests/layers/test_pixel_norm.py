import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import policy
from keras_gans.layers import PixelNorm


@pytest.mark.parametrize("shape", [(3, 6), (2, 4, 3, 6)])
@pytest.mark.parametrize("epsilon", [1e-8, 0.5])
def test_pixel_norm(shape, epsilon):
    def reference(x):
        return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon)

    check_layer(PixelNorm, arguments={"epsilon": epsilon}, shapes=[shape], reference=reference)


def test_known_numbers():
    # sqrt((9 + 16) / 2) = 3.5355
    np.testing.assert_allclose(PixelNorm()(np.array([[3.0, 4.0]])), [[0.8485281, 1.1313708]], rtol=1e-6)


def test_zero_stays_zero_with_a_finite_gradient():
    x = tf.zeros((1, 4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = PixelNorm()(x)
    assert y.numpy().tolist() == [[0.0] * 4]
    np.testing.assert_allclose(tape.gradient(y, x), [[1e4] * 4], rtol=1e-4)  # 1 / sqrt(epsilon)


def test_squares_do_not_overflow_in_float16():
    with policy("mixed_float16"):
        layer = PixelNorm()
    y = layer(tf.constant([[30000.0, 0.0]]))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, [[2**0.5, 0.0]], rtol=1e-3)
