import keras
import numpy as np
import pytest
import tensorflow as tf

import small
from keras_gans import training
from keras_gans.training import ema


def test_closed_form_over_several_steps():
    """After n steps with a constant weight w the average is w + (start - w) * decay^n."""
    gan = small.latent_gan(average=training.ExponentialMovingAverage(decay=0.9))
    small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(0.0))
    start = [w + 1.0 for w in gan.generator.get_weights()]
    gan.generator_average.set_weights(start)
    small.fit(gan, small.data(3, resolution=4, channels=1))
    for average, weight in zip(gan.generator_average.get_weights(), gan.generator.get_weights(), strict=True):
        np.testing.assert_allclose(average, weight + 0.9**3, atol=1e-6)


@pytest.mark.parametrize("batch, decay", [(10_000, 0.5), (20_000, 0.25), (32, 0.5 ** (32 / 10_000))])
def test_half_life_in_images(batch, decay):
    average = training.ExponentialMovingAverage(half_life=10_000)
    assert average.decay_of(batch) == pytest.approx(decay)


@pytest.mark.parametrize("arguments", [{}, {"decay": 0.9, "half_life": 10}])
def test_exactly_one_of_both(arguments):
    with pytest.raises(ValueError, match="either `decay` or `half_life`"):
        training.ExponentialMovingAverage(**arguments)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"decay": 1.0}, r"`decay` must be in \[0, 1\). Received: 1.0"),
        ({"decay": -0.1}, r"`decay` must be in \[0, 1\). Received: -0.1"),
        ({"half_life": 0}, "`half_life` must be a positive number of images. Received: 0"),
        ({"half_life": 5, "ramp_up": 0.0}, "`ramp_up` must be positive, or None. Received: 0.0"),
    ],
)
def test_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        training.ExponentialMovingAverage(**arguments)


def test_config_round_trip():
    average = training.ExponentialMovingAverage(half_life=5)
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(average)) == average


def test_the_copy_is_float32_of_the_same_class():
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    gan = small.progan()
    keras.mixed_precision.set_global_policy("float32")
    copy = gan.generator_average
    assert type(copy) is type(gan.generator)
    assert gan.generator.policy.name == "mixed_bfloat16"
    assert copy.policy.name == "float32"
    for ours, theirs in zip(copy.get_weights(), gan.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_other_weights_are_copied_not_averaged():
    gan = small.progan()
    small.compile_(gan)
    gan.generator.alpha.assign(0.25)
    gan.end_step(8, tf.constant(True))
    assert float(gan.generator_average.alpha.numpy()) == float(gan.generator.alpha.numpy()) == 0.25
    assert ema.averaged_copy(gan.generator).alpha.numpy() == 0.25


def test_ramp_up():
    """The half-life is at most a share of the images seen, so the first step forgets everything."""
    average = training.ExponentialMovingAverage(half_life=10_000, ramp_up=0.05)
    for seen, half_life in [(1_000, 50), (100_000, 5_000), (200_000, 10_000), (10**6, 10_000)]:
        assert float(average.decay_of(32, seen)) == pytest.approx(0.5 ** (32 / half_life), rel=1e-5)
    assert float(average.decay_of(32, 0)) == 0.0
    per_step = training.ExponentialMovingAverage(decay=0.99, ramp_up=0.1)
    assert float(per_step.decay_of(10, 100)) == pytest.approx(0.5)
    assert float(per_step.decay_of(10, 10**6)) == pytest.approx(0.99)
    gan = small.latent_gan(average=average)
    small.compile_(gan, optimizer=lambda: keras.optimizers.SGD(0.0))
    gan.generator_average.set_weights([w + 1.0 for w in gan.generator.get_weights()])
    small.fit(gan, small.data(1, resolution=4, channels=1))
    for ours, theirs in zip(gan.generator_average.get_weights(), gan.generator.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
