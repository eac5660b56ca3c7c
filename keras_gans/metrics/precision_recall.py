"""Precision, recall, density and coverage: which images lie among those of the other set."""

import numpy as np
from numpy.typing import ArrayLike

from keras_gans.metrics.statistics import check_pair


def precision_recall(
    real: ArrayLike, generated: ArrayLike, *, neighbours: int = 3, block: int = 2048
) -> tuple[float, float]:
    """Share of generated images among the real ones, and of real images among the generated ones.

    A set's manifold is the union of balls around its features; the radius of each is the distance to its k-th
    nearest neighbour in the set, itself not counted. Precision is the share of generated features in the
    real manifold, recall that of real features in the generated one; the surface belongs to a ball (`<=`).

    Squared distances are `|x|^2 + |y|^2 - 2 x . y` in float64, relative to the mean of the real features,
    and compared in float32: distances that differ by less than a part in 10^7 count as equal, and features
    nearer to each other than a millionth of their distance from the mean as identical. Memory: a few float64
    arrays of `block` squared or `block` x `dim`, about 150 MiB for 2048 features; neither set is copied or
    converted as a whole. Time: `(n + m)^2 dim` multiplications and additions; 50,000 and 50,000 features of
    2048 are 2 x 10^13 operations.

    Args:
        real: float array, `(n, dim)`.
        generated: float array, `(m, dim)`.
        neighbours: int. k, below n and m.
        block: int. Features whose distances are computed at a time; the result does not depend on it.

    Returns:
        (float, float): precision and recall, in `[0, 1]`.

    Raises:
        ValueError: `neighbours` is not below a set's size, `block` below 1, or as `check_pair`.

    Reference:
        [1904.06991](https://arxiv.org/abs/1904.06991), equations 1 and 2.
    """
    real, generated = _points(real, generated, block)
    _check_neighbours(neighbours, real=real, generated=generated)
    real_radii, generated_radii = _squared_radii(real, neighbours), _squared_radii(generated, neighbours)
    precise, recalled = np.zeros(len(generated), bool), np.zeros(len(real), bool)
    for rows in real.slices:
        for columns in generated.slices:
            distances = _squared_distances(real, rows, generated, columns)
            precise[columns] |= (distances <= real_radii[rows, None]).any(axis=0)
            recalled[rows] |= (distances <= generated_radii[columns]).any(axis=1)
    return float(precise.mean()), float(recalled.mean())


def density_coverage(
    real: ArrayLike, generated: ArrayLike, *, neighbours: int = 5, block: int = 2048
) -> tuple[float, float]:
    """How many real balls hold a generated image, and how many of them hold one.

    With balls around the real features as in `precision_recall`, density is the number of real balls that a
    generated feature lies in, divided by k, on average: 1 is expected for equal distributions, and more is
    possible. Coverage is the share of real balls with at least one generated feature. The surface does not
    belong to a ball (`<`). Precision, memory and time as there.

    Args:
        real: float array, `(n, dim)`.
        generated: float array, `(m, dim)`.
        neighbours: int. k, below n.
        block: int. Features whose distances are computed at a time; the result does not depend on it.

    Returns:
        (float, float): density, at least 0, and coverage, in `[0, 1]`.

    Raises:
        ValueError: `neighbours` is not below n, `block` below 1, or as `check_pair`.

    Reference:
        [2002.09797](https://arxiv.org/abs/2002.09797), equations 5 and 6.
    """
    real, generated = _points(real, generated, block)
    _check_neighbours(neighbours, real=real)
    radii = _squared_radii(real, neighbours)
    count, covered = 0, np.zeros(len(real), bool)
    for rows in real.slices:
        for columns in generated.slices:
            inside = _squared_distances(real, rows, generated, columns) < radii[rows, None]
            count += int(np.count_nonzero(inside))
            covered[rows] |= inside.any(axis=1)
    return count / (neighbours * len(generated)), float(covered.mean())


class _Points:
    """Features in float64 relative to a centre, a block at a time, and their squared norms."""

    def __init__(self, features, centre, block):
        self._features, self._centre = features, centre
        count = len(features)
        self.slices = [slice(start, min(start + block, count)) for start in range(0, count, block)]
        self.norms = np.concatenate([np.square(self.block(rows)).sum(axis=1) for rows in self.slices])
        # Less a bound of the rounding errors, so that identical features come out at exactly 0.
        self.norms *= 1.0 - features.shape[1] * np.finfo("float64").eps

    def __len__(self):
        return len(self._features)

    def block(self, rows):
        return self._features[rows] - self._centre


def _points(real, generated, block):
    real, generated = check_pair(real, generated)
    if block < 1:
        raise ValueError(f"`block` must be at least 1. Received: {block}")
    centre = real.mean(axis=0, dtype="float64")
    return _Points(real, centre, block), _Points(generated, centre, block)


def _check_neighbours(neighbours, **sets):
    for name, points in sets.items():
        if not 1 <= neighbours < len(points):
            raise ValueError(
                f"`neighbours` must be at least 1 and less than the number of `{name}` features, "
                f"{len(points)}. Received: {neighbours}"
            )


def _squared_distances(a, rows, b, columns):
    """float32 `(rows, columns)`."""
    distances = a.block(rows) @ b.block(columns).T
    distances *= -2.0
    distances += a.norms[rows, None]
    distances += b.norms[columns]
    np.maximum(distances, 0.0, out=distances)
    return distances.astype("float32")


def _squared_radii(points, neighbours):
    """Squared distance of each point to its k-th nearest neighbour other than itself, float32 `(n,)`."""
    nearest = np.full((len(points), neighbours), np.inf, "float32")
    for number, rows in enumerate(points.slices):
        for columns in points.slices[number:]:
            distances = _squared_distances(points, rows, points, columns)
            if columns == rows:
                np.fill_diagonal(distances, np.inf)
            else:
                _keep_nearest(nearest[columns], distances.T)
            _keep_nearest(nearest[rows], distances)
    return nearest.max(axis=1)


def _keep_nearest(nearest, distances):
    """Updates the k smallest of every row, `(rows, k)`, in place."""
    changed = (distances < nearest.max(axis=1, keepdims=True)).any(axis=1)
    candidates = np.concatenate([nearest[changed], distances[changed]], axis=1)
    neighbours = nearest.shape[1]
    nearest[changed] = np.partition(candidates, neighbours - 1, axis=1)[:, :neighbours]
