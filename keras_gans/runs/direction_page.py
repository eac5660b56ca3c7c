"""A page that shows directions: a strip of images for each, what was measured, how far they are apart."""

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_gans import atomic, hub, images
from keras_gans.latent import directions as maths

AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
SHOWN = 3  # images of a strip
SIDE = 64  # pixels that an image of a strip has at least
STYLE = """
:root { color-scheme: light dark; --line: #ccc; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --line: #444; --quiet: #aaa; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
figure { margin: 1.5rem 0; border-top: 1px solid var(--line); padding-top: .75rem; }
figcaption, .quiet { color: var(--quiet); }
img { max-width: 100%; image-rendering: pixelated; background: #fff; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; }
"""


def visibility(
    model: hub.Generator, directions: hub.Directions, *, amount: float = 3.0, num: int = 16, label: Any = None
) -> np.ndarray:
    """How much images change along directions: the mean absolute difference between both ends.

    Args:
        model: `keras_gans.hub.Generator`.
        directions: `keras_gans.hub.Directions` of it.
        amount: float. Of the ends, in standard deviations.
        num: int. Images, of the seeds from 0.
        label: class of the images, where the model has any.

    Returns:
        float64 array `(count,)`, in `[0, 1]`.
    """
    latents = model.latents(np.arange(num))
    changes = []
    for vector in directions.vectors:
        one = {"one": hub.Direction(vector, directions.space)}
        ends = [model.edit(latents, {"one": way * amount}, directions=one, label=label) for way in (-1, 1)]
        changes.append(np.abs(ends[1] - ends[0]).mean())
    return np.array(changes, "float64")


def strip(
    model: hub.Generator,
    vector: np.ndarray,
    space: str,
    *,
    seeds: Sequence[int] = range(SHOWN),
    amounts: Sequence[float] = AMOUNTS,
    layers: tuple[int, int] | None = None,
    label: Any = None,
) -> np.ndarray:
    """Draws images moved along a direction: a row for each seed, a column for each amount.

    Args:
        model: `keras_gans.hub.Generator`.
        vector: float array, `(dim,)`.
        space: str. "z" or "w".
        seeds: sequence of int.
        amounts: sequence of float.
        layers: (int, int). The first and the last style that move; `None` means all.
        label: class of the images, where the model has any.

    Returns:
        uint8 array, `(rows, columns, channels)` of pixels.
    """
    latents = np.repeat(model.latents(list(seeds)), len(amounts), axis=0)
    one = {"one": hub.Direction(vector, space, layers)}
    made = model.edit(latents, {"one": np.tile(amounts, len(seeds))}, directions=one, label=label)
    made = images.enlarge(images.unit_to_uint8(made), max(1, -(-SIDE // made.shape[1])))
    return images.grid(made, columns=len(amounts), padding=2)


def write_page(
    path: str | os.PathLike,
    model: hub.Generator,
    directions: hub.Directions,
    *,
    names: Mapping[str, Mapping] | None = None,
    label: Any = None,
    stem: str = "",
) -> Path:
    """Writes a page that shows directions, the most visible first. It needs no other file.

    Args:
        path: path of the HTML file.
        model: `keras_gans.hub.Generator` that they belong to.
        directions: `keras_gans.hub.Directions`.
        names: dict, name -> dict of "number", "factor" and "layers", as `names.json` has it.
        label: class of the images, where the model has any.
        stem: str. Of the file of directions, which `edit` calls them by.

    Returns:
        `pathlib.Path` of the page.
    """
    seen = visibility(model, directions, label=label)
    close = maths.cosines(directions.vectors)
    np.fill_diagonal(close, 0.0)
    called = {}
    for name, entry in (names or {}).items():
        called.setdefault(entry["number"], []).append(name)
    figures = []
    for number in np.argsort(-seen):
        facts = [f"changes {seen[number]:.3f} of the range of a pixel from -3 to 3"]
        for what, values in directions.facts.items():
            if isinstance(values, list) and len(values) == len(directions) and what != "names":
                facts.append(f"{what} {values[number]:.3g}")
        if len(directions) > 1:
            other = int(close[number].argmax())
            angle = np.degrees(np.arccos(np.minimum(close[number, other], 1.0)))
            facts.append(f"nearest other: {other}, at {angle:.0f} degrees")
        title = ", ".join(called.get(number, [])) or f"{stem}.{number}"
        layers = next((names[name].get("layers") for name in called.get(number, [])), None)
        picture = strip(model, directions.vectors[number], directions.space, layers=layers, label=label)
        alt = f"{title}: {SHOWN} images, each moved by -3 to 3 standard deviations"
        figures.append(
            f"<figure><h2>{html.escape(title)}</h2>"
            f'<img src="{_data(picture)}" alt="{html.escape(alt, quote=True)}">'
            f"<figcaption>{html.escape(f'{stem}.{number}: ' + '; '.join(facts))}</figcaption></figure>"
        )
    text = _page(model, directions, close, figures)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_file(path, text.encode())
    return path


def _page(model, directions, close, figures):
    title = f"Directions of {model.name}"
    intro = (
        f"{len(directions)} directions in {directions.space}, by {directions.method}; the most visible "
        "first. "
        "A column is a standard deviation of the space: -3 on the left, the image itself in the middle, 3 on "
        "the right."
    )
    if len(directions) > 1:
        pairs = close[np.triu_indices(len(close), 1)]
        angles = np.degrees(np.arccos(np.minimum(pairs, 1.0)))
        intro += f" Two of them are {angles.min():.0f} degrees apart or more, {angles.mean():.0f} on average."
    tables = ""
    told = directions.facts.get("told_apart")
    if told:
        rows = "".join(f"<tr><td>{kind}</td><td>{share:.3f}</td></tr>" for kind, share in told.items())
        tables = (
            "<table><caption class=quiet>Share of pairs whose direction a network named rightly; "
            f"{1 / len(directions):.3f} is "
            f"chance</caption><tr><th>directions</th><th>accuracy</th></tr>{rows}"
            "</table>"
        )
    plain = {k: v for k, v in directions.facts.items() if not isinstance(v, (list, dict))}
    details = "; ".join(f"{key} {value}" for key, value in plain.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{' '.join(STYLE.split())}</style></head><body>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(intro)}</p>"
        f"<p class=quiet>{html.escape(details)}</p>{tables}{''.join(figures)}</body></html>\n"
    )


def _data(picture):
    content = io.BytesIO()
    shown = picture[..., 0] if picture.shape[-1] == 1 else picture
    Image.fromarray(shown).quantize(255).save(content, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
