import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from keras_gans.layers import SizeCheck


def test_identity():
    check_layer(
        SizeCheck,
        arguments={"multiple": 4, "minimum": 8},
        shapes=[(2, 8, 12, 3)],
        reference=lambda x: x,
    )


@pytest.mark.parametrize("height, width", [(8, 10), (7, 8), (4, 8), (8, 0)])
def test_other_sizes_are_refused(height, width):
    layer = SizeCheck(multiple=4, minimum=5)
    message = f"must be multiples of 4, at least 8. Received: {height}x{width}"
    with pytest.raises(ValueError, match=message):
        layer(np.zeros((1, height, width, 3)))
    with pytest.raises(ValueError, match=message):
        layer(keras.Input((height, width, 3)))
    with pytest.raises(ValueError, match=message):
        tf.function(layer).get_concrete_function(tf.TensorSpec((None, height, width, 3)))


@pytest.mark.parametrize("open_sizes", [(None, None), (8, None), (None, 8)])
def test_open_sizes(open_sizes):
    """The graph itself refuses them, also behind TensorFlow's own simplification of graphs."""
    images = keras.Input((*open_sizes, 3))
    check = SizeCheck(multiple=4, minimum=6, name="height_and_width")
    model = keras.Model(images, check(images) * 2.0)
    assert model.output_shape == (None, *open_sizes, 3)
    graph = tf.function(model, input_signature=[tf.TensorSpec((None, *open_sizes, 3))])
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype("float32")
    np.testing.assert_array_equal(graph(x), 2.0 * x)
    few = "slice index 7 of dimension 0 out of bounds"
    compiled = tf.function(graph, jit_compile=True)
    np.testing.assert_array_equal(compiled(x), 2.0 * x)
    for shape, message in (
        ((2, 8, 9, 3), "multiple of 4"),
        ((2, 10, 8, 3), "multiple of 4"),
        ((2, 4, 8, 3), few),
        ((2, 8, 4, 3), few),
        ((2, 0, 8, 3), few),
    ):
        if all(size in (None, given) for size, given in zip(open_sizes, shape[1:3], strict=True)):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message) as error:
                graph(np.zeros(shape, "float32"))
            assert "height_and_width" in str(error.value)
            with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
                compiled(np.zeros(shape, "float32"))
