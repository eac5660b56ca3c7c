import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import assert_close, random_inputs
from keras_gans.layers import OrthogonalRegularizer, OrthonormalRows

# A tall kernel, a wide one, one of a convolution with more filters than rows and one with fewer.
SHAPES = pytest.mark.parametrize("shape", [(5, 3), (3, 5), (1, 2, 2, 7), (3, 3, 2, 4)])


def gram(kernel):
    """Products of all pairs of different filters."""
    matrix = kernel.reshape(-1, kernel.shape[-1]).astype("float64")
    products = matrix.T @ matrix
    np.fill_diagonal(products, 0.0)
    return matrix, products


@SHAPES
def test_value_and_gradient(shape):
    """beta |W^T W (1 - I)|^2 and its derivative, 4 beta W (W^T W (1 - I))."""
    kernel = random_inputs([shape])
    matrix, products = gram(kernel)

    def run(kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            loss = OrthogonalRegularizer(weight=0.1)(kernel)
        return loss, tape.gradient(loss, kernel)

    for call in (run, tf.function(run, jit_compile=True)):
        loss, gradient = call(tf.constant(kernel))
        assert_close(loss, 0.1 * np.sum(products**2))
        assert_close(gradient, (0.4 * matrix @ products).reshape(shape))


def test_orthogonal_filters_of_any_length_cost_nothing():
    kernel = np.linalg.qr(random_inputs([(6, 4)]))[0] * [3.0, 0.1, 1.0, 2.0]
    assert_close(OrthogonalRegularizer()(tf.constant(kernel, "float32")), 0.0, 1e-9)


def test_config_and_the_weight_of_the_paper():
    saved = keras.saving.serialize_keras_object(OrthogonalRegularizer(weight=0.25))
    assert saved["registered_name"] == "keras_gans>OrthogonalRegularizer"
    again = keras.saving.deserialize_keras_object(saved)
    assert type(again) is OrthogonalRegularizer and again.weight == 0.25
    assert OrthogonalRegularizer().weight == 1e-4


def test_as_a_layer_s_regularizer():
    layer = keras.layers.Dense(3, kernel_regularizer=OrthogonalRegularizer(weight=2.0))
    layer.build((None, 4))
    kernel = random_inputs([(4, 3)])
    layer.kernel.assign(kernel)
    [loss] = layer.losses
    assert_close(loss, 2.0 * np.sum(gram(kernel)[1] ** 2))


def test_rows_are_made_orthonormal():
    """What is orthonormal stays, up to rounding: no row turns round; of others, the first keeps its way."""
    rows = np.linalg.qr(np.random.default_rng(0).standard_normal((7, 4)))[0].T
    constraint = OrthonormalRows.from_config(OrthonormalRows().get_config())
    assert_close(constraint(tf.constant(rows, "float32")), rows)
    matrix = np.array(constraint(tf.constant(random_inputs([(4, 7)]))))
    assert_close(matrix @ matrix.T, np.eye(4))
    first = random_inputs([(4, 7)])[0]
    assert_close(matrix[0], first / np.linalg.norm(first))
    with pytest.raises(ValueError, match=r"More rows than columns cannot be .* Received: \(4, 3\)"):
        constraint(tf.ones((4, 3)))
