"""Transforms that spoil an image: amplified frequencies and a square that is cut out."""

import math

import numpy as np
from keras import ops

SYM2 = np.array([1 + math.sqrt(3), 3 + math.sqrt(3), 3 - math.sqrt(3), 1 - math.sqrt(3)]) / math.sqrt(32)
BANDS = 4
EXPECTED_POWER = np.array([10.0, 1.0, 1.0, 1.0]) / 13.0  # of the bands in natural images, about 1 / f


def filter_bank():
    """Four symmetric filters that split a line into octaves, lowest first, and add up to the line itself.

    The bands are `[0, pi/8]`, `[pi/8, pi/4]`, `[pi/4, pi/2]`, `[pi/2, pi]`. Every level splits the lowest
    band by `H(z) H(1/z) / 2` and `H(-z) H(-1/z) / 2` of the wavelet sym2, whose sum is 1.

    Returns:
        float64 array, `(4, 43)`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B.2.
    """
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    high = low * (-1.0) ** np.arange(-3, 4)
    bank = np.ones((1, 1))
    for _ in range(BANDS - 1):
        spread = np.zeros((len(bank), 2 * bank.shape[1] - 1))
        spread[:, ::2] = bank
        lower = np.stack([np.convolve(row, low) for row in spread])
        border = (lower.shape[1] - len(high)) // 2
        bank = np.concatenate([lower, np.pad(high, border)[None]])
    return bank


def band_gains(amplification):
    """Gains of the four bands, which together leave the expected power of an image as it is.

    `g_k = a_k / prod_i sqrt(1 + lambda_i (a_i^2 - 1))`: amplifying one band damps all of them.

    Args:
        amplification: float32 `(batch, 4)`. Logarithms of base 2 of the amplitudes' factors.

    Returns:
        float32 tensor, `(batch, 4)`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B.2 and algorithm 1.
    """
    factors = ops.exp(amplification * math.log(2.0))
    share = ops.convert_to_tensor(EXPECTED_POWER, "float32")
    power = 1.0 + share * (ops.square(factors) - 1.0)
    return factors / ops.sqrt(ops.prod(power, axis=1, keepdims=True))


def filter_bands(images, gains):
    """Multiplies octaves of frequencies, along x and along y, by gains of every image.

    Borders are continued by reflection. Gains of 1 leave an image as it is.

    Args:
        images: float32 tensor, `(batch, height, width, channels)`, all sizes known.
        gains: float32 tensor, `(batch, 4)`, of the bands of `filter_bank`.

    Returns:
        float32 tensor like `images`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B.2.
    """
    batch, height, width, channels = images.shape
    columns = ops.reshape(images, (batch, height, width * channels))
    columns = columns + ops.matmul(_change(gains, height), columns)
    rows = ops.reshape(columns, (batch, height, width, channels))
    rows = ops.reshape(ops.transpose(rows, (0, 2, 1, 3)), (batch, width, height * channels))
    rows = rows + ops.matmul(_change(gains, width), rows)
    return ops.transpose(ops.reshape(rows, (batch, width, height, channels)), (0, 2, 1, 3))


def _change(gains, size):
    """What the filter of every image adds to a line: `(batch, size, size)`."""
    bank = filter_bank()
    reach = bank.shape[1] // 2
    source = np.pad(np.arange(size), reach, mode="reflect")
    matrices = np.zeros((BANDS, size, size))
    for tap in range(bank.shape[1]):
        places = (slice(None), np.arange(size), source[tap : tap + size])
        np.add.at(matrices, places, np.repeat(bank[:, tap : tap + 1], size, axis=1))
    return ops.tensordot(gains - 1.0, ops.convert_to_tensor(matrices, "float32"), axes=1)


def cut_out(images, *, centre, size):
    """Sets a rectangle of every image to 0.

    Args:
        images: float32 tensor, `(batch, height, width, channels)`, all sizes known.
        centre: float32 `(batch, 2)`. The rectangle's centre, x and y, in image sizes from the top left.
        size: float32 `(batch,)`. Its width and height, in image sizes; 0 leaves the image as it is.

    Returns:
        float32 tensor like `images`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B, algorithm 1.
    """
    _, height, width, _ = images.shape

    def inside(pixels, middle):
        places = ops.convert_to_tensor((np.arange(pixels) + 0.5) / pixels, "float32")
        return ops.abs(places - middle[:, None]) < 0.5 * size[:, None]

    across, down = inside(width, centre[:, 0]), inside(height, centre[:, 1])
    missing = ops.logical_and(down[:, :, None], across[:, None, :])[..., None]
    return ops.where(missing, 0.0, images)
