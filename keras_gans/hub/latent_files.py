"""Latents as `.npz` files, with the name and the widths of the model that they belong to."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from keras_gans import atomic
from keras_gans.hub.generator import Generator

FORMAT = "keras_gans latents 1"


def save_latents(path: str | os.PathLike, latents: ArrayLike, model: Generator) -> Path:
    """Writes latents, or styles, to a file that only their own model reads.

    Args:
        path: path that ends in `.npz`. Folders above are made. The file appears whole or not at all.
        latents: float array or tensor. Latents `(n, *latent_shape)`, or styles `(n, num_styles, style_dim)`.
        model: `Generator` that they belong to.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: another ending, or latents that this model does not take.

    Example:
    ```python
    model = keras_gans.load("progan_emoji_32")
    keras_gans.hub.save_latents("two.npz", model.latents([3, 5]), model)
    images = model.generate(keras_gans.hub.load_latents("two.npz", model))
    ```
    """
    path, latents = Path(path), np.asarray(latents, "float32")
    if path.suffix != ".npz":
        raise ValueError(f"A file of latents must end in .npz. Received: {path}")
    if latents.shape[1:] not in _shapes(model) or not np.isfinite(latents).all():
        raise ValueError(
            f"Latents of {model.name} must be finite, each with the shape {_widths(model)}. "
            f"Received: an array of the shape {latents.shape}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez(content, format=FORMAT, model=model.name, width=latents.shape[1:], latents=latents)
    atomic.write_file(path, content.getvalue())
    return path


def load_latents(path: str | os.PathLike, model: Generator) -> np.ndarray:
    """Reads the latents of a model.

    Args:
        path: path of a file that `save_latents` wrote.
        model: `Generator` that is to show them.

    Returns:
        float32 array, `(n, *latent_shape)`, or of styles `(n, num_styles, style_dim)`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no latents, or those of another model; the message says of which.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
        latents, width = content["latents"], tuple(int(size) for size in content["width"])
        if str(content["format"]) != FORMAT or latents.dtype != np.float32 or latents.shape[1:] != width:
            raise ValueError("its entries do not fit together")
        owner = str(content["model"])
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no file of latents that `save_latents` wrote: {error}") from error
    if owner != model.name or width not in _shapes(model):
        raise ValueError(
            f"{path} holds latents of {owner}, with the shape {width} each. {model.name} takes its own, with "
            f"the shape {_widths(model)}. Load {owner} to show them, or make latents of {model.name}."
        )
    return latents


def _shapes(model):
    """The shapes that a row may have: of latents and, where there are some, of styles."""
    return [shape for shape in (model.latent_shape, model.style_shape) if shape is not None]


def _widths(model):
    return " or ".join(map(str, _shapes(model)))
