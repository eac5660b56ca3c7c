import keras
import numpy as np
import pytest
import tensorflow as tf
from reference.adam_numpy import adam

from keras_gans.training import FusedAdam

START = np.linspace(-1.0, 1.0, 5).astype("float32")
GRADIENTS = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")


def train(optimizer, variable, gradients=GRADIENTS, *, compiled=False):
    """The variable after an update with each gradient."""
    optimizer.build([variable])

    @tf.function(jit_compile=compiled)
    def step(gradient):
        optimizer.apply([gradient])

    for gradient in gradients:
        step(tf.constant(gradient))
    return variable.numpy()


@pytest.mark.parametrize("options", [{}, {"beta_1": 0.0, "beta_2": 0.99}, {"epsilon": 0.1}])
@pytest.mark.parametrize("compiled", [False, True])
def test_it_is_adam(options, compiled):
    value = train(FusedAdam(0.1, **options), keras.Variable(START), compiled=compiled)
    np.testing.assert_allclose(value, adam(START, GRADIENTS, 0.1, **options), rtol=0, atol=1e-6)


def test_what_keras_adds_to_adam():
    """Decay of weights, and clipping."""
    for options in (
        {"weight_decay": 0.1},
        {"clipvalue": 0.5},
        {"use_ema": True, "ema_overwrite_frequency": 2},
    ):
        values = [
            train(optimizer(0.1, epsilon=1e-3, **options), keras.Variable(START))
            for optimizer in (FusedAdam, keras.optimizers.Adam)
        ]
        np.testing.assert_allclose(*values, atol=1e-5)
        assert np.abs(values[0] - train(FusedAdam(0.1, epsilon=1e-3), keras.Variable(START))).max() > 1e-3


def test_a_schedule_and_the_state_of_keras():
    """A state that Keras' Adam left goes on."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=0.5)
    before, after, variable = keras.optimizers.Adam(schedule), FusedAdam(schedule), keras.Variable(START)
    train(before, variable, GRADIENTS[:2])
    after.build([variable])
    for one, other in zip(after.variables, before.variables, strict=True):
        one.assign(other)
    value = train(after, variable, GRADIENTS[2:])
    np.testing.assert_allclose(value, adam(START, GRADIENTS, 0.1 * 0.5 ** np.arange(4)), atol=1e-5)


def test_gradients_of_rows():
    """Of an embedding: rows without a gradient move by their moments, as Keras' do."""
    optimizer, table = FusedAdam(0.1), keras.Variable(np.ones((3, 2), "float32"))
    optimizer.build([table])
    gradients = np.zeros((2, 3, 2))
    for step, row in enumerate((0, 2)):
        gradients[step, row] = [1.0, -2.0]
        optimizer.apply([tf.IndexedSlices(tf.constant([[1.0, -2.0]]), tf.constant([row]), [3, 2])])
    np.testing.assert_allclose(table.numpy(), adam(np.ones((3, 2)), gradients, 0.1), rtol=1e-6)


def test_several_replicas_move_alike(two_replicas):
    with two_replicas.scope():
        optimizer, variable = FusedAdam(0.1), keras.Variable(START)
        optimizer.build([variable])

    @tf.function
    def step(gradient):
        two_replicas.run(lambda: optimizer.apply([gradient / 2.0]))

    for gradient in GRADIENTS:
        step(tf.constant(gradient))
    for local in two_replicas.experimental_local_results(variable.value):
        np.testing.assert_allclose(local, adam(START, GRADIENTS, 0.1), rtol=0, atol=1e-6)


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match=r"`amsgrad` must be False"):
        FusedAdam(0.1, amsgrad=True)
