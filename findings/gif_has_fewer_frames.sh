#!/usr/bin/env bash
# imageio 2.38.1 with Pillow 12.0.0: a film of six frames is a GIF or WebP of three, if neighbours are equal.
#
# A good guess: as many frames come back as were written, and frame i is frame i. Seen: the writers of GIF and WebP merge
# frames that equal the one before, and add up their times in GIF. APNG and TIFF keep all. It plays the same, but
# whoever finds a frame by its number (a walk between latents that rests on each of them; a sheet made from a film; a
# test that counts) finds another picture.
exec bash "$(dirname "$0")/with_packages" imageio==2.38.1 pillow==12.0.0 numpy==2.3.5 <<'PROGRAM'
import imageio.v3 as iio
import numpy as np
import PIL
from PIL import Image

one = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
other = 255 - one
film = [one, one, one, other, other, one]
counts = {}
for name, options in {"film.gif": {"duration": 100}, "film.webp": {"duration": 100, "lossless": True}, "film.png": {}, "film.tiff": {}}.items():
    iio.imwrite(name, film, **options)
    with Image.open(name) as image:
        counts[name] = image.n_frames
with Image.open("film.gif") as image:
    times = []
    for index in range(image.n_frames):
        image.seek(index)
        times.append(image.info["duration"])
print(f"Pillow {PIL.__version__}")
print(f"{len(film)} frames written; frames in the file: {counts}; times in the GIF, in ms: {times}")
assert counts == {"film.gif": 3, "film.webp": 3, "film.png": 6, "film.tiff": 6}, counts
assert times == [300, 200, 100], times
print("as described")
PROGRAM
