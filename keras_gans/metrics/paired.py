"""How near images are to what they should be."""

import numpy as np
from numpy.typing import ArrayLike

from keras_gans.metrics.ssim import WEIGHTS, WINDOW, ms_ssim

BATCH = 64


def compare_pairs(images: ArrayLike, targets: ArrayLike) -> dict[str, float]:
    """Compares images with their targets.

    Args:
        images: uint8 array, `(n, height, width, channels)`.
        targets: the same shape.

    Returns:
        dict: "L1", the mean absolute difference, of pixels in `[0, 1]`; "MS-SSIM", the mean structural
        similarity over as many scales as the images are large enough for, at most five, see
        `keras_gans.metrics.ms_ssim`; "scales", their number.

    Raises:
        ValueError: if the shapes differ, or the images are smaller than 11 pixels.

    Example:
    ```python
    keras_gans.metrics.compare_pairs(translated, targets)["L1"]
    ```
    """
    images, targets = np.asarray(images), np.asarray(targets)
    if images.shape != targets.shape or images.ndim != 4 or min(images.shape) < 1:
        raise ValueError(
            "`images` and `targets` must have the same shape (n, height, width, channels). "
            f"Received: {images.shape} and {targets.shape}"
        )
    side, scales = min(images.shape[1:3]), 1
    while scales < len(WEIGHTS) and (WINDOW - 1) * 2**scales + 1 <= side:
        scales += 1
    differences, similarities = [], []
    for start in range(0, len(images), BATCH):
        one, other = images[start : start + BATCH], targets[start : start + BATCH]
        differences.append(np.abs(one.astype("float64") - other).mean(axis=(1, 2, 3)) / 255.0)
        similarities.append(ms_ssim(one, other, scales=scales))
    return {
        "L1": float(np.concatenate(differences).mean()),
        "MS-SSIM": float(np.concatenate(similarities).mean(dtype="float64")),
        "scales": scales,
    }
