import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import check_config
from keras_gans.layers import Dropout


def test_scaled_so_that_the_mean_stays():
    x = tf.ones((100, 200))
    y = Dropout(0.25)(x, training=True).numpy()
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / 0.75], rtol=1e-6)
    assert abs((y == 0).mean() - 0.25) < 0.02
    np.testing.assert_array_equal(Dropout(0.25)(x, training=False), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, training=True), x)


def test_one_replica_has_the_masks_of_keras():
    x = tf.ones((4, 50))
    ours, theirs = Dropout(0.5, seed=3), keras.layers.Dropout(0.5, seed=3)
    for _ in range(2):
        np.testing.assert_array_equal(ours(x, training=True), theirs(x, training=True))


def test_one_state_that_is_saved():
    layer = Dropout(0.5, seed=3)
    x = tf.ones((4, 50))
    layer(x, training=True)
    [state] = layer.variables
    saved = state.numpy()
    expected = layer(x, training=True)
    state.assign(saved)
    np.testing.assert_array_equal(layer(x, training=True), expected)
    assert Dropout(0.0).variables == []


@pytest.mark.parametrize("jit", [False, True])
def test_the_gradient_is_that_of_the_mask(jit):
    layer = Dropout(0.5, seed=1)

    @tf.function(jit_compile=jit)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        return y, tape.gradient(y, x)

    y, slope = step(tf.ones((4, 50)))
    np.testing.assert_array_equal(y, slope)


def test_replicas_drop_other_units(two_replicas):
    with two_replicas.scope():
        layer, stock = Dropout(0.5, seed=3), keras.layers.Dropout(0.5, seed=3)
        x = tf.ones((4, 50))
        layer(x), stock(x)

    @tf.function
    def run():
        return two_replicas.run(lambda: (layer(x, training=True), stock(x, training=True)))

    ours, theirs = (two_replicas.experimental_local_results(each) for each in run())
    assert not np.array_equal(ours[0], ours[1])
    np.testing.assert_array_equal(theirs[0], theirs[1])  # why the layer exists
    again = two_replicas.experimental_local_results(run()[0])
    assert not np.array_equal(ours[1], again[1])


def test_config():
    check_config(Dropout(0.5, seed=3, name="drop"), {"rate": 0.5, "seed": 3, "name": "drop"})
