import keras
import numpy as np
import pytest

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
