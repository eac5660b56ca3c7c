"""A set of generated images as files: a PNG each, in a folder for each class, with `dataset.json`.

A set that was interrupted, or killed, goes on with the same call. `dataset.json` names the model and how its
images were made; before the set is complete it labels no image, so that no reader takes it for a whole one.
"""

import concurrent.futures
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_gans import atomic, hub, images
from keras_gans.data.decoding import readable_suffixes
from keras_gans.data.labels import INDEX
from keras_gans.hub.saved import Progress

BATCH = 64
WRITERS = 2  # threads that write files while the network makes the next images
_OURS = re.compile(r"generated-(\d+)\.png")


def generate_files(
    model: hub.Generator,
    folder: str | os.PathLike,
    *,
    per_class: int | None = None,
    balance: bool = False,
    seeds: Sequence[int] | None = None,
    seed: int = 0,
    truncation: float | None = None,
    guidance: float | None = None,
    batch_size: int = BATCH,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Writes generated images, each once: what the folder has already is kept.

    Image i of class c has the latents of the seed `seed` + i * classes + c, and its seed in its name.

    Args:
        model: `keras_gans.hub.Generator`.
        folder: path. It may hold images of other origin, in folders by the names of classes.
        per_class: int. Images of each class, of a model with classes.
        balance: bool. Whether `per_class` counts the images of other origin that a class's folder holds, so
            that all classes have as many in the end, or more where there were more.
        seeds: sequence of int. Of a model without classes: one image each, in the folder itself.
        seed: int. Of the first image of the first class.
        truncation: as of `Generator.generate`.
        guidance: likewise.
        batch_size: int. Images at a time.
        progress: callable, called with ("images", done, total); `None` means silence.

    Returns:
        dict, name of a class -> images in its folder at the end, those of other origin included; of a model
        without classes, "images" -> how many.

    Raises:
        ValueError: neither or both of `per_class` and `seeds`, a model without or with classes; a folder that
            holds a set of another model, or made otherwise.

    Example:
    ```python
    model = keras_gans.load("sngan_projection_emoji_32")
    keras_gans.runs.generate_files(model, "synthetic/", per_class=100)
    ```
    """
    if (per_class is None) == (seeds is None):
        raise ValueError(f"Pass either `per_class` or `seeds`. Received: {per_class=}, {seeds=}")
    if (per_class is not None) != bool(model.num_classes):
        has = f"{model.num_classes} classes" if model.num_classes else "no classes"
        raise ValueError(
            f"`per_class` goes with a model of classes, `seeds` with another. {model.name} has {has}"
        )
    if balance and per_class is None:
        raise ValueError("`balance` goes with `per_class`: it fills classes up to as many images")
    folder = Path(folder)
    how = {"model": model.name, "seed": seed, "truncation": truncation, "guidance": guidance}
    _begin(folder, how, model)
    wanted = _wanted(model, folder, per_class, balance, seeds, seed)
    left = [one for one in wanted if not one[0].exists()]
    done = len(wanted) - len(left)
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        writing = []
        for first in range(0, len(left), batch_size):
            part = left[first : first + batch_size]
            latents = model.latents([one[1] for one in part], truncation=truncation)
            label = None if seeds is not None else [one[2] for one in part]
            made = images.unit_to_uint8(
                model.generate(
                    latents, label=label, truncation=truncation, guidance=guidance, batch_size=batch_size
                )
            )
            for result in writing:  # no more than one batch waits in memory
                result.result()
            writing = [
                pool.submit(images.write_png, one[0], image) for one, image in zip(part, made, strict=True)
            ]
            if progress is not None:
                progress("images", done + first + len(part), len(wanted))
        for result in writing:
            result.result()
    return _finish(folder, how, model)


def _folders(model):
    """Names of the folders of the classes."""
    names = model.class_names or tuple(map(str, range(model.num_classes)))
    return [re.sub(r"[/\\\0]", "-", name) for name in names]


def _wanted(model, folder, per_class, balance, seeds, seed):
    """Every image: its path, its seed, its class."""
    if seeds is not None:
        return [(folder / f"generated-{number:012d}.png", number, None) for number in seeds]
    wanted = []
    for label, name in enumerate(_folders(model)):
        place = folder / name
        place.mkdir(exist_ok=True)
        others = len(_images(place)[1]) if balance else 0
        for index in range(max(0, per_class - others)):
            number = seed + index * model.num_classes + label
            wanted.append((place / f"generated-{number:012d}.png", number, label))
    # Class by class in turns, so that a set that is cut short is balanced as well.
    return sorted(wanted, key=lambda one: one[1])


def _images(place):
    """Names of the images of a folder: generated ones, and others."""
    names = sorted(path.name for path in place.iterdir() if path.suffix.lower() in readable_suffixes())
    ours = [name for name in names if _OURS.fullmatch(name)]
    return ours, [name for name in names if not _OURS.fullmatch(name)]


def _begin(folder, how, model):
    """Says in `dataset.json` what the set is, or refuses one that is another."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / INDEX
    if path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8")).get("generated")
        except (ValueError, AttributeError):
            before = None
        if before != how:
            raise ValueError(
                f"{folder} holds "
                f"{'a set of ' + json.dumps(before) if before else f'a {INDEX} of others'}; this "
                f"one is of {json.dumps(how)}. Choose another folder, or the same settings"
            )
    _write(path, how, [], model)


def _finish(folder, how, model):
    labels, counts = [], {}
    for label, name in enumerate(_folders(model)):
        ours, others = _images(folder / name)
        counts[name] = len(ours) + len(others)
        labels += [[f"{name}/{image}", label] for image in sorted([*ours, *others])]
    _write(folder / INDEX, how, labels if model.num_classes else None, model)
    return counts or {"images": len(_images(folder)[0])}


def _write(path, how, labels, model):
    content: dict[str, Any] = {"generated": how, "labels": labels}
    if model.num_classes:
        content["class_names"] = _folders(model)
    atomic.write_file(path, (json.dumps(content) + "\n").encode())
