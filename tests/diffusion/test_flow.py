import functools
import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import flow_numpy
from sampler_check import check_sampler, close, dummy

from harness import random_inputs
from keras_gans import diffusion
from keras_gans.diffusion import (
    CosineSchedule,
    DDIMSampler,
    DiffusionProcess,
    FlowProcess,
    HeunSampler,
    LogitNormal,
    MidpointSampler,
    trailing,
)
from keras_gans.random import Draws

SHAPE = (4, 3, 3, 2)
T = np.array([1, 2, 20, 50])
S = np.reshape(T / 50, (4, 1, 1, 1))
SAMPLERS = {"euler": DDIMSampler, "midpoint": MidpointSampler, "heun": HeunSampler}


# === The process ===


@pytest.mark.parametrize("times", [None, LogitNormal(0.5, 2.0)])
def test_configuration(times):
    process = FlowProcess(7, times=times, clip=False)
    again = keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(process)))
    )
    assert again == process and hash(again) == hash(process) and again.times == times
    assert set(process.get_config()) == {"timesteps", "times", "clip"}
    assert FlowProcess() == FlowProcess(1000, times=None, clip=True)


def test_a_straight_path():
    process = FlowProcess(50)
    x0, noise = random_inputs([SHAPE, SHAPE])
    x_t = process.add_noise(x0, noise, T)
    np.testing.assert_allclose(x_t, (1 - S) * x0 + S * noise, atol=1e-6)
    np.testing.assert_array_equal(process.add_noise(x0, noise, 0), x0)
    np.testing.assert_array_equal(process.add_noise(x0, noise, 50), noise)
    np.testing.assert_array_equal(process.target(x0, noise, T), noise - x0)
    assert process.network_timesteps(T).numpy().tolist() == [0, 1, 19, 49]


def test_velocity_is_image_and_noise():
    process = FlowProcess(50)
    x0, noise = random_inputs([SHAPE, SHAPE])
    x_t, velocity = process.add_noise(x0, noise, T), noise - x0
    np.testing.assert_allclose(process.x0_from(velocity, x_t, T), x0, atol=1e-6)
    np.testing.assert_allclose(process.epsilon_from(velocity, x_t, T), noise, atol=1e-6)
    np.testing.assert_array_equal(process.velocity(velocity, x_t), velocity)
    for kind, known in {
        diffusion.Epsilon: noise,
        diffusion.X0: x0,
        diffusion.Velocity: velocity,
        diffusion.V: (1 - S) * noise - S * x0,
    }.items():
        np.testing.assert_allclose(process.convert(velocity, x_t, T, to=kind()), known, atol=1e-5)
    clipped = process.estimate_x0(2.0 * velocity, x_t, T)
    np.testing.assert_allclose(clipped, np.clip(x_t - 2.0 * S * velocity, -1.0, 1.0), atol=1e-6)


def test_weights_of_min_snr():
    """Of the velocity as of others: min(snr, gamma) times the error of the x_0 that it means."""
    process = FlowProcess(50)
    t = np.array([1, 2, 20, 49])
    snr = (50 - t) ** 2 / t**2
    np.testing.assert_allclose(process.snr(t), snr, rtol=1e-6)
    weights = process.min_snr_weight(t, gamma=5.0)
    np.testing.assert_allclose(weights, np.minimum(snr, 5.0) * (t / 50) ** 2, rtol=1e-6)


def test_uniform_timesteps_are_those_of_diffusion():
    t = FlowProcess(50).draw_timesteps(Draws(3, 7), 4096).numpy()
    np.testing.assert_array_equal(
        t, DiffusionProcess(CosineSchedule(50)).draw_timesteps(Draws(3, 7), 4096).numpy()
    )
    np.testing.assert_array_equal(t, Draws(3, 7).integers("timesteps", (4096,), 50) + 1)
    assert (t.min(), t.max(), t.dtype) == (1, 50, "int32")


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (-0.5, 2.0)])
def test_logit_normal_timesteps(mean, deviation):
    """Shares below a timestep, which is rounded up, are those of the normal distribution."""
    t = FlowProcess(1000, times=LogitNormal(mean, deviation)).draw_timesteps(Draws(3, 7), 100_000).numpy()
    assert t.min() >= 1 and t.max() <= 1000 and t.dtype == "int32"
    for s in (0.1, 0.25, 0.5, 0.9):
        z = (np.log(s / (1 - s)) - mean) / deviation
        share = float(0.5 * (1.0 + tf.math.erf(z / 2**0.5)))
        # Five standard errors.
        assert np.mean(t <= round(1000 * s)) == pytest.approx(
            share, abs=5 * (share * (1 - share) / 1e5) ** 0.5
        )
    extreme = FlowProcess(4, times=LogitNormal(deviation=1e4)).draw_timesteps(Draws(3, 7), 100)
    assert set(extreme.numpy()) == {1, 4}


# === Samplers against NumPy ===


def estimate(sampler, state, t):
    return state - t / sampler.process.timesteps * dummy(state, t)


def pairs_of(sampler, timesteps):
    """The two timesteps of every step."""
    for t, later in zip(timesteps, [*timesteps[1:], 0], strict=True):
        middle = later if type(sampler) is HeunSampler else (t + later) // 2
        yield t, max(middle, 1)


def full(*values):
    """A case of which another one runs by default."""
    return pytest.param(*values, True, marks=pytest.mark.full)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cls", "spacing", "clip", "every_way"),
    [(HeunSampler, diffusion.linspace, True, False), full(MidpointSampler, trailing, False)],
)
def test_samplers_of_second_order(cls, spacing, clip, every_way, tmp_path):
    sampler = cls(FlowProcess(30, clip=clip), spacing=spacing)

    def reference(x, timesteps, noise):
        return flow_numpy.second_order(dummy, x, [*pairs_of(sampler, timesteps)], 30, clip=clip)

    check_sampler(
        sampler,
        reference=reference,
        steps=7,
        directory=tmp_path,
        full=every_way,
        estimate=estimate,
        calls=lambda timesteps: [t for pair in pairs_of(sampler, timesteps) for t in pair],
    )
    assert (cls(FlowProcess()).steps, cls(FlowProcess(5)).steps) == (10, 5)
    assert cls(FlowProcess()).spacing is trailing


@pytest.mark.parametrize("cls", [HeunSampler, MidpointSampler])
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_second_order_in_numpy(cls, steps):
    """Also with all steps, whose middle is an end."""
    sampler, noise = cls(FlowProcess(8, clip=False)), random_inputs([(2, 3, 3, 1)])
    states, _ = sampler.trajectory(dummy, noise, steps=steps)
    pairs = [*pairs_of(sampler, sampler.timesteps(steps).tolist())]
    close(states, flow_numpy.second_order(dummy, noise, pairs, 8), 1e-5)


@pytest.mark.parametrize(("eta", "clip"), [(0.0, False), (0.0, True), (0.6, False), (1.0, True)])
def test_ddim_is_euler(eta, clip):
    """With eta, too: what it draws anew is the share of the posterior's variance."""
    sampler = DDIMSampler(FlowProcess(30, clip=clip), eta=eta, spacing=trailing)
    noise, draws = random_inputs([(3, 4, 4, 2), (7, 3, 4, 4, 2)])
    states, _ = sampler.trajectory(dummy, noise, steps=7, draw=lambda i: tf.constant(draws)[i])
    timesteps = sampler.timesteps(7).tolist()
    known = flow_numpy.euler(dummy, noise, timesteps, 30, eta=eta, noise=draws, clip=clip)
    close(states, known, 1e-5)
    if not eta and not clip:
        x = noise.astype("float64")
        for t, later in zip(timesteps, [*timesteps[1:], 0], strict=True):
            x = x + (later - t) / 30 * dummy(x, t)
        close(states[-1], x, 1e-5)


# === Data of which everything is known ===

DATA = flow_numpy.Gaussian([0.3, -0.4], [[0.09, 0.05], [0.05, 0.16]])


@functools.cache
def perfect(total):
    """A network of the exact velocity, from tables of its matrices at all timesteps."""
    s = np.arange(total + 1) / total
    at_zero = np.stack([DATA.velocity(np.zeros((1, 2)), each) for each in s])  # (total + 1, 1, 2)
    linear = np.stack([DATA.velocity(np.eye(2), each) for each in s]) - at_zero
    at_zero, linear = at_zero[:, 0].astype("float32"), linear.astype("float32")

    def denoise(x, t):
        return tf.linalg.matvec(tf.gather(linear, t), x, transpose_a=True) + tf.gather(at_zero, t)

    return denoise


def test_the_exact_velocity_leads_to_the_data():
    """The closed form of the path, by its own slope."""
    x, step = random_inputs([(5, 2)]).astype("float64"), 1e-5
    values, axes = np.linalg.eigh(DATA.covariance)

    def at(s):
        return (1 - s) * DATA.mean + x @ (axes * np.sqrt((1 - s) ** 2 * values + s**2)) @ axes.T

    np.testing.assert_allclose(at(0.0), DATA.images(x), atol=1e-12)
    for s in (0.2, 0.7, 1 - step):
        slope = (at(s + step) - at(s - step)) / (2 * step)
        np.testing.assert_allclose(DATA.velocity(at(s), s), slope, atol=1e-7)


@pytest.mark.parametrize(("name", "steps"), [("euler", 800), ("midpoint", 40), ("heun", 40)])
def test_mean_covariance_and_the_way_back(name, steps):
    """Samples are affine in the noise: three of them tell the moments, exactly."""
    sampler, denoise = SAMPLERS[name](FlowProcess(800, clip=False)), perfect(800)
    noise = np.array([[0, 0], [1, 0], [0, 1]], "float32")
    images = tf.function(functools.partial(sampler.sample, denoise))(noise, steps=tf.constant(steps)).numpy()
    linear = images[1:] - images[0]
    np.testing.assert_allclose(images[0], DATA.mean, atol=1e-3)
    np.testing.assert_allclose(linear.T @ linear, DATA.covariance, atol=1e-3)
    np.testing.assert_allclose(images, DATA.images(noise), atol=1e-3)
    # Back from the exact images: to the noise, and there again.
    invert = tf.function(functools.partial(sampler.invert, denoise, iterations=2))
    found = invert(DATA.images(noise).astype("float32"), steps=tf.constant(steps))
    np.testing.assert_allclose(found, noise, atol=5e-3)
    again = tf.function(functools.partial(sampler.sample, denoise))(found, steps=tf.constant(steps))
    np.testing.assert_allclose(again, DATA.images(noise), atol=1e-3)


def path_error(name, steps):
    noise = np.random.default_rng(0).standard_normal((64, 2)).astype("float32")
    sampler = SAMPLERS[name](FlowProcess(2000, clip=False), spacing=trailing)
    images = tf.function(functools.partial(sampler.sample, perfect(2000)))(noise, steps=tf.constant(steps))
    return np.sqrt(np.mean((images - DATA.images(noise)) ** 2))


# The midpoint method's error of second order cancels on the path of a Gaussian.
@pytest.mark.parametrize(("name", "order", "first"), [("euler", 1, 20), ("midpoint", 3, 10), ("heun", 2, 20)])
def test_orders_of_convergence(name, order, first):
    errors = [path_error(name, steps) for steps in (first, 2 * first, 4 * first)]
    for coarse, fine in itertools.pairwise(errors):
        assert np.log2(coarse / fine) == pytest.approx(order, abs=0.15)


def test_second_order_is_better_for_as_many_calls():
    assert max(path_error("heun", 10), path_error("midpoint", 10)) < 0.3 * path_error("euler", 20)


# === Errors ===

FLOW = FlowProcess(50)
ONES = np.ones((2, 4, 4, 3), "float32")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FlowProcess(0), r"`timesteps` must be an integer in \[1, 32767\]. Received: 0"),
        (lambda: FlowProcess(2.0), r"`timesteps` must be an integer in .* Received: 2.0"),
        (lambda: FlowProcess(True), r"`timesteps` must be an integer in .* Received: True"),
        (lambda: FlowProcess(times="uniform"), "`times` must be `LogitNormal` or None. Received: 'uniform'"),
        (lambda: LogitNormal(deviation=0.0), "`deviation` must be positive. Received: 0.0"),
        (lambda: FLOW.target(ONES, ONES, 51), r"`t` must be in \[1, 50\]. Received: 51"),
        (lambda: FLOW.velocity(ONES[..., :1], ONES), r"the shape of the images, .*Received: \(2, 4, 4, 1\)"),
        (
            lambda: diffusion.AncestralSampler(FLOW),
            "`AncestralSampler` follows a `DiffusionProcess`; `DDIMSampler` .*",
        ),
        (lambda: diffusion.DPMSolverSampler(FLOW), "`DPMSolverSampler` follows .* Received: FlowProcess"),
        (
            lambda: HeunSampler(DiffusionProcess(CosineSchedule(9))),
            "`HeunSampler` follows a `FlowProcess`; `DDIMSampler` follows every process. Received: Diffusion",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_base_classes_are_abstract():
    for call in (
        diffusion.NoiseProcess()._tables,
        lambda: diffusion.NoiseProcess().gain(1, 0),
        lambda: diffusion.PathSampler(FLOW).invert(dummy, ONES),
    ):
        with pytest.raises(NotImplementedError):
            call()
