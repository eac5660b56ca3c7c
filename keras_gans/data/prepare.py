"""Makes a clean set of square PNG files once, so that training need not check and resize again."""

import dataclasses
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from keras_gans.data import scan
from keras_gans.data.base import Source
from keras_gans.data.decoding import BadImage, fit
from keras_gans.data.folder import INDEX
from keras_gans.data.sources import open_source
from keras_gans.images import write_png

BAD_FILES = "bad_files.txt"


@dataclasses.dataclass(frozen=True)
class PrepareReport:
    """What `prepare` did; `str(report)` is the text for a person.

    Attributes:
        destination: path of the new folder.
        resolution: int.
        count: int. Images written.
        skipped: tuple of `(name, reason)`. Listed in the folder's `bad_files.txt` too.
        class_counts: dict, class name to number of images, or `None` without labels.
    """

    destination: Path
    resolution: int
    count: int
    skipped: tuple
    class_counts: dict | None

    def __str__(self):
        lines = [f"{self.count:,} images of {self.resolution}x{self.resolution} in {self.destination}"]
        for name, count in (self.class_counts or {}).items():
            lines.append(f"  {count:>8,}  {name}")
        lines.append(f"{len(self.skipped):,} skipped")
        lines += [f"  {name}: {reason}" for name, reason in self.skipped[:5]]
        if len(self.skipped) > 5:
            lines.append(f"  ... all of them in {self.destination / BAD_FILES}")
        return "\n".join(lines)


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
    """Writes all usable images of a data set as square PNG files of one size.

    Broken and too small images are skipped and listed. The folder appears whole or not at all.
    `ImageFolder` reads it back with the same pixels and labels: `dataset.json` holds the labels,
    class names and a "prepared" entry, which `load` trusts.

    Args:
        spec: str or path, as `open_source` takes it, or a `Source`, which brings its own split and
            crop.
        destination: str or path of a folder that does not exist or is empty.
        resolution: int. Side of the images, in pixels.
        crop: "center" to cut the largest square from the middle of every image, or `None` to skip
            images that are not square.
        split: str. Split of the data set.
        force: bool. Whether to go on if more than 1 % of the images have to be skipped.
        progress: bool. Whether a long run shows a progress bar.

    Returns:
        `PrepareReport`.

    Raises:
        FileExistsError: if `destination` is a file or a folder with something in it.
        ValueError: if the data set is unknown or empty, no image or, without `force`, less than
            99 % of the images can be used.
    """
    destination = Path(destination)
    _check_free(destination)
    source = spec if isinstance(spec, Source) else open_source(spec, split=split, crop=crop)
    scan.check_not_empty(source)
    destination.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target: a rename within one file system is atomic.
    work = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    try:
        written, skipped = _write_images(source, work, resolution, progress)
        if not force or not written:
            advice = "Pass force=True to leave them out." if written else ""
            scan.check_bad_share(source, skipped, advice)
        if skipped:
            scan.write_bad_files(work / BAD_FILES, skipped)
        counts = _write_index(source, work, written, len(skipped), resolution)
        _open_to_others(work)
        _check_free(destination)
        if destination.exists():
            destination.rmdir()  # empty
        work.rename(destination)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return PrepareReport(destination, resolution, len(written), tuple(skipped), counts)


def _check_free(destination):
    if destination.exists() and not (destination.is_dir() and not any(destination.iterdir())):
        raise FileExistsError(f"`destination` must be a new or an empty folder. Received: {destination}")


def _write_images(source, work, resolution, progress):
    """Returns `[(index, file name)]` of the images written and `[(name, reason)]` of the others."""

    def write(index, image):
        image = fit(image, resolution=resolution, crop=source.crop)
        name = f"{index // 1000:05d}/img{index:08d}.png"
        (work / name).parent.mkdir(exist_ok=True)
        write_png(work / name, image)
        return name

    written, skipped = [], []
    bar = scan.Progress(len(source), show=progress)
    for index, result in source.each(write):
        if isinstance(result, BadImage):
            skipped.append((source.item_name(index), result.reason))
        else:
            written.append((index, result))
        bar.update(index + 1)
    return written, skipped


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
            "resolution": resolution,
            "count": len(written),
            "skipped": skipped,
            "source": source.name,
            "provenance": source.provenance,
        },
    }
    (work / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")
    return counts


def _open_to_others(folder):
    """Gives a temporary folder, private by default, the permissions of an ordinary one."""
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)
