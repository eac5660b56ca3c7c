"""Directions of a model as `.npz` files, and the names that people gave them."""

import dataclasses
import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from keras_gans import atomic
from keras_gans.hub.saved import Saved

FORMAT = "keras_gans directions 1"
FOLDER = "directions"  # beside an export
NAMES = "names.json"
SPACES = ("z", "w")
_NAME = re.compile(r"[^\W\d_][\w -]*")


@dataclasses.dataclass(frozen=True, eq=False)
class Directions:
    """Directions of one model, found by one method.

    Attributes:
        model: str. Its name.
        space: str. "z", latents, or "w", styles.
        method: str. How they were found.
        vectors: float32 array `(count, dim)`. Each is as long as the standard deviation of the space along
            it: in z, 1.
        facts: dict for JSON. Lists of `count` numbers, by what they say, such as "accuracy"; other facts.
    """

    model: str
    space: str
    method: str
    vectors: np.ndarray
    facts: dict = dataclasses.field(default_factory=dict)

    def __len__(self):
        return len(self.vectors)


@dataclasses.dataclass(frozen=True, eq=False)
class Direction:
    """One direction, ready to be used.

    Attributes:
        vector: float32 array `(dim,)`.
        space: str. "z" or "w".
        layers: (int, int). The first and the last style that it moves; `None` means all.
    """

    vector: np.ndarray
    space: str
    layers: tuple[int, int] | None = None


def save_directions(path: str | os.PathLike, directions: Directions) -> Path:
    """Writes directions to a file that only their own model reads.

    Args:
        path: path that ends in `.npz`. Folders above are made. The file appears whole or not at all.
        directions: `Directions`.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: another ending, or numbers that are not finite.
    """
    path, vectors = Path(path), np.asarray(directions.vectors, "float32")
    if path.suffix != ".npz":
        raise ValueError(f"A file of directions must end in .npz. Received: {path}")
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(f"Directions must be finite (count, dim). Received: the shape {vectors.shape}")
    content = {
        **{name: getattr(directions, name) for name in ("model", "space", "method")},
        "facts": json.dumps(directions.facts),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez(file, format=FORMAT, vectors=vectors, **content)
    atomic.write_file(path, file.getvalue())
    return path


def read_directions(path: str | os.PathLike, model: Saved) -> Directions:
    """Reads the directions of a model.

    Args:
        path: path of a file that `save_directions` wrote.
        model: `Generator` that is to move along them.

    Returns:
        `Directions`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no directions, numbers that are not finite, or those of another model; the
            message says of which.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
        if str(content["format"]) != FORMAT:
            raise ValueError("its format is another")
        texts = {name: str(content[name]) for name in ("model", "space", "method")}
        found = Directions(**texts, vectors=content["vectors"], facts=json.loads(str(content["facts"])))
        if found.vectors.ndim != 2 or found.vectors.dtype != np.float32 or found.space not in SPACES:
            raise ValueError("its entries do not fit together")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no file of directions that `save_directions` wrote: {error}") from error
    widths = {"z": model.latent_shape}
    if model.style_shape is not None:
        widths["w"] = model.style_shape[-1:]
    if found.model != model.name or found.vectors.shape[1:] != widths.get(found.space):
        allowed = " or ".join(f"{width[0]} wide in {space}" for space, width in widths.items())
        raise ValueError(
            f"{path} holds directions of {found.model}, {found.vectors.shape[1]} wide in {found.space}. "
            f"Those of {model.name} are {allowed}. Load {found.model}, or find directions of {model.name} "
            "with `keras-gans directions`"
        )
    if not np.isfinite(found.vectors).all():
        raise ValueError(f"Directions must be finite. {path} has NaN or infinity. Find them anew")
    return found


def place_of(model: Saved) -> Path:
    """Returns the folder in which a model's directions are looked for: `directions` beside its versions."""
    return model.directory.resolve().parent / FOLDER


def load_directions(model: Saved, place: str | os.PathLike | None = None) -> dict[str, Direction]:
    """Reads all directions of a model, under the names that they have.

    Direction 3 of `pca.npz` is called `pca.3`. The file `names.json` beside it gives further names:
    `{"smile": {"file": "pca.npz", "number": 3, "factor": -1.0, "layers": [0, 3]}}`. Factor and layers may be
    left out. It is written by hand, or by `name_directions`.

    Args:
        model: `Generator`.
        place: path of a folder of such files, or of one file; `None` means the folder `directions` beside the
            export's versions.

    Returns:
        dict, name -> `Direction`; those with names of their own come first.

    Raises:
        FileNotFoundError: there are no directions; the message says how to find some.
        ValueError: a file of another model, or a name for a direction that there is not.
    """
    given = Path(place) if place is not None else place_of(model)
    files = [given] if given.suffix == ".npz" else sorted(given.glob("*.npz"))
    if not files:
        raise FileNotFoundError(
            f"There are no directions of {model.name} in {given}. Find some: keras-gans directions "
            f"{model.name} --method pca --out {given / 'pca.npz'}"
        )
    folder = files[0].parent
    read = {path.name: read_directions(path, model) for path in files}
    found = {}
    for name, entry in _read_names(folder / NAMES).items():
        if entry["file"] in read:
            found[name] = _named(name, entry, read[entry["file"]], folder / NAMES)
    for file, directions in read.items():
        for number, vector in enumerate(directions.vectors):
            found[f"{Path(file).stem}.{number}"] = Direction(vector, directions.space)
    return found


def name_directions(path: str | os.PathLike, names: Mapping[str, Mapping], *, of: Directions) -> Path:
    """Gives directions of a file names, in `names.json` beside it; names of other files stay.

    Args:
        path: path of the file of directions.
        names: dict, name -> dict of "number", int; and, where wanted, "factor", float, and "layers", the
            first and the last style.
        of: `Directions`. What the file holds.

    Returns:
        `pathlib.Path` of `names.json`.

    Raises:
        ValueError: a name that is none, one that a direction of another file has, or a direction that there
            is not.
    """
    path = Path(path)
    target = path.parent / NAMES
    known = _read_names(target)
    for name, entry in names.items():
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"A name begins with a letter; letters, digits, spaces, - and _ follow. Received: {name!r}"
            )
        if known.get(name, {"file": path.name})["file"] != path.name:
            raise ValueError(f"{target} has {name!r} already, of {known[name]['file']}. Choose another name")
        known[name] = {"file": path.name, "factor": 1.0, **entry}
        _named(name, known[name], of, target)
    atomic.write_file(target, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())
    return target


def names_of(path: str | os.PathLike) -> dict[str, dict]:
    """Returns the names of the directions of a file, as `names.json` beside it has them."""
    path = Path(path)
    return {
        name: entry for name, entry in _read_names(path.parent / NAMES).items() if entry["file"] == path.name
    }


def _read_names(path):
    if not path.is_file():
        return {}
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
        for entry in names.values():
            entry["file"], entry["number"] = str(entry["file"]), int(entry["number"])
            entry["factor"] = float(entry.get("factor", 1.0))
            if entry.get("layers") is not None:
                first, last = entry["layers"]
                entry["layers"] = int(first), int(last)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f'{path} must hold {{"name": {{"file": "pca.npz", "number": 3}}}}, with "factor" and "layers" '
            f"where wanted. Received what gives {type(error).__name__}: {error}"
        ) from error
    return names


def _named(name, entry, directions, path):
    if not 0 <= entry["number"] < len(directions):
        raise ValueError(
            f"{path} calls direction {entry['number']} of {entry['file']} {name!r}, which has "
            f"{len(directions)}, counted from 0"
        )
    vector = np.float32(entry["factor"]) * directions.vectors[entry["number"]]
    return Direction(vector, directions.space, entry.get("layers"))
