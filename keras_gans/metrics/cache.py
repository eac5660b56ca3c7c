"""Results of the reference side, kept on disk: the real images do not change between two evaluations."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

VARIABLE = "KERAS_GANS_CACHE"


def default_directory():
    """Returns the directory that `KERAS_GANS_CACHE` names, else `~/.cache/keras_gans`."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "keras_gans")


class Cache:
    """Arrays on disk under the SHA-256 of everything that they depend on.

    A file appears whole or not at all. It repeats its key, and one that is damaged or has another key is
    removed and reported; what it held is then computed again. A directory that cannot be read or written is
    reported once, and nothing is kept. Nothing is ever removed for want of space.

    Args:
        directory: path. `None` means `default_directory()`. Made when something is stored.
        report: callable, called with a text for a person; `print` by default.

    Example:
    ```python
    cache = Cache("cache")
    key = {"data": "emoji", "count": 100}
    arrays = cache.load(key)
    if arrays is None:
        cache.store(key, {"mean": np.zeros(3)})
    ```
    """

    def __init__(self, directory: str | os.PathLike | None = None, *, report: Callable | None = print):
        self.directory = Path(directory or default_directory())
        self.report = report
        self._usable = True

    def path(self, key: object) -> Path:
        """Returns the file of a key.

        Args:
            key: dict that JSON can write. Everything that the arrays depend on.
        """
        return self.directory / f"{hashlib.sha256(_text(key).encode()).hexdigest()}.npz"

    def load(self, key: object) -> dict | None:
        """Returns the arrays stored under a key, dict of str to array; `None` if there are none."""
        try:
            opened = open(self.path(key), "rb")  # noqa: SIM115 what it raises is no damage
        except FileNotFoundError:
            return None
        except OSError as error:
            self._give_up("read", error)
            return None
        with opened:
            try:
                with np.load(opened, allow_pickle=False) as file:
                    arrays = {name: file[name] for name in file.files}
                stored = str(arrays.pop("key"))
                if stored != _text(key):
                    raise ValueError("it belongs to another key")
            except Exception as error:  # a damaged archive fails in any way, in a compressor or for memory
                self.discard(key, error)
                return None
        return arrays

    def discard(self, key: object, reason: object) -> None:
        """Removes a file that does not hold what it should, and reports it.

        Args:
            key: dict, as for `path`.
            reason: exception or str, for the report.
        """
        path = self.path(key)
        self.report(f"The cache file {path} is damaged and will be made again: {reason!s}")
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def store(self, key: object, arrays: dict) -> None:
        """Stores arrays under a key. Where the disk refuses, it reports that and goes on.

        Args:
            key: dict, as for `path`.
            arrays: dict of str to array; no name is "key".
        """
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Beside the target: a rename within one file system is atomic.
            descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    np.savez(file, key=np.array(_text(key)), **arrays)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            self._give_up("written", error)

    def _give_up(self, what, error):
        if self._usable:
            self.report(f"The cache {self.directory} cannot be {what}, so nothing is kept: {error}")
        self._usable = False


def digest_of_images(images):
    """SHA-256 of images in memory: it changes with any pixel, the order and the resolution.

    Args:
        images: uint8 array, `(n, height, width, channels)`.
    """
    digest = hashlib.sha256(str(images.shape).encode())
    digest.update(np.ascontiguousarray(images))
    return digest.hexdigest()


def digest_of_paths(root, names):
    """SHA-256 over names, sizes and times of files, without reading them.

    Args:
        root: path of a folder, or of one file (a zip archive), whose size and time then stand for all names.
        names: sequence of str. Files below the folder.
    """
    root = Path(root)
    digest = hashlib.sha256()
    paths = [root / name for name in names] if root.is_dir() else [root]
    for name in names:
        digest.update(f"{name}\n".encode(errors="surrogateescape"))
    for path in paths:
        status = path.stat()
        digest.update(f"{status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def identity_of(data, source, root):
    """What identifies the images of a data set, for `Images.identity`; `None` if nothing does.

    Args:
        data: `keras_gans.data.ImageData`. Of images in memory it is a digest of their pixels.
        source: `keras_gans.data.Source` of the others, which are not read.
        root: path of the source.
    """
    if data.images is not None:
        return digest_of_images(data.images)
    if not Path(root).exists():  # a data set of a catalogue
        return None
    names = [source.item_name(index) for index in range(len(source))]
    return [digest_of_paths(root, names), source.crop, data.resolution]


def _text(key):
    return json.dumps(key, sort_keys=True)
