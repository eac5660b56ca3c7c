"""Flow matching in NumPy, float64, from the equations: s = t / T runs from 0, the image, to 1, the noise."""

import numpy as np


def euler(velocity, x, times, total, *, eta=0.0, noise=None, clip=False):
    """Steps along the velocity over the given timesteps; with eta, part of the noise is drawn anew.

    The share that is drawn anew is chosen so that what is left has the variance s'^2: the posterior of a
    step of the path, whose x_t given x_t' is Gaussian, at eta 1.
    """
    states = [np.asarray(x, "float64")]
    for i, (t, later) in enumerate(zip(times, [*times[1:], 0], strict=True)):
        x, s, r = states[-1], t / total, later / total
        v = velocity(x, t)
        image, epsilon = x - s * v, x + (1.0 - s) * v
        image = np.clip(image, -1.0, 1.0) if clip else image
        # x_s = (1 - s) / (1 - r) x_r + rest: precisions of x_r given x_s and x_0 add up.
        kept = (1.0 - s) / (1.0 - r)
        rest = s**2 - kept**2 * r**2
        variance = 0.0 if r == 0.0 else 1.0 / (kept**2 / rest + 1.0 / r**2)
        deviation = eta * variance**0.5
        states.append((1.0 - r) * image + np.sqrt(r**2 - deviation**2) * epsilon)
        if eta:
            states[-1] += deviation * noise[i]
    return np.stack(states)


def second_order(velocity, x, pairs, total, *, clip=False):
    """Runge-Kutta of two stages with nodes 0 and a, weights 1 - 1/(2a) and 1/(2a).

    `pairs` are the timesteps of the two stages of every step.
    """
    states = [np.asarray(x, "float64")]
    for i, (t, middle) in enumerate(pairs):
        x, later = states[-1], pairs[i + 1][0] if i + 1 < len(pairs) else 0
        h = (later - t) / total
        first = velocity(x, t)
        second = velocity(x + (middle - t) / total * first, middle)
        a = (t - middle) / (t - later)
        weight = 1.0 / (2.0 * a) if a else 0.0
        states.append(x + h * ((1.0 - weight) * first + weight * second))
    if clip:
        states[-1] = np.clip(states[-1], -1.0, 1.0)
    return np.stack(states)


class Gaussian:
    """Data N(mean, covariance): the exact velocity, which is linear in x, and the exact path."""

    def __init__(self, mean, covariance):
        self.mean, self.covariance = np.asarray(mean, "float64"), np.asarray(covariance, "float64")

    def velocity(self, x, s):
        """E[noise - x_0 | x_s = x], by regression: its covariance with x_s over that of x_s."""
        eye = np.eye(len(self.mean))
        of_x = (1.0 - s) ** 2 * self.covariance + s**2 * eye
        cross = s * eye - (1.0 - s) * self.covariance
        return -self.mean + (x - (1.0 - s) * self.mean) @ np.linalg.solve(of_x, cross)

    def images(self, noise):
        """Where the path from a noise ends: standard deviations stay what they are along every axis."""
        values, axes = np.linalg.eigh(self.covariance)
        return self.mean + noise @ (axes * values**0.5) @ axes.T
