"""Directories that appear whole or not at all, also when the process is killed in between."""

import contextlib
import ctypes
import errno
import os
import shutil
import uuid
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

RENAME_EXCHANGE = 2
CURRENT_DIRECTORY = -100  # AT_FDCWD


@contextlib.contextmanager
def new_directory(target, *, overwrite=False):
    """Gives a temporary directory, which becomes `target` when the block ends without an error.

    Only one process writes below the same parent at a time; another one waits. What killed
    processes left behind is removed first.

    Args:
        target: path.
        overwrite: bool. Whether `target` may exist. It is then exchanged with the new directory in
            one step, so that `target` is whole at any moment. A file system that cannot exchange
            directories takes two renames instead.

    Raises:
        FileExistsError: `target` exists and `overwrite` is false.
    """
    target = Path(os.path.abspath(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent):
        _recover(target)
        if target.exists() and not overwrite:
            raise FileExistsError(f"{target} exists. Pass `overwrite=True` to replace it.")
        temporary = target.with_name(f".{target.name}.tmp-{uuid.uuid4().hex}")
        temporary.mkdir()
        try:
            yield temporary
            sync_tree(temporary)
            _publish(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_file(path, data):
    """Writes `data`, bytes, to a file that appears whole or not at all."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = error.filename or os.fspath(path)  # a full disk names no file
        raise
    _sync(path.parent)


def sync_tree(directory):
    """Makes sure that all files and directories below `directory` are on the disk."""
    for folder, _, names in os.walk(directory, topdown=False):
        for name in names:
            _sync(os.path.join(folder, name))
        _sync(folder)


def _sync(path):
    if os.name != "posix" and os.path.isdir(path):
        return  # a directory cannot be opened there
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(directory):
    """Holds a lock on `directory`, which the system drops when the process dies."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _recover(target):
    """Removes what killed processes left, and undoes the first of two renames."""
    for old in target.parent.glob(f".{target.name}.old-*"):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(old, target)
    for temporary in target.parent.glob(f".{target.name}.tmp-*"):
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary, target):
    if not target.exists():
        os.rename(temporary, target)
    elif not exchange(temporary, target):
        old = target.with_name(f".{target.name}.old-{uuid.uuid4().hex}")
        os.rename(target, old)
        os.rename(temporary, target)
        shutil.rmtree(old, ignore_errors=True)
    _sync(target.parent)


def exchange(first, second):
    """Exchanges two directories in one step. Returns whether the system could."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # no renameat2, or no C library to load
        return False
    first, second = os.fsencode(first), os.fsencode(second)
    if rename(CURRENT_DIRECTORY, first, CURRENT_DIRECTORY, second, RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), os.fsdecode(second))
