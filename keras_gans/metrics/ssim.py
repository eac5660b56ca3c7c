"""Structural similarity of images, at one and at several scales."""

from collections.abc import Sequence

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

WINDOW = 11
SIGMA = 1.5
MIDDLE = 127.5
# Stabilising constants (0.01 L)^2 and (0.03 L)^2 for the range L = 255.
LUMINANCE_CONSTANT = (0.01 * 255.0) ** 2
CONTRAST_CONSTANT = (0.03 * 255.0) ** 2
# Exponents of the scales, finest first.
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Structural similarity of pairs of images.

    With means, variances and covariance under an 11 x 11 Gaussian window of standard deviation 1.5,

        (2 m_a m_b + C1) / (m_a^2 + m_b^2 + C1) * (2 c_ab + C2) / (v_a + v_b + C2)

    averaged over all windows that lie within the image, then over the channels. C1 = (0.01 x 255)^2,
    C2 = (0.03 x 255)^2; float32.

    Args:
        a: uint8 or float array, `(batch, height, width, channels)`, in `[0, 255]`; 11 pixels or more.
        b: the same shape and range.

    Returns:
        float32 array, `(batch,)`, in `[-1, 1]`; 1 for equal images.

    Raises:
        ValueError: shapes that differ or are too small, values out of range.

    Reference:
        Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity",
        equation 13.
    """
    a, b = _check(a, b)
    _check_size(a, 1)
    luminance, contrast = _similarity(a, b)
    return np.asarray(ops.mean(luminance * contrast, axis=(1, 2, 3)))


def ms_ssim(a: ArrayLike, b: ArrayLike, *, scales: int | None = 5, weights: Sequence = WEIGHTS) -> np.ndarray:
    """Structural similarity over several scales.

    The product over the scales j of the mean of the second factor of `ssim`, at the coarsest scale of both
    factors, to the power `weights[j]`; negative means count as 0. Each scale has half the size, by means of
    2 x 2 pixels; an odd size is first extended by its last row or column. The mean over the channels is
    taken last. The mean over pairs of generated images of one class measures their diversity: low is diverse.

    Args:
        a: uint8 or float array, `(batch, height, width, channels)`, in `[0, 255]`. The window must fit into
            the coarsest scale: 161 pixels or more for five scales.
        b: the same shape and range.
        scales: int. How many of the weights to use, finest first. With fewer, they are multiplied by one
            factor so that their sum stays the same; the values do not compare with those of five scales.
        weights: sequence of positive floats.

    Returns:
        float32 array, `(batch,)`, in `[0, 1]`; 1 for equal images.

    Raises:
        ValueError: images too small for the scales, `scales` out of range, a weight not positive, or as
            `ssim`.

    Example:
    ```python
    similarity = ms_ssim(images[0::2], images[1::2]).mean()
    small = ms_ssim(images_64[0::2], images_64[1::2], scales=3).mean()
    ```

    Reference:
        Wang et al. 2003, "Multi-Scale Structural Similarity for Image Quality Assessment", equation 7; as a
        measure of diversity [1610.09585](https://arxiv.org/abs/1610.09585), section 4.2.
    """
    a, b = _check(a, b)
    weights = np.asarray(weights, "float64")
    if weights.ndim != 1 or not (weights > 0.0).all():
        raise ValueError(f"`weights` must be positive, of shape (scales,). Received: {weights.tolist()}")
    if not 1 <= scales <= len(weights):
        raise ValueError(
            f"`scales` must be from 1 to {len(weights)}, the number of weights. Received: {scales}"
        )
    _check_size(a, scales)
    exponents = weights[:scales] * (weights.sum() / weights[:scales].sum())
    product = 1.0
    for scale, exponent in enumerate(exponents):
        if scale:
            a, b = _halve(a), _halve(b)
        luminance, contrast = _similarity(a, b)
        factor = luminance * contrast if scale == scales - 1 else contrast
        product *= np.maximum(np.asarray(ops.mean(factor, axis=(1, 2))), 0.0) ** exponent  # (batch, channels)
    return product.mean(axis=1).astype("float32")


def _check(a, b):
    """Both batches in float32, relative to the middle of the range: variances lose fewer digits so."""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 4 or a.shape != b.shape or 0 in a.shape:
        raise ValueError(
            "`a` and `b` must have the same shape (batch, height, width, channels). "
            f"Received: {a.shape} and {b.shape}"
        )
    for name, images in (("a", a), ("b", b)):
        if images.dtype == np.uint8:
            continue
        low, high = images.min(), images.max()
        if not (np.issubdtype(images.dtype, np.floating) and low >= 0 and high <= 255):
            raise ValueError(
                f"`{name}` must be uint8, or float in [0, 255]. Received: {images.dtype} from {low} to {high}"
            )
    return a.astype("float32") - MIDDLE, b.astype("float32") - MIDDLE


def _check_size(images, scales):
    smallest = (WINDOW - 1) * 2 ** (scales - 1) + 1
    height, width = images.shape[1:3]
    if min(height, width) < smallest:
        raise ValueError(
            f"The images must be at least {smallest} pixels high and wide for the "
            f"{WINDOW} x {WINDOW} window at {scales} scale(s); use larger images or fewer scales. "
            f"Received: {height} x {width}"
        )


def _similarity(a, b):
    """Both factors at every window, `(batch, height - 10, width - 10, channels)`."""
    mean_a, mean_b = _filter(a), _filter(b)
    covariance = _filter(a * b) - mean_a * mean_b
    variances = _filter(a**2 + b**2) - mean_a**2 - mean_b**2
    mean_a, mean_b = mean_a + MIDDLE, mean_b + MIDDLE
    luminance = (2.0 * mean_a * mean_b + LUMINANCE_CONSTANT) / (mean_a**2 + mean_b**2 + LUMINANCE_CONSTANT)
    contrast = (2.0 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    return luminance, contrast


def _filter(images):
    """Gaussian window along both axes, where it fits."""
    channels = images.shape[-1]
    window = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    kernel = np.repeat((window / window.sum()).astype("float32")[:, None], channels, axis=1)
    for shape in ((WINDOW, 1), (1, WINDOW)):
        images = ops.depthwise_conv(
            images, kernel.reshape(*shape, channels, 1), padding="valid", data_format="channels_last"
        )
    return images


def _halve(images):
    odd = [(0, size % 2) for size in images.shape[1:3]]
    images = ops.pad(images, [(0, 0), *odd, (0, 0)], mode="symmetric")
    return ops.average_pool(images, 2, 2, padding="valid", data_format="channels_last")
