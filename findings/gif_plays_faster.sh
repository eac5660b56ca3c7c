#!/usr/bin/env bash
# Pillow 13.0.0, and imageio 2.37.2 with it: a GIF plays faster than it was told to, by up to half.
#
# A good guess: GIF counts hundredths of a second, so a duration is rounded to the nearest one. Seen: it is cut. Frames
# of 33 ms, a film at 30 a second, last 30 ms; of 19 ms they last 10 ms, which most browsers show as 100 ms. A list of
# durations is cut frame by frame, so that the error adds up: 60 frames at 60 a second, one second of film, last 0.6
# seconds. Nothing is printed, and `duration` reads back as what was written. Durations that are multiples of 10 ms
# keep the length: 30, 30, 40 and so on.
exec bash "$(dirname "$0")/with_packages" pillow==13.0.0 imageio==2.37.2 numpy==2.3.5 <<'PROGRAM'
import imageio.v3 as imageio
import numpy as np
import PIL
from PIL import Image, ImageSequence

FRAMES = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype="uint8")


def milliseconds(path):
    """How long the frames of a GIF last in all."""
    with Image.open(path) as film:
        return sum(frame.info["duration"] for frame in ImageSequence.Iterator(film))


def pillow(durations):
    """The same with Pillow alone."""
    first, *rest = [Image.fromarray(frame) for frame in FRAMES]
    first.save("film.gif", save_all=True, append_images=rest, duration=durations, loop=0)
    return milliseconds("film.gif")


def through_imageio(fps):
    imageio.imwrite("film.gif", FRAMES, duration=1000 / fps, loop=0)
    return milliseconds("film.gif")


steps = np.diff(np.round(np.arange(61) * 100 / 30)).astype(int) * 10
seen = {
    "60 frames at 30 a second, 33 ms each: 1980 ms": pillow(33),
    "60 frames at 60 a second, 17 ms each: 1020 ms": pillow(17),
    "60 frames at 60 a second, 16 and 17 ms in a list: 1000 ms": pillow([17, 17, 16] * 20),
    "60 frames of 19 ms: 1140 ms": pillow(19),
    "60 frames at 30 a second through imageio: 2000 ms": through_imageio(30),
    "60 frames at 30 a second, 30 and 40 ms in a list: 2000 ms": pillow(steps.tolist()),
}
print(f"Pillow {PIL.__version__}")
for wanted, lasts in seen.items():
    print(f"{wanted} wanted, {lasts} ms seen")
assert list(seen.values()) == [1800, 600, 600, 600, 1800, 2000], seen
print("as described")
PROGRAM
