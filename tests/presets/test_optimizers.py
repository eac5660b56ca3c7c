import keras
import numpy as np
import pytest

from keras_gans import training
from keras_gans.presets.optimizers import (
    SGD,
    Adam,
    ClippedAdam,
    Divided,
    GroupedAdam,
    Linear,
    Rate,
    RMSprop,
    SecondHalf,
    Updates,
    WarmUp,
)

UPDATES = Updates(learning_rate=0.1, total=1000.4, per_step=5, interval=4)


def test_a_rate_that_stays():
    assert Rate().build(0.25, UPDATES) == 0.25


@pytest.mark.parametrize(
    "rate, steps, expected",
    [
        (Divided(divisor=1.01), (0, 1, 100), (0.1, 0.1 / 1.01, 0.1 / 1.01**100)),
        (Linear(generator_steps=100), (0, 250, 500, 900), (0.1, 0.05, 0.0, 0.0)),  # five of D for each of G
        (SecondHalf(), (0, 500, 750, 1000), (0.1, 0.1, 0.05, 0.0)),
        (WarmUp(updates=300), (0, 150, 300, 10_000), (0.0, 0.05, 0.1, 0.1)),
    ],
)
def test_rates_that_change(rate, steps, expected):
    schedule = rate.build(0.1, UPDATES)
    np.testing.assert_allclose([float(schedule(step)) for step in steps], expected, rtol=1e-4, atol=1e-9)


def test_the_second_half_of_a_run_of_less_than_a_step():
    rate = SecondHalf().build(0.1, Updates(learning_rate=0.1, total=0.2))
    assert (type(rate), rate.steps) == (training.LinearDecay, 1)


def test_adam_and_its_factor():
    optimizer = Adam(beta_1=0.5, beta_2=0.9, factor=4.0).build(UPDATES)
    assert type(optimizer) is training.FusedAdam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.9, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(0.4)


def test_adam_is_corrected_for_lazy_terms():
    """1912.04958, appendix B: c = k / (k + 1), and nothing without a lazy term."""
    lazy = Adam(beta_1=0.0, beta_2=0.99, lazy_correction=True)
    optimizer = lazy.build(UPDATES)
    assert float(optimizer.learning_rate) == pytest.approx(0.1 * 4 / 5)
    assert (optimizer.beta_1, optimizer.beta_2) == (0.0, pytest.approx(0.99 ** (4 / 5)))
    optimizer = lazy.build(UPDATES.replace(interval=1))
    assert float(optimizer.learning_rate) == pytest.approx(0.1) and optimizer.beta_2 == 0.99
    plain = Adam(beta_1=0.0, beta_2=0.99).build(UPDATES)
    assert float(plain.learning_rate) == pytest.approx(0.1) and plain.beta_2 == 0.99


def test_other_kinds_of_adam():
    clipped = ClippedAdam(rate=WarmUp(updates=3), clip_norm=2.0).build(UPDATES)
    assert type(clipped) is training.GuardedAdam and clipped.clip_norm == 2.0
    assert (clipped.beta_1, clipped.beta_2, clipped.epsilon) == (0.9, 0.999, 1e-8)
    assert type(GroupedAdam(beta_1=0.0, beta_2=0.99).build(UPDATES)) is training.GroupedAdam


def test_rmsprop_moves_by_the_smallest_gradients():
    """A tiny gradient moves a weight by rate / sqrt(1 - rho) in the first step, as any other."""
    optimizer = RMSprop(rho=0.99).build(Updates(learning_rate=5e-5))
    assert (optimizer.rho, optimizer.momentum, optimizer.centered) == (0.99, 0.0, False)
    variable = keras.Variable(np.zeros(3, "float32"))
    optimizer.apply([np.full(3, 1e-6, "float32")], [variable])
    np.testing.assert_allclose(variable.numpy(), -5e-5 / np.sqrt(1 - 0.99), rtol=0.02)


def test_gradient_descent():
    optimizer = SGD(momentum=0.5, factor=2.0).build(UPDATES)
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.5 and not optimizer.nesterov
    assert float(optimizer.learning_rate) == pytest.approx(0.2)
