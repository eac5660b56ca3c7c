"""Latents as `.npz` files, with the name and the widths of the model that they belong to."""

import dataclasses
import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from keras_gans import atomic
from keras_gans.hub.generator import Generator

FORMAT = "keras_gans latents 1"


@dataclasses.dataclass(frozen=True, eq=False)
class Latents:
    """What a file of latents holds.

    Attributes:
        rows: float32 array. Latents `(n, *latent_shape)`, or styles `(n, num_styles, style_dim)`.
        labels: int32 array `(n,)`. The class of each row; `None` where the file has none.
        noise: tuple of float32 arrays `(n, height, width, 1)`, for `synthesize(styles, noise)` of a network
            with styles, one for each of its `noise_shapes`; empty where the file has none. Exports take seeds
            of noise and no maps.
    """

    rows: np.ndarray
    labels: np.ndarray | None = None
    noise: tuple = ()

    def __len__(self):
        return len(self.rows)


def save_latents(
    path: str | os.PathLike,
    latents: ArrayLike,
    model: Generator,
    *,
    labels: ArrayLike | None = None,
    noise: Sequence[ArrayLike] = (),
) -> Path:
    """Writes latents, or styles, to a file that only their own model reads.

    Args:
        path: path that ends in `.npz`. Folders above are made. The file appears whole or not at all.
        latents: float array or tensor. Latents `(n, *latent_shape)`, or styles `(n, num_styles, style_dim)`.
        model: `Generator` that they belong to.
        labels: sequence of str or int, the class of each row by name or number; or one for all; or `None`.
        noise: sequence of float arrays `(n, height, width, 1)`, as of `Latents`.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: another ending, or latents, classes or noise that this model does not take.

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
    content = {"format": FORMAT, "model": model.name, "width": latents.shape[1:], "latents": latents}
    labels = model.class_indices(labels, len(latents))
    if labels is not None:
        content["labels"] = np.broadcast_to(np.asarray(labels, "int32"), len(latents))
    for number, one in enumerate(noise):
        content[f"noise{number}"] = _check_noise(np.asarray(one, "float32"), len(latents))
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez(file, **content)
    atomic.write_file(path, file.getvalue())
    return path


def load_latents(path: str | os.PathLike, model: Generator) -> np.ndarray:
    """Reads the latents of a model, without what else the file holds; arguments as of `read_latents`.

    Returns:
        float32 array, `(n, *latent_shape)`, or of styles `(n, num_styles, style_dim)`.
    """
    return read_latents(path, model).rows


def read_latents(path: str | os.PathLike, model: Generator) -> Latents:
    """Reads the latents of a model, with the classes and the noise that were written with them.

    Args:
        path: path of a file that `save_latents` wrote.
        model: `Generator` that is to show them.

    Returns:
        `Latents`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no latents, numbers that are not finite, a class that the model lacks, or latents
            of another model; the message says of which.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
        latents, width = content["latents"], tuple(int(size) for size in content["width"])
        if str(content["format"]) != FORMAT or latents.dtype != np.float32 or latents.shape[1:] != width:
            raise ValueError("its entries do not fit together")
        owner, labels = str(content["model"]), content.get("labels")
        if labels is not None and (labels.dtype != np.int32 or labels.shape != latents.shape[:1]):
            raise ValueError(
                f"its classes must be {len(latents)} int32. Received: {labels.dtype}{labels.shape}"
            )
        names = (f"noise{number}" for number in range(len(content)))
        noise = tuple(_check_noise(content[name], len(latents)) for name in names if name in content)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no file of latents that `save_latents` wrote: {error}") from error
    if owner != model.name or width not in _shapes(model):
        raise ValueError(
            f"{path} holds latents of {owner}, with the shape {width} each. {model.name} takes its own, with "
            f"the shape {_widths(model)}. Load {owner} to show them, or make latents of {model.name}."
        )
    broken = np.flatnonzero(~np.isfinite(latents.reshape(len(latents), -1)).all(axis=1))
    if len(broken):
        raise ValueError(
            f"Latents must be finite. {path} has NaN or infinity in {len(broken)} of {len(latents)} rows, "
            f"first in row {broken[0]}. Make them anew"
        )
    if labels is not None and len(labels):
        try:
            model.class_indices(labels, len(latents))
        except ValueError as error:
            raise ValueError(f"{path} has classes from {labels.min()} to {labels.max()}: {error}") from error
    return Latents(latents, labels, noise)


def _shapes(model):
    """The shapes that a row may have: of latents and, where there are some, of styles."""
    return [shape for shape in (model.latent_shape, model.style_shape) if shape is not None]


def _widths(model):
    return " or ".join(map(str, _shapes(model)))


def _check_noise(noise, count):
    if noise.dtype != np.float32 or noise.ndim != 4 or noise.shape[::3] != (count, 1):
        raise ValueError(
            f"Noise must be float32 ({count}, height, width, 1). Received: {noise.dtype} {noise.shape}"
        )
    if not np.isfinite(noise).all():
        raise ValueError(f"Noise must be finite. Received NaN or infinity in a map {noise.shape[1:]}")
    return noise
