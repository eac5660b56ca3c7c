import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans.layers import Clip


def test_values():
    clipped = Clip(0.01)(tf.constant([[-3.0, -0.01], [0.005, 0.02]]))
    np.testing.assert_array_equal(clipped, np.array([[-0.01, -0.01], [0.005, 0.01]], "float32"))


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_limits_that_are_none(limit):
    with pytest.raises(ValueError, match=f"`limit` must be positive. Received: {limit}"):
        Clip(limit)


def test_config():
    saved = keras.saving.serialize_keras_object(Clip(0.25))
    assert saved["registered_name"] == "keras_gans>Clip"
    again = keras.saving.deserialize_keras_object(saved)
    assert type(again) is Clip and again.limit == 0.25


@pytest.mark.parametrize("replicas", [1, 2])
def test_optimizers_clip_after_every_update(replicas, two_replicas):
    """A weight without the constraint moves by the rate, one with it ends at the limit, on every replica."""
    strategy = two_replicas if replicas == 2 else tf.distribute.get_strategy()
    with strategy.scope():
        layer = keras.layers.Dense(2, kernel_constraint=Clip(0.5), bias_constraint=Clip(0.125))
        free = keras.layers.Dense(2, kernel_initializer="zeros")
        layer.build((None, 3))
        free.build((None, 3))
        layer.kernel.assign(np.full((3, 2), 0.4))
        variables = [*layer.trainable_variables, *free.trainable_variables]
        optimizer = keras.optimizers.SGD(0.25)
        optimizer.build(variables)

    @tf.function
    def step():
        return strategy.run(
            lambda: optimizer.apply_gradients(
                [(-tf.ones(v.shape) / strategy.num_replicas_in_sync, v) for v in variables]
            )
        )

    step()
    for variable, expected in zip(variables, (0.5, 0.125, 0.25, 0.25), strict=True):
        for local in strategy.experimental_local_results(variable.value):
            np.testing.assert_array_equal(local, np.full(variable.shape, expected, "float32"))
