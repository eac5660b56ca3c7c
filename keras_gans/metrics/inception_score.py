"""Inception score."""

import itertools

import numpy as np
from numpy.typing import ArrayLike

from keras_gans.metrics.statistics import BLOCK, check_features


def inception_score(logits: ArrayLike, *, splits: int = 10) -> tuple[float, float]:
    """Exponential of the mean divergence between the classes of an image and those of all images.

    `exp(mean_x KL(p(y | x) || p(y)))`, natural logarithm, `p(y)` the mean over the split. 1 if all images
    look alike to the classifier, the number of classes if each is certain and all are equally frequent.
    Split i holds the rows from `i n // splits` to `(i + 1) n // splits`, in the order given. Float64, in
    blocks.

    Args:
        logits: float array, `(n, classes)`. Outputs of the classifier before the softmax.
        splits: int. How many parts.

    Returns:
        (float, float): mean and standard deviation (divided by `splits`) over the splits.

    Raises:
        ValueError: fewer rows than splits, or as `check_features`.

    Reference:
        [1606.03498](https://arxiv.org/abs/1606.03498), section 4.
    """
    logits = check_features(logits, "logits")
    if not 1 <= splits <= len(logits):
        raise ValueError(f"`splits` must be from 1 to {len(logits)}, the number of rows. Received: {splits}")
    edges = [i * len(logits) // splits for i in range(splits + 1)]
    scores = [_score(logits[start:stop]) for start, stop in itertools.pairwise(edges)]
    return float(np.mean(scores)), float(np.std(scores))


def _score(logits):
    """Entropy of the mean less the mean entropy: the mean divergence."""
    total, negative_entropy = np.zeros(logits.shape[1]), 0.0
    for start in range(0, len(logits), BLOCK):
        block = logits[start : start + BLOCK].astype("float64")
        block -= block.max(axis=1, keepdims=True)
        block -= np.log(np.exp(block).sum(axis=1, keepdims=True))
        probabilities = np.exp(block)
        total += probabilities.sum(axis=0)
        negative_entropy += np.vdot(probabilities, block)
    mean = total / len(logits)
    mean = mean[mean > 0.0]  # 0 log 0 = 0
    return np.exp(negative_entropy / len(logits) - mean @ np.log(mean))
