"""Paths between latents."""

import numpy as np
import tensorflow as tf

# Vectors closer than this to opposite directions have no single shortest path between them.
SMALLEST = 1e-6


def linear(v1, v2, num):
    """Interpolates linearly: `v1 + t (v2 - v1)`, as fits styles, whose space is not a sphere.

    Args:
        v1: float tensor, `(dim,)`. Where the path starts.
        v2: float tensor, `(dim,)`. Where it ends.
        num: int or float array `(num,)`. How many vectors, evenly spaced in `t` from 0 to 1; or the
            fractions `t` themselves.

    Returns:
        float32 tensor, `(num, dim)`.

    Raises:
        ValueError: a vector is not finite, or the two differ in shape.

    Example:
    ```python
    path = linear([0.0, 0.0], [1.0, 2.0], 3)  # [0, 0], [0.5, 1], [1, 2]
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 4.1: "lerp", for styles.
    """
    v1, v2, fractions = _read(v1, v2, num)
    return tf.constant(v1 + fractions[:, None] * (v2 - v1), "float32")


def hypersphere(v1, v2, num):
    """Interpolates linearly and brings the result back to the length of `v1`.

    `v2` is first scaled to the length of `v1`; with `u = v2 |v1| / |v2|` the vector at a fraction
    `t` is `p |v1| / |p|`, `p = v1 + t (u - v1)`.

    Arguments and result are those of `linear`; `v2` is the direction in which the path ends.

    Raises:
        ValueError: a vector is zero, or the two point in opposite directions.

    Example:
    ```python
    first, last = tf.random.normal([512]), tf.random.normal([512])
    images = model.signatures["default"](hypersphere(first, last, 50))["default"]
    ```

    Reference:
        The TensorFlow Hub tutorial "Generate Artificial Faces with CelebA Progressive GAN Model".
    """
    v1, v2, fractions = _read_directions(v1, v2, num)
    length = np.linalg.norm(v1)
    v2 = v2 * (length / np.linalg.norm(v2))
    path = v1 + fractions[:, None] * (v2 - v1)  # (num, dim)
    path *= length / np.linalg.norm(path, axis=1, keepdims=True)
    return tf.constant(path, "float32")


def slerp(v1, v2, num):
    """Spherical interpolation: the direction turns at constant speed, the length changes linearly.

    With the angle `a` between the unit vectors `e1` and `e2` of both ends, the direction at a
    fraction `t` is `(sin((1 - t) a) e1 + sin(t a) e2) / sin(a)`.

    Arguments and result are those of `linear`.

    Raises:
        ValueError: as `hypersphere`.

    Reference:
        Shoemake 1985, "Animating Rotation with Quaternion Curves"; for latents
        [1609.04468](https://arxiv.org/abs/1609.04468), section 2. Deviation: both apply the formula
        to vectors of equal length; here lengths may differ.
    """
    v1, v2, fractions = _read_directions(v1, v2, num)
    lengths = np.linalg.norm(v1), np.linalg.norm(v2)
    first, last = v1 / lengths[0], v2 / lengths[1]
    # The arc tangent keeps its precision where the arc cosine loses it: at small angles.
    angle = 2.0 * np.arctan2(np.linalg.norm(first - last), np.linalg.norm(first + last))
    t = fractions[:, None]
    if angle < SMALLEST:
        direction = (1.0 - t) * first + t * last
    else:
        direction = (np.sin((1.0 - t) * angle) * first + np.sin(t * angle) * last) / np.sin(angle)
    return tf.constant(((1.0 - t) * lengths[0] + t * lengths[1]) * direction, "float32")


def walk(keyframes, frames, *, interpolate=slerp):
    """A path through several latents, with the same time from each to the next.

    Args:
        keyframes: float tensor, `(keyframes, ...)`, two or more: latents, or styles, each of which counts as
            one vector.
        frames: int, two or more. Vectors in all. Every keyframe is among them if `frames - 1` is a
            multiple of the number of gaps; the first and the last always are.
        interpolate: `slerp`, `linear` or `hypersphere`. The last keeps the length of the first keyframe
            all the way and so passes through the directions of the others only.

    Returns:
        float32 tensor, `(frames, ...)`.

    Raises:
        ValueError: fewer than two keyframes or frames.
    """
    keyframes = np.asarray(keyframes, "float64")
    if keyframes.ndim < 2 or len(keyframes) < 2 or frames < 2:
        raise ValueError(
            "`keyframes` must have the shape (2 or more, ...), `frames` must be 2 or more. "
            f"Received: {keyframes.shape} and {frames}"
        )
    shape, keyframes = keyframes.shape[1:], keyframes.reshape(len(keyframes), -1)
    gaps = len(keyframes) - 1
    positions = np.linspace(0.0, gaps, frames)
    gap_of = np.minimum(positions.astype(int), gaps - 1)
    start, parts = keyframes[0], []
    for gap in range(gaps):
        fractions = positions[gap_of == gap] - gap
        # The end comes along, so that the next gap starts where this one stopped.
        part = interpolate(start, keyframes[gap + 1], np.append(fractions, 1.0))
        parts.append(part[:-1])
        start = part[-1]
    return tf.reshape(tf.concat(parts, axis=0), (-1, *shape))


def _read_directions(v1, v2, num):
    """As `_read`, for vectors between whose directions there must be a shortest path."""
    v1, v2, fractions = _read(v1, v2, num)
    lengths = np.linalg.norm(v1), np.linalg.norm(v2)
    if min(lengths) == 0.0:
        raise ValueError(f"`v1` and `v2` must be finite and not zero. Received lengths: {lengths}")
    if np.linalg.norm(v1 / lengths[0] + v2 / lengths[1]) < SMALLEST:
        raise ValueError("`v1` and `v2` point in opposite directions: no path is the shortest.")
    return v1, v2, fractions


def _read(v1, v2, num):
    """Returns both vectors and the fractions as float64 arrays, or says what is wrong with them."""
    v1, v2 = np.asarray(v1, "float64"), np.asarray(v2, "float64")
    if v1.ndim != 1 or v1.shape != v2.shape:
        raise ValueError(
            f"`v1` and `v2` must have the same shape (dim,). Received: {v1.shape} and {v2.shape}"
        )
    lengths = np.linalg.norm(v1), np.linalg.norm(v2)
    if not np.isfinite(lengths).all():
        raise ValueError(f"`v1` and `v2` must be finite. Received lengths: {lengths}")
    if isinstance(num, (int, np.integer)):
        if num < 1:
            raise ValueError(f"`num` must be 1 or more. Received: {num}")
        return v1, v2, np.linspace(0.0, 1.0, num)
    return v1, v2, np.asarray(num, "float64")
