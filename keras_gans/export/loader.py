"""Loads exports without tensorflow_hub."""

from pathlib import Path

import tensorflow as tf

from keras_gans import paths
from keras_gans.export import checksums

SAVED_MODEL = "saved_model.pb"


def find(path):
    """Returns the directory of the SavedModel that a path stands for.

    Args:
        path: path of an export, or of a folder that holds exports named by version numbers, of
            which the highest is taken.

    Raises:
        FileNotFoundError: there is no export; the message lists what is there.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist. {_what_is_there(path.parent)}")
    if (path / SAVED_MODEL).is_file():
        return path
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is a file. An export is a directory with a {SAVED_MODEL}.")
    versions = [
        folder for folder in path.iterdir() if folder.name.isdecimal() and (folder / SAVED_MODEL).is_file()
    ]
    if not versions:
        raise FileNotFoundError(
            f"{path} holds no export: neither a {SAVED_MODEL} nor numbered folders with one. "
            + _what_is_there(path)
        )
    return max(versions, key=lambda folder: int(folder.name))


def load(path, *, verify=False):
    """Loads an export, or any other TF-Hub module, as `hub.load` does.

    An export is a program and runs as such: load only what you trust.

    Args:
        path: path of an export, or of a preset's folder, whose highest version is taken.
        verify: bool. Whether to compare the files with their SHA-256 sums first.

    Returns:
        The object that `hub.load` returns: callable, with endpoints as attributes and with
        `signatures`.

    Raises:
        FileNotFoundError: there is no export; the message lists what is there.
        ValueError: with `verify`, a file is not as it was exported; the message names it.

    Example:
    ```python
    model = keras_gans.export.load("savedmodels/progan_emoji_32")
    images = model.sample(num=16, seed=0)  # (16, 32, 32, 3) in [0, 1]
    ```
    """
    directory = find(path)
    if verify:
        checksums.verify(directory)
    # Modules of TensorFlow 1 are saved without tags.
    tags = [] if (directory / "tfhub_module.pb").is_file() else None
    with paths.without_patterns(directory) as plain:
        loaded = tf.saved_model.load(str(plain), tags=tags)
    _hold(loaded)
    return loaded


def _hold(loaded):
    """Makes every function hold the object that it came with.

    Functions hold their variables only weakly: without this, `load(path).sample(16, 0)` in one
    expression would find them deleted.
    """
    for function in [*loaded.signatures.values(), *vars(loaded).values()]:
        if callable(function):
            function.loaded_from = loaded


def _what_is_there(folder):
    if not folder.is_dir():
        return f"Nor does {folder}."
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return f"{folder} holds: {shown or 'nothing'}."
