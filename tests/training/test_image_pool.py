import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans.random import Draws
from keras_gans.training import ImagePool


def make(size):
    return ImagePool(keras.layers.Layer(), size=size, shape=(1, 1, 1), name="pool")


def stored(pool):
    return pool.images.numpy().ravel()


def exchange(pool, values, step):
    """Images of one pixel go in, and the numbers of what comes out."""
    images = tf.reshape(tf.constant(values, "float32"), (-1, 1, 1, 1))
    return pool.exchange(images, Draws(0, step), tf.constant(step, "int64")).numpy().ravel()


def test_it_fills_first():
    """5 places, 2 images a time: the third pair fills the last place, and changes nothing else."""
    pool = make(5)
    for step in range(3):
        values = [10 + 2 * step, 11 + 2 * step]
        np.testing.assert_array_equal(exchange(pool, values, step), values)
    np.testing.assert_array_equal(stored(pool), [10, 11, 12, 13, 14])
    assert int(pool.count.numpy()) == 5


@pytest.mark.parametrize("size, batch", [(6, 1), (7, 3), (4, 4)])
def test_old_images_for_new_ones(size, batch):
    """Nothing is lost or doubled; half of the images are exchanged, and every place has its turns."""
    pool, steps = make(size), 480 // batch
    traced = tf.function(lambda images, step: pool.exchange(images, Draws(0, step), step))
    swaps, turns = 0, np.zeros(size)
    for step in range(steps):
        values = 1 + step * batch + np.arange(batch)
        before = stored(pool)
        filling = int(pool.count.numpy()) < size
        images = tf.reshape(tf.constant(values, "float32"), (-1, 1, 1, 1))
        shown = traced(images, tf.constant(step, "int64")).numpy().ravel()
        after = stored(pool)
        if filling:
            continue
        assert sorted([*before, *values]) == sorted([*after, *shown])
        old = shown != values
        assert set(shown[old]) <= set(before)
        np.testing.assert_array_equal(np.sort(after[after != before]), values[old])
        swaps += old.sum()
        turns += after != before
    full = steps - -(-size // batch)
    assert swaps / (full * batch) == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(turns / turns.sum(), 1 / size, atol=0.4 / size)


def test_what_is_not_finite_is_not_stored():
    pool = make(2)
    assert np.isnan(exchange(pool, [1.0, np.nan], 0)).tolist() == [False, True]
    assert int(pool.count.numpy()) == 0
    exchange(pool, [1.0, 2.0], 1)
    for step in range(2, 12):
        np.testing.assert_array_equal(exchange(pool, [np.inf, 5.0], step), [np.inf, 5.0])
    np.testing.assert_array_equal(stored(pool), [1.0, 2.0])


def test_no_gradient():
    pool, x = make(2), tf.Variable(tf.ones((2, 1, 1, 1)))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(pool.exchange(2.0 * x, Draws(0, 0), tf.constant(0, "int64")))
    assert tape.gradient(total, x) is None


def test_a_batch_that_is_too_large():
    with pytest.raises(ValueError, match=r"one global batch, 3 images. Received: 2"):
        exchange(make(2), [1, 2, 3], 0)
