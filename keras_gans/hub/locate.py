"""Finds an export by its name or its path, and opens it as the object that fits what it does."""

import os
from pathlib import Path

from keras_gans.export import loader
from keras_gans.hub.diffusion_generator import DiffusionGenerator
from keras_gans.hub.generator import Generator
from keras_gans.hub.saved import Saved
from keras_gans.hub.translator import Translator, images_among

HOME = "KERAS_GANS_HOME"


def load(name: str | os.PathLike, *, signed: bool = False, verify: bool = False) -> Saved:
    """Opens an export, or a SavedModel of others that works like one.

    An export is a program and runs as such: load only what you trust.

    Args:
        name: str or path. A path, or a name such as "progan_emoji_32", see `locate`.
        signed: bool. Whether the images of a generator of others lie in `[-1, 1]`, as BigGAN's do. They come
            in `[0, 1]` all the same.
        verify: bool. Whether to compare the files with their SHA-256 sums first.

    Returns:
        `Translator` where it takes images, `DiffusionGenerator` where it removes noise step by step,
        otherwise `Generator`.

    Raises:
        FileNotFoundError: there is no such export; the message lists where it was looked for.
        ValueError: its inputs are those of no generator and of no translator, or, with `verify`, a file is
            not as it was exported.

    Example:
    ```python
    model = keras_gans.load("progan_emoji_32")
    images = model.sample(16, seed=0, truncation=0.7)  # (16, 32, 32, 3) in [0, 1]
    ```
    """
    directory = locate(name)
    loaded = loader.load(directory, verify=verify)
    offered = loaded.signatures
    main = next((offered[name] for name in Saved.MAIN if name in offered), None)
    if main is not None and images_among(main.structured_input_signature[1]) is not None:
        return Translator(directory, loaded)
    if set(DiffusionGenerator.NEEDED) <= set(offered):
        return DiffusionGenerator(directory, loaded)
    return Generator(directory, loaded, signed=signed)


def locate(name: str | os.PathLike) -> Path:
    """Finds the directory of an export.

    A path of an export, or of a folder of numbered versions, is taken as it is. A name is then looked
    for below the folder that the environment variable `KERAS_GANS_HOME` names, below `savedmodels/` of the
    working directory and below `savedmodels/` beside the package, where a checkout has it.

    Args:
        name: str or path.

    Returns:
        `pathlib.Path` of the directory with the `saved_model.pb`, of several versions the highest.

    Raises:
        FileNotFoundError: there is no such export; the message lists where it was looked for.
    """
    path = Path(name)
    if path.exists():
        return loader.find(path)
    looked = [path]
    if path.name == str(name):
        for folder in _folders():
            if (folder / path).is_dir():
                return loader.find(folder / path)
            looked.append(folder / path)
    there = "; ".join(filter(None, map(_listing, _folders())))
    raise FileNotFoundError(
        f"There is no export {os.fspath(name)!r}. Looked for: {', '.join(map(str, looked))}. "
        f"{there or 'None of these folders exists'}. Pass the path of an export, or name the folder that "
        f"holds it in the environment variable {HOME}."
    )


def _folders():
    """Where names are looked for, in this order."""
    home = os.environ.get(HOME)
    beside = Path(__file__).resolve().parents[2] / "savedmodels"
    folders = [Path(home).expanduser()] if home else []
    return list(dict.fromkeys([*folders, Path("savedmodels"), beside]))


def _listing(folder):
    """A sentence of what a folder has; empty without the folder."""
    if not folder.is_dir():
        return ""
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return f"{folder} has {', '.join(names[:20]) or 'no exports'}{', ...' if len(names) > 20 else ''}"
