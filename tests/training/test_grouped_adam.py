import keras
import numpy as np
import pytest
import tensorflow as tf
from reference.adam_numpy import adam

from keras_gans.training import GroupedAdam

GRADIENTS = [[0.3, -0.4], [1.0, 2.0], [-0.5, 0.1]]


def adam_by_hand(rate):
    """Three updates of a variable that starts at (1, 2)."""
    return adam([1.0, 2.0], GRADIENTS, rate, beta_1=0.5, beta_2=0.9, epsilon=1e-8)


def variables():
    return [keras.Variable([1.0, 2.0], name=name) for name in ("full", "slow", "other")]


def make(rate=0.1, **options):
    return GroupedAdam(rate, beta_1=0.5, beta_2=0.9, epsilon=1e-8, **options)


def train(optimizer, variables):
    for gradient in GRADIENTS:
        optimizer.apply_gradients([(tf.constant(gradient), variable) for variable in variables])
    return [variable.numpy() for variable in variables]


def test_shares_of_the_rate():
    optimizer, trained = make(), variables()
    optimizer.build(trained)
    optimizer.set_share(trained[1:2], 0.01)
    full, slow, other = train(optimizer, trained)
    np.testing.assert_allclose(full, adam_by_hand(0.1), rtol=1e-5)
    np.testing.assert_allclose(slow, adam_by_hand(0.001), rtol=1e-6)
    np.testing.assert_array_equal(other, full)
    # Both have seen the same gradients: the moments know no shares.
    moments = {tuple(np.round(v.numpy(), 6)) for v in optimizer.variables if v.shape == (2,)}
    assert len(moments) == 2


def test_a_schedule_changes_all_rates():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.0])
    optimizer, trained = make(schedule), variables()
    optimizer.build(trained)
    optimizer.set_share(trained[:1], 0.5)
    half, full, _ = train(optimizer, trained)
    assert np.all(full != [1.0, 2.0])
    np.testing.assert_allclose(half - [1.0, 2.0], 0.5 * (full - [1.0, 2.0]), rtol=1e-4)


def test_without_shares_it_is_adam():
    optimizer = make()
    np.testing.assert_allclose(train(optimizer, variables())[0], adam_by_hand(0.1), rtol=1e-5)


def test_loss_scaling():
    optimizer, trained = keras.optimizers.LossScaleOptimizer(make(), initial_scale=8.0), variables()
    optimizer.build(trained)
    optimizer.inner_optimizer.set_share(trained[1:2], 0.01)
    for gradient in GRADIENTS:
        scaled = 8.0 * tf.constant(gradient)
        optimizer.apply_gradients([(scaled, variable) for variable in trained])
    np.testing.assert_allclose(trained[0].numpy(), adam_by_hand(0.1), rtol=1e-5)
    np.testing.assert_allclose(trained[1].numpy(), adam_by_hand(0.001), rtol=1e-6)


def test_replicas(two_replicas):
    """Each of two replicas brings half of the gradient."""
    with two_replicas.scope():
        optimizer, trained = make(), variables()
        optimizer.build(trained)
    optimizer.set_share(trained[1:2], 0.01)

    @tf.function
    def step(gradient):
        two_replicas.run(
            lambda: optimizer.apply_gradients([(gradient / 2, variable) for variable in trained])
        )

    for gradient in GRADIENTS:
        step(tf.constant(gradient))
    np.testing.assert_allclose(trained[0].numpy(), adam_by_hand(0.1), rtol=1e-5)
    np.testing.assert_allclose(trained[1].numpy(), adam_by_hand(0.001), rtol=1e-6)


def test_configuration():
    optimizer = make(clipnorm=2.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(again) is GroupedAdam and again.get_config() == optimizer.get_config()


def test_decay_at_another_rate_is_refused():
    with pytest.raises(ValueError, match=r"an L2 regularizer instead\. Received: weight_decay=0\.01"):
        GroupedAdam(0.1, weight_decay=0.01)
