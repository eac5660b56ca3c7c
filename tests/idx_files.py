"""IDX files as MNIST has them, for tests."""

import gzip
from pathlib import Path

import numpy as np


def idx_bytes(array):
    """An IDX file of bytes: its magic number, its sizes, its values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + np.asarray(array, "uint8").tobytes()


def write_part(folder, part, images, labels, *, packed=False):
    """Writes images, `(n, height, width)`, and labels, `(n,)`, of "train" or "t10k" into a folder."""
    for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
        data = idx_bytes(array)
        path = Path(folder) / f"{part}-{kind}-ubyte{'.gz' * packed}"
        path.write_bytes(gzip.compress(data) if packed else data)
