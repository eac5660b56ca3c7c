"""Resampling of images by a matrix, without aliases."""

import numpy as np
from keras import ops

# The wavelet sym6: orthogonal to itself moved by 2, 4, ..., so that going up and down again changes nothing.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
MARGIN = len(SYM6) // 4  # pixels around the result that its filter sees


def warp(images, matrix):
    """Moves the pixels of images by a matrix, one for every image.

    Images are continued by reflection, up to three times their size, and by zeros beyond; doubled with the
    low-pass filter of an orthogonal wavelet; read at the places that `matrix` says, bilinearly; and halved
    with the mirrored filter. All but the reading are products with constant matrices. An image whose matrix
    is the identity comes back unchanged.

    Args:
        images: float32 tensor, `(batch, height, width, channels)`, all sizes known.
        matrix: float32 tensor, `(batch, 3, 3)`. From `(x, y, 1)` of a pixel of the result to that of the
            image, in pixels, x to the right, y downwards, from the centre.

    Returns:
        float32 tensor like `images`.

    Example:
    ```python
    half_turn = keras.ops.diag(keras.ops.array([-1.0, -1.0, 1.0]))
    keras_gans.augment.warp(keras.ops.ones((1, 8, 8, 3)), half_turn[None])
    ```

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B.1 and algorithm 1. There the continuation
        is as large as the batch needs, at most three times the size in all: always the most gives the same
        images, in shapes that XLA can compile.
    """
    batch, height, width, channels = images.shape
    fine = _along_height(_along_width(images, upsampling(width)), upsampling(height))
    places = _places(matrix, height, width)  # (batch, 2, pixels)
    indices, weights = _corners(places, fine.shape)
    pixels = ops.take(ops.reshape(fine, (-1, channels)), indices, axis=0)  # (batch, 4, pixels, channels)
    pixels = ops.sum(pixels * weights[..., None], axis=1)
    pixels = ops.reshape(pixels, (batch, 2 * (height + 2 * MARGIN), 2 * (width + 2 * MARGIN), channels))
    warped = _along_width(_along_height(pixels, downsampling(height)), downsampling(width))
    moved = ops.any(ops.not_equal(matrix, ops.eye(3)), axis=(1, 2))
    return ops.where(moved[:, None, None, None], warped, images)


def upsampling(size):
    """Continues a line by reflection, doubles it with the filter, and puts a zero at both ends.

    Args:
        size: int. Pixels of the line.

    Returns:
        float32 array, `(2 * (3 * size - 2) + 2, size)`.
    """
    source = np.pad(np.arange(size), size - 1, mode="reflect")
    matrix = np.zeros((2 * len(source) + len(SYM6), size))
    for tap, value in enumerate(SYM6):
        np.add.at(matrix, (2 * np.arange(len(source)) + tap, source), np.sqrt(2.0) * value)
    first = len(SYM6) // 2 - 1  # cut to the doubled line, whose pairs have the pixels' centres
    matrix = matrix[first : first + 2 * len(source)]
    return np.pad(matrix, ((1, 1), (0, 0))).astype("float32")


def downsampling(size):
    """Halves a line with the mirrored filter, without the margin that it has at both ends.

    Args:
        size: int. Pixels of the result.

    Returns:
        float32 array, `(size, 2 * (size + 2 * MARGIN))`.
    """
    matrix = np.zeros((size, 2 * (size + 2 * MARGIN)))
    for tap, value in enumerate(SYM6):
        matrix[np.arange(size), 2 * np.arange(size) + 1 + tap] = np.sqrt(0.5) * value
    return matrix.astype("float32")


def _along_height(images, matrix):
    """Multiplies the columns of images by a matrix, `(new_height, height)`."""
    batch, height, width, channels = images.shape
    lines = ops.matmul(matrix, ops.reshape(images, (batch, height, width * channels)))
    return ops.reshape(lines, (batch, len(matrix), width, channels))


def _along_width(images, matrix):
    """Multiplies the rows of images by a matrix, `(new_width, width)`."""
    lines = ops.transpose(images, (0, 1, 3, 2))  # (batch, height, channels, width)
    return ops.transpose(ops.matmul(lines, matrix.T), (0, 1, 3, 2))


def _places(matrix, height, width):
    """Where the doubled result, with its margin, is read: indices x, y in what `upsampling` returns.

    The filter's mass lies almost half a doubled pixel before its middle. The transforms turn about the point
    half a doubled pixel before the centre, so that flips and quarter turns stay on the grid.
    """
    sizes = np.array([width, height])
    # Pixels from the centre of transforms.
    x, y = ((np.arange(2 * size) - (size - 1.0)) / 2 for size in sizes + 2 * MARGIN)
    x, y = (ops.convert_to_tensor(grid.reshape(-1), "float32") for grid in np.meshgrid(x, y))
    # No matrix product, whose factors a GPU may round to TF32.
    by_x, by_y, shift = (matrix[:, :2, i, None] for i in range(3))
    places = 2.0 * (by_x * x + by_y * y + shift)
    # The centre: behind a zero and the doubled reflection.
    centre = 1.0 + 2.0 * (sizes - 1.0) + (sizes - 1.0)
    return places + ops.convert_to_tensor(centre[:, None], "float32")


def _corners(places, shape):
    """Indices into the flattened pixels of all images, and weights, of the four neighbours of every place.

    Places outside stop at the zeros of the border.
    """
    batch, height, width, _ = shape
    last = ops.convert_to_tensor([[width - 1.0], [height - 1.0]])
    places = ops.clip(places, 0.0, last)
    low = ops.minimum(ops.floor(places), last - 1.0)
    high_x, high_y = ops.unstack(places - low, axis=1)  # weights of the neighbours behind, (batch, pixels)
    x, y = ops.unstack(ops.cast(low, "int32"), axis=1)
    first = y * width + x + np.arange(batch, dtype="int32")[:, None] * (height * width)
    indices = ops.stack([first, first + 1, first + width, first + width + 1], axis=1)
    low_x, low_y = 1.0 - high_x, 1.0 - high_y
    return indices, ops.stack([low_x * low_y, high_x * low_y, low_x * high_y, high_x * high_y], axis=1)
