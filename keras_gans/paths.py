"""Paths as TensorFlow and shells take them, and disks that fill up."""

import contextlib
import errno
import os
import shlex
import shutil
import tempfile
from pathlib import Path

PATTERN = frozenset("*?[]\\")  # what TensorFlow reads as a pattern in the path of a checkpoint


@contextlib.contextmanager
def without_patterns(directory):
    """Gives a path of a directory that TensorFlow does not read as a pattern.

    `tf.train` and `tf.saved_model` look for the files of a checkpoint with a pattern that begins with its
    path: below `run[1]` they find nothing, below `run*` also the files of other folders.

    Args:
        directory: path of a directory that exists.

    Yields:
        `pathlib.Path`: `directory` itself, or a symbolic link to it that lasts as long as the block.
    """
    directory = Path(directory)
    if PATTERN.isdisjoint(str(directory)):
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="keras_gans_") as folder:
        link = Path(folder) / "link"
        if not PATTERN.isdisjoint(str(link)):
            raise ValueError(
                f"The path {directory} has one of {' '.join(sorted(PATTERN))}, which TensorFlow reads as a "
                f"pattern, and so has that of temporary files, {folder}. Let TMPDIR name another folder."
            )
        link.symlink_to(os.path.abspath(directory), target_is_directory=True)
        yield link


def argument(path):
    """Returns a path as a shell takes it for an argument, also one that begins with a dash: str."""
    text = str(path)
    return shlex.quote(os.path.join(".", text) if text.startswith("-") else text)


class DiskFull(OSError):
    """A file could not be written for want of room, or will not be.

    Args:
        problem: str. What could not be written, a clause for the message.
        path: path of the file or the folder.
        needed: int. Bytes that are written there, or `None` where that is not known.
    """

    def __init__(self, problem, path, needed=None):
        needs = f"{megabytes(needed)} are needed, " if needed is not None else ""
        super().__init__(errno.ENOSPC, f"{problem}; {needs}{megabytes(free_bytes(path))} are free")

    @classmethod
    def at(cls, path, needed=None):
        """Returns the error for a file that was not written. Arguments as above."""
        return cls(f"The disk is full: {path} could not be written", path, needed)

    def __str__(self):
        return self.strerror


@contextlib.contextmanager
def writing(path):
    """Names the file in the error where the disk is full, which the system's own error does not.

    Raises:
        DiskFull: if what is written within the block finds no room.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, DiskFull) or not is_disk_full(error):
            raise
        raise DiskFull.at(path) from error


def append_line(path, line):
    """Appends a line to a text file; folders above are made. Half a line that a full disk left is removed.

    Raises:
        DiskFull: if there is no room.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path), path.open("ab", buffering=0) as file:
        start, left = file.tell(), f"{line}\n".encode()
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            if file.tell() > start:
                file.truncate(start)
            raise


def is_disk_full(error):
    """Whether an error says that a disk, or somebody's share of it, is full."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # TensorFlow gives the text of the system, with an error of one of several classes.
    return any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT))


def free_bytes(path):
    """Returns the free bytes of the disk of a path, whose last folders need not exist yet."""
    path = Path(os.path.abspath(path))
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def megabytes(count):
    """Returns a number of bytes as text, "1.2 MB"."""
    return f"{count / 1e6:,.1f} MB"
