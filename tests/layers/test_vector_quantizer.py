import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import random_inputs
from keras_gans.layers import VectorQuantizer


def nearest(x, codebook):
    """Every vector compared with every row."""
    distances = ((x[..., None, :] - codebook) ** 2).sum(axis=-1)
    return codebook[distances.argmin(axis=-1)]


def test_vector_quantizer():
    check_layer(
        VectorQuantizer,
        arguments={"num_codes": 9},
        shapes=[(3, 5, 4, 2)],
        weights={"codebook": (9, 2)},
        reference=nearest,
    )


def test_numbers_of_codes():
    layer = VectorQuantizer(3)
    layer.build((None, 2))
    layer.codebook.assign([[0.0, 1.0], [5.0, 5.0], [0.0, 1.0]])
    indices = layer.indices(np.array([[[0.1, 0.0], [9.0, 9.0]]]))
    assert indices.dtype == "int32"
    np.testing.assert_array_equal(indices, [[0, 1]])  # the first of equal ones
    np.testing.assert_array_equal(layer.codes(indices), [[[0.0, 1.0], [5.0, 5.0]]])


def test_the_codebook_gets_a_dense_gradient_and_the_input_none():
    layer, inputs = VectorQuantizer(4), tf.constant(random_inputs([(6, 2)]))
    layer.build(inputs.shape)
    layer.codebook.assign(random_inputs([(4, 2)], seed=2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(layer(inputs))
    slope = tape.gradient(total, layer.codebook.value)
    assert isinstance(slope, tf.Tensor)
    counts = np.bincount(layer.indices(inputs), minlength=4)
    np.testing.assert_array_equal(slope, np.stack([counts, counts], axis=1))
    assert tape.gradient(total, inputs) is None


def test_half_precision_does_not_choose():
    """The nearest of two codes, which bfloat16 cannot tell apart."""
    layer = VectorQuantizer(2, dtype="mixed_bfloat16")
    layer.build((None, 1))
    layer.codebook.assign([[1.0], [1.001]])
    inputs = tf.constant([[1.0009], [1.0001]])
    np.testing.assert_array_equal(layer.indices(inputs), [1, 0])
    assert layer(inputs).dtype == "bfloat16"


def test_initial_codes():
    layer = VectorQuantizer(50)
    layer.build((None, 40))
    codes = layer.codebook.numpy()
    assert 0.019 < codes.max() <= 0.02 and -0.02 <= codes.min() < -0.019


def test_no_codes_are_refused():
    with pytest.raises(ValueError, match=r"`num_codes` must be at least 1\. Received: 0"):
        VectorQuantizer(0)
