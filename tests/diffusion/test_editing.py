import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import diffusion
from keras_gans.diffusion import editing

PROCESS = diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=20))
FLOW = diffusion.FlowProcess(20)
SHAPE = (2, 2, 2, 3)


def normal(*shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1], alg="philox")


def draw(number):
    return tf.unstack(normal(2, *SHAPE, seed=100 + number))


def dummy(x, t):
    """Output of no use that depends on all: on x, its neighbours and t."""
    return 0.3 * tf.tanh(x + 0.5 * tf.reverse(x, [1])) + 0.02 * tf.cast(t, "float32")[:, None, None, None]


def sampler(process=PROCESS, steps=10):
    return diffusion.DDIMSampler(process, spacing=diffusion.trailing, steps=steps)


def levels_of_the_paper(steps, jump_length, resamplings):
    """Levels, counted in steps that are left, of the published schedule: down, and up where it jumps."""
    jumps = dict.fromkeys(range(0, steps - jump_length, jump_length), resamplings - 1)
    level, levels = steps, [steps]
    while level > 0:
        level -= 1
        levels.append(level)
        if jumps.get(level, 0) > 0:
            jumps[level] -= 1
            level += jump_length
            levels.append(level)
    return levels


@pytest.mark.parametrize("steps, jump_length, resamplings", [(10, 2, 3), (7, 3, 2), (5, 10, 4), (4, 1, 2)])
def test_where_it_goes_is_where_the_paper_goes(steps, jump_length, resamplings):
    levels = levels_of_the_paper(steps, jump_length, resamplings)
    expected = [
        int(diffusion.trailing(20, steps, steps - level))
        for level, after in itertools.pairwise(levels)
        if after < level
    ]
    seen, drawn = [], []

    def denoise(x, t):
        seen.append(int(t[0]))
        return dummy(x, t)

    def remember(number):
        drawn.append(int(number))
        return draw(number)

    options = {"steps": steps, "jump_length": jump_length, "resamplings": resamplings}
    known = tf.constant(False)
    diffusion.inpaint(sampler(), denoise, normal(*SHAPE), tf.zeros(SHAPE), known, draw=remember, **options)
    assert seen == expected
    assert drawn == list(range(len(seen)))


@pytest.mark.parametrize("process", [PROCESS, FLOW])
def test_with_nothing_known_it_samples(process):
    noise, state = normal(*SHAPE), normal(*SHAPE, seed=1)
    options = {"steps": 6, "draw": draw, "resamplings": 1}
    made = diffusion.inpaint(sampler(process), dummy, noise, state, tf.zeros(SHAPE, "bool"), **options)
    np.testing.assert_allclose(made, sampler(process).sample(dummy, noise, steps=6), atol=1e-5)


@pytest.mark.parametrize("process, resamplings", [(PROCESS, 1), (PROCESS, 3), (FLOW, 3)])
def test_known_cells_stay_and_the_others_do_not_look_at_what_was_there(process, resamplings):
    known = tf.reshape(tf.constant([True, False, False, True] * 2), (2, 2, 2, 1))
    state = normal(*SHAPE, seed=1)
    options = {"draw": draw, "jump_length": tf.constant(2), "resamplings": tf.constant(resamplings)}
    compiled = tf.function(
        lambda state: diffusion.inpaint(sampler(process), dummy, normal(*SHAPE), state, known, **options)
    )
    made = compiled(state).numpy()
    np.testing.assert_array_equal(made[known.numpy()[..., 0]], state[known[..., 0]])
    other = compiled(tf.where(known, state, 7.0))
    np.testing.assert_array_equal(made, other)
    assert np.abs(made - compiled(state + 0.5))[~known.numpy()[..., 0]].max() > 1e-3


def gaussian(mean, covariance, process):
    """The exact denoiser of normally distributed rows, `(batch, d)`: their noise, expected."""

    def denoise(x, t):
        alpha_cumprod = tf.cast(process.alpha_cumprod(t[0]), "float32")
        shifted = x - tf.sqrt(alpha_cumprod) * mean
        spread = alpha_cumprod * covariance + (1.0 - alpha_cumprod) * np.eye(len(mean), dtype="float32")
        return tf.sqrt(1.0 - alpha_cumprod) * tf.transpose(tf.linalg.solve(spread, tf.transpose(shifted)))

    return denoise


def test_the_conditional_distribution_of_gaussian_data():
    """Two numbers with correlation 0.9, one of them known: mean and spread of the other in closed form."""
    process = diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=1000), clip=False)
    mean, covariance = np.array([0.2, -0.1], "float32"), np.array([[0.25, 0.225], [0.225, 0.25]], "float32")
    rows, value = 2000, 0.8
    expected = mean[1] + 0.9 * (value - mean[0])
    state = tf.fill([rows, 2], value)
    found = {}

    @tf.function
    def run(resamplings):
        return diffusion.inpaint(
            sampler(process, 50),
            gaussian(mean, covariance, process),
            normal(rows, 2),
            state,
            tf.constant([[True, False]]),
            draw=lambda number: tf.unstack(normal(2, rows, 2, seed=100 + number)),
            jump_length=5,
            resamplings=resamplings,
        )[:, 1]

    for resamplings in (1, 10):
        made = run(tf.constant(resamplings)).numpy()
        found[resamplings] = abs(made.mean() - expected), made.std()
    assert found[10][0] < 0.05 < 0.2 < found[1][0]
    assert found[10][1] == pytest.approx(np.sqrt(0.25 * (1 - 0.9**2)), rel=0.05)


@pytest.mark.parametrize("process", [PROCESS, FLOW])
def test_noise_on_noise_is_the_noise_of_the_later_timestep(process):
    """x_t with more noise is spread as x_later is, whatever the process."""
    for t, later_t in ((0, 3), (4, 5), (7, 20)):
        x = process.add_noise(tf.ones((20_000,)), normal(20_000), t)
        later = editing._noisier(process, x, normal(20_000, seed=1), t, later_t)
        signal, sigma = (float(rate) for rate in process.levels(later_t))
        assert np.mean(later) == pytest.approx(signal, abs=0.03)
        assert np.std(later) == pytest.approx(sigma, rel=0.03)


def test_noise_is_added_as_the_chain_does():
    x, noise = normal(*SHAPE), normal(*SHAPE, seed=1)
    for t in (1, 7, 20):
        expected = PROCESS.forward_step(x, noise, t)
        np.testing.assert_allclose(editing._noisier(PROCESS, x, noise, t - 1, t), expected, atol=1e-5)


# === A little ===


@pytest.mark.parametrize("process", [PROCESS, FLOW])
def test_strength_of_each_row(process):
    noise, state = normal(3, 2, 2, 3), normal(3, 2, 2, 3, seed=1)
    strength = tf.constant([0.0, 0.5, 1.0])
    made = diffusion.vary(sampler(process), dummy, noise, state, strength, steps=5).numpy()
    np.testing.assert_array_equal(made[0], state[0])
    np.testing.assert_allclose(made[2], sampler(process).sample(dummy, noise, steps=5)[2], atol=1e-6)
    for row in range(3):
        alone = (tensor[row : row + 1] for tensor in (noise, state))
        one = diffusion.vary(sampler(process), dummy, *alone, float(strength[row]), steps=tf.constant(5))
        np.testing.assert_allclose(one, made[row : row + 1], atol=1e-6)


@pytest.mark.parametrize(
    "strength, expected",
    [(1.0, [20, 16, 12, 8, 4]), (0.5, [10, 8, 4]), (0.6, [12, 8, 4]), (0.05, [1]), (0.0, [])],
)
def test_only_the_steps_that_it_takes(strength, expected):
    seen = []

    def denoise(x, t):
        seen.append(int(t[0]))
        return dummy(x, t)

    diffusion.vary(sampler(), denoise, normal(*SHAPE), normal(*SHAPE, seed=1), strength, steps=5)
    assert seen == expected


def test_a_spacing_that_does_not_start_at_the_last_timestep():
    leading = diffusion.DDIMSampler(PROCESS, spacing=diffusion.leading, steps=5)  # 17, 13, 9, 5, 1
    noise, state = normal(*SHAPE), normal(*SHAPE, seed=1)
    made = diffusion.vary(leading, dummy, noise, state, 1.0)
    np.testing.assert_allclose(made, leading.sample(dummy, noise), atol=1e-6)
    nearly = PROCESS.add_noise(state, noise, 17)
    made = diffusion.vary(leading, dummy, noise, state, 0.95)
    np.testing.assert_allclose(made, leading.sample(dummy, nearly), atol=1e-6)


def test_the_way_of_gaussian_data_in_closed_form():
    """Where data is N(0, s^2), denoising without added noise shrinks x_t to s / sqrt(a s^2 + 1 - a) x_t."""
    process = diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=1000), clip=False)
    noise, state, s = normal(4, 3), 0.5 * normal(4, 3, seed=1), 0.5
    denoise = gaussian(np.zeros(3, "float32"), s**2 * np.eye(3, dtype="float32"), process)

    @tf.function
    def run(strength):
        return diffusion.vary(sampler(process, 250), denoise, noise, state, strength)

    for strength in (0.3, 0.7):
        a = process.schedule.alpha_cumprod[round(strength * 1000)]
        shrink = s / np.sqrt(a * s**2 + 1 - a)
        expected = shrink * (np.sqrt(a) * state + np.sqrt(1 - a) * noise)
        np.testing.assert_allclose(run(tf.constant(strength)), expected, atol=0.01)


def test_what_is_refused():
    noise, state = normal(*SHAPE), normal(*SHAPE, seed=1)
    for name in ("jump_length", "resamplings"):
        with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: 0"):
            diffusion.inpaint(sampler(), dummy, noise, state, True, draw=draw, **{name: 0})
    for strength in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"`strength` must be in \[0, 1\]. Received"):
            diffusion.vary(sampler(), dummy, noise, state, strength)
    for call in (
        lambda: diffusion.inpaint(sampler(), dummy, noise, state, True, draw=draw, steps=21),
        lambda: diffusion.vary(sampler(), dummy, noise, state, 0.5, steps=21),
    ):
        with pytest.raises(ValueError, match=r"`steps` must be an integer in \[1, 20\]. Received: 21"):
            call()
