"""Diffusion in NumPy, float64, from the equations: another way to each number where there is one.

`a`, `b` are alpha_cumprod at the noisier and the cleaner of two timesteps.
"""

import math

import numpy as np

erf = np.vectorize(math.erf, otypes=["float64"])


def posterior(x0, x_t, a, b):
    """Mean and variance of q(x_b | x_a, x_0), by Bayes: the product of two Gaussians in x_b."""
    alpha = a / b
    # q(x_a | x_b) as a function of x_b, and q(x_b | x_0).
    precisions = alpha / (1.0 - alpha), 1.0 / (1.0 - b)
    variance = 1.0 / sum(precisions)
    return variance * (precisions[0] * x_t / alpha**0.5 + precisions[1] * b**0.5 * x0), variance


def estimate(epsilon, x, a, clip):
    x0 = (x - (1.0 - a) ** 0.5 * epsilon) / a**0.5
    return np.clip(x0, -1.0, 1.0) if clip else x0


def ancestral(denoise, x, alpha_cumprod, timesteps, noise, *, large=False, clip=True):
    """Algorithm 2 of 2006.11239 over the given timesteps; all states."""
    states = [np.asarray(x, "float64")]
    for i, (t, s) in enumerate(zip(timesteps, [*timesteps[1:], 0], strict=True)):
        a, b, x = alpha_cumprod[t], alpha_cumprod[s], states[-1]
        x0 = estimate(denoise(x, t), x, a, clip)
        if s == 0:
            states.append(x0)
            continue
        mean, variance = posterior(x0, x, a, b)
        variance = 1.0 - a / b if large else variance
        states.append(mean + variance**0.5 * noise[i])
    return np.stack(states)


def diffusers_timesteps(kind, total, steps, offset=0, to_zero=True):
    """From and to which timesteps of 1..T the steps of Diffusers' schedulers lead; 0 is the image."""
    if kind == "leading":
        t = (np.arange(steps) * (total // steps))[::-1] + offset
    elif kind == "trailing":
        t = np.round(np.arange(total, 0, -total / steps)) - 1
    else:
        t = np.round(np.linspace(0, total - 1, steps))[::-1]
    t = t.astype(int)  # from 0; below that is the image, or the first timestep again
    reached = t - total // steps
    return t + 1, np.where(reached >= 0, reached + 1, 0 if to_zero else 1)


def ddim(denoise, x, alpha_cumprod, timesteps, noise=None, *, eta=0.0, clip=True, reached=None):
    """Equations 12 and 16 of 2010.02502 over the given timesteps; all states.

    `reached`: where each step leads, if that is not the next of the timesteps.
    """
    states = [np.asarray(x, "float64")]
    reached = [*timesteps[1:], 0] if reached is None else reached
    for i, (t, s) in enumerate(zip(timesteps, reached, strict=True)):
        a, b, x = alpha_cumprod[t], alpha_cumprod[s], states[-1]
        epsilon = denoise(x, t)
        deviation = eta * ((1.0 - b) / (1.0 - a)) ** 0.5 * (1.0 - a / b) ** 0.5
        direction = max(1.0 - b - deviation**2, 0.0) ** 0.5
        states.append(b**0.5 * estimate(epsilon, x, a, clip) + direction * epsilon)
        if eta > 0.0:
            states[-1] += deviation * noise[i]
    return np.stack(states)


def dpm_solver(denoise, x, alpha_cumprod, timesteps, *, clip=True):
    """Algorithm 2 of 2211.01095, with the names of the paper; the last step, to t = 0, gives its x_0."""
    signal, sigma = alpha_cumprod**0.5, (1.0 - alpha_cumprod) ** 0.5
    with np.errstate(divide="ignore"):
        log_snr = np.log(signal) - np.log(sigma)
    states, buffer = [np.asarray(x, "float64")], []
    for i, t in enumerate(timesteps):
        x = states[-1]
        buffer.append(estimate(denoise(x, t), x, alpha_cumprod[t], clip))
        if i + 1 == len(timesteps):
            states.append(buffer[-1])
            continue
        s = timesteps[i + 1]
        h = log_snr[s] - log_snr[t]
        data = buffer[-1]
        if i > 0:
            r = (log_snr[t] - log_snr[timesteps[i - 1]]) / h
            data = (1.0 + 1.0 / (2.0 * r)) * buffer[-1] - 1.0 / (2.0 * r) * buffer[-2]
        states.append(sigma[s] / sigma[t] * x - signal[s] * np.expm1(-h) * data)
    return np.stack(states)


def bin_probability(level, mean, deviation):
    """Probability of level 0..255, whose centres are evenly on [-1, 1], under a Gaussian."""

    def below(edge):
        return 0.5 * (1.0 + erf((edge - mean) / deviation / 2.0**0.5))

    upper = np.where(level == 255, 1.0, below((2.0 * level + 1.0) / 255.0 - 1.0))
    lower = np.where(level == 0, 0.0, below((2.0 * level - 1.0) / 255.0 - 1.0))
    return upper - lower


def divergence(mean, variance, other_mean, other_variance):
    """KL of two Gaussians in nats: cross entropy minus entropy."""
    cross = 0.5 * np.log(2 * np.pi * other_variance) + (variance + (mean - other_mean) ** 2) / (
        2 * other_variance
    )
    return cross - 0.5 * np.log(2 * np.pi * np.e * variance)
