import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import check_config
from keras_gans.layers import SeededDropout

SEEDS = np.array([0, 1, -5, 2**40 + 7], "int64")


def threefry_word(key, counter):
    """Threefry-2x32 with 20 rounds on Python's integers (Salmon et al. 2011, section 3.3)."""
    mask = 2**32 - 1
    keys = [*key, key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = (counter[0] + keys[0]) & mask, (counter[1] + keys[1]) & mask
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    for number in range(20):
        x = (x + y) & mask
        turn = rotations[number % 8]
        y = ((y << turn | y >> (32 - turn)) & mask) ^ x
        if number % 4 == 3:
            group = number // 4 + 1
            x = (x + keys[group % 3]) & mask
            y = (y + keys[(group + 1) % 3] + group) & mask
    return x, y


def kept(seed, size, stream, rate):
    """Which of the numbers of an example are kept."""
    key = (int(seed) & (2**32 - 1), (int(seed) >> 32) & (2**32 - 1))
    words = [threefry_word(key, (pair, stream)) for pair in range((size + 1) // 2)]
    words = [first for first, _ in words] + [second for _, second in words]
    return np.array([(word >> 8) * 2.0**-24 >= rate for word in words[:size]])


@pytest.mark.parametrize("rate, stream, shape", [(0.5, 0, (3, 5, 2)), (0.25, 2, (7,)), (0.9, 1, (1,))])
def test_masks_are_threefry(rate, stream, shape):
    layer = SeededDropout(rate, stream=stream)
    size = int(np.prod(shape))
    x = np.arange(1.0, 1.0 + 4 * size, dtype="float32").reshape(4, *shape)
    keep = np.stack([kept(seed, size, stream, rate).reshape(shape) for seed in SEEDS])
    expected = np.where(keep, x / (1.0 - rate), 0.0)
    for run in (layer, tf.function(layer)):
        np.testing.assert_allclose(run(tf.constant(x), tf.constant(SEEDS)), expected, rtol=1e-6)
    for training in (False, True):
        np.testing.assert_allclose(layer(x, SEEDS, training=training), expected, rtol=1e-6)


def test_xla_drops_the_same():
    layer, x = SeededDropout(0.5), tf.ones((4, 5))
    compiled = tf.function(layer, jit_compile=True)
    np.testing.assert_array_equal(compiled(x, tf.constant(SEEDS)), layer(x, SEEDS))


def test_share_and_scale():
    layer = SeededDropout(0.25)
    y = layer(tf.ones((8, 50, 50)), tf.range(8)).numpy()
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / 0.75], rtol=1e-6)
    for example in y:
        assert abs((example == 0).mean() - 0.25) < 0.04


def test_nothing_but_seed_and_stream_counts():
    x = tf.ones((4, 200))
    layer = SeededDropout(0.5)
    y = layer(x, SEEDS).numpy()
    np.testing.assert_array_equal(layer(x[2:3], SEEDS[2:3]), y[2:3])
    np.testing.assert_array_equal(SeededDropout(0.5)(x, SEEDS), y)
    assert len({row.tobytes() for row in y}) == 4
    assert not np.array_equal(SeededDropout(0.5, stream=1)(x, SEEDS), y)
    assert layer.variables == []


def test_without_seeds_or_rate_nothing_is_dropped():
    x = tf.range(12.0)[None]
    np.testing.assert_array_equal(SeededDropout(0.5)(x, training=True), x)
    np.testing.assert_array_equal(SeededDropout(0.0)(x, np.array([7])), x)


def test_in_a_functional_model():
    images, seeds = keras.Input((None, 2)), keras.Input((), dtype="int64", optional=True)
    model = keras.Model([images, seeds], SeededDropout(0.5)(images, seeds))
    for length in (3, 6):
        x = tf.ones((4, length, 2))
        np.testing.assert_array_equal(model([x, tf.constant(SEEDS)]), SeededDropout(0.5)(x, SEEDS))
        np.testing.assert_array_equal(model([x, None]), x)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_gradient_is_that_of_the_mask(policy):
    layer, x = SeededDropout(0.5, dtype=policy), tf.ones((4, 50))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, SEEDS)
    assert y.dtype == keras.dtype_policies.get(policy).compute_dtype
    np.testing.assert_array_equal(tf.cast(y, "float32"), tape.gradient(y, x))
    np.testing.assert_array_equal(tf.cast(y, "float32"), SeededDropout(0.5)(x, SEEDS))


def test_config():
    check_config(SeededDropout(0.5, stream=3, name="drop"), {"rate": 0.5, "stream": 3, "name": "drop"})


def test_arguments():
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\). Received: 1.0"):
        SeededDropout(1.0)
    with pytest.raises(ValueError, match=r"`stream` must not be negative\. Received: -1"):
        SeededDropout(0.5, stream=-1)
