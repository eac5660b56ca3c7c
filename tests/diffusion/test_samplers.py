import functools
import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import diffusion_numpy
from sampler_check import check_sampler, close, dummy

from harness import random_inputs
from keras_gans.diffusion import (
    X0,
    AncestralSampler,
    CosineSchedule,
    DDIMSampler,
    DiffusersSpacing,
    DiffusionProcess,
    DPMSolverSampler,
    EvenLogSNR,
    FixedLarge,
    FixedSmall,
    Learned,
    LinearSchedule,
    Sampler,
    ScaledLinearSchedule,
    SigmoidSchedule,
    V,
    leading,
    linspace,
    quadratic,
    trailing,
)

FIXTURE = np.load(Path(__file__).parents[1] / "reference" / "diffusion_schedules_cosine.npz")
SPACINGS = [leading, trailing, linspace, quadratic]


def outputs(name):
    return FIXTURE[f"outputs/squaredcos_cap_v2/{name}"]


def small_deviation(a, b):
    return ((1.0 - b) / (1.0 - a) * (1.0 - a / b)) ** 0.5


# === Spacings ===


@pytest.mark.parametrize("schedule", [CosineSchedule, LinearSchedule, SigmoidSchedule, ScaledLinearSchedule])
@pytest.mark.parametrize("total", [2, 50, 1000])
def test_even_steps_of_the_logarithm_of_signal_to_noise(schedule, total):
    schedule = schedule(total)
    spacing = EvenLogSNR(schedule, lowest=-4.0)
    log_snr = 0.5 * np.log(schedule.alpha_cumprod[1:] / (1 - schedule.alpha_cumprod[1:]))
    for steps in {1, 2, 3, 10, 333, total - 1, total} & set(range(1, total + 1)):
        timesteps = np.asarray(spacing(total, tf.constant(steps), tf.range(steps)))
        assert timesteps.dtype == "int32"
        assert (np.diff(timesteps) < 0).all()
        assert timesteps[-1] == 1 or steps == 1
        np.testing.assert_array_equal(
            [int(spacing(total, steps, i)) for i in range(min(steps, 10))], timesteps[:10]
        )
        wanted = np.linspace(max(-4.0, log_snr[-1]), log_snr[0], steps)
        nearest = 1 + np.argmin(np.abs(log_snr[:, None] - wanted), axis=0)
        # Where neighbours would fall on the same timestep, they are pushed apart.
        index = np.arange(steps)
        assert timesteps[0] == max(nearest[0], steps)
        free = (timesteps < max(nearest[0], steps) - index) & (timesteps > steps - index)
        assert free.any() or steps < 3 or steps > 0.9 * total
        np.testing.assert_array_equal(timesteps[free], nearest[free])
    assert (np.asarray(spacing(total, total, np.arange(total))) == np.arange(total, 0, -1)).all()


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("total", [1, 2, 7, 50, 1000, 4000])
def test_spacings_are_steps_of_the_chain(spacing, total):
    for steps in {1, 2, 3, 5, 17, 50, 333, total // 2, total - 1, total} & set(range(1, total + 1)):
        timesteps = np.array([spacing(total, steps, i) for i in range(steps)])
        assert (np.diff(timesteps) < 0).all()
        assert timesteps.min() >= 1
        assert timesteps.max() <= total
        if spacing is leading or (steps > 1 and spacing is not trailing):
            assert timesteps[-1] == 1
        if spacing is not leading:
            assert timesteps[0] == total
        if steps == total:
            assert timesteps.tolist() == list(range(total, 0, -1))
        np.testing.assert_array_equal(spacing(total, steps, np.arange(steps)), timesteps)
        tensor = spacing(total, tf.constant(steps), tf.range(steps))
        assert tensor.dtype == "int32"
        np.testing.assert_array_equal(tensor, timesteps)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("steps", [3, 1000, 32766, 32767])
def test_spacings_of_the_longest_schedule_fit_into_int32(spacing, steps):
    index = np.arange(steps + 1)  # one too many is evaluated, too, and not used
    small = spacing(32767, tf.constant(steps), tf.constant(index, "int32"))
    np.testing.assert_array_equal(small, spacing(32767, steps, index.astype("int64")))


def test_spacings_by_hand():
    known = {
        leading: [751, 501, 251, 1],
        trailing: [1000, 750, 500, 250],
        linspace: [1000, 667, 334, 1],
        quadratic: [1000, 445, 112, 1],
    }
    for spacing, timesteps in known.items():
        assert spacing(1000, 4, np.arange(4)).tolist() == timesteps
        assert spacing(7, 7, np.arange(7)).tolist() == [7, 6, 5, 4, 3, 2, 1]
    assert trailing(10, 3, np.arange(3)).tolist() == [10, 7, 3]  # 10, 6.67, 3.33
    assert leading(10, 3, np.arange(3)).tolist() == [7, 4, 1]


@pytest.mark.parametrize("name", ["leading", "trailing"])
@pytest.mark.parametrize("sampler", ["ddpm", "ddim"])
def test_spacings_as_in_diffusers(name, sampler):
    timesteps = {"leading": leading, "trailing": trailing}[name](1000, 20, np.arange(20))
    np.testing.assert_array_equal(timesteps - 1, FIXTURE[f"outputs/timesteps_{sampler}_{name}_20"])


@pytest.mark.parametrize("kind", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize(
    ("total", "steps"), [(1, 1), (20, 3), (20, 6), (20, 19), (20, 20), (1000, 16), (1000, 48), (1000, 300)]
)
def test_timesteps_of_diffusers(kind, total, steps):
    """Halves, as of 16 steps, are rounded to even; floats decide where the error of a stride makes them."""
    spacing = DiffusersSpacing(kind, to_zero=steps % 2 == 0)
    expected = diffusion_numpy.diffusers_timesteps(kind, total, steps, to_zero=steps % 2 == 0)
    sampler = DDIMSampler(DiffusionProcess(CosineSchedule(total)), steps=steps, spacing=spacing)
    np.testing.assert_array_equal(sampler.timesteps(), expected[0])
    t, previous_t = sampler.pair(tf.range(steps), tf.constant(steps))
    assert t.dtype == previous_t.dtype == "int32"
    np.testing.assert_array_equal([t, previous_t], expected)


def test_the_offset_of_diffusers_stays_within_the_chain():
    spacing = DiffusersSpacing("leading", offset=3)
    for steps in (1, 4, 7, 10):
        offset = min(3, 9 - (steps - 1) * (10 // steps))
        expected, _ = diffusion_numpy.diffusers_timesteps("leading", 10, steps, offset)
        np.testing.assert_array_equal(spacing(10, steps, np.arange(steps)), expected)
        assert np.min(expected) >= 1 and np.max(expected) <= 10


def test_strides_of_diffusers():
    """Two of three steps lead to timesteps that are not visited, the last one not to the image."""
    spacing = DiffusersSpacing("trailing", to_zero=False)
    known = diffusion_numpy.diffusers_timesteps("trailing", 20, 3, to_zero=False)
    assert [each.tolist() for each in known] == [[20, 13, 7], [14, 7, 1]]
    sampler = DDIMSampler(DiffusionProcess(LinearSchedule(20), clip=False), steps=3, spacing=spacing)
    assert DDIMSampler.from_config(sampler.get_config()) == sampler
    noise = random_inputs([(2, 4, 4, 1)])
    expected = diffusion_numpy.ddim(
        dummy, noise, sampler.process.schedule.alpha_cumprod, known[0], clip=False, reached=known[1]
    )
    close(sampler.sample(dummy, noise), expected[-1], 1e-5)
    close(sampler.invert(dummy, expected[-1], iterations=20), noise, 1e-4)


def test_spacings_of_diffusers_that_there_are_not():
    with pytest.raises(ValueError, match=r"`kind` must be 'leading'.*'quadratic'"):
        DiffusersSpacing("quadratic")
    with pytest.raises(ValueError, match=r"`offset` must be at least 0. Received: -1"):
        DiffusersSpacing("leading", offset=-1)


# === Against the reference implementation, which counts from 0 ===


def fixture_denoise(x, t):
    t = tf.reshape(tf.cast(t - 1, "float32"), (-1, 1, 1, 1))
    return x * t / (t + 1000.0)


def fixture_draw(i):
    return tf.gather(tf.constant(FIXTURE["inputs/noise"]), i)


TRAJECTORIES = [
    *(
        (AncestralSampler, {}, variance, spacing, f"ddpm_{name}_{spacing.__name__}_trajectory20")
        for variance, name, spacings in (
            (FixedSmall(), "fixed_small", (leading, trailing)),
            (FixedLarge(), "fixed_large", (leading,)),
        )
        for spacing in spacings
    ),
    *(
        (DDIMSampler, {"eta": eta}, FixedSmall(), spacing, f"ddim_eta{eta}_{spacing.__name__}_trajectory20")
        for eta in (0.0, 0.5, 1.0)
        for spacing in (leading, trailing)
    ),
]


def test_every_trajectory_of_the_fixture_is_compared():
    stored = {name.split("/")[-1] for name in FIXTURE if name.endswith("trajectory20")}
    assert stored == {name for *_, name in TRAJECTORIES}


@pytest.mark.parametrize(("cls", "options", "variance", "spacing", "name"), TRAJECTORIES)
def test_trajectories_as_in_diffusers(cls, options, variance, spacing, name):
    process = DiffusionProcess(CosineSchedule(1000), variance=variance)
    sampler = cls(process, steps=20, spacing=spacing, **options)
    states, _ = sampler.trajectory(fixture_denoise, FIXTURE["inputs/x"], draw=fixture_draw)
    assert states.shape == (21, 2, 3, 4, 4)
    for ours, known in zip(states, outputs(name), strict=True):
        close(ours, known, 1e-4)
    sample = tf.function(lambda x: sampler.sample(fixture_denoise, x, draw=fixture_draw))
    close(sample(FIXTURE["inputs/x"]), outputs(name)[-1], 1e-4)


def numpy_step(x, epsilon, noise, a, b, large, clip):
    """One step from alpha_cumprod a to b, in the precision of a and b."""
    one = type(a)(1)
    beta = one - a / b
    x0 = (x - (one - a) ** 0.5 * epsilon) / a**0.5
    x0 = np.clip(x0, -1.0, 1.0) if clip else x0
    mean = b**0.5 * beta / (one - a) * x0 + (a / b) ** 0.5 * (one - b) / (one - a) * x
    return mean + (beta if large else (one - b) / (one - a) * beta) ** 0.5 * noise


@pytest.mark.parametrize("variance", [FixedSmall(), FixedLarge()])
@pytest.mark.parametrize("clip", [True, False])
def test_ancestral_steps_as_in_diffusers(variance, clip):
    process = DiffusionProcess(CosineSchedule(1000), variance=variance, clip=clip)
    sampler = AncestralSampler(process)
    x, epsilon, noise = (FIXTURE[f"inputs/{name}"] for name in ("x", "eps", "noise"))
    large = isinstance(variance, FixedLarge)
    kind = ("fixed_large" if large else "fixed_small") + ("" if clip else "_noclip")
    stored = outputs(f"ddpm_{kind}_prev")
    timesteps = FIXTURE["inputs/step_timesteps"] + 1
    timesteps = timesteps if clip else timesteps[timesteps != 1000]
    for t, known in zip(timesteps, stored, strict=True):
        if t == 2:
            # There 1 - a and 1 - a / b are 4e-5, of which the reference's float32 keeps three digits. Its
            # step is the one in that precision; ours must be the one in float64.
            a, b = outputs("alphas_cumprod")[[1, 0]]
            close(numpy_step(x, epsilon, noise[0], a, b, large, clip), known, 1e-5)
            a, b = process.schedule.alpha_cumprod[[2, 1]]
            known = numpy_step(x, epsilon, noise[0], a, b, large, clip)
        close(sampler.step(epsilon, x, t, t - 1, noise[0]), known, 1e-5)
        per_example = sampler.step(epsilon, x, np.full(2, t), np.full(2, t - 1), noise[0])
        close(per_example, known, 1e-5)
    for t, known in zip(timesteps, outputs("ddpm_x0" if clip else "ddpm_noclip_x0"), strict=True):
        close(process.estimate_x0(epsilon, x, t), known, 1e-4)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim_steps_as_in_diffusers(eta):
    process = DiffusionProcess(CosineSchedule(1000))
    x, epsilon, noise = (FIXTURE[f"inputs/{name}"] for name in ("x", "eps", "noise"))
    stored = outputs(f"ddim_eta{eta}_prev_20steps")
    for counted_from_0, known in zip(FIXTURE["inputs/ddim_step_timesteps"], stored, strict=True):
        t, previous = counted_from_0 + 1, max(counted_from_0 + 1 - 50, 0)
        close(DDIMSampler(process, eta=eta).step(epsilon, x, t, previous, noise[0]), known, 1e-4)
        for number in (eta, tf.constant(eta), tf.fill([2], eta)):
            close(DDIMSampler(process).step(epsilon, x, t, previous, noise[0], eta=number), known, 1e-4)


# === Against NumPy, in every way to run ===

SCHEDULE = LinearSchedule(30, beta_start=1e-3, beta_end=0.2)


def full(*values):
    """A case of which another one runs by default."""
    return pytest.param(*values, True, marks=pytest.mark.full)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variance", "clip", "every_way"), [(FixedSmall(), True, False), full(FixedLarge(), False)]
)
def test_ancestral_sampler(variance, clip, every_way, tmp_path):
    process = DiffusionProcess(SCHEDULE, variance=variance, clip=clip)
    large = isinstance(variance, FixedLarge)

    def reference(x, timesteps, noise):
        table = SCHEDULE.alpha_cumprod
        return diffusion_numpy.ancestral(dummy, x, table, timesteps, noise, large=large, clip=clip)

    def deviation(a, b):
        return (1.0 - a / b) ** 0.5 if large else small_deviation(a, b)

    sampler = AncestralSampler(process, spacing=trailing)
    options = {"deviation": deviation, "steps": 7, "directory": tmp_path, "full": every_way}
    check_sampler(sampler, reference=reference, **options)
    assert AncestralSampler(process).steps == 30
    assert AncestralSampler(process).spacing is leading


@pytest.mark.slow
@pytest.mark.parametrize(("eta", "clip", "every_way"), [(0.6, False, False), full(0.0, True)])
def test_ddim_sampler(eta, clip, every_way, tmp_path):
    process = DiffusionProcess(SCHEDULE, clip=clip)

    def reference(x, timesteps, noise):
        table = SCHEDULE.alpha_cumprod
        return diffusion_numpy.ddim(dummy, x, table, timesteps, noise, eta=eta, clip=clip)

    deviation = (lambda a, b: eta * small_deviation(a, b)) if eta else None
    sampler = DDIMSampler(process, eta=eta, spacing=linspace)
    options = {"deviation": deviation, "steps": 7, "directory": tmp_path, "full": every_way}
    check_sampler(sampler, reference=reference, **options)
    assert (DDIMSampler(process).eta, DDIMSampler(process).spacing) == (0.0, leading)
    assert DDIMSampler(process).steps == 30
    assert DDIMSampler(DiffusionProcess(CosineSchedule(51))).steps == 50


@pytest.mark.slow
@pytest.mark.parametrize(("spacing", "clip", "every_way"), [(quadratic, True, False), full(trailing, False)])
def test_dpm_solver_sampler(spacing, clip, every_way, tmp_path):
    process = DiffusionProcess(SCHEDULE, clip=clip)

    def reference(x, timesteps, noise):
        return diffusion_numpy.dpm_solver(dummy, x, SCHEDULE.alpha_cumprod, timesteps, clip=clip)

    sampler = DPMSolverSampler(process, spacing=spacing)
    check_sampler(sampler, reference=reference, steps=7, directory=tmp_path, full=every_way)
    assert DPMSolverSampler(process).steps == 20
    assert DPMSolverSampler(process).spacing == EvenLogSNR(process.schedule)
    assert DPMSolverSampler(DiffusionProcess(CosineSchedule(7))).steps == 7


@pytest.mark.parametrize("steps", [1, 2])
def test_one_and_two_steps(steps):
    """One step is the network's image; two of DPM-Solver++, neither of second order, are two of DDIM."""
    process = DiffusionProcess(LinearSchedule(40, beta_start=1e-3, beta_end=0.2), clip=False)
    noise = random_inputs([(2, 3, 3, 1)])
    solver = DPMSolverSampler(process).sample(dummy, noise, steps=steps)
    sampler = DDIMSampler(process, spacing=quadratic)
    np.testing.assert_allclose(solver, sampler.sample(dummy, noise, steps=steps), atol=1e-6)
    if steps == 1:
        x0 = process.estimate_x0(dummy(tf.constant(noise), tf.constant([40])), noise, 40)
        np.testing.assert_allclose(solver, x0, atol=1e-6)


def test_ddim_with_eta_1_and_all_steps_is_the_ancestral_sampler():
    noise, draws = random_inputs([(2, 3, 3, 2), (15, 2, 3, 3, 2)])
    draws = tf.constant(draws)
    for prediction, clip in ((None, False), (V(), False), (X0(), True)):
        process = DiffusionProcess(CosineSchedule(15), prediction=prediction, clip=clip)
        known, _ = AncestralSampler(process).trajectory(dummy, noise, draw=lambda i: draws[i])
        sampler = DDIMSampler(process, eta=1.0, steps=15)
        states, _ = sampler.trajectory(dummy, noise, draw=lambda i: draws[i])
        close(states, known, 2e-5)
        # It would not be with less noise.
        other = sampler.sample(dummy, noise, draw=lambda i: draws[i], eta=0.9)
        assert np.abs(other - known[-1]).max() > 0.01


# === Data of which everything is known: one Gaussian for every pixel ===

MEAN, DEVIATION = 0.3, 0.2


def gaussian(schedule, *, learned=False):
    """Process and perfect network for data N(MEAN, DEVIATION^2): the mean and variance of x_0 given x_t."""
    process = DiffusionProcess(schedule, clip=False, variance=Learned() if learned else None)
    table = tf.constant(schedule.alpha_cumprod)

    def denoise(x, t):
        a, b = (tf.gather(table, step)[:, None] for step in (t, t - 1))
        total = a * DEVIATION**2 + 1.0 - a
        x = tf.cast(x, "float64")
        x0 = MEAN + a**0.5 * DEVIATION**2 / total * (x - a**0.5 * MEAN)
        epsilon = (x - a**0.5 * x0) / (1.0 - a) ** 0.5
        if not learned:
            return tf.cast(epsilon, "float32")
        # Variance of x_{t-1} given x_t, and where it is between the bounds.
        before = b * DEVIATION**2 + 1.0 - b
        variance = before - a / b * before**2 / total
        large = 1.0 - a / b
        small = large * (1.0 - b) / (1.0 - a)
        v = 2.0 * tf.math.log(variance / small) / tf.math.log(large / small) - 1.0
        v = tf.where(t[:, None] > 1, v, 0.0) * tf.ones_like(x)
        return tf.cast(tf.concat([epsilon, v], axis=-1), "float32")

    return process, denoise


def flow(schedule, noise, start):
    """The exact path of the probability flow from x at t = start to 0: quantiles stay quantiles."""
    a = schedule.alpha_cumprod[start]
    return MEAN + DEVIATION * (noise - a**0.5 * MEAN) / (a * DEVIATION**2 + 1.0 - a) ** 0.5


def moments(sampler, denoise, steps):
    """Mean and standard deviation of what a sampler makes, exactly: its images are affine in all noise.

    Example 0 sees no noise at all, example 1 a starting noise of 1, example 2 + i a noise of 1 in step i.
    """
    noise = np.eye(steps + 2, dtype="float32")[:, 1:2]

    def draw(i):
        return tf.one_hot(i + 2, steps + 2)[:, None]

    images = tf.function(lambda noise: sampler.sample(denoise, noise, steps=steps, draw=draw))(noise).numpy()
    images = images.astype("float64")
    return images[0, 0], np.sqrt(np.sum((images[1:] - images[0]) ** 2))


@pytest.mark.parametrize(
    ("make", "learned", "steps", "tolerance"),
    [
        (AncestralSampler, False, 1000, 0.01),
        (lambda process: AncestralSampler(process, spacing=trailing), False, 250, 0.05),
        (AncestralSampler, True, 1000, 0.002),
        (DDIMSampler, False, 1000, 0.005),
        (lambda process: DDIMSampler(process, eta=1.0), False, 1000, 0.01),
        (DPMSolverSampler, False, 20, 0.04),
        (DPMSolverSampler, False, 100, 0.002),
    ],
)
def test_samples_have_the_moments_of_the_data(make, learned, steps, tolerance):
    process, denoise = gaussian(CosineSchedule(1000), learned=learned)
    mean, deviation = moments(make(process), denoise, steps)
    assert mean == pytest.approx(MEAN, abs=tolerance * DEVIATION)
    assert deviation == pytest.approx(DEVIATION, rel=tolerance)


def path_error(sampler, denoise, steps):
    noise = np.linspace(-3.0, 3.0, 61)[:, None].astype("float32")
    images = tf.function(lambda noise: sampler.sample(denoise, noise, steps=steps))(noise)
    exact = flow(sampler.process.schedule, noise, sampler.timesteps(steps)[0])
    return np.sqrt(np.mean((images - exact) ** 2))


@pytest.mark.slow
@pytest.mark.parametrize(
    "schedule", [CosineSchedule(1000), pytest.param(LinearSchedule(1000), marks=pytest.mark.full)]
)
def test_15_steps_of_second_order_beat_50_of_first_order(schedule):
    process, denoise = gaussian(schedule)
    solver = path_error(DPMSolverSampler(process), denoise, 15)
    for spacing in (leading, trailing, linspace):
        assert solver < 0.9 * path_error(DDIMSampler(process, spacing=spacing), denoise, 50)
    assert solver < 0.6 * path_error(DDIMSampler(process, spacing=quadratic), denoise, 15)


@pytest.mark.slow
def test_orders_of_convergence():
    process, denoise = gaussian(CosineSchedule(4000))
    first, second = (
        [path_error(cls(process, spacing=quadratic), denoise, steps) for steps in (20, 40, 80)]
        for cls in (DDIMSampler, DPMSolverSampler)
    )
    for coarse, fine in itertools.pairwise(first):
        assert 1.8 < coarse / fine < 2.2
    for coarse, fine in itertools.pairwise(second):
        assert coarse / fine > 3.5


# === Inversion ===


@pytest.mark.slow
def test_inversion_finds_the_noise():
    process, denoise = gaussian(CosineSchedule(1000))
    images = np.linspace(MEAN - 3 * DEVIATION, MEAN + 3 * DEVIATION, 31)[:, None].astype("float32")
    sampler = DDIMSampler(process, steps=100)
    errors = {}
    for iterations in (1, 2, 20):
        invert = tf.function(functools.partial(sampler.invert, denoise, iterations=iterations))
        again = tf.function(functools.partial(sampler.sample, denoise))(invert(images))
        errors[iterations] = np.abs(again - images).max()
    assert errors[1] < 0.05
    assert errors[2] < 0.3 * errors[1]
    assert errors[20] < 1e-5
    noise = tf.function(functools.partial(sampler.invert, denoise, steps=1000))(images)
    assert np.abs(flow(process.schedule, noise, 1000) - images).max() < 0.005


@pytest.mark.parametrize("iterations", [1, 3])
def test_inversion_in_every_way_to_run(iterations):
    process = DiffusionProcess(LinearSchedule(60, beta_start=1e-3, beta_end=0.2), variance=Learned())

    def denoise(x, t):
        return tf.concat([dummy(x, t), x], axis=-1)  # a variance that must be ignored

    def run(images, steps):
        return DDIMSampler(process).invert(denoise, images, steps=steps, iterations=iterations)

    images = random_inputs([(2, 3, 3, 2)])
    alpha_cumprod, known = process.schedule.alpha_cumprod, images.astype("float64")
    timesteps = DDIMSampler(process).timesteps(12).tolist()
    for t, s in zip(timesteps[::-1], [0, *timesteps[:0:-1]], strict=True):
        a, b = alpha_cumprod[t], alpha_cumprod[s]
        guess = known
        for _ in range(iterations):
            epsilon = dummy(guess, t)
            guess = a**0.5 * (known - (1 - b) ** 0.5 * epsilon) / b**0.5 + (1 - a) ** 0.5 * epsilon
        known = guess
    signature = [tf.TensorSpec((None, 3, 3, 2)), tf.TensorSpec((), "int32")]
    images = tf.constant(images)
    for noise in (
        run(images, 12),
        run(images, tf.constant(12)),
        tf.function(run, input_signature=signature)(images, tf.constant(12)),
        tf.function(run, input_signature=signature, jit_compile=True)(images, tf.constant(12)),
    ):
        close(noise, known, 1e-5)


# === Options ===


def test_eta_as_a_tensor():
    process = DiffusionProcess(CosineSchedule(30))
    noise, draws = random_inputs([(2, 3, 3, 1), (10, 2, 3, 3, 1)])
    draws = tf.constant(draws)
    sample = tf.function(
        lambda eta: DDIMSampler(process, steps=10).sample(dummy, noise, draw=lambda i: draws[i], eta=eta)
    )
    for eta in (0.0, 0.3, 1.0):
        known = DDIMSampler(process, steps=10, eta=eta).sample(dummy, noise, draw=lambda i: draws[i])
        np.testing.assert_allclose(sample(tf.constant(eta)), known, atol=1e-6)
    mixed = sample(tf.constant([0.3, 1.0])).numpy()
    np.testing.assert_allclose(mixed[0], sample(tf.constant(0.3))[0], atol=1e-6)
    np.testing.assert_allclose(mixed[1], sample(tf.constant(1.0))[1], atol=1e-6)


def test_a_sampler_without_noise_draws_none():
    def fail(i):
        raise AssertionError("drawn")

    process = DiffusionProcess(CosineSchedule(30))
    noise = random_inputs([(2, 3, 3, 1)])
    for sampler in (DDIMSampler(process), DPMSolverSampler(process)):
        sampler.sample(dummy, noise, steps=3, draw=fail)


def test_points_of_a_trajectory():
    sampler = DDIMSampler(DiffusionProcess(CosineSchedule(30)), steps=10)
    noise = random_inputs([(2, 3, 3, 1)])
    states, images = sampler.trajectory(dummy, noise)
    assert states.shape == images.shape == (11, 2, 3, 3, 1)
    assert states.dtype == images.dtype == "float32"
    np.testing.assert_array_equal(states[0], noise)
    for points, kept in {2: [0, 10], 3: [0, 5, 10], 6: [0, 2, 4, 6, 8, 10], 11: range(11)}.items():
        some_states, some_images = sampler.trajectory(dummy, noise, points=points)
        np.testing.assert_array_equal(some_states, states[list(kept)])
        np.testing.assert_array_equal(some_images, images[list(kept)])


def test_a_network_that_counts_from_0():
    """The one place that converts, with a network of Keras."""
    process = DiffusionProcess(CosineSchedule(30), prediction=X0(), clip=False)
    images, timesteps = keras.Input((3, 3, 1)), keras.Input((), dtype="int32")
    count = keras.layers.Reshape((1, 1, 1))(keras.ops.cast(timesteps, "float32"))
    network = keras.Model([images, timesteps], 0.0 * images + count)
    noise = random_inputs([(2, 3, 3, 1)])
    denoised = DDIMSampler(process, steps=30).sample(
        lambda x, t: network([x, process.network_timesteps(t)]), noise
    )
    np.testing.assert_array_equal(denoised, np.zeros((2, 3, 3, 1)))  # the last step is the network's first


PROCESS = DiffusionProcess(CosineSchedule(30))
NOISE = np.zeros((2, 3, 3, 1), "float32")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DDIMSampler(PROCESS, steps=31), r"`steps` must be an integer in \[1, 30\]. Received: 31"),
        (lambda: AncestralSampler(PROCESS, steps=0), r"`steps` must be an integer in \[1, 30\]. Received: 0"),
        (lambda: DPMSolverSampler(PROCESS).timesteps(2.5), "`steps` must be an integer.* Received: 2.5"),
        (lambda: DDIMSampler(PROCESS, eta=1.5), r"`eta` must be in \[0, 1\]. Received: 1.5"),
        (lambda: DDIMSampler(PROCESS).sample(dummy, NOISE, eta=-0.1), "`eta` must be in .* Received: -0.1"),
        (
            lambda: DDIMSampler(PROCESS, eta=0.5).sample(dummy, NOISE),
            "`draw` must be a callable unless `eta` is the number 0. Received: None, eta=0.5",
        ),
        (
            lambda: DDIMSampler(PROCESS).sample(dummy, NOISE, eta=tf.constant(0.0)),
            "`draw` must be a callable unless `eta` is the number 0. Received: None, eta=",
        ),
        (
            lambda: DDIMSampler(PROCESS, eta=0.5).step(NOISE, NOISE, 3, 2),
            "`noise` must be given unless `eta` is the number 0. Received: None, eta=0.5",
        ),
        (
            lambda: AncestralSampler(PROCESS).sample(dummy, NOISE),
            "`draw` must be a callable: an ancestral step adds noise. Received: None",
        ),
        (
            lambda: DDIMSampler(PROCESS).trajectory(dummy, NOISE, steps=4, points=6),
            r"`points` must be in \[2, steps \+ 1 = 5\]. Received: 6",
        ),
        (
            lambda: DDIMSampler(PROCESS).trajectory(dummy, NOISE, steps=4, points=1),
            r"`points` must be in \[2, steps \+ 1 = 5\]. Received: 1",
        ),
        (
            lambda: DDIMSampler(PROCESS).invert(dummy, NOISE, iterations=0),
            "`iterations` must be at least 1. Received: 0",
        ),
        (
            lambda: DDIMSampler(PROCESS).invert(dummy, NOISE, steps=0),
            r"`steps` must be an integer in \[1, 30\]. Received: 0",
        ),
        (
            lambda: DDIMSampler(PROCESS).sample(lambda x, t: tf.concat([x, x], -1), NOISE),
            r"A prediction must have the shape of the images, \(2, 3, 3, 1\). Received: \(2, 3, 3, 2\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_option_of_another_sampler():
    with pytest.raises(TypeError, match="eta"):
        DPMSolverSampler(PROCESS).sample(dummy, NOISE, eta=0.5)


def test_a_sampler_without_a_step_is_abstract():
    with pytest.raises(NotImplementedError):
        Sampler(PROCESS, steps=3, spacing=leading).sample(dummy, NOISE)
