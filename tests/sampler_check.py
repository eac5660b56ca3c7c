"""`check_sampler`: what every sampler of diffusion goes through."""

import json

import keras
import numpy as np
import tensorflow as tf

from harness import random_inputs


def close(actual, expected, tolerance):
    """Compares with an absolute tolerance of `tolerance * max(1, standard deviation)`."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(1.0, np.std(expected)))


def dummy(x, t):
    """A smooth function that stands for a network, on arrays and tensors."""
    tanh = tf.tanh if tf.is_tensor(x) else np.tanh
    if tf.is_tensor(t):
        t = tf.reshape(tf.cast(t, x.dtype), (-1, *[1] * (len(x.shape) - 1)))
    return 0.9 * tanh(x) * (t / (t + 5.0)) + 0.05 * x


def estimate_of_noise(sampler, state, t):
    """The x_0 that `dummy` means where it is the noise of a `DiffusionProcess`."""
    a = sampler.process.schedule.alpha_cumprod[t]
    return (state - (1.0 - a) ** 0.5 * dummy(state, t)) / a**0.5


def check_sampler(
    sampler,
    *,
    reference,
    deviation=None,
    steps,
    directory,
    tolerance=1e-5,
    full=False,
    estimate=estimate_of_noise,
    calls=lambda timesteps: timesteps,
):
    """Checks a sampler.

    Configuration through JSON, equality, immutability. The noise that a step adds has the known standard
    deviation, and none at the end. The loop is the reference's: state by state from Python; at its end as a
    traced loop of unknown numbers of steps and examples, in a graph and in a reloaded SavedModel. So is its
    gradient with respect to the noise. Examples do not interact. `denoise` gets int32 timesteps, those of
    the spacing. Wrong numbers of steps are refused.

    Args:
        sampler: the sampler.
        reference: callable, `(x, timesteps, noise) -> states` in float64, with `dummy` as the network.
        deviation: callable, `(a, b) -> float`, of alpha_cumprod before and after a step; `None` means that
            the sampler is deterministic.
        steps: int. Of the loop.
        directory: path. For a SavedModel.
        tolerance: float. As in `close`.
        full: bool. Whether the loop is also run under XLA, and with a known number of steps.
        estimate: callable, `(sampler, state, t) -> x_0`, not clipped, of what `dummy` predicts.
        calls: callable, from the timesteps of a spacing to those at which the network is called.
    """
    check_description(sampler)
    if deviation is not None:
        check_added_noise(sampler, deviation)
    check_steps_argument(sampler)
    noise = random_inputs([(3, 4, 4, 2)])
    draws = random_inputs([(steps, 3, 4, 4, 2)], seed=3)
    expected = reference(noise.astype("float64"), sampler.timesteps(steps).tolist(), draws)
    check_trajectory(sampler, noise, draws, expected, tolerance, estimate, calls)
    slope = directional_derivative(sampler, reference, noise, draws)
    silent = deviation is None
    check_loops(sampler, noise, draws, silent, expected[-1], slope, directory, tolerance, full)


def check_trajectory(sampler, noise, draws, expected, tolerance, estimate, calls):
    """State by state, with what the network sees and what the callback hears."""
    steps, seen, told = len(draws), [], []

    def denoise(x, t):
        assert t.dtype == "int32"
        seen.append(t.numpy().tolist())
        return dummy(x, t)

    def progress(*numbers):
        told.append(numbers)

    states, images = sampler.trajectory(
        denoise, noise, steps=steps, draw=lambda i: tf.constant(draws)[i], progress=progress
    )
    timesteps = sampler.timesteps(steps).tolist()
    assert seen == [[t] * len(noise) for t in calls(timesteps)]
    assert told == [(i, steps) for i in range(1, steps + 1)]
    close(states, expected, tolerance)
    for state, image, t in zip(expected, images, timesteps, strict=False):
        x0 = estimate(sampler, state, t)
        close(image, np.clip(x0, -1.0, 1.0) if sampler.process.clip else x0, tolerance)
    np.testing.assert_array_equal(images[-1], states[-1])


DIRECTION = random_inputs([(3, 4, 4, 2)], seed=4).astype("float64")


def directional_derivative(sampler, reference, noise, draws):
    """Of the sum of squares of the reference's images, by central differences in float64."""
    timesteps, step = sampler.timesteps(len(draws)).tolist(), 1e-6
    left, right = (reference(noise + sign * step * DIRECTION, timesteps, draws)[-1] for sign in (-1, 1))
    return np.sum(right**2 - left**2) / (2.0 * step)


def check_loops(sampler, noise, draws, silent, expected, slope, directory, tolerance, full):
    """The traced loop and its gradient in every way to run it."""
    steps, draws = len(draws), tf.constant(draws)

    def with_gradient(function):
        def run(noise, steps):
            with tf.GradientTape() as tape:
                tape.watch(noise)
                images = function(noise, steps)
                loss = tf.reduce_sum(images**2)
            return images, tape.gradient(loss, noise)

        return run

    def images(noise, steps):
        draw = None if silent else (lambda i: draws[i, : tf.shape(noise)[0]])
        return sampler.sample(dummy, noise, steps=steps, draw=draw)

    unknown = [tf.TensorSpec((None, 4, 4, 2)), tf.TensorSpec((), "int32")]
    module = tf.Module()
    module.images = tf.function(images, input_signature=unknown)
    tf.saved_model.save(module, directory / "saved")
    loaded = tf.saved_model.load(directory / "saved")
    run = with_gradient(images)
    ways = {
        "graph": lambda noise: tf.function(run, input_signature=unknown)(noise, steps),
        "reloaded": lambda noise: with_gradient(loaded.images)(noise, tf.constant(steps)),
    }
    if full:
        ways |= {
            "XLA": lambda noise: tf.function(run, jit_compile=True)(noise, tf.constant(steps)),
            "known steps": lambda noise: run(noise, steps),
            "known steps in a graph": tf.function(lambda noise: run(noise, steps)),
            "known steps under XLA": tf.function(lambda noise: run(noise, steps), jit_compile=True),
        }
    for name, way in ways.items():
        found, gradient = way(tf.constant(noise))
        assert found.dtype == "float32"
        close(found, expected, tolerance)
        assert np.isfinite(gradient).all(), name
        np.testing.assert_allclose(np.sum(gradient * DIRECTION), slope, rtol=1e-3, atol=1e-3, err_msg=name)
    close(loaded.images(noise[:1], tf.constant(steps)), expected[:1], tolerance)
    assert images(tf.constant(noise, "float16"), steps).dtype == "float32"


def check_steps_argument(sampler):
    """What is no number of steps is refused."""
    total = sampler.process.timesteps
    for wrong in (0, total + 1, 2.0, True):
        for call in (sampler.sample, sampler.trajectory):
            try:
                call(dummy, tf.zeros((1, 1)), steps=wrong, draw=tf.zeros)
            except ValueError as error:
                assert f"`steps` must be an integer in [1, {total}]. Received: {wrong!r}" in str(error)
            else:
                raise AssertionError(f"steps={wrong!r} was accepted")


def check_description(sampler):
    """Configuration, equality, hash and immutability."""
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(sampler)))
    assert serialized["registered_name"] == f"keras_gans>{type(sampler).__name__}"
    again = keras.saving.deserialize_keras_object(serialized)
    assert type(again) is type(sampler)
    assert again == sampler
    assert hash(again) == hash(sampler)
    assert again.process == sampler.process
    assert again.spacing is sampler.spacing
    config = sampler.get_config()
    assert json.loads(json.dumps(config)) == config
    assert type(sampler).from_config(config) == sampler
    fewer = {**config, "steps": sampler.steps - 1}
    assert type(sampler).from_config(fewer) != sampler
    for name in config:
        try:
            setattr(sampler, name, getattr(sampler, name))
        except AttributeError as error:
            assert f"is immutable: `{name}` cannot be changed" in str(error)
        else:
            raise AssertionError(f"{name} was changed")


def check_added_noise(sampler, deviation):
    """The share of the noise in a step, by taking away what the step gives without noise."""
    alpha_cumprod, total = sampler.process.schedule.alpha_cumprod, sampler.process.timesteps
    x, output, noise = random_inputs([(3, 4, 4, 2)] * 3)
    for t, previous in ((total, total - 1), (total, total // 2), (total // 2, 2), (2, 1), (5, 0), (1, 0)):
        known = deviation(alpha_cumprod[t], alpha_cumprod[previous]) if previous else 0.0
        still = sampler.step(output, x, t, previous, np.zeros_like(noise)).numpy()
        moved = sampler.step(output, x, t, previous, noise).numpy()
        rounding = 1e-6 * max(1.0, np.abs(moved).max())
        np.testing.assert_allclose(moved - still, known * noise, rtol=0, atol=rounding)
