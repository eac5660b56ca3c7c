"""Frechet distance between two sets of features."""

import warnings

import numpy as np

from keras_gans.metrics.statistics import FeatureStatistics


def is_rank_deficient(statistics: FeatureStatistics) -> bool:
    """Whether there are too few features for a covariance of full rank: `count <= dim`.

    Args:
        statistics: `FeatureStatistics`.
    """
    return statistics.count <= statistics.dim


def frechet_distance(real: FeatureStatistics, generated: FeatureStatistics) -> float:
    """Squared Frechet distance between the normal distributions with the statistics of two sets.

    `|mean_r - mean_g|^2 + tr(C_r) + tr(C_g) - 2 tr((C_r C_g)^(1/2))`. With factors `C = L L^T` from the
    eigenvalues of each covariance, the last trace is the sum of the singular values of `L_r^T L_g`. That
    needs no inverse and no root of the product, and is exact for singular covariances too. Float64. Equal
    statistics may come out below 0 by a rounding error, which is clipped.

    The distance between samples overestimates that of the distributions, the more the fewer there are, so
    compare equal numbers only. With `count <= dim` (`is_rank_deficient`) little else is left of it.

    Args:
        real: `FeatureStatistics` of at least two features.
        generated: `FeatureStatistics` of at least two features.

    Returns:
        float, 0 for equal statistics. In squared units of the features.

    Raises:
        ValueError: different dimensions, or fewer than two features.

    Warns:
        UserWarning: a set has no more features than dimensions.

    Example:
    ```python
    distance = frechet_distance(real_statistics, generated_statistics)
    ```

    Reference:
        [1706.08500](https://arxiv.org/abs/1706.08500), equation 6.
    """
    if real.dim != generated.dim:
        raise ValueError(
            "`real` and `generated` must have the same feature dimension. "
            f"Received: {real.dim} and {generated.dim}"
        )
    covariances = real.covariance, generated.covariance
    for name, statistics in (("real", real), ("generated", generated)):
        if is_rank_deficient(statistics):
            warnings.warn(
                f"N under the feature dimension: {statistics.count} {name} features of dimension "
                f"{statistics.dim} give a singular covariance, and the distance is overestimated. "
                f"Use more than {statistics.dim}, better ten times as many.",
                stacklevel=2,
            )
    factors = [_factor(covariance) for covariance in covariances]
    root = np.linalg.svd(factors[0].T @ factors[1], compute_uv=False).sum()
    shift = real.mean - generated.mean
    distance = shift @ shift + np.trace(covariances[0]) + np.trace(covariances[1]) - 2.0 * root
    return max(float(distance), 0.0)


def _factor(covariance):
    """L, `(dim, rank)`, with `L L^T = covariance`; eigenvalues that are rounding errors of 0 are left out."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(values[-1], 0.0) * len(values) * np.finfo("float64").eps
    return vectors[:, kept] * np.sqrt(values[kept])
