#!/usr/bin/env bash
# Keras 3.15.1: `keras.utils.save_img` writes a white picture as a black one, and any picture with full contrast.
#
# A good guess: an array of uint8, or of floats in [0, 1], is written as it is. Seen: `scale=True` is the default and
# stretches every picture by its own minimum and maximum. A picture of one colour has no range, and comes out black: white,
# grey and red alike. A pale sample of a generator looks as vivid as a good one, and scores of the files are not scores
# of the generator. `scale=False` writes values of 0 to 255 as they are (and floats of [0, 1] as 0 and 1).
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 pillow==12.0.0 <<'PROGRAM'
import keras
import numpy as np
from PIL import Image


def written(array, **options):
    """Smallest and largest value of the file."""
    keras.utils.save_img("image.png", array, **options)
    pixels = np.asarray(Image.open("image.png"))
    return int(pixels.min()), int(pixels.max())


white = np.full((8, 8, 3), 255, "uint8")
pale = np.linspace(0.45, 0.55, 192, dtype="float32").reshape(8, 8, 3)
seen = {
    "white, uint8": written(white),
    "white, floats": written(white / 255.0),
    "grey from 0.45 to 0.55": written(pale),
    "white, uint8, scale=False": written(white, scale=False),
    "white, floats, scale=False": written(white / 255.0, scale=False),
}
print("Keras", keras.__version__)
for name, (low, high) in seen.items():
    print(f"{name}: the file has values from {low} to {high}")
assert list(seen.values()) == [(0, 0), (0, 0), (0, 255), (255, 255), (1, 1)]
print("as described")
PROGRAM
