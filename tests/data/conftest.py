"""Files that the tests of this folder make for themselves."""

import io

import numpy as np
import pytest
from PIL import Image


def _encode(pixels, format="PNG", **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.fixture
def encode():
    """`encode(pixels or Pillow image, format, **options)` -> bytes of an image file."""
    return _encode


@pytest.fixture
def noise():
    """`noise(height, width, seed)` -> uint8 RGB array of random pixels."""

    def make(height, width=None, seed=0):
        shape = (height, width or height, 3)
        return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")

    return make


@pytest.fixture
def flat_folder(tmp_path):
    """`flat_folder(count, side)` -> folder of PNG files; all pixels of image `i` have value `i`."""

    def make(count, side=8, name="flat"):
        folder = tmp_path / name
        folder.mkdir()
        for i in range(count):
            pixels = np.full((side, side, 3), i, "uint8")
            (folder / f"{i:03d}.png").write_bytes(_encode(pixels))
        return folder

    return make
