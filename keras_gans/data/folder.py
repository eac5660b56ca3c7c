"""Image files in a folder or a zip file."""

import collections
import json
import os
import zipfile
import zlib

import numpy as np

from keras_gans.data import labels
from keras_gans.data.base import Source
from keras_gans.data.decoding import (
    BadImage,
    crop_to_shape,
    decode,
    other_image_suffixes,
    readable_suffixes,
)
from keras_gans.data.files import counted, open_files, printable, suffix_of

INDEX = labels.INDEX
# No image within the pixel limit is larger, so a small zip entry cannot unpack to fill the memory.
MAX_FILE_BYTES = 2**30
_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


class ImageFolder(Source):
    """All images of a folder, or of a zip file, and of the folders below, sorted by path.

    Files count by their suffix, in any case: those of the formats that `decode` takes. Images in other
    formats are counted in `notes`. Hidden files and folders, what systems put beside them (`__MACOSX`,
    `@eaDir`) and everything else are ignored. Links to folders are followed, but not round in circles. Where
    a single folder holds everything, what lies in it counts as the top.

    Labels come from `dataset.json` at the top, `{"labels": [["dir/image.png", 3], ...]}` or
    `{"labels": null}` for none; it may name the classes, `"class_names": ["cat", ...]`, or else the
    numbers that occur are the classes. Without it, two or more folders at the top are the classes,
    sorted by name as text: 0, 1, 10, 2. A few images beside them, one for every ten in them, are left
    out; if there are more there are no labels. Folders within classes do not matter.

    Args:
        path: str or path of a folder or a zip file.
        crop: "center" to cut the largest square from the middle of every image, or `None` to take
            square images only.
        split: "train" or "all". Folders such as train and test at the top are refused with "train"; with
            "all" the images of all of them are taken, and the folders within them are the classes.
        labelled: bool. Whether labels are wanted. `False` takes all images and looks at no classes.

    Raises:
        ValueError: if the path is neither, a folder cannot be listed, the zip file is encrypted,
            `dataset.json` does not fit the images, or the folders at the top are parts of a set.
    """

    def __init__(self, path, crop=None, *, split="train", labelled=True):
        crop_to_shape(np.zeros((1, 1, 3), "uint8"), crop)
        self._files = open_files(path)
        self.crop = crop
        # Not that of what a link leads to.
        self.name = printable(os.path.basename(os.path.abspath(path)))
        images = [name for name in self._files.names if suffix_of(name) in readable_suffixes()]
        lists = [name for name in self._files.names if name.rpartition("/")[2] == INDEX]
        self._top = labels.wrapping(images + lists)
        index = self._read_index()
        self.prepared = index.get("prepared")
        found = self._find_labels(images, index, split, labelled)
        self.class_names, self.labels = found.class_names, found.labels
        self._items = [name for place, name in enumerate(images) if place not in found.left_out]
        self.notes = (*self._files.notes, *self._unread(), *found.notes)
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
        except _UNREADABLE as error:
            raise BadImage(f"cannot be read: {error}") from error
        return decode(data, name=name)

    def stamp(self, index):
        """Returns name, size and CRC-32 of the first 4 KiB of file number `index`, see `Source.stamp`."""
        name = self._items[index]
        try:
            return self._below(name), self._files.size(name), zlib.crc32(self._files.head(name))
        except _UNREADABLE:
            return self._below(name), 0, 0  # `read` says why

    def item_name(self, index):
        """Returns the path of image number `index` below the top, with forward slashes."""
        return self._items[index]

    def key(self, index):
        """Returns the path without the extension and without a folder that holds everything."""
        return super().key(index).removeprefix(self._top)

    def _below(self, name):
        return name.removeprefix(self._top)

    def _read_index(self):
        name = self._top + INDEX
        if name not in self._files.names:
            return {}
        try:
            index = json.loads(self._files.read(name))
        except ValueError as error:
            raise ValueError(f"{INDEX} of {self.name} is no JSON: {error}") from error
        if not isinstance(index, dict):
            raise ValueError(f"{INDEX} of {self.name} must hold an object. Received: {index!r:.80}")
        return index

    def _find_labels(self, images, index, split, labelled):
        names = [self._below(name) for name in images]
        if "labels" in index:
            return labels.from_index(index, names) if labelled else labels.Labels()
        folders = [self._below(name) for name in self._files.folders if name.startswith(self._top)]
        splits = labels.splits_of(names)
        if splits and split != "all":
            parts = ", ".join(f"{printable(name)} ({count:,} images)" for name, count in splits.items())
            raise ValueError(
                f"{self.name} holds parts of a set, which are no classes: {parts}. Name one of them, as in "
                f"{self.name}/{self._top}{next(iter(splits))}, or take all of them with --split all."
            )
        if splits:
            names, folders = ([name.partition("/")[2] for name in all_] for all_ in (names, folders))
        return labels.from_folders(names, folders) if labelled else labels.Labels()

    def _unread(self):
        """What was not taken: images in other formats, or if there is no image at all, any file."""
        notes = []
        others = collections.Counter(map(suffix_of, self._files.names))
        unread = {suffix: count for suffix, count in others.items() if suffix in other_image_suffixes()}
        if unread:
            images = range(sum(unread.values()))
            formats = counted(images, "image in a format", "images in formats")
            notes.append(
                f"{formats} that cannot be read left out: {_by_suffix(unread)}; convert to PNG or JPEG"
            )
        elif others and not self._items:
            notes.append(f"it holds {_by_suffix(others)}")
        return notes


def _by_suffix(counts):
    return ", ".join(f"{count:,} {suffix or 'without a suffix'}" for suffix, count in sorted(counts.items()))
