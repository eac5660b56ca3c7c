"""Image files in a folder or a zip file."""

import json
import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np

from keras_gans.data.base import Source
from keras_gans.data.decoding import BadImage, crop_square, decode

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
INDEX = "dataset.json"
# No image within the pixel limit is larger, so a small zip entry cannot unpack to fill the memory.
MAX_FILE_BYTES = 2**30
_SHOWN = 5
_HEAD_BYTES = 4096


class ImageFolder(Source):
    """All images of a folder, or of a zip file, and of the folders below, sorted by path.

    Files count by extension (jpg jpeg png webp gif bmp tif tiff, any case). Hidden files and
    folders, `__MACOSX` and everything else are ignored; links to folders are not followed.

    Labels come from `dataset.json` at the top, `{"labels": [["dir/image.png", 3], ...]}` or
    `{"labels": null}` for none; it may name the classes, `"class_names": ["cat", ...]`. Without it,
    if all images lie in two or more sub-folders, the sub-folders of the top are the classes, sorted
    by name.

    Args:
        path: str or path of a folder or a zip file.
        crop: "center" to cut the largest square from the middle of every image, or `None` to take
            square images only.

    Raises:
        ValueError: if the path is neither, the zip file is encrypted, or `dataset.json` does not
            fit the images.
    """

    def __init__(self, path, crop=None):
        crop_square(np.zeros((1, 1, 3), "uint8"), crop)
        path = Path(path)
        if path.is_dir():
            self._files = _Folder(path)
        elif path.is_file() and zipfile.is_zipfile(path):
            self._files = _Zip(path)
        else:
            what = "a file that is no zip file" if path.exists() else "a path that does not exist"
            raise ValueError(f"`path` must be a folder or a zip file. Received {what}: {path}")
        self.crop = crop
        self.name = path.resolve().name
        self._items = sorted(name for name in self._files.names() if _is_image(name))
        index = self._read_index()
        self.prepared = index.get("prepared")
        if "labels" in index:
            self.class_names, self.labels = _labels_from_index(index, self._items)
        else:
            self.class_names, self.labels = _labels_from_folders(self._items)
        # Only the last part of the path: cards are published.
        self.provenance = (self.prepared or {}).get("provenance") or {
            "description": f"{len(self)} images of the folder {self.name}",
            "licence": "not stated",
        }

    def __len__(self):
        return len(self._items)

    def read(self, index):
        """Returns image number `index`: uint8 RGB array, `(height, width, 3)`.

        Raises:
            BadImage: if the file cannot be read or decoded.
        """
        name = self._items[index]
        try:
            if self._files.size(name) > MAX_FILE_BYTES:
                raise BadImage(f"the file is over {MAX_FILE_BYTES // 2**20} MiB")
            data = self._files.read(name)
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise BadImage(f"cannot be read: {error}") from error
        return decode(data, name=name)

    def stamp(self, index):
        """Returns size and CRC-32 of the first 4 KiB of image file number `index`, see `Source.stamp`."""
        name = self._items[index]
        return self._files.size(name), zlib.crc32(self._files.head(name))

    def item_name(self, index):
        """Returns the path of image number `index` below the top, with forward slashes."""
        return self._items[index]

    def _read_index(self):
        if not self._files.exists(INDEX):
            return {}
        try:
            index = json.loads(self._files.read(INDEX))
        except ValueError as error:
            raise ValueError(f"{INDEX} of {self.name} is no JSON: {error}") from error
        if not isinstance(index, dict):
            raise ValueError(f"{INDEX} of {self.name} must hold an object. Received: {index!r:.80}")
        return index


class _Folder:
    def __init__(self, path):
        self._path = path

    def names(self):
        for folder, _, files in os.walk(self._path):
            relative = Path(folder).relative_to(self._path)
            yield from ((relative / file).as_posix() for file in files)

    def exists(self, name):
        return (self._path / name).is_file()

    def size(self, name):
        return (self._path / name).stat().st_size

    def read(self, name):
        return (self._path / name).read_bytes()

    def head(self, name):
        with open(self._path / name, "rb", buffering=0) as file:
            return file.read(_HEAD_BYTES)


class _Zip:
    def __init__(self, path):
        self._zip = zipfile.ZipFile(path)  # open as long as the source; its reads are thread-safe
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        if any(entry.flag_bits & 1 for entry in entries):
            raise ValueError(f"The zip file {path.name} is encrypted; unpack it first.")
        self._entries = {entry.filename: entry for entry in entries}

    def names(self):
        return iter(self._entries)

    def exists(self, name):
        return name in self._entries

    def size(self, name):
        return self._entries[name].file_size

    def read(self, name):
        return self._zip.read(name)

    def head(self, name):
        with self._zip.open(name) as file:
            return file.read(_HEAD_BYTES)


def _is_image(name):
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in EXTENSIONS


def _labels_from_index(index, items):
    if index["labels"] is None:
        return None, None
    try:
        table = {str(name): label for name, label in index["labels"]}
    except (TypeError, ValueError) as error:
        raise ValueError(f'"labels" of {INDEX} must be a list of [path, class] pairs.') from error
    missing = [item for item in items if item not in table]
    if missing:
        raise ValueError(
            f"{INDEX} has no label for {len(missing)} of {len(items)} images: " + ", ".join(missing[:_SHOWN])
        )
    labels = [table[item] for item in items]
    names = index.get("class_names")
    limit = len(names) if names else None
    for item, label in zip(items, labels, strict=True):
        if type(label) is not int or label < 0 or (limit and label >= limit):
            allowed = f"an integer in [0, {limit})" if limit else "an integer, 0 or more"
            raise ValueError(f"Labels in {INDEX} must be {allowed}. Received: {label!r} for {item}")
    if not names:
        names = [str(label) for label in range(max(labels, default=-1) + 1)]
    return tuple(map(str, names)), np.array(labels, "int32")


def _labels_from_folders(items):
    parts = [PurePosixPath(item).parts for item in items]
    names = sorted({part[0] for part in parts})
    if len(names) < 2 or any(len(part) == 1 for part in parts):
        return None, None
    return tuple(names), np.array([names.index(part[0]) for part in parts], "int32")
