import keras
import numpy as np
import tensorflow as tf

from keras_gans.once import Once, held_once


class Scale(keras.layers.Layer):
    """A weight times a tensor, and a second tensor added where there is one; counts the calls of Python."""

    def build(self, _):
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")
        self.calls = 0

    def call(self, inputs):
        tensor, other = inputs
        self.calls += 1
        return self.factor * tensor if other is None else self.factor * tensor + other


def scale(factor):
    layer = Scale()
    layer([tf.zeros([1, 2]), None])
    layer.factor.assign(factor)
    layer.calls = 0
    return layer


def test_a_graph_is_held_once_for_all_batches_weights_and_constants():
    layer = scale(2.0)
    once = Once(lambda inputs: layer(inputs), layer)

    @tf.function
    def with_weights(x):
        return once([once([x, None]), None])

    @tf.function
    def with_constants(x):
        with keras.StatelessScope(state_mapping=[(layer.factor, tf.constant(2.0))]):
            return once([x, None])

    x = tf.constant([[1.0, 3.0]])
    with held_once():
        results = [with_weights(x), with_weights(tf.repeat(x, 3, axis=0)), with_constants(x)]
        assert layer.calls == 1
        once([x, x])  # other inputs, another graph
        once([tf.zeros([1, 5]), None])
        assert layer.calls == 3
    for result, expected in zip(results, ([[4.0, 12.0]], [[4.0, 12.0]] * 3, [[2.0, 6.0]]), strict=True):
        np.testing.assert_array_equal(result, expected)
    layer.factor.assign(5.0)
    np.testing.assert_array_equal(with_weights(x), [[25.0, 75.0]])
    np.testing.assert_array_equal(with_constants(x), [[2.0, 6.0]])


def test_one_that_calls_another_hands_on_its_weights():
    layer = scale(3.0)
    inner = Once(lambda inputs: layer(inputs), layer)
    outer = Once(lambda x: inner([inner([x, None]), x]), layer)
    x = tf.constant([[1.0, 2.0]])
    with held_once():
        held = outer(x)
        with keras.StatelessScope(state_mapping=[(layer.factor, tf.constant(10.0))]):
            np.testing.assert_array_equal(outer(x), 101.0 * x)
    np.testing.assert_array_equal(held, 10.0 * x)
    np.testing.assert_array_equal(outer(x), 10.0 * x)  # and without an export


def test_gradients_flow_to_inputs_and_weights():
    layer = scale(3.0)
    once = Once(lambda inputs: layer(inputs), layer)
    x = tf.Variable([[1.0, 2.0]])
    with held_once(), tf.GradientTape() as tape:
        loss = tf.reduce_sum(once([x, None]))
    of_x, of_factor = tape.gradient(loss, [x, layer.factor.value])
    np.testing.assert_array_equal(of_x, [[3.0, 3.0]])
    assert float(of_factor) == 3.0
