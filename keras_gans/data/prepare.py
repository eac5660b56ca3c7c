"""Makes a clean set of PNG files of one size once, so that training need not check and resize again."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np

from keras_gans import paths
from keras_gans.data import scan
from keras_gans.data.base import Source
from keras_gans.data.decoding import BadImage, fit
from keras_gans.data.files import printable
from keras_gans.data.fingerprint import digest_of
from keras_gans.data.labels import INDEX
from keras_gans.data.sources import open_source
from keras_gans.images import write_png
from keras_gans.resolution import Resolution, plain, sides

BAD_FILES = "bad_files.txt"
_STATE = "partial.json"


@dataclasses.dataclass(frozen=True)
class PrepareReport:
    """What `prepare` did; `str(report)` is the text for a person.

    Attributes:
        destination: path of the new folder.
        resolution: int, or (height, width).
        count: int. Images written.
        skipped: tuple of `(name, reason)`. Listed in the folder's `bad_files.txt` too.
        class_counts: dict, class name to number of images, or `None` without labels.
        notes: tuple of str, as of `Source`.
    """

    destination: Path
    resolution: Resolution
    count: int
    skipped: tuple
    class_counts: dict | None
    notes: tuple = ()

    def __str__(self):
        lines = [f"{self.count:,} images of {sides(self.resolution)} in {self.destination}"]
        for name, count in (self.class_counts or {}).items():
            lines.append(f"  {count:>8,}  {name}")
        lines.append(f"{len(self.skipped):,} skipped")
        lines += [f"  {name}: {reason}" for name, reason in self.skipped[:5]]
        if len(self.skipped) > 5:
            lines.append(f"  ... all of them in {self.destination / BAD_FILES}")
        return "\n".join([*lines, *map(scan.note_line, self.notes)])


def prepare(
    spec,
    destination,
    *,
    resolution,
    crop="center",
    split="train",
    force=False,
    progress=True,
):
    """Writes all usable images of a data set as PNG files of one size.

    Broken and too small images are skipped and listed. The folder appears whole or not at all: images are
    written to a hidden one beside it, `.NAME.partial`. It stays if the work ends early, and another call with
    the same data set, resolution and crop goes on from there.

    `ImageFolder` reads it back with the same pixels and labels: `dataset.json` holds the labels,
    class names and a "prepared" entry, which `load` trusts.

    Args:
        spec: str or path, as `open_source` takes it, or a `Source`, which brings its own split and
            crop.
        destination: str or path of a folder that does not exist or is empty, and is neither the working
            directory nor a mount point.
        resolution: int, or (height, width). Size of the images, in pixels.
        crop: "center" to cut the largest part of this shape, such as a square, from the middle of every
            image, or `None` to skip images of another shape.
        split: str. Split of the data set.
        force: bool. Whether to go on if more than 1 % of the images have to be skipped.
        progress: bool. Whether a long run shows a progress bar.

    Returns:
        `PrepareReport`.

    Raises:
        FileExistsError: if `destination` is a file or a folder with something in it, or one that cannot be
            replaced.
        keras_gans.paths.DiskFull: if there is no room for it.
        ValueError: if the data set is unknown or empty, no image or, without `force`, less than
            99 % of the images can be used; without `force` as soon as this is certain.
    """
    resolution = plain(resolution)
    target = Path(destination).resolve()  # a link to an empty folder cannot be replaced
    _check_free(target)
    source = spec if isinstance(spec, Source) else open_source(spec, split=split, crop=crop)
    scan.check_not_empty(source)
    work, done = _open_work(target, source, resolution)
    try:
        written, skipped = _write_images(source, work, resolution, done, force, progress)
        if not force or not written:
            seen = len(written) + len(skipped)
            advice = f"It stopped after {seen:,} of {len(source):,}. " if seen < len(source) else ""
            advice += "Pass force=True (--force) to leave them out." if written else ""
            scan.check_bad_share(source, skipped, advice)
        if skipped:
            scan.write_bad_files(work / BAD_FILES, skipped)
        counts = _write_index(source, work, written, len(skipped), resolution)
        _check_free(target)
        if target.exists():
            target.rmdir()  # empty
        work.rename(target)
        (target / _STATE).unlink()
    except BaseException as error:
        if any(work.glob("*/*.png")):
            error.add_note(f"What was done is kept in {work}; the same call goes on from there.")
        else:
            shutil.rmtree(work, ignore_errors=True)
        raise
    return PrepareReport(
        destination=Path(destination),
        resolution=resolution,
        count=len(written),
        skipped=tuple(skipped),
        class_counts=counts,
        notes=tuple(source.notes),
    )


def _open_work(target, source, resolution):
    """Returns the folder to work in and the numbers of the images that are done in it."""
    work = target.with_name(f".{target.name}.partial")
    state = {"source": digest_of(source), "resolution": _listed(resolution), "crop": source.crop}
    if work.exists():
        if _read_state(work) == state:
            files = (file for file in work.glob("*/img*.png") if file.stat().st_size)
            return work, {int(file.stem.removeprefix("img")) for file in files}
        shutil.rmtree(work)
    # Beside the target: a rename within one file system is atomic.
    work.mkdir(parents=True)
    with paths.writing(work / _STATE):
        (work / _STATE).write_text(json.dumps(state), encoding="utf-8")
    return work, set()


def _listed(resolution):
    """A resolution as JSON reads it back."""
    return resolution if isinstance(resolution, int) else list(resolution)


def _read_state(work):
    try:
        return json.loads((work / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _check_free(destination):
    if destination.exists() and not (destination.is_dir() and not any(destination.iterdir())):
        raise FileExistsError(f"`destination` must be a new or an empty folder. Received: {destination}")
    if destination == Path.cwd() or destination.is_mount():
        raise FileExistsError(
            "`destination` is replaced as a whole, which the working directory and a mount point cannot be. "
            f"Name a new folder in it. Received: {destination}"
        )


def _write_images(source, work, resolution, done, force, progress):
    """Returns `[(index, file name)]` of the images written and `[(name, reason)]` of the others.

    Without `force` it ends where more cannot be used than may be.
    """

    def file_name(index):
        return f"{index // 1000:05d}/img{index:08d}.png"

    def write(index, image):
        image = fit(image, resolution=resolution, crop=source.crop)
        name = file_name(index)
        with paths.writing(work / name):
            (work / name).parent.mkdir(exist_ok=True)
            write_png(work / name, image)
        return name

    written, skipped = [(index, file_name(index)) for index in done], []
    bar = scan.Progress(len(source), show=progress)
    for index, result in source.each(write, done):
        if isinstance(result, BadImage):
            skipped.append((printable(source.item_name(index)), result.reason))
            if not force and scan.too_many_bad(source, skipped):
                break
        else:
            written.append((index, result))
        bar.update(index + 1)
    return sorted(written), skipped


def _write_index(source, work, written, skipped, resolution):
    """Writes `dataset.json`. Returns the number of images of each class, or `None`."""
    labels, counts = None, None
    if source.labels is not None:
        labels = [[name, int(source.labels[index])] for index, name in written]
        numbers = np.bincount([label for _, label in labels], minlength=len(source.class_names))
        counts = dict(zip(source.class_names, numbers.tolist(), strict=True))
    index = {
        "labels": labels,
        "class_names": source.class_names,
        "prepared": {
            "resolution": _listed(resolution),
            "count": len(written),
            "skipped": skipped,
            "source": source.name,
            "provenance": source.provenance,
        },
    }
    with paths.writing(work / INDEX):
        (work / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")
    return counts
