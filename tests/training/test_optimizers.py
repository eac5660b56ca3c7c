import keras
import numpy as np
import pytest
import tensorflow as tf
from reference.adam_numpy import adam

import small
from keras_gans.training import optimizers


def network(dtype="float32"):
    pixels = keras.Input((3,), name="images")
    return keras.Model(pixels, keras.layers.Dense(2, dtype=dtype)(pixels), dtype=dtype)


def test_prepare_builds_over_all_weights():
    first, second = network(), network()
    optimizer = optimizers.prepare(keras.optimizers.Adam(), [first, second])
    assert optimizer.built
    # iterations, learning rate, and two moments for each of four variables
    assert len(optimizer.variables) == 2 + 2 * 4


@pytest.mark.parametrize(
    "dtype, scaled", [("float32", False), ("mixed_bfloat16", False), ("mixed_float16", True)]
)
def test_only_float16_is_scaled(dtype, scaled):
    optimizer = optimizers.prepare(keras.optimizers.SGD(), [network(dtype)])
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer) == scaled
    assert np.isnan(optimizers.replacement(optimizer)) == scaled
    again = optimizers.prepare(optimizer, [network(dtype)])
    assert again is optimizer


def test_state_covers_weights_that_are_not_used_yet():
    gan = small.progan(resolution=16)
    gan.begin_phase(small.phase(4))
    small.compile_(gan)
    expected = 2 + 2 * len(gan.generator.trainable_variables)
    assert len(gan.generator_optimizer.variables) == expected


def apply(optimizer, variable, *gradients):
    for gradient in gradients:
        optimizer.apply_gradients([(tf.constant(gradient), variable)])
    return variable.numpy()


def test_guarded_adam_is_adam_where_nothing_is_wrong():
    gradients = ([0.3, 0.4], [1.0, -2.0], [0.0, 5.0])
    ours = apply(optimizers.GuardedAdam(0.1), keras.Variable([1.0, 2.0]), *gradients)
    np.testing.assert_allclose(ours, adam([1.0, 2.0], gradients, 0.1), rtol=1e-6)


def test_clipping_by_the_norm_of_all_gradients():
    """One step of Adam's first moment shows the gradient: m = (1 - beta_1) g."""
    optimizer = optimizers.GuardedAdam(0.1, clip_norm=1.0)
    variables = [keras.Variable([0.0]), keras.Variable([0.0])]
    optimizer.apply_gradients(zip([tf.constant([3.0]), tf.constant([4.0])], variables, strict=True))
    moments = [float(variable[0]) for variable in optimizer.variables[2:4]]
    moments = sorted(moments + [float(variable[0]) for variable in optimizer.variables[4:]])
    assert pytest.approx([0.06, 0.08]) in [moments[i : i + 2] for i in range(3)]
    short = optimizers.GuardedAdam(0.1, clip_norm=10.0)
    short.apply_gradients([(tf.constant([3.0]), keras.Variable([0.0]))])
    assert pytest.approx(0.3) in [float(np.ravel(variable)[0]) for variable in short.variables[2:]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad):
    optimizer, variable = optimizers.GuardedAdam(0.1, clip_norm=1.0), keras.Variable([1.0, 2.0])
    after = apply(optimizer, variable, [bad, 1.0])
    np.testing.assert_array_equal(after, [1.0, 2.0])
    assert int(optimizer.iterations.numpy()) == 0
    moved = apply(optimizer, variable, [1.0, 1.0])
    assert np.all(moved < [1.0, 2.0])
    assert int(optimizer.iterations.numpy()) == 1
    # Nor do the moments of earlier gradients move it.
    np.testing.assert_array_equal(apply(optimizer, variable, [1.0, bad]), moved)
    assert int(optimizer.iterations.numpy()) == 1


def test_replicas_clip_the_gradient_of_the_whole_batch(two_replicas):
    """Replicas with (3, 0) and (0, 4) have the gradient (3, 4): its norm is 5, not 3 or 4."""
    with two_replicas.scope():
        optimizer, variable = optimizers.GuardedAdam(0.1, clip_norm=1.0), keras.Variable([0.0, 0.0])
        optimizer.build([variable])

    def step(bad):
        first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
        gradient = tf.where(first, [3.0, 0.0], [0.0, 4.0])
        gradient = tf.where(tf.logical_and(bad, first), float("nan"), gradient)
        optimizer.apply_gradients([(gradient, variable)])

    @tf.function
    def run(bad):
        two_replicas.run(step, args=(bad,))

    run(tf.constant(True))  # NaN on one replica only
    np.testing.assert_array_equal(variable.numpy(), [0.0, 0.0])
    assert int(optimizer.iterations.numpy()) == 0
    run(tf.constant(False))
    momentum = next(v.numpy() for v in optimizer.variables if v.shape == (2,))
    np.testing.assert_allclose(momentum, [0.06, 0.08], rtol=1e-5)


def test_config_of_guarded_adam():
    optimizer = optimizers.GuardedAdam(1e-3, clip_norm=2.0, beta_1=0.5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(again) is optimizers.GuardedAdam and again.get_config() == optimizer.get_config()
    assert optimizers.innermost(keras.optimizers.LossScaleOptimizer(again)) is again
    assert optimizers.innermost(again) is again
