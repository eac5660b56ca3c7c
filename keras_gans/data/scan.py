"""The one pass over a source: progress, what is unusable and why, and when that is too much."""

import time
from pathlib import Path

import keras

from keras_gans import paths
from keras_gans.data.decoding import BadImage, is_smaller, other_shape, wide_by_high
from keras_gans.resolution import is_same_shape, pair, text

ALLOWED_BAD_SHARE = 0.01
_SHOWN = 5
_QUIET_SECONDS = 2.0


class Progress:
    """A progress bar that appears only when the work takes longer than two seconds.

    Args:
        total: int. Images in all.
        show: bool. `False` never shows it.
    """

    def __init__(self, total, *, show=True):
        self._total = total
        self._show = show
        self._start = time.monotonic()
        self._bar = None
        self._last = 0.0

    def update(self, done):
        """Tells how many images are done."""
        now = time.monotonic()
        if not self._show or now - self._start < _QUIET_SECONDS:
            return
        if self._bar is None:
            self._bar = keras.utils.Progbar(self._total, unit_name="image")
        # The bar prints a line for every call where the output is no terminal.
        if done == self._total or now - self._last >= _QUIET_SECONDS:
            self._last = now
            self._bar.update(done)


def write_bad_files(path, bad_files):
    """Writes one line a file: its name, a tab, the reason. Folders above the list are made.

    Args:
        path: str or path of the list.
        bad_files: sequence of `(name, reason)`.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with paths.writing(path), open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\t{' '.join(reason.split())}\n" for name, reason in bad_files)


def too_many_bad(source, bad_files):
    """Tells whether more than 1 % of a source is unusable.

    Args:
        source: `Source`.
        bad_files: sequence of `(name, reason)`.
    """
    return len(bad_files) > ALLOWED_BAD_SHARE * len(source)


def check_bad_share(source, bad_files, advice):
    """Raises if more than 1 % of a source is unusable.

    Args:
        source: `Source`.
        bad_files: sequence of `(name, reason)`.
        advice: str. What to do, the end of the message.

    Raises:
        ValueError: naming the count and the first five files.
    """
    if too_many_bad(source, bad_files):
        raise ValueError(
            f"{len(bad_files)} of {len(source)} images of {source.name} cannot be used; "
            f"up to {ALLOWED_BAD_SHARE:.0%} are skipped. First: {first_names(bad_files)}. {advice}"
        )


def check_sizes(source, misfits, sizes, resolution):
    """Raises if images do not fit the resolution.

    Args:
        source: `Source`.
        misfits: sequence of `(name, BadImage)` of images that are too small or not square.
        sizes: sequence of `(width, height)` of all images of the source that can be decoded.
        resolution: int, or (height, width). Size of the images asked for.

    Raises:
        ValueError: naming the count, the smallest and the largest size, the first five files and
            the way out.
    """
    if not misfits:
        return
    ordered = sorted(sizes, key=lambda size: (min(size), max(size)))
    shapes = [fault.size[::-1] for _, fault in misfits]  # (height, width)
    small = sum(is_smaller(shape, resolution) for shape in shapes)
    narrow = sum(not is_same_shape(shape, resolution) for shape in shapes) if not source.crop else 0
    faults, ways = [], []
    if narrow:
        faults.append(f"{narrow} {other_shape(resolution)}")
        ways.append('pass crop="center"')
    if small:
        faults.append(f"{small} smaller than {wide_by_high(resolution)} pixels")
        ways.append(f"take a resolution of at most {min(ordered[0])}")
    raise ValueError(
        f"{len(misfits)} of {len(source)} images of {source.name} do not fit resolution "
        f"{text(resolution)}{_order(resolution)}: {', '.join(faults)}. Sizes go from {_size(ordered[0])} to "
        f"{_size(ordered[-1])}. First: {first_names([(n, f.reason) for n, f in misfits])}. "
        f"Either {' and '.join(ways)}, or make a clean set once with `keras-gans prepare`."
    )


def check_not_empty(source):
    """Raises ValueError, with the notes of the source, if it has no images."""
    if not len(source):
        raise ValueError(
            " ".join([f"{source.name} has no images.", *(f"{n[0].upper()}{n[1:]}." for n in source.notes)])
        )


def note_line(note):
    """Returns a note of a source as a line of a summary."""
    return f"note        {note}"


def is_misfit(result):
    """Tells whether a result of `Source.each` is a sound image of a size that does not fit."""
    return isinstance(result, BadImage) and result.size is not None


def first_names(pairs):
    """Returns the first five of `(name, reason)` pairs as text."""
    shown = "; ".join(f"{name} ({reason})" for name, reason in pairs[:_SHOWN])
    return shown + ("; ..." if len(pairs) > _SHOWN else "")


def _order(resolution):
    """Says which number is which, where it matters: sizes of files are written the other way round."""
    height, width = pair(resolution)
    return "" if height == width else f" (height x width; {wide_by_high(resolution)} as files have it)"


def _size(size):
    return f"{size[0]}x{size[1]}"
