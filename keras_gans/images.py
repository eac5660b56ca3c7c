"""Pixel ranges, image grids and PNG files. The only place where the range of an image changes.

Inside the package images are float32, `(batch, height, width, channels)`, in `[-1, 1]`. Exports give
`[0, 1]`. Files hold uint8.
"""

import math
from pathlib import Path
from typing import Literal

import numpy as np
from keras import ops
from keras.backend import is_float_dtype
from PIL import Image

Channels = Literal["rgb", "grey"]  # what images to train on may have, as presets and flags name it
CHANNELS = {"rgb": 3, "grey": 1}  # how many channels these are


def channel_count(channels):
    """Returns how many channels images have, from one of the names in `CHANNELS`; ValueError for others."""
    if channels not in CHANNELS:
        raise ValueError(f"`channels` must be one of {', '.join(CHANNELS)}. Received: {channels!r}")
    return CHANNELS[channels]


def channels_of(shape):
    """Returns the name in `CHANNELS` of images of a shape, `(..., channels)`."""
    return {count: name for name, count in CHANNELS.items()}[shape[-1]]


def from_uint8(images):
    """Maps uint8 `[0, 255]` to float32 `[-1, 1]`: 0 to -1, 255 to 1."""
    return ops.cast(images, "float32") / 127.5 - 1.0


def to_unit(images):
    """Maps `[-1, 1]` to `[0, 1]` and clips what lies outside."""
    return ops.clip(images * 0.5 + 0.5, 0.0, 1.0)


def from_unit(images):
    """Maps `[0, 1]`, the range of exports, to `[-1, 1]`."""
    return images * 2.0 - 1.0


def to_uint8(images):
    """Maps float images in `[-1, 1]` to a uint8 NumPy array, rounding to nearest and clipping."""
    return unit_to_uint8(np.asarray(images, "float32") * 0.5 + 0.5)


def unit_to_uint8(images):
    """Maps float images in `[0, 1]`, the range of exports, to a uint8 NumPy array."""
    return np.clip(np.rint(np.asarray(images, "float32") * 255.0), 0, 255).astype("uint8")


def check_generated(images, source, *, value_range=(0.0, 1.0), advice):
    """Returns what a generator gives as float32, or says what is wrong with it.

    The values may leave the range by half of its width: a last layer without bounds overshoots, and what
    it overshoots by is clipped.

    Args:
        images: array, `(n, height, width, channels)`.
        source: str. Who gives them, for the message.
        value_range: (float, float). The range that is expected, `None` for any.
        advice: str. What to do about images of another type or range, a sentence for the message.

    Raises:
        ValueError: not floating-point, NaN, infinite or far out of the range.
    """
    images = np.asarray(images)
    wanted = "finite" if value_range is None else "in [{:g}, {:g}]".format(*value_range)
    expected = f"Images must be float, {wanted}. {source} gives"
    if not is_float_dtype(images.dtype.name):
        raise ValueError(f"{expected} {images.dtype}. {advice}")
    images = images.astype("float32")
    broken = np.count_nonzero(~np.isfinite(images).all(axis=tuple(range(1, images.ndim))))
    if broken:
        raise ValueError(
            f"{expected} NaN or infinity in {broken} of {len(images)} images. Its weights may be broken, or "
            "an input out of its range."
        )
    if value_range is not None and images.size:
        low, high = value_range
        margin = (high - low) / 2.0
        if images.min() < low - margin or images.max() > high + margin:
            raise ValueError(f"{expected} {images.min():.2f} to {images.max():.2f}. {advice}")
    return images


def enlarge(images, factor):
    """Repeats every pixel of `(batch, height, width, channels)` `factor` times in both directions."""
    return np.asarray(images).repeat(factor, axis=1).repeat(factor, axis=2)


def grid(images, *, columns=None, padding=0):
    """Lays out a batch of images as one picture, row by row.

    Args:
        images: uint8 array, `(batch, height, width, channels)`.
        columns: int. Images a row. `None` means as square as possible, wider rather than taller.
        padding: int. White pixels between neighbours.

    Returns:
        uint8 array, `(rows * (height + padding) - padding, columns * (width + padding) - padding, channels)`.
        Unused places at the end are white.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            "`images` must be a non-empty uint8 array of shape (batch, height, width, channels). "
            f"Received: dtype {images.dtype}, shape {images.shape}"
        )
    if padding < 0 or (columns is not None and columns < 1):
        raise ValueError(
            f"`columns` must be at least 1 and `padding` at least 0. Received: {columns=}, {padding=}"
        )
    batch, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(batch))
    rows = math.ceil(batch / columns)
    sheet = np.full((rows * columns, height + padding, width + padding, channels), 255, "uint8")
    sheet[:batch, :height, :width] = images
    sheet = sheet.reshape(rows, columns, height + padding, width + padding, channels)
    sheet = sheet.transpose(0, 2, 1, 3, 4)  # (rows, height, columns, width, channels)
    sheet = sheet.reshape(rows * (height + padding), columns * (width + padding), channels)
    return sheet[: sheet.shape[0] - padding or None, : sheet.shape[1] - padding or None]


def write_png(path, image):
    """Writes one uint8 image, `(height, width, channels)`, as PNG and returns its path.

    The file appears whole or not at all.

    Args:
        path: str or path.
        image: uint8 array with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
    """
    path = Path(path)
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] not in (1, 3, 4):
        raise ValueError(
            "`image` must be a uint8 array of shape (height, width, channels) with 1, 3 or 4 channels. "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    if image.shape[-1] == 1:
        image = image[..., 0]
    temporary = path.with_name(path.name + ".tmp")
    try:
        Image.fromarray(image).save(temporary, format="PNG")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
