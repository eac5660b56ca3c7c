"""SHA-256 sums of the files of an export, in the format of `sha256sum`."""

import hashlib
from pathlib import Path

FILE = "sha256sums.txt"


def digest(path):
    """Returns the SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files(directory):
    """Names of all files below a directory, relative to it, without the list of sums itself."""
    directory = Path(directory)
    found = (path for path in directory.rglob("*") if path.is_file())
    return sorted(path.relative_to(directory).as_posix() for path in found if path.name != FILE)


def read(directory):
    """Returns the sums that an export lists: dict, name -> hexadecimal digest."""
    lines = (Path(directory) / FILE).read_text(encoding="utf-8").splitlines()
    sums = {}
    for line in lines:
        total, _, name = line.partition("  ")
        sums[name] = total
    return sums


def as_text(sums):
    """Returns the text of the list for a dict, name -> hexadecimal digest."""
    return "".join(f"{total}  {name}\n" for name, total in sorted(sums.items()))


def verify(directory):
    """Compares every file of an export with its sum.

    Raises:
        ValueError: names the files that are missing, differ, or are not on the list.
        FileNotFoundError: the export has no list.
    """
    directory = Path(directory)
    if not (directory / FILE).is_file():
        raise FileNotFoundError(f"{directory} has no {FILE}, so it cannot be verified.")
    expected, present = read(directory), files(directory)
    problems = [f"missing: {name}" for name in expected if name not in present]
    problems += [f"not on the list: {name}" for name in present if name not in expected]
    problems += [
        f"differs: {name}"
        for name, total in expected.items()
        if name in present and digest(directory / name) != total
    ]
    if problems:
        raise ValueError(f"{directory} is not as it was exported. Get it anew. " + "; ".join(problems))
