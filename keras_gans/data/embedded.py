"""The emoji set that comes with the package."""

import difflib
import functools
import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from keras_gans.data.base import Source

FOLDER = Path(__file__).parent / "emoji"
STYLES = ("fluent", "noto", "twemoji")
SPLITS = ("train", "test", "all")


class Emoji(Source):
    """3,372 emoji in up to three drawing styles, 64 x 64 pixels on white, in 9 categories.

    The styles are aligned by code point: with `s` styles, images `s * i` to `s * i + s - 1` show
    the same emoji, in the order of `styles`. The split is made by base emoji, so that skin tones
    of one emoji never straddle it, and the order is shuffled, so that any prefix is a fair sample.

    Args:
        styles: str or sequence of str out of "fluent", "noto", "twemoji".
        split: "train" (3,031 emoji), "test" (341) or "all".

    Attributes:
        styles: tuple of str.
        metadata: tuple of dicts, one an image: "code" (code points in hexadecimal), "name",
            "category", "subcategory", "base" (the code without skin tone), "tone" and "style".

    Example:
    ```python
    pairs = Emoji(("noto", "fluent"))
    noto, fluent = pairs.read(0), pairs.read(1)
    ```
    """

    def __init__(self, styles=STYLES, split="train"):
        self.styles = _checked_styles(styles)
        if split not in SPLITS:
            raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: {split!r}")
        index = json.loads((FOLDER / "emoji.json").read_text(encoding="utf-8"))
        self._tile, self._columns = index["tile"], index["columns"]
        chosen = [
            (place, entry) for place, entry in enumerate(index["images"]) if split in ("all", entry["split"])
        ]
        self._places = [place for place, _ in chosen]
        self.metadata = tuple(
            {**{key: value for key, value in entry.items() if key != "split"}, "style": style}
            for _, entry in chosen
            for style in self.styles
        )
        self.name = f"emoji:{','.join(self.styles)} ({split})"
        self.class_names = tuple(index["categories"])
        categories = [self.class_names.index(entry["category"]) for entry in self.metadata]
        self.labels = np.array(categories, "int32")
        self.provenance = {
            "description": f"{len(chosen)} emoji ({split}) in the styles {', '.join(self.styles)}, "
            "64 x 64 pixels on white, embedded in keras_gans",
            "licence": _licence_table(self.styles),
        }

    def __len__(self):
        return len(self.metadata)

    def read(self, index):
        """Returns image number `index`: uint8 RGB array, `(64, 64, 3)`."""
        row, column = divmod(self._places[index // len(self.styles)], self._columns)
        top, left = row * self._tile, column * self._tile
        sheet = _sheet(self.styles[index % len(self.styles)])
        return sheet[top : top + self._tile, left : left + self._tile].copy()

    def item_name(self, index):
        """Returns style and code points of image number `index`, as in "noto/1f600"."""
        entry = self.metadata[index]
        return f"{entry['style']}/{entry['code']}"

    def key(self, index):
        """Returns the code points of image number `index`, which all styles share."""
        return self.metadata[index]["code"]

    def stamp(self, index):
        """Returns name, size of the pixels and the checksum of the whole style, see `Source.stamp`."""
        style = self.styles[index % len(self.styles)]
        return self.item_name(index), 3 * self._tile**2, _checksum(style)

    def each(self, function, done=frozenset()):
        """Applies a function to all images, see `Source.each`."""
        for style in self.styles:
            _sheet(style)  # before threads start, which would each decode it
        return super().each(function, done)


def _checked_styles(styles):
    styles = (styles,) if isinstance(styles, str) else tuple(styles)
    unknown = [style for style in styles if style not in STYLES]
    if unknown or not styles or len(set(styles)) != len(styles):
        hints = [hint for style in unknown for hint in difflib.get_close_matches(style, STYLES, 1)]
        hint = f" Did you mean {', '.join(map(repr, hints))}?" if hints else ""
        raise ValueError(
            f"Emoji styles must be one or more of {', '.join(STYLES)}, each once. "
            f"Received: {', '.join(styles) or 'none'}.{hint}"
        )
    return styles


def _licence_table(styles):
    """The rows of the licence table that belong to the styles, with its heading."""
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    return "\n".join(table[:2] + [row for row in table if row.split("|")[1].strip() in styles])


@functools.cache
def _checksum(style):
    return zlib.crc32((FOLDER / f"{style}.webp").read_bytes())


@functools.cache
def _sheet(style):
    """All tiles of one style: uint8 array, `(rows * 64, columns * 64, 3)`."""
    with Image.open(FOLDER / f"{style}.webp") as sheet:
        return np.asarray(sheet.convert("RGB"))
