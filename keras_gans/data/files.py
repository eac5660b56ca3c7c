"""The files of a folder or of a zip file, by their names below the top."""

import os
import zipfile
from pathlib import Path, PurePosixPath

_HEAD_BYTES = 4096
# What operating systems, servers and packers put beside the files of a person.
_FOREIGN = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")


def open_files(path):
    """Returns the `FolderFiles` or `ZipFiles` of a path.

    Raises:
        ValueError: if it is neither, cannot be listed, or is an encrypted zip file.
    """
    path = Path(path)
    if path.is_dir():
        return FolderFiles(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipFiles(path)
    what = "a file that is no zip file" if path.exists() else "a path that does not exist"
    raise ValueError(f"`path` must be a folder or a zip file. Received {what}: {path}")


class FolderFiles:
    """Files of a folder and of those below, linked ones too.

    Args:
        path: `pathlib.Path` of the folder.

    Attributes:
        names: list of str, sorted. Files by their path below the top, with forward slashes; without
            hidden ones, those in hidden folders and what systems put there.
        folders: list of str, sorted. Folders in the same way.
        notes: tuple of str. What was left out besides and why.

    Raises:
        ValueError: if a folder cannot be listed.
    """

    def __init__(self, path):
        self._path = path
        self.names, self.folders = [], []
        circles, dangling = [], []
        # Real paths of a folder and of all above it: one that comes again leads round in a circle.
        chains = {str(path): [os.path.realpath(path)]}
        for folder, below, files in os.walk(path, followlinks=True, onerror=_refuse):
            chain = chains.pop(folder)
            prefix = Path(folder).relative_to(path).as_posix() + "/" if folder != str(path) else ""
            followed = []
            for name in sorted(filter(is_visible, below)):
                inner = os.path.join(folder, name)
                real = os.path.realpath(inner)
                if any(one == real or one.startswith(real.rstrip(os.sep) + os.sep) for one in chain):
                    circles.append(prefix + name)
                    continue
                chains[inner] = [*chain, real]
                followed.append(name)
                self.folders.append(prefix + name)
            below[:] = followed
            for name in filter(is_visible, files):
                lost = not suffix_of(name) and not os.path.exists(os.path.join(folder, name))
                (dangling if lost else self.names).append(prefix + name)
        self.names.sort()
        self.folders.sort()
        notes = []
        if circles:
            links = counted(circles, "link that leads round in a circle", "links that lead round in a circle")
            notes.append(f"{links} left out: {first(sorted(circles))}")
        if dangling:
            links = counted(dangling, "link that leads nowhere", "links that lead nowhere")
            notes.append(f"{links} left out: {first(sorted(dangling))}")
        self.notes = tuple(notes)

    def size(self, name):
        """Returns the size of a file, in bytes."""
        return (self._path / name).stat().st_size

    def read(self, name):
        """Returns the contents of a file."""
        return (self._path / name).read_bytes()

    def head(self, name):
        """Returns the first 4 KiB of a file."""
        with open(self._path / name, "rb", buffering=0) as file:
            return file.read(_HEAD_BYTES)


class ZipFiles:
    """Files of a zip file.

    Names with backslashes, as some packers write them, and those that begin with "./" or "/" are made plain.

    Args:
        path: `pathlib.Path` of the zip file.

    Attributes:
        names: as of `FolderFiles`, and so are `folders` and `notes`.

    Raises:
        ValueError: if it is encrypted or damaged.
    """

    notes = ()

    def __init__(self, path):
        try:
            self._zip = zipfile.ZipFile(path)  # open as long as the source; its reads are thread-safe
        except zipfile.BadZipFile as error:
            raise ValueError(f"The zip file {path} is damaged: {error}") from error
        entries = self._zip.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise ValueError(f"The zip file {path.name} is encrypted; unpack it first.")
        self._entries, folders = {}, set()
        for entry in entries:
            name = plain(entry.filename)
            if not all(map(is_visible, name.split("/"))):
                continue
            if entry.filename.endswith(("/", "\\")):
                folders.add(name)
            else:
                self._entries[name] = entry
            folders.update(parent.as_posix() for parent in list(PurePosixPath(name).parents)[:-1])
        self.names, self.folders = sorted(self._entries), sorted(folders)

    def size(self, name):
        """Returns the size of a file, in bytes."""
        return self._entries[name].file_size

    def read(self, name):
        """Returns the contents of a file."""
        return self._zip.read(self._entries[name])

    def head(self, name):
        """Returns the first 4 KiB of a file."""
        with self._zip.open(self._entries[name]) as file:
            return file.read(_HEAD_BYTES)


def is_visible(part):
    """Tells whether a file or folder of this name, without its path, belongs to a person's files."""
    return not part.startswith(".") and part not in _FOREIGN


def suffix_of(name):
    """Returns the suffix of a file's name in lower case, with its dot, or ""."""
    return os.path.splitext(name)[1].lower()


def plain(name):
    """Returns a path of an archive or a list in the one form that `names` has."""
    return PurePosixPath(name.replace("\\", "/")).as_posix().lstrip("/")


def first(names, shown=5):
    """Returns the first names as text that can be printed, with dots where there are more."""
    return ", ".join(map(printable, names[:shown])) + (", ..." if len(names) > shown else "")


def printable(name):
    """Returns the name of a file with escapes for bytes that are no UTF-8, which cannot be printed."""
    return name.encode(errors="backslashreplace").decode()


def counted(things, one, several):
    """Returns the number of things with the words for one or for several."""
    return f"{len(things):,} {one if len(things) == 1 else several}"


def _refuse(error):
    raise ValueError(f"The folder {error.filename} cannot be read: {error.strerror}") from error
