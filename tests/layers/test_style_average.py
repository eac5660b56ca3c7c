import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import random_inputs
from keras_gans.layers import StyleAverage


def test_style_average():
    check_layer(
        StyleAverage,
        arguments={"decay": 0.9},
        shapes=[(3, 5)],
        non_trainable={"average": (5,)},
        reference=lambda x, average: x,
    )


def test_follows_in_training_only():
    layer, styles = StyleAverage(decay=0.75), random_inputs([(8, 5)])
    layer(styles)
    assert not np.any(layer.average)
    expected = np.zeros(5)
    for number in range(3):
        np.testing.assert_array_equal(layer(styles + number, training=True), styles + number)
        expected = 0.75 * expected + 0.25 * (styles + number).mean(axis=0)
    np.testing.assert_allclose(layer.average, expected, atol=1e-6)
    assert StyleAverage().decay == 0.995


def test_styles_that_are_not_finite_leave_it():
    layer, styles = StyleAverage(decay=0.5), np.ones((2, 3), "float32")
    layer(styles, training=True)
    styles[1, 0] = np.nan
    layer(styles, training=True)
    np.testing.assert_array_equal(layer.average, [0.5, 0.75, 0.75])


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_decays_out_of_range(decay):
    with pytest.raises(ValueError, match=rf"must be in \[0, 1\). Received: {decay}"):
        StyleAverage(decay=decay)


def test_has_no_part_in_the_gradient():
    layer = StyleAverage()
    with tf.GradientTape() as tape:
        styles = tf.ones((2, 3))
        tape.watch(styles)
        total = tf.reduce_sum(layer(styles, training=True) ** 2)
    np.testing.assert_array_equal(tape.gradient(total, styles), 2.0 * np.ones((2, 3)))


def test_is_the_average_over_replicas(two_replicas):
    styles = random_inputs([(4, 3)])
    with two_replicas.scope():
        layer = StyleAverage(decay=0.5)
        layer.build((None, 3))
    split = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(styles, 2)[context.replica_id_in_sync_group])
    )
    tf.function(lambda: two_replicas.run(lambda x: layer(x, training=True), args=(split,)))()
    for copy in two_replicas.experimental_local_results(layer.average.value):
        np.testing.assert_allclose(copy, 0.5 * styles.mean(axis=0), atol=1e-6)
