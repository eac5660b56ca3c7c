import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import assert_close, check_config, random_inputs
from keras_gans.layers import HighPassSkip


def detail(features, masks):
    """Eight times the difference to the mean of the neighbours, pixel by pixel."""
    factor = masks.shape[1] // features.shape[1]
    rows, columns = features.shape[1:3]
    means = masks.reshape(len(masks), rows, factor, columns, factor, 1).mean(axis=(2, 4))
    padded = np.pad(features * means, ((0, 0), (1, 1), (1, 1), (0, 0)))
    outputs = np.empty_like(features)
    for row, column in np.ndindex(rows, columns):
        patch = padded[:, row : row + 3, column : column + 3]
        outputs[:, row, column] = 9.0 * patch[:, 1, 1] - patch.sum(axis=(1, 2))
    return outputs


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_in_numpy(factor):
    x, features, masks = random_inputs([(2, 3, 4, 5), (2, 3, 4, 5), (2, 3 * factor, 4 * factor, 1)])
    layer = HighPassSkip(weight=0.5, factor=factor)
    expected = x + 0.5 * detail(features, masks)
    inputs = [tf.constant(array) for array in (x, features, masks)]
    for run in (layer, tf.function(layer), tf.function(layer, jit_compile=True)):
        assert_close(run(*inputs), expected, 2e-6)
    for policy in ("mixed_float16", "mixed_bfloat16"):
        outputs = HighPassSkip(weight=0.5, factor=factor, dtype=policy)(*inputs)
        assert outputs.dtype == keras.dtype_policies.get(policy).compute_dtype
        assert_close(tf.cast(outputs, "float32"), expected, 3e-2)


def test_what_is_constant_vanishes():
    x, features = np.zeros((1, 4, 4, 2), "float32"), np.full((1, 4, 4, 2), 3.0, "float32")
    outputs = HighPassSkip()(x, features, np.ones((1, 4, 4, 1), "float32")).numpy()
    np.testing.assert_array_equal(outputs[:, 1:3, 1:3], 0.0)
    assert outputs[0, 0, 0, 0] == 15.0  # five of its neighbours are outside
    np.testing.assert_array_equal(HighPassSkip()(x, features, np.zeros((1, 4, 4, 1), "float32")), x)


def test_without_masks():
    shapes = [(4, 4, 2), (4, 4, 2), (8, 8, 1)]
    symbols = [keras.Input(shape, optional=len(shape) and shape[-1] == 1) for shape in shapes]
    model = keras.Model(symbols, HighPassSkip(factor=2)(*symbols))
    x, features = (tf.constant(array) for array in random_inputs([(2, 4, 4, 2), (2, 4, 4, 2)]))
    np.testing.assert_array_equal(model([x, features, None]), x)


def test_config():
    arguments = {"weight": 2.0, "factor": 4, "name": "detail"}
    check_config(HighPassSkip(**arguments), arguments)
