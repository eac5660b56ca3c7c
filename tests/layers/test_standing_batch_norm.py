import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import assert_close, random_inputs, randomize
from keras_gans.layers import StandingBatchNorm


def normalized(x, mean, variance, epsilon, gain, bias):
    """Mean, variance, gain and bias have the shape `(N, C)` or `(C,)`."""
    rows = [np.atleast_2d(a)[:, None, None].astype("float64") for a in (mean, variance, gain, bias)]
    return (x - rows[0]) / np.sqrt(rows[1] + epsilon) * rows[2] + rows[3]


@pytest.mark.parametrize("rows", [1, 4])
def test_without_a_truncation_the_last_row_counts(rows):
    check_layer(
        StandingBatchNorm,
        arguments={"rows": rows, "affine": True, "momentum": 0.8, "epsilon": 0.01},
        shapes=[(3, 4, 5, 6)],
        weights={"gamma": (6,), "beta": (6,)},
        non_trainable={"moving_mean": (rows, 6), "moving_variance": (rows, 6)},
        reference=lambda x, gamma, beta, moving_mean, moving_variance: normalized(
            x, moving_mean[-1], moving_variance[-1], 0.01, gamma, beta
        ),
    )


@pytest.fixture
def layer():
    layer = StandingBatchNorm(rows=6, epsilon=1e-3)
    layer.build((None, 4, 5, 3))
    randomize(layer)
    return layer


def test_rows_may_have_each_other_s_weight(layer):
    """On a row, as near as float32 comes to it, that row counts."""
    x, scale, shift = random_inputs([(4, 4, 5, 3), (4, 3), (4, 3)])
    other = StandingBatchNorm(rows=6, epsilon=1e-3, exchanged=True)
    other.build(x.shape)
    other.set_weights(layer.get_weights())
    levels, mirrored = np.array([[0.25, 0.6, 0.8, 1.0], [0.35, 0.6, 0.8, 1.0]], "float32")[..., None]
    assert_close(other(x, scale, shift, levels), layer(x, scale, shift, mirrored), 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_rows_are_interpolated_for_each_example(layer, dtype):
    x, scale, shift = random_inputs([(7, 4, 5, 3), (7, 3), (7, 3)])
    # On a row, between rows, and just off a row by less than bfloat16 can tell.
    levels = np.array([0.0, 0.2, 0.3, 0.801, 0.99, 1.0, 0.5], "float32")
    tables = [weight.numpy() for weight in (layer.moving_mean, layer.moving_variance)]
    grid = np.linspace(0.0, 1.0, 6)
    mean, variance = (np.stack([np.interp(levels, grid, c) for c in table.T], 1) for table in tables)
    expected = normalized(x, mean, variance, 1e-3, 1.0 + scale, shift)
    other = StandingBatchNorm(rows=6, epsilon=1e-3, dtype=dtype)
    other.build(x.shape)
    other.set_weights(layer.get_weights())
    for call in (other, tf.function(other), tf.function(other, jit_compile=True)):
        outputs = call(tf.constant(x), tf.constant(scale), tf.constant(shift), tf.constant(levels[:, None]))
        assert outputs.dtype == other.compute_dtype
        # The output is rounded, the statistics are not.
        assert_close(tf.cast(outputs, "float32"), expected, 1e-5 if dtype == "float32" else 4e-3)


def test_one_row_serves_all_truncations():
    layer = StandingBatchNorm(affine=True)
    x = random_inputs([(2, 4, 5, 3)])
    np.testing.assert_array_equal(layer(x), layer(x, truncation=np.array([[0.1], [0.9]], "float32")))


def test_training_is_batch_normalisation(layer):
    """Outputs, stored statistics and gradients are those of Keras' layer without gain and bias."""
    x = tf.constant(random_inputs([(7, 4, 5, 3)]) * 2.0 + 1.0)
    weights = tf.constant(random_inputs([(7, 4, 5, 3)], seed=3))
    zero = tf.zeros((7, 3))
    keras_layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3, center=False, scale=False)
    before = [weight.numpy() for weight in (layer.moving_mean, layer.moving_variance)]
    slopes = []
    for call in (lambda x: layer(x, zero, zero, training=True), lambda x: keras_layer(x, training=True)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = call(x)
            loss = tf.reduce_sum(weights * outputs**2)
        slopes.append((outputs, tape.gradient(loss, x)))
    for ours, theirs in zip(*slopes, strict=True):
        assert_close(ours, theirs, 2e-5)
    compiled = tf.function(lambda x: layer(x, zero, zero, training=True), jit_compile=True)
    pixels = x.numpy().reshape(-1, 3).astype("float64")
    moments = pixels.mean(axis=0), pixels.var(axis=0)
    for weight, old, new in zip((layer.moving_mean, layer.moving_variance), before, moments, strict=True):
        assert_close(weight, 0.9 * old + 0.1 * new)  # every row
    assert_close(compiled(x), slopes[0][0])


def test_a_frozen_layer_keeps_its_statistics(layer):
    layer.trainable = False
    x, scale, shift = random_inputs([(7, 4, 5, 3), (7, 3), (7, 3)])
    before = layer.get_weights()
    np.testing.assert_array_equal(layer(x, scale, shift, training=True), layer(x, scale, shift))
    for old, weight in zip(before, layer.weights, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_replicas_share_their_statistics(two_replicas):
    x = random_inputs([(6, 4, 4, 3)]) * np.arange(1.0, 7.0).reshape(6, 1, 1, 1).astype("float32")
    with two_replicas.scope():
        layer = StandingBatchNorm(rows=2, affine=True)
        layer.build(x.shape)

    @tf.function
    def run():
        def replica():
            part = tf.distribute.get_replica_context().replica_id_in_sync_group
            return layer(tf.constant(x)[part * 3 : part * 3 + 3], training=True)

        return two_replicas.experimental_local_results(two_replicas.run(replica))

    alone = StandingBatchNorm(rows=2, affine=True)
    expected = alone(x, training=True)
    assert_close(np.concatenate([part.numpy() for part in run()]), expected)
    for ours, theirs in zip(layer.weights, alone.weights, strict=True):
        for local in two_replicas.experimental_local_results(ours.value):
            assert_close(local, theirs)


@pytest.mark.parametrize(
    "affine, given, words",
    [(True, 2, "neither `scale` nor `shift`"), (True, 1, "neither"), (False, 0, "both `scale` and `shift`")],
)
def test_scale_and_shift_are_weights_or_arguments(affine, given, words):
    layer = StandingBatchNorm(affine=affine, name="norm")
    arguments = [np.zeros((2, 3), "float32")] * given
    with pytest.raises(ValueError, match=rf"A call of norm takes {words}(.|\n)*Received: scale="):
        layer(np.zeros((2, 4, 4, 3), "float32"), *arguments)


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match=r"`rows` must be at least 1. Received: 0"):
        StandingBatchNorm(rows=0)
