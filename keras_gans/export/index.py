"""The list of all exports of a folder, made from their cards."""

from pathlib import Path

from keras_gans import atomic
from keras_gans.export import card, loader

FILE = "README.md"


def write(folder):
    """Writes the list of the exports of a folder as its `README.md`.

    Args:
        folder: path of a folder that holds a folder for each preset, such as `savedmodels`.

    Raises:
        ValueError: there is no export with a card.

    Example:
    ```python
    keras_gans.export.index.write("savedmodels")
    ```
    """
    atomic.write_file(Path(folder) / FILE, render(folder).encode())


def render(folder):
    """Returns the list of the exports of a folder: Markdown, a row for each preset's highest version.

    Args:
        folder: as in `write`.

    Raises:
        ValueError: likewise.
    """
    folder = Path(folder)
    rows = [_row(folder, loader.find(preset)) for preset in _presets(folder)]
    if not rows:
        raise ValueError(f"{folder} holds no exports with a {card.FILE}. Received: {str(folder)!r}")
    text = (
        "Each folder holds a SavedModel by version, with a card that says how it was made, what it offers "
        "and how good it is. This list is made from the cards."
    )
    head = ("Samples", "Export", "Data", "Size", "First score of its card")
    return "\n\n".join(["# Pretrained exports", text, card.table(head, rows)]) + "\n"


def _presets(folder):
    """Folders of presets, whose highest version has a card."""
    cards = {path.parents[1] for path in folder.glob(f"*/*/{card.FILE}")}
    return sorted(preset for preset in cards if (loader.find(preset) / card.FILE).is_file())


def _row(folder, export):
    content, place = card.read(export), export.relative_to(folder).as_posix()
    picture = ""
    if (export / card.SAMPLES).is_file():
        picture = f'<img src="{place}/{card.SAMPLES}" alt="{content["preset"]}" width="160">'
    [output] = content["signatures"]["default"]["outputs"].values()
    height, width = output["shape"][1:3]
    pixels = f"{width}x{height} pixels" if height and width else "images of any size"
    facts = [f"{content['parameters']:,} parameters", f"{card.images_seen(content)} images seen"]
    return (
        picture,
        f"[`{content['preset']}`]({place}/{card.README})<br>[{content['model']}]({content['paper']})",
        content["data"],
        "<br>".join([pixels, *facts]),
        _first_score(content["metrics"]),
    )


def _first_score(metrics):
    """The first number of the first protocol, with the protocol's name and what it was measured on."""
    for protocol, values in metrics.items():
        values = values if isinstance(values, dict) else {"": values}
        numbers = [(name, value) for name, value in values.items() if isinstance(value, (int, float))]
        if numbers:
            name, value = numbers[0]
            words = [" ".join(filter(None, [protocol, name])) + f": {value:.4g}", values.get("of")]
            return "<br>".join(filter(None, words))
    return "none"
