"""Kernel distance: maximum mean discrepancy between two sets of features."""

import numpy as np
from numpy.typing import ArrayLike

from keras_gans.metrics.statistics import check_pair

# Rows of a block of the kernel matrix, which takes 32 MiB in float64.
BLOCK = 2048


def kid(
    real: ArrayLike, generated: ArrayLike, *, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Squared maximum mean discrepancy with a cubic kernel, over random subsets.

    `k(x, y) = (x . y / dim + 1)^3`, and for subsets of m features each

        (sum_{i != j} k(x_i, x_j) + sum_{i != j} k(y_i, y_j)) / (m (m - 1)) - 2 mean_{i, j} k(x_i, y_j)

    It is unbiased whatever m, so it may be negative, and means for different numbers of features compare.
    Float64; memory: both subsets and three matrices of `subset_size` squared.

    Args:
        real: float array, `(n, dim)`.
        generated: float array, `(m, dim)`.
        subsets: int. How many pairs of subsets are drawn.
        subset_size: int. Features of a subset, drawn without replacement.
        seed: int. Of the draw.

    Returns:
        (float, float): mean and standard deviation (divided by `subsets`) over the subsets. The latter is the
        spread of one subset, not the error of the mean.

    Raises:
        ValueError: `subset_size` exceeds a set, or as `check_pair`.

    Reference:
        [1801.01401](https://arxiv.org/abs/1801.01401), section 4.
    """
    real, generated = check_pair(real, generated)
    smallest = min(len(real), len(generated))
    if not 2 <= subset_size <= smallest:
        raise ValueError(
            f"`subset_size` must be from 2 to {smallest}, the size of the smaller set. "
            f"Received: {subset_size}"
        )
    if subsets < 1:
        raise ValueError(f"`subsets` must be at least 1. Received: {subsets}")
    random = np.random.default_rng(seed)
    distances = []
    for _ in range(subsets):
        some = [x[random.choice(len(x), subset_size, replace=False)] for x in (real, generated)]
        distances.append(kid_one_block(*some))
    return float(np.mean(distances)), float(np.std(distances))


def kid_one_block(real: ArrayLike, generated: ArrayLike) -> float:
    """The same over all features at once; both sets may differ in size.

    Memory: two blocks of 2048 features in float64 and, while a block of the kernel is made, three 2048 x 2048
    matrices of 32 MiB. Time grows with the square of the number of features.

    Args:
        real: float array, `(n, dim)`, n at least 2.
        generated: float array, `(m, dim)`, m at least 2.

    Returns:
        float.

    Raises:
        ValueError: fewer than two features, or as `check_pair`.

    Reference:
        Gretton et al. 2012, "A Kernel Two-Sample Test", equation 3, with the kernel of
        [1801.01401](https://arxiv.org/abs/1801.01401), section 4.
    """
    real, generated = check_pair(real, generated)
    sizes = len(real), len(generated)
    if min(sizes) < 2:
        raise ValueError(f"`real` and `generated` must hold at least 2 features each. Received: {sizes}")
    within = sum(_sum_within(x) / (len(x) * (len(x) - 1.0)) for x in (real, generated))
    between = sum(_kernel(x, y).sum() for x in _blocks(real) for y in _blocks(generated))
    return float(within - 2.0 * between / (len(real) * len(generated)))


def _blocks(features):
    for start in range(0, len(features), BLOCK):
        yield features[start : start + BLOCK].astype("float64")


def _kernel(x, y):
    """`(rows of x, rows of y)`."""
    kernel = x @ y.T
    kernel /= x.shape[1]
    kernel += 1.0
    return kernel * kernel * kernel


def _sum_within(features):
    """Sum of the kernel over all ordered pairs of two different features."""
    total = 0.0
    for number, x in enumerate(_blocks(features)):
        kernel = _kernel(x, x)
        total += kernel.sum() - np.trace(kernel)
        for y in _blocks(features[(number + 1) * BLOCK :]):
            total += 2.0 * _kernel(x, y).sum()
    return total
