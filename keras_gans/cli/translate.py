"""`keras-gans translate`: images in, images out."""

import functools
import math
from pathlib import Path

from keras_gans.cli import translator
from keras_gans.cli.arguments import positive

SHEET = "sheet.png"
TILE = 256  # pixels of the largest tile of the sheet
MOST_ROWS = 8


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "translate",
        run,
        "Translates images, and lays them out before and after on a sheet.",
        "runs/pix2pix/export photo.jpg folder/ --out translated/",
    )
    translator.add_options(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders or zips of them")
    parser.add_argument("--out", required=True, metavar="DIR", help="a folder, for a PNG each and sheet.png")
    parser.add_argument(
        "--size",
        type=positive,
        metavar="N",
        help="pixels of the shorter side (default: those of the image, to the nearest multiple that the "
        "network takes)",
    )


def run(options):
    """Runs the command."""
    from keras_gans import images

    network = translator.Translator(options)
    files = read(options.images)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    shown = []
    for number, (name, image) in enumerate(files):
        before = network.fit(image, options.size)
        [after] = network.translate(before[None], number)
        images.write_png(out / f"{name}.png", after)
        shown.append((before, after))
        translator.progress(number + 1, len(files))
    images.write_png(out / SHEET, sheet(shown))
    print(f"{out}: {len(files)} images, and before and after in {SHEET}")


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
            source = data.ImageFolder(path)
            if not len(source):
                raise ValueError(f"{path} has no images.")
            for index in range(len(source)):
                name = source.key(index).replace("/", "-")
                add(name, path / source.item_name(index), functools.partial(source.read, index))
        else:
            add(path.stem, path, functools.partial(decode, path, name=path.name))
    return list(found.items())


def sheet(pairs):
    """Lays out images before and after, side by side, in several columns of pairs if they are many.

    Args:
        pairs: list of two uint8 images, `(height, width, channels)`, each of any size.

    Returns:
        uint8 picture. Images that are larger than the others' are shrunk, and white is put around.
    """
    import numpy as np
    from PIL import Image, ImageOps

    from keras_gans.images import grid

    side = min(TILE, max(max(image.shape[:2]) for pair in pairs for image in pair))
    tiles = []
    for pair in pairs:
        for image in pair:
            picture = Image.fromarray(image.squeeze()).convert("RGB")
            if max(picture.size) > side:
                picture = ImageOps.contain(picture, (side, side))
            square = Image.new("RGB", (side, side), "white")
            square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
            tiles.append(np.array(square))
    return grid(np.stack(tiles), columns=2 * math.ceil(len(pairs) / MOST_ROWS), padding=2)
