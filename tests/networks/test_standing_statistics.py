import keras
import numpy as np
import pytest
from keras import layers

from harness import assert_close, randomize
from keras_gans.layers import SpectralDense, StandingBatchNorm
from keras_gans.networks import standing_statistics

SIZES = (3, 5, 2)


@keras.saving.register_keras_serializable("tests")
class Double(layers.Layer):
    """Something with two norms of different kinds and momenta in it, behind one another."""

    def __init__(self, rows=1, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.BatchNormalization(momentum=0.99, epsilon=0.1)
        self.second = StandingBatchNorm(rows=rows, affine=True, momentum=0.5, epsilon=0.2)

    def call(self, inputs, training=False):
        return self.second(self.first(inputs, training=training) ** 2, training=training)


def make(rows=1):
    keras.utils.set_random_seed(2)
    inputs = keras.Input((2, 2, 4))
    x = SpectralDense(3, name="dense")(layers.Dropout(0.5, seed=1)(inputs[:, 0, 0]))
    x = keras.ops.tile(layers.Reshape((1, 1, 3))(x), (1, 2, 2, 1)) * inputs[..., :3]
    network = keras.Model(inputs, Double(rows, name="double")(x))
    randomize(network)
    before = keras.Model(network.input, network.get_layer("double").input)
    return network, before


def draw(index, truncation):
    scale = 1.0 if truncation is None else truncation
    shape = (SIZES[index], 2, 2, 4)
    return (scale * np.random.default_rng(index).standard_normal(shape) + 0.5).astype("float32")


def expected_statistics(network, before, truncation):
    """Mean and variance of the numbers of all batches together, of either norm.

    What reaches the first norm does not depend on the norms; what reaches the second is normalised batch by
    batch.
    """
    variables = (
        [v.value for v in before.trainable_variables],
        [v.value for v in before.non_trainable_variables],
    )
    first = []
    for index in range(len(SIZES)):
        x, _ = before.stateless_call(*variables, draw(index, truncation), training=True)
        first.append(np.asarray(x, "float64").reshape(-1, 3))
    norm = network.get_layer("double").first
    gamma, beta = norm.gamma.numpy().astype("float64"), norm.beta.numpy()
    second = [((x - x.mean(0)) / np.sqrt(x.var(0) + 0.1) * gamma + beta) ** 2 for x in first]
    return [(x.mean(axis=0), x.var(axis=0)) for x in (np.concatenate(first), np.concatenate(second))]


@pytest.mark.parametrize("rows", [1, 3])
def test_statistics_are_those_of_all_batches_together(rows):
    network, before = make(rows)
    truncations = [None] if rows == 1 else [0.0, 0.5, 1.0]
    expected = [expected_statistics(network, before, truncation) for truncation in truncations]
    standing_statistics(network, draw, len(SIZES))
    double = network.get_layer("double")
    for row, (_, (mean, variance)) in enumerate(expected):
        assert_close(double.second.moving_mean[row], mean)
        assert_close(double.second.moving_variance[row], variance)
    # Keras' layer has one set: that of truncation 1.
    mean, variance = expected[-1][0]
    assert_close(double.first.moving_mean, mean)
    assert_close(double.first.moving_variance, variance)


def test_nothing_else_changes_and_twice_is_once():
    network, _ = make(3)
    moving = [w.path for w in network.weights if "moving_" in w.path]
    assert len(moving) == 4
    before = {v.path: v.numpy() for v in network.variables}
    assert any("seed" in path for path in before) and "dense/u" in before
    standing_statistics(network, draw, 2)
    after = {v.path: v.numpy() for v in network.variables}
    assert sorted(path for path in before if np.any(before[path] != after[path])) == sorted(moving)
    standing_statistics(network, draw, 2)
    for variable in network.variables:
        np.testing.assert_array_equal(variable, after[variable.path])


def test_what_is_drawn():
    seen = []

    def spy(index, truncation):
        seen.append((index, truncation))
        return draw(index, truncation)

    standing_statistics(make(3)[0], spy, 2)
    assert seen == [(0, 0.0), (1, 0.0), (0, 0.5), (1, 0.5), (0, 1.0), (1, 1.0)]
    seen.clear()
    standing_statistics(make(1)[0], spy, 2)
    assert seen == [(0, None), (1, None)]
    seen.clear()
    inputs = keras.Input((2,))
    standing_statistics(keras.Model(inputs, layers.Dense(1)(inputs)), spy, 2)
    assert not seen


def test_what_cannot_be():
    with pytest.raises(ValueError, match=r"`batches` must be at least 1(.|\n)*Received: batches=0"):
        standing_statistics(make()[0], draw, 0)
    network, _ = make()
    double = network.get_layer("double")
    double.first.momentum = 1.0
    double.second.trainable = False
    with pytest.raises(ValueError, match=r"frozen layers: \[.*\], numbers of rows: \[\]") as error:
        standing_statistics(network, draw, 1)
    assert all(repr(norm.name) in str(error.value) for norm in (double.first, double.second))
    inputs = keras.Input((1, 1, 2))
    x = StandingBatchNorm(rows=3, affine=True)(StandingBatchNorm(rows=5, affine=True)(inputs))
    with pytest.raises(ValueError, match=r"numbers of rows: \[3, 5\]"):
        standing_statistics(keras.Model(inputs, x), draw, 1)
