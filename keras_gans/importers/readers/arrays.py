"""Arrays as views of bytes."""

import math

import numpy as np

from keras_gans.importers.readers.content import Unreadable

MOST_DIMENSIONS = 32
MOST_ELEMENTS = 2**58  # that NumPy counts, also where another size is 0


def is_shape(shape):
    """Whether some whole numbers are a shape that NumPy can have."""
    return len(shape) <= MOST_DIMENSIONS and math.prod(size for size in shape if size) < MOST_ELEMENTS


def view(data, dtype, shape, order="C"):
    """Returns an array that is a view of some bytes.

    Args:
        data: bytes or memoryview.
        dtype: type of NumPy.
        shape: sequence of int, not negative.
        order: "C" or "F".

    Raises:
        Unreadable: if the bytes are not as many as the shape needs.
    """
    needed = math.prod(shape) * dtype.itemsize
    if not is_shape(shape) or len(data) != needed:
        raise Unreadable(f"an array of {dtype} and shape {tuple(shape)} has {len(data):,} bytes")
    return np.frombuffer(data, np.uint8).view(dtype).reshape(shape, order=order)
