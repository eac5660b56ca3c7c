"""`keras-gans translate`: images in, images out."""

import functools
import math
import re
from pathlib import Path

from keras_gans.cli import terminal
from keras_gans.cli.arguments import add_direction, positive

SHEET = "sheet.png"
TILE = 256  # pixels of the largest tile of the sheet
MOST_ROWS = 8


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Translates images, and lays them out before and after on a sheet.",
        "runs/stargan/export photo.jpg folder/ --label all --out translated/",
    )
    parser.add_argument(
        "directory",
        metavar="MODEL",
        help="an exported network from images to images, by its path or its name",
    )
    add_direction(parser)
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="of a network for several domains, the one to translate to, by name or by number from 0, or "
        "`all`; of attributes several with commas between",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of noise or style, if the network has any; image number i has seed N + i (default: 0)",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders or zips of them")
    parser.add_argument(
        "--reference",
        metavar="IMAGE",
        help="with --label, of a network with styles: take that of this image, an example of the domain",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="a folder, for a PNG each and sheet.png; of `--label all` for a folder a domain",
    )
    parser.add_argument(
        "--size",
        type=positive,
        metavar="N",
        help="pixels of the shorter side (default: those of the image, to the nearest multiple that the "
        "network takes)",
    )


def run(options):
    """Runs the command."""
    from keras_gans import hub, images
    from keras_gans.data.decoding import decode

    network = hub.load(options.directory)
    if not isinstance(network, hub.Translator):
        raise ValueError(f"{network.name} makes images of latents: use `keras-gans generate`")
    labels = domains(network, options.label)
    reference = options.reference and decode(options.reference, name=str(options.reference))
    files = read(options.images)
    out = Path(options.out)
    folders = {label: out / folder_name(str(label)) if len(labels) > 1 else out for label in labels}
    shown = []
    for number, (name, image) in enumerate(files):
        row = [network.fit(image, options.size)]
        for label, asked in labels.items():
            [after] = network.translate(
                row[0][None],
                label=asked,
                reference=reference,
                direction=options.direction,
                seed=options.seed + number,
            )
            row.append(images.unit_to_uint8(after))
            folders[label].mkdir(parents=True, exist_ok=True)
            images.write_png(folders[label] / f"{name}.png", row[-1])
        shown.append(row)
        terminal.progress("images", number + 1, len(files))
    images.write_png(out / SHEET, sheet(shown))
    columns = f"; its columns: as it was, {', '.join(labels)}" if len(labels) > 1 else ""
    print(f"{out}: {len(files)} images, and before and after in {SHEET}{columns}")


def domains(network, text):
    """What `--label` asks for: dict, name -> the argument `label` of `Translator.translate`."""
    if text == "all" and network.class_names:
        return {name: name for name in network.class_names}
    several = text is not None and "," in text and text not in network.class_names
    return {text: text.split(",") if several else text}


def folder_name(label):
    """A name of a domain, without what file names should not have."""
    return re.sub(r"[^\w &+-]", "-", label)


def read(paths):
    """Returns `[(name without extension, uint8 image), ...]` of files, and of folders in order.

    Raises:
        ValueError: if a file is no image, a folder has none, or two have one name.
    """
    from keras_gans import data
    from keras_gans.data.decoding import decode

    found = {}

    def add(name, path, decode):
        if name in found or name == Path(SHEET).stem:
            raise ValueError(f"Images need names of their own, and not 'sheet'. Received again: {path}")
        try:
            found[name] = decode()
        except data.BadImage as error:
            raise ValueError(f"{path}: {error.reason}") from error

    for path in map(Path, paths):
        if path.is_dir() or path.suffix == ".zip":
            source = data.ImageFolder(path, split="all", labelled=False)
            if not len(source):
                raise ValueError(f"{path} has no images.")
            for index in range(len(source)):
                name = source.key(index).replace("/", "-")
                add(name, path / source.item_name(index), functools.partial(source.read, index))
        else:
            add(path.stem, path, functools.partial(decode, path, name=path.name))
    return list(found.items())


def sheet(rows):
    """Lays out images before and after, side by side, in several columns of rows if they are many.

    Args:
        rows: list of uint8 images, `(height, width, channels)`, each of any size, as many in each row.

    Returns:
        uint8 picture. Images that are larger than the others' are shrunk, and white is put around.
    """
    import numpy as np
    from PIL import Image, ImageOps

    from keras_gans.images import grid

    side = min(TILE, max(max(image.shape[:2]) for row in rows for image in row))
    tiles = []
    for row in rows:
        for image in row:
            picture = Image.fromarray(image.squeeze()).convert("RGB")
            if max(picture.size) > side:
                picture = ImageOps.contain(picture, (side, side))
            square = Image.new("RGB", (side, side), "white")
            square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
            tiles.append(np.array(square))
    return grid(np.stack(tiles), columns=len(rows[0]) * math.ceil(len(rows) / MOST_ROWS), padding=2)
