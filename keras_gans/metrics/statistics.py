"""Mean and covariance of features, from batches of any size."""

import numpy as np
from numpy.typing import ArrayLike

# Rows that are converted to float64 at a time: 64 MiB at 2048 features.
BLOCK = 4096


def check_features(features, name):
    """Returns features as an array, or says what is wrong with them.

    Args:
        features: float array, `(n, dim)`.
        name: str. What the message calls them.

    Returns:
        The array: float16, float32 or float64, not copied.

    Raises:
        ValueError: not of rank 2, not floating-point, empty, NaN or infinite.
    """
    features = np.asarray(features)
    if features.ndim != 2 or 0 in features.shape or not np.issubdtype(features.dtype, np.floating):
        raise ValueError(
            f"`{name}` must be a non-empty float array of shape (n, dim). "
            f"Received: shape {features.shape}, dtype {features.dtype}"
        )
    for start in range(0, len(features), BLOCK):
        finite = np.isfinite(features[start : start + BLOCK])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise ValueError(
                f"`{name}` must be finite. Received {features[start + row, column]} at row {start + row}, "
                f"column {column}"
            )
    return features


def check_pair(real, generated):
    """Returns both sets of features as arrays; as `check_features`, and their `dim` must be the same."""
    real, generated = check_features(real, "real"), check_features(generated, "generated")
    if real.shape[1] != generated.shape[1]:
        raise ValueError(
            "`real` and `generated` must have features of the same dimension. "
            f"Received: {real.shape[1]} and {generated.shape[1]}"
        )
    return real, generated


class FeatureStatistics:
    """Number, mean and covariance of features that arrive in batches.

    Two sets A and B with sums of outer products of deviations `S = sum (x - mean)(x - mean)^T` join to

        delta = mean_B - mean_A
        mean = mean_A + delta n_B / n
        S = S_A + S_B + delta delta^T n_A n_B / n

    all in float64. It never subtracts large squares, so it keeps its precision when the mean is far from 0,
    and the result depends on the sizes of the batches by rounding only. Memory: one `(dim, dim)` float64
    array, three while features are added, and one block of features, whatever the number of features.

    Args:
        dim: int. Number of features of an example.

    Example:
    ```python
    statistics = FeatureStatistics(2048)
    for images in dataset:
        statistics.update(features(images))
    ```

    Reference:
        Chan, Golub and LeVeque 1983, "Algorithms for Computing the Sample Variance", equation 2.1.
    """

    def __init__(self, dim: int):
        if isinstance(dim, bool) or not isinstance(dim, (int, np.integer)) or dim < 1:
            raise ValueError(f"`dim` must be an integer of at least 1. Received: {dim!r}")
        self.dim = int(dim)
        self.count = 0
        self._mean = np.zeros(self.dim)
        self._scatter = np.zeros((self.dim, self.dim))

    def update(self, features: ArrayLike) -> None:
        """Adds features.

        Args:
            features: float array, `(n, dim)`.

        Raises:
            ValueError: another dimension, or as `check_features`. Nothing is added then.
        """
        features = check_features(features, "features")
        if features.shape[1] != self.dim:
            raise ValueError(f"`features` must have the dimension {self.dim}. Received: {features.shape[1]}")
        for start in range(0, len(features), BLOCK):
            block = features[start : start + BLOCK].astype("float64")
            mean = block.mean(axis=0)
            block -= mean
            self._join(len(block), mean, block.T @ block)

    def merge(self, other: "FeatureStatistics") -> None:
        """Adds all that another `FeatureStatistics` of the same dimension has seen."""
        if other.dim != self.dim:
            raise ValueError(f"`other` must have the dimension {self.dim}. Received: {other.dim}")
        if other.count:
            self._join(other.count, other._mean, other._scatter)

    def _join(self, count, mean, scatter):
        total = self.count + count
        delta = mean - self._mean
        self._mean = self._mean + delta * (count / total)
        self._scatter = self._scatter + scatter
        if self.count:
            self._scatter += np.outer(delta, delta * (self.count * count / total))
        self.count = total

    @property
    def mean(self):
        """float64 array, `(dim,)`. Raises `ValueError` without features."""
        if not self.count:
            raise ValueError("The mean needs at least 1 feature vector. Received: 0")
        return self._mean.copy()

    @property
    def covariance(self):
        """float64 array, `(dim, dim)`, divided by `count - 1`. Raises `ValueError` below two features."""
        if self.count < 2:
            raise ValueError(f"The covariance needs at least 2 feature vectors. Received: {self.count}")
        return self._scatter / (self.count - 1)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The whole state as arrays by name, ready for `np.savez`."""
        return {"count": np.int64(self.count), "mean": self._mean.copy(), "scatter": self._scatter.copy()}

    @classmethod
    def from_arrays(cls, arrays):
        """The statistics that `to_arrays` wrote.

        Args:
            arrays: mapping with `count`, `mean`, `scatter`.

        Raises:
            ValueError: an array is missing, has another shape or is not finite.
        """
        missing = {"count", "mean", "scatter"} - set(arrays)
        if missing:
            raise ValueError(f"`arrays` lacks {sorted(missing)}. Received: {sorted(arrays)}")
        count = int(arrays["count"])
        mean, scatter = (np.array(arrays[name], "float64") for name in ("mean", "scatter"))
        if mean.ndim != 1 or scatter.shape != 2 * mean.shape or count < 0:
            raise ValueError(
                "`arrays` must hold count >= 0, mean (dim,), scatter (dim, dim). "
                f"Received: count {count}, mean {mean.shape}, scatter {scatter.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(scatter).all()):
            raise ValueError("`arrays` must be finite. Received NaN or infinity in the mean or the scatter")
        statistics = cls(len(mean))
        statistics.count, statistics._mean, statistics._scatter = count, mean, scatter
        return statistics
