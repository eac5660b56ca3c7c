"""Files that commands write: no input is written over, and no other file without being told to."""

import collections
import os
from pathlib import Path

from keras_gans.cli.arguments import file_name

SHOWN = 5


def add_out(parser, *endings, required=True):
    """Adds `--out`, a file with one of these endings, and `--overwrite`."""
    kinds = " or ".join(endings)
    parser.add_argument(
        "--out", type=file_name(*endings), required=required, metavar="FILE", help=f"a {kinds} file"
    )
    add_overwrite(parser)


def add_overwrite(parser):
    """Adds `--overwrite`."""
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files that have the names of the outputs; inputs are never replaced",
    )


def check(outputs, *, inputs=(), overwrite=False):
    """Refuses outputs that would take the place of a file. To be called before any work.

    A link counts as what it leads to.

    Args:
        outputs: iterable of paths of files that a command is to write; `None` counts for none.
        inputs: iterable of paths of files, or of folders with all that lies in them, that it reads; `None`
            and what does not exist count for none.
        overwrite: bool. Whether files that exist and are no inputs may be replaced.

    Raises:
        ValueError: two outputs are one file, an output is an input or a folder, or something above it is
            a file.
        FileExistsError: without `overwrite`, an output exists.
    """
    outputs = [Path(path) for path in outputs if path is not None]
    counts = collections.Counter(map(os.path.abspath, outputs))
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"Outputs need names of their own. Several would be {_names(twice)}")
    for path in outputs:
        above = next((folder for folder in path.parents if folder.exists()), None)
        if path.is_dir():
            raise ValueError(f"An output must be a file. Received a folder that exists: {path}")
        if above is not None and not above.is_dir():
            raise ValueError(f"An output must lie in a folder. Received: {path}, and {above} is a file")
    there = [path for path in outputs if os.path.lexists(path)]
    if not there:
        return
    read = {_identity(file) for path in inputs if path is not None for file in _files(path)}
    own = [path for path in there if path.exists() and _identity(path) in read]
    if own:
        raise ValueError(f"An input is never written over. Choose another output than {_names(own)}")
    if not overwrite:
        raise FileExistsError(
            f"{'They exist' if len(there) > 1 else 'It exists'} already: {_names(there)}. Choose another "
            "output, or pass --overwrite to replace what is there"
        )


def check_folder(folder, *, inputs):
    """Refuses a folder that is to be replaced as a whole, if an input is it or lies in it.

    Args:
        folder: path.
        inputs: iterable of paths of files or folders; `None` counts for none.

    Raises:
        ValueError: an input would be lost.
    """
    folder = Path(folder).resolve()
    lost = [path for path in inputs if path is not None and Path(path).resolve().is_relative_to(folder)]
    if lost:
        raise ValueError(
            f"An input is never written over. Choose another output than {folder}, which holds {_names(lost)}"
        )


def check_latents(options):
    """`check` for a command that shows latents: its picture or film, and the latents that it saves."""
    check([options.out, options.save_latents], inputs=files_of(options.seeds), overwrite=options.overwrite)


def files_of(*given):
    """The files among arguments that are seeds or a file of latents each: list of paths."""
    return [one for one in given if isinstance(one, Path)]


def _files(path):
    """The file of a path, or all files below a folder."""
    path = Path(path)
    if not path.is_dir():
        return [path] if path.exists() else []
    return [
        file for folder, _, names in os.walk(path) for name in names if (file := Path(folder, name)).exists()
    ]


def _identity(path):
    """What two paths of one file have in common."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _names(paths):
    shown = ", ".join(map(str, paths[:SHOWN]))
    return shown + (f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else "")
