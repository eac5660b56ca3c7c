import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import diffusion_numpy

from harness import random_inputs
from keras_gans.diffusion import (
    X0,
    CosineSchedule,
    DiffusionProcess,
    Epsilon,
    FixedLarge,
    FixedSmall,
    Learned,
    LinearSchedule,
    Prediction,
    SigmoidSchedule,
    V,
    Variance,
)

FIXTURE = np.load(Path(__file__).parents[1] / "reference" / "diffusion_schedules_cosine.npz")
PREDICTIONS = [Epsilon(), X0(), V()]
SCHEDULES = [LinearSchedule(50, beta_start=1e-3, beta_end=0.3), CosineSchedule(50), SigmoidSchedule(50)]
RUNS = [lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)]
SHAPE = (4, 3, 3, 2)
T = np.array([1, 2, 20, 50])


def column(values):
    return np.reshape(values, (-1, 1, 1, 1))


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("variance", [FixedSmall(), FixedLarge(), Learned()])
def test_configuration(prediction, variance):
    process = DiffusionProcess(CosineSchedule(7), prediction=prediction, variance=variance, clip=False)
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(process)))
    again = keras.saving.deserialize_keras_object(serialized)
    assert again == process
    assert hash(again) == hash(process)
    assert again != DiffusionProcess(CosineSchedule(7), prediction=prediction, variance=variance)
    assert (type(again.prediction), type(again.variance)) == (type(prediction), type(variance))
    config = json.loads(json.dumps(process.get_config()))
    assert set(config) == {"schedule", "prediction", "variance", "clip"}
    assert DiffusionProcess.from_config(config) == process
    kinds = f"prediction={prediction!r}, variance={variance!r}, clip=False)"
    assert repr(process) == f"DiffusionProcess(schedule={process.schedule!r}, {kinds}"
    for name in ("schedule", "prediction", "variance", "clip"):
        with pytest.raises(AttributeError, match=f"`DiffusionProcess` is immutable: `{name}`"):
            setattr(process, name, None)


def test_defaults():
    process = DiffusionProcess(LinearSchedule())
    assert process == DiffusionProcess(
        LinearSchedule(), prediction=Epsilon(), variance=FixedSmall(), clip=True
    )
    assert process.timesteps == 1000


def test_networks_count_from_0():
    process = DiffusionProcess(CosineSchedule(50))
    counted = process.network_timesteps(tf.constant([1, 50], "int64"))
    assert counted.numpy().tolist() == [0, 49]
    assert counted.dtype == "int32"


# === The forward process ===


def test_add_noise_as_in_diffusers():
    process = DiffusionProcess(CosineSchedule(1000))
    x0, noise = FIXTURE["inputs/x0"], FIXTURE["inputs/eps"]
    expected = FIXTURE["outputs/squaredcos_cap_v2/add_noise"]
    assert len(expected) == len(FIXTURE["inputs/step_timesteps"])
    for i, counted_from_0 in enumerate(FIXTURE["inputs/step_timesteps"]):
        for t in (counted_from_0 + 1, np.full(2, counted_from_0 + 1)):
            np.testing.assert_allclose(process.add_noise(x0, noise, t), expected[i], rtol=0, atol=1e-5)


def test_no_noise_yet():
    x0, noise = random_inputs([SHAPE, SHAPE])
    process = DiffusionProcess(CosineSchedule(50))
    np.testing.assert_array_equal(process.add_noise(x0, noise, tf.zeros(4, "int32")), x0)
    np.testing.assert_array_equal(process.add_noise(x0, noise, 0), x0)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_chain_and_the_shortcut_are_the_same_distribution(schedule):
    """Factors of both, read off by sending ones and zeros through them."""
    process = DiffusionProcess(schedule)
    t = np.arange(1, 51)
    ones, zeros = np.ones((50, 1, 1, 1)), np.zeros((50, 1, 1, 1))
    keep, add = (np.ravel(process.forward_step(*pair, t)) for pair in ((ones, zeros), (zeros, ones)))
    signal, sigma = (np.ravel(process.add_noise(*pair, t)) for pair in ((ones, zeros), (zeros, ones)))
    mean, variance = 1.0, 0.0
    for i in range(50):
        mean, variance = keep[i] * mean, np.float64(keep[i]) ** 2 * variance + np.float64(add[i]) ** 2
        np.testing.assert_allclose([signal[i], sigma[i] ** 2], [mean, variance], rtol=2e-5)


def test_the_chain_by_monte_carlo():
    process = DiffusionProcess(CosineSchedule(20))
    count = 100_000
    x = np.full((count, 1), 0.8, "float32")
    random = np.random.default_rng(0)
    for t in range(1, 13):
        x = process.forward_step(x, random.standard_normal(x.shape), t)
    signal, variance = process.schedule.alpha_cumprod[12] ** 0.5, 1.0 - process.schedule.alpha_cumprod[12]
    # Five standard errors of a mean and of a variance.
    assert abs(np.mean(x) - 0.8 * signal) < 5.0 * (variance / count) ** 0.5
    assert abs(np.var(x) - variance) < 5.0 * variance * (2.0 / count) ** 0.5


# === What networks predict ===


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_a_perfect_prediction_gives_image_and_noise(prediction, run):
    process = DiffusionProcess(LinearSchedule(50, beta_start=1e-3, beta_end=0.1), prediction=prediction)
    x0, noise = random_inputs([SHAPE, SHAPE])

    @run
    def both(x0, noise, t):
        x_t = process.add_noise(x0, noise, t)
        target = process.target(x0, noise, t)
        return process.x0_from(target, x_t, t), process.epsilon_from(target, x_t, t)

    found_x0, found_noise = both(*(tf.constant(a) for a in (x0, noise, T)))
    np.testing.assert_allclose(found_x0, x0, atol=1e-5)
    np.testing.assert_allclose(found_noise, noise, atol=1e-4)  # at t = 1 sigma is 0.03


def test_targets_in_numpy():
    x0, noise = random_inputs([SHAPE, SHAPE])
    schedule = CosineSchedule(50)
    angle = column(np.arccos(schedule.alpha_cumprod[T] ** 0.5))
    known = {Epsilon: noise, X0: x0, V: np.cos(angle) * noise - np.sin(angle) * x0}
    for prediction in PREDICTIONS:
        target = DiffusionProcess(schedule, prediction=prediction).target(x0, noise, T)
        np.testing.assert_allclose(target, known[type(prediction)], atol=1e-6)


@pytest.mark.parametrize("source", PREDICTIONS)
@pytest.mark.parametrize("to", PREDICTIONS)
def test_conversions_round_trip(source, to):
    schedule = LinearSchedule(50, beta_start=1e-2, beta_end=0.1)
    there, back = DiffusionProcess(schedule, prediction=source), DiffusionProcess(schedule, prediction=to)
    x_t, prediction = random_inputs([SHAPE, SHAPE])
    converted = there.convert(prediction, x_t, T, to=to)
    for name in ("x0_from", "epsilon_from"):
        one, other = getattr(there, name)(prediction, x_t, T), getattr(back, name)(converted, x_t, T)
        np.testing.assert_allclose(one, other, atol=2e-4)
    np.testing.assert_allclose(back.convert(converted, x_t, T, to=source), prediction, atol=2e-4)


def test_estimates_are_clipped_if_the_process_clips():
    x_t, output = random_inputs([SHAPE, SHAPE])
    schedule = CosineSchedule(50)
    loose = DiffusionProcess(schedule, clip=False).estimate_x0(output, x_t, T).numpy()
    assert np.abs(loose).max() > 1.5
    clipped = DiffusionProcess(schedule).estimate_x0(output, x_t, T)
    np.testing.assert_array_equal(clipped, np.clip(loose, -1.0, 1.0))
    unclipped = DiffusionProcess(schedule).x0_from(output, x_t, T)
    np.testing.assert_array_equal(unclipped, loose)


def test_half_precision_is_cast():
    x_t, output = (a.astype("float16") for a in random_inputs([SHAPE, SHAPE]))
    process = DiffusionProcess(CosineSchedule(50))
    estimate = process.estimate_x0(output, x_t, T)
    assert estimate.dtype == "float32"
    single = process.estimate_x0(output.astype("float32"), x_t.astype("float32"), T)
    np.testing.assert_array_equal(estimate, single)


# === Weights ===


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_min_snr_weights_are_the_same_loss_for_every_prediction(prediction):
    """The weighted error of a prediction is min(snr, gamma) times the error of the x_0 that it means."""
    process = DiffusionProcess(LinearSchedule(50, beta_start=1e-2, beta_end=0.1), prediction=prediction)
    a = process.schedule.alpha_cumprod[T]
    snr = a / (1.0 - a)
    assert snr.min() < 5.0 < snr.max()
    np.testing.assert_allclose(process.snr(T), snr, rtol=1e-6)
    x0, noise, output = random_inputs([SHAPE] * 3)
    x_t = process.add_noise(x0, noise, T)
    error = np.mean(np.square(output - process.target(x0, noise, T)), axis=(1, 2, 3))
    x0_error = np.mean(np.square(process.x0_from(output, x_t, T) - x0), axis=(1, 2, 3))
    for gamma in (5.0, 1.0):
        weighted = process.min_snr_weight(T, gamma=gamma) * error
        np.testing.assert_allclose(weighted, np.minimum(snr, gamma) * x0_error, rtol=1e-3)
    np.testing.assert_array_equal(process.min_snr_weight(T), process.min_snr_weight(T, gamma=5.0))


def test_min_snr_weight_of_the_noise_stops_at_1():
    process = DiffusionProcess(CosineSchedule(1000))
    weights = process.min_snr_weight(tf.range(1, 1001)).numpy()
    hard = process.snr(tf.range(1, 1001)).numpy() < 5.0
    np.testing.assert_allclose(weights[hard], 1.0, rtol=1e-6)
    assert (weights[~hard] < 1.0).all()


# === The posterior and the reverse step ===


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_posterior_by_bayes(schedule):
    process = DiffusionProcess(schedule)
    x0, x_t = random_inputs([(50, 2, 2, 1)] * 2)
    t = np.arange(1, 51)
    a, b = (column(schedule.alpha_cumprod[step]) for step in (t, t - 1))
    mean, variance, log_variance = process.posterior(x0, x_t, t)
    np.testing.assert_allclose(mean[0], x0[0], atol=1e-6)
    assert variance[0, 0, 0, 0] == 0.0
    known_mean, known_variance = diffusion_numpy.posterior(x0[1:], x_t[1:], a[1:], b[1:])
    np.testing.assert_allclose(mean[1:], known_mean, atol=2e-6)
    np.testing.assert_allclose(variance[1:], known_variance, rtol=2e-6)
    np.testing.assert_allclose(log_variance[1:], np.log(known_variance), rtol=2e-6)
    assert log_variance[0] == log_variance[1]


def test_posterior_between_distant_steps():
    process = DiffusionProcess(CosineSchedule(50))
    x0, x_t = random_inputs([SHAPE, SHAPE])
    t, previous = np.array([9, 20, 50, 50]), np.array([4, 19, 1, 30])
    a, b = (column(process.schedule.alpha_cumprod[step]) for step in (t, previous))
    mean, variance, _ = process.posterior(x0, x_t, t, previous)
    known_mean, known_variance = diffusion_numpy.posterior(x0, x_t, a, b)
    np.testing.assert_allclose(mean, known_mean, atol=2e-6)
    np.testing.assert_allclose(variance, known_variance, rtol=2e-6)


def test_the_log_variance_of_a_single_step_is_that_of_beta():
    process = DiffusionProcess(LinearSchedule(1, beta_start=0.25))
    log_variance = process.posterior(np.ones((1, 1)), np.ones((1, 1)), [1])[2].numpy()
    assert log_variance == pytest.approx(np.log(0.25))


@pytest.mark.parametrize("t", [2, 17, 50])
def test_variances(t):
    schedule = CosineSchedule(50)
    a, b = schedule.alpha_cumprod[t], schedule.alpha_cumprod[t - 1]
    beta = schedule.beta[t]
    small = beta * (1.0 - b) / (1.0 - a)
    x, prediction, v = random_inputs([SHAPE] * 3)
    for variance, known in {FixedSmall(): small, FixedLarge(): beta}.items():
        mean, log_variance = DiffusionProcess(schedule, variance=variance).reverse(prediction, x, t)
        np.testing.assert_allclose(np.exp(log_variance), known, rtol=1e-5)
    output = np.concatenate([prediction, v], axis=-1)
    learned_mean, log_variance = DiffusionProcess(schedule, variance=Learned()).reverse(output, x, t)
    np.testing.assert_array_equal(learned_mean, mean)
    # Geometric interpolation: v = 1 is beta, v = -1 the posterior's variance.
    np.testing.assert_allclose(
        np.exp(log_variance), beta ** ((1 + v) / 2) * small ** ((1 - v) / 2), rtol=1e-4
    )
    x0 = diffusion_numpy.estimate(prediction, x, a, clip=True)
    np.testing.assert_allclose(mean, diffusion_numpy.posterior(x0, x, a, b)[0], atol=1e-5)


def test_split():
    output = random_inputs([(2, 3, 3, 6)])
    prediction, v = DiffusionProcess(CosineSchedule(9), variance=Learned()).split(output)
    np.testing.assert_array_equal(prediction, output[..., :3])
    np.testing.assert_array_equal(v, output[..., 3:])
    prediction, v = DiffusionProcess(CosineSchedule(9)).split(output)
    np.testing.assert_array_equal(prediction, output)
    assert v is None


# === The bound ===


def images_of_256_levels(shape):
    levels = np.random.default_rng(5).integers(0, 256, shape)
    levels[:, 0, 0] = 0
    levels[:, 0, 1] = 255
    return levels, (levels / 127.5 - 1.0).astype("float32")


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("clip", [True, False])
def test_variational_bound_in_numpy(run, clip):
    schedule = LinearSchedule(50, beta_start=1e-2, beta_end=0.2)
    process = DiffusionProcess(schedule, variance=Learned(), clip=clip)
    levels, x0 = images_of_256_levels(SHAPE)
    noise, error, v = random_inputs([SHAPE] * 3)
    epsilon = noise + 0.3 * error
    x_t = process.add_noise(x0, noise, T).numpy()
    output = np.concatenate([epsilon, v], axis=-1)
    bound = run(process.variational_bound)(*(tf.constant(a) for a in (x0, x_t, output, T))).numpy()
    assert bound.shape == (4,)
    assert bound.dtype == "float32"
    for i, t in enumerate(T):
        a, b = schedule.alpha_cumprod[t], schedule.alpha_cumprod[t - 1]
        estimate = diffusion_numpy.estimate(np.float64(epsilon[i]), x_t[i], a, clip)
        small = schedule.beta[max(t, 2)] * (1 - schedule.alpha_cumprod[max(t, 2) - 1])
        small /= 1 - schedule.alpha_cumprod[max(t, 2)]
        variance = np.exp((1 + v[i]) / 2 * np.log(schedule.beta[t]) + (1 - v[i]) / 2 * np.log(small))
        if t == 1:
            nats = -np.log(diffusion_numpy.bin_probability(levels[i], estimate, variance**0.5))
        else:
            true_mean, true_variance = diffusion_numpy.posterior(np.float64(x0[i]), x_t[i], a, b)
            mean, _ = diffusion_numpy.posterior(estimate, x_t[i], a, b)
            nats = diffusion_numpy.divergence(true_mean, true_variance, mean, variance)
        assert bound[i] == pytest.approx(np.mean(nats) / np.log(2.0), rel=2e-4)


@pytest.mark.parametrize(("mean", "first_beta"), [(0.0, 0.01), (-0.97, 0.2), (1.0, 1e-4), (0.123, 0.5)])
def test_the_probabilities_of_all_levels_sum_to_1(mean, first_beta):
    """exp(-bound) at t = 1 over the 256 images of one pixel; float32 arguments put the edges 1e-7 off."""
    process = DiffusionProcess(LinearSchedule(5, beta_start=first_beta, beta_end=0.6), prediction=X0())
    levels = (np.arange(256) / 127.5 - 1.0).astype("float32").reshape(256, 1, 1, 1)
    estimate = np.full_like(levels, mean)
    bits = process.variational_bound(levels, estimate, estimate, np.ones(256, int))
    assert np.sum(np.exp2(-np.asarray(bits, "float64"))) == pytest.approx(1.0, abs=2e-4)


def test_the_least_probable_level_has_a_finite_likelihood():
    process = DiffusionProcess(LinearSchedule(5), prediction=X0())
    black, white = -np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))
    bits = process.variational_bound(black, white, white, [1]).numpy()
    assert bits[0] == pytest.approx(-np.log2(1e-12), rel=1e-5)


def test_a_perfect_network_has_no_divergence():
    x0, noise = random_inputs([SHAPE, SHAPE])
    x0 = np.clip(x0, -1.0, 1.0)
    t = np.array([2, 10, 30, 50])
    process = DiffusionProcess(LinearSchedule(50, beta_start=1e-2, beta_end=0.2))
    x_t = process.add_noise(x0, noise, t)
    np.testing.assert_allclose(process.variational_bound(x0, x_t, noise, t), 0.0, atol=1e-5)


@pytest.mark.parametrize("run", RUNS)
def test_the_hybrid_loss_teaches_only_the_variance(run):
    schedule = LinearSchedule(50, beta_start=1e-2, beta_end=0.2)
    process = DiffusionProcess(schedule, variance=Learned())
    _, x0 = images_of_256_levels(SHAPE)
    noise, v = random_inputs([SHAPE] * 2)
    x_t = process.add_noise(x0, noise, T)
    output = tf.constant(np.concatenate([0.9 * noise, v], axis=-1))

    def gradient(stop):
        @run
        def inner(output):
            with tf.GradientTape() as tape:
                tape.watch(output)
                bound = process.variational_bound(x0, x_t, output, T, stop_mean_gradient=stop)
            return bound, tape.gradient(bound, output)

        return inner(output)

    (bound, whole), (same, stopped) = gradient(False), gradient(True)
    np.testing.assert_allclose(bound, same, rtol=1e-6)
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(stopped[..., :2], 0.0)
    np.testing.assert_allclose(stopped[..., 2:], whole[..., 2:], rtol=1e-4, atol=1e-7)
    for i in range(4):
        assert np.any(whole[i, ..., :2] != 0.0)
        assert np.any(stopped[i, ..., 2:] != 0.0)


def test_prior_bits():
    schedule = LinearSchedule(50, beta_start=1e-2, beta_end=0.1)
    x0 = random_inputs([SHAPE])
    a = schedule.alpha_cumprod[-1]
    nats = diffusion_numpy.divergence(a**0.5 * x0, 1.0 - a, 0.0, 1.0)
    bits = DiffusionProcess(schedule).prior_bits(x0)
    assert bits.dtype == "float32"
    np.testing.assert_allclose(bits, np.mean(nats, axis=(1, 2, 3)) / np.log(2.0), rtol=1e-4)
    assert np.max(DiffusionProcess(CosineSchedule(1000)).prior_bits(x0)) < 1e-6


# === Errors ===

ONES = np.ones((2, 4, 4, 3), "float32")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.add_noise(ONES, ONES, [1, 51]), r"`t` must be in \[0, 50\]. Received: \[1, 51\]"),
        (lambda p: p.add_noise(ONES, ONES, -1), r"`t` must be in \[0, 50\]. Received: -1"),
        (lambda p: p.add_noise(ONES, ONES, 1.0), "`t` must be integers. Received: 1.0"),
        (lambda p: p.network_timesteps(0), r"`t` must be in \[1, 50\]. Received: 0"),
        (lambda p: p.target(ONES, ONES, 0), r"`t` must be in \[1, 50\]. Received: 0"),
        (lambda p: p.forward_step(ONES, ONES, 0), r"`t` must be in \[1, 50\]. Received: 0"),
        (lambda p: p.x0_from(ONES, ONES, np.array([0, 1])), r"`t` must be in \[1, 50\]. Received: array"),
        (lambda p: p.epsilon_from(ONES, ONES, 0), r"`t` must be in \[1, 50\]. Received: 0"),
        (lambda p: p.snr(51), r"`t` must be in \[1, 50\]. Received: 51"),
        (lambda p: p.posterior(ONES, ONES, 0), r"`t` must be in \[1, 50\]. Received: 0"),
        (lambda p: p.posterior(ONES, ONES, 1, -1), r"`t` must be in \[0, 50\]. Received: -1"),
        (lambda p: p.min_snr_weight(1, gamma=0.0), "`gamma` must be positive. Received: 0.0"),
        (
            lambda p: p.estimate_x0(np.ones((2, 4, 4, 2)), np.ones((2, 4, 4, 1)), 1),
            r"shape of the images, \(2, 4, 4, 1\). Received: \(2, 4, 4, 2\).*FixedSmall\(\)",
        ),
        (
            lambda p: p.epsilon_from(np.ones((2, 4, 3)), ONES, 1),
            r"shape of the images, \(2, 4, 4, 3\). Received: \(2, 4, 3\)",
        ),
        (
            lambda p: DiffusionProcess(p.schedule, variance=Learned()).split(ONES),
            r"an even number of channels.* Received shape: \(2, 4, 4, 3\)",
        ),
        (
            lambda p: DiffusionProcess(p.schedule, prediction="epsilon"),
            "A process needs a `Prediction`. Received: 'epsilon'",
        ),
        (lambda p: DiffusionProcess("cosine"), "A process needs a `NoiseSchedule`. Received: 'cosine'"),
        (
            lambda p: DiffusionProcess(p.schedule, variance=V()),
            r"A process needs a `Variance`. Received: V\(\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(DiffusionProcess(CosineSchedule(50)))


def test_base_classes_are_abstract():
    for method, count in {"target": 4, "x0": 4, "epsilon": 4, "weight": 2}.items():
        with pytest.raises(NotImplementedError):
            getattr(Prediction(), method)(*[None] * count)
    with pytest.raises(NotImplementedError):
        Variance().log_variance(None, None, None)
