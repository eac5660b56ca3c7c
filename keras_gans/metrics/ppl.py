"""Perceptual path length: how much an image changes along a path between latents."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

# An angle below which the sines of the spherical interpolation are replaced by their arguments.
SMALLEST = 1e-6


def linear(start, end, t):
    """Points on straight lines, for latents of an intermediate space: `start + t (end - start)`.

    Args:
        start: float array, `(n, dim)`.
        end: float array, `(n, dim)`.
        t: float array, `(n,)`.

    Returns:
        float64 array, `(n, dim)`.

    Raises:
        ValueError: shapes that do not fit, or values that are not finite.
    """
    start, end, t = _check_ends(start, end, t)
    return start + t[:, None] * (end - start)


def spherical(start, end, t):
    """Points on great circles of the unit sphere, for normally distributed latents.

    With the angle a between the unit vectors e1 and e2 of both ends:

        (sin((1 - t) a) e1 + sin(t a) e2) / sin(a)

    The result has length 1. That suits generators that normalise their latents themselves; for others
    multiply it by the square root of dim, near which the length of a normally distributed latent lies.

    Arguments and result are those of `linear`.

    Raises:
        ValueError: as `linear`; an end is zero, or two ends point in opposite directions.

    Reference:
        Shoemake 1985, "Animating Rotation with Quaternion Curves".
    """
    start, end, t = _check_ends(start, end, t)
    lengths = np.linalg.norm([start, end], axis=2)  # (2, n)
    if not lengths.all():
        raise ValueError(
            f"`start` and `end` must not be zero. Received zero in row {np.argmin(lengths.min(axis=0))}"
        )
    first, last = start / lengths[0, :, None], end / lengths[1, :, None]
    # The arc tangent keeps its precision where the arc cosine loses it: at small angles.
    angles = 2.0 * np.arctan2(np.linalg.norm(first - last, axis=1), np.linalg.norm(first + last, axis=1))
    if angles.max() > np.pi - SMALLEST:
        raise ValueError(
            "`start` and `end` must not point in opposite directions: no path is the shortest. "
            f"Received such ends in row {np.argmax(angles)}"
        )
    angles = np.maximum(angles, SMALLEST)
    before, after = np.sin((1.0 - t) * angles) / np.sin(angles), np.sin(t * angles) / np.sin(angles)
    return before[:, None] * first + after[:, None] * last


def path_distances(
    generate: Callable,
    features: Callable,
    start: ArrayLike,
    end: ArrayLike,
    t: ArrayLike,
    *,
    interpolate: Callable,
    epsilon: float = 1e-4,
) -> np.ndarray:
    """Squared change of the features from t to t + epsilon, in units of epsilon.

    `|f(G(p(t + epsilon))) - f(G(p(t)))|^2 / epsilon^2` with the path `p(t) = interpolate(start, end, t)`.
    Points and differences are computed in float64, for the two images are nearly equal. For the same reason
    images have to stay in float: rounded to uint8 they either do not change or change by a whole level.

    Args:
        generate: callable, float32 latents `(n, dim)` -> float images `(n, height, width, channels)` in the
            range that `features` takes, `[0, 255]` for the published networks. Deterministic: noise inputs
            fixed.
        features: callable, images -> float array `(n, features)`. For the published number a perceptual
            network whose squared differences are LPIPS.
        start: float array, `(n, dim)`. Latents at t = 0.
        end: float array, `(n, dim)`. Latents at t = 1.
        t: float array, `(n,)`. Uniform in `[0, 1)` for whole paths ("full"), 0 for their ends ("end").
        interpolate: callable, `(start, end, t)` -> points `(n, dim)`: `spherical` for z, `linear` for w.
        epsilon: float. Step.

    Returns:
        float64 array, `(n,)`, at least 0.

    Raises:
        ValueError: `epsilon` not positive; features of another shape, or not finite; as `interpolate`.

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), equations 2 and 3.
    """
    if not epsilon > 0.0:
        raise ValueError(f"`epsilon` must be positive. Received: {epsilon}")
    t = np.asarray(t, "float64")
    ends = []
    for position in (t, t + epsilon):
        latents = np.asarray(interpolate(start, end, position)).astype("float32")
        values = np.asarray(features(generate(latents)), "float64")
        if values.ndim != 2 or len(values) != len(latents) or not np.isfinite(values).all():
            raise ValueError(
                f"`features` must return finite values of shape ({len(latents)}, features). "
                f"Received: shape {values.shape}"
            )
        ends.append(values)
    return np.square((ends[1] - ends[0]) / epsilon).sum(axis=1)


def perceptual_path_length(distances: ArrayLike) -> float:
    """Mean of the distances from the 1st to the 99th percentile, both included.

    The percentiles are values of the sample: the next lower one for the 1st, the next higher one for the
    99th.

    Args:
        distances: float array, `(n,)`, of `path_distances`.

    Returns:
        float.

    Raises:
        ValueError: no distances, or some not finite.

    Example:
    ```python
    start, end = random.standard_normal((2, 64, 512))
    distances = path_distances(generate, features, start, end, random.random(64), interpolate=spherical)
    print(perceptual_path_length(distances))
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 4.1. Leaving out the extremes is not in the
        paper; the published numbers are computed so.
    """
    distances = np.asarray(distances, "float64")
    if distances.ndim != 1 or not len(distances) or not np.isfinite(distances).all():
        raise ValueError(
            f"`distances` must be finite, of shape (n,) with n at least 1. Received: shape {distances.shape}"
        )
    low = np.percentile(distances, 1, method="lower")
    high = np.percentile(distances, 99, method="higher")
    return float(distances[(distances >= low) & (distances <= high)].mean())


def _check_ends(start, end, t):
    """All three in float64."""
    start, end, t = (np.asarray(array, "float64") for array in (start, end, t))
    if start.ndim != 2 or 0 in start.shape or end.shape != start.shape or t.shape != start.shape[:1]:
        raise ValueError(
            "`start` and `end` must have the shape (n, dim), `t` (n,), none empty. "
            f"Received: {start.shape}, {end.shape} and {t.shape}"
        )
    for name, array in (("start", start), ("end", end), ("t", t)):
        if not np.isfinite(array).all():
            raise ValueError(f"`{name}` must be finite. Received NaN or infinity")
    return start, end, t
