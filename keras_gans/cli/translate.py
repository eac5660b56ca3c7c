"""`keras-gans translate`: images in, images out."""

import dataclasses
import functools
import math
import re
from collections.abc import Callable
from pathlib import Path

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_direction, positive

SHEET = "sheet.png"
TILE = 256  # pixels of the largest tile of the sheet
MOST_ROWS = 8  # of the sheet, before a new column of rows begins
MOST_SHOWN = 32  # images of the sheet


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
    outputs.add_overwrite(parser)
    parser.add_argument(
        "--size",
        type=positive,
        metavar="N",
        help="pixels of the shorter side (default: those of the image, to the nearest multiple that the "
        "network takes)",
    )


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image to translate, which is decoded when it is asked for.

    Attributes:
        name: str. Of its result, without an extension.
        path: `pathlib.Path` of its file, or where it would lie in a zip file.
        decode: callable, () -> uint8 array `(height, width, 3)`.
    """

    name: str
    path: Path
    decode: Callable


def run(options):
    """Runs the command."""
    from keras_gans import hub, images
    from keras_gans.data import files

    network = hub.load(options.directory)
    if not isinstance(network, hub.Translator):
        raise ValueError(f"{network.name} makes images of latents: use `keras-gans generate`")
    labels = domains(network, options.label)
    pictures = find(options.images)
    out = Path(options.out)
    folders = {label: out / folder_name(str(label)) if len(labels) > 1 else out for label in labels}
    drawn = {
        "reference": options.reference and terminal.read_image(options.reference),
        "direction": options.direction,
    }
    for asked in labels.values():
        network.check(**drawn, label=asked, size=options.size)
    made = [folder / f"{picture.name}.png" for folder in folders.values() for picture in pictures]
    read = [*(picture.path for picture in pictures), options.reference]
    outputs.check([*made, out / SHEET], inputs=read, overwrite=options.overwrite)
    check(pictures)
    shown = []
    for number, picture in enumerate(pictures):
        image = network.fit(picture.decode(), options.size)
        row = [thumbnail(image)]
        for label, asked in labels.items():
            [after] = network.translate(image[None], **drawn, label=asked, seed=options.seed + number)
            after = images.unit_to_uint8(after)
            row.append(thumbnail(after))
            folders[label].mkdir(parents=True, exist_ok=True)
            images.write_png(folders[label] / f"{picture.name}.png", after)
        shown += [row] if number < MOST_SHOWN else []
        terminal.progress("images", number + 1, len(pictures))
    images.write_png(out / SHEET, sheet(shown))
    some = f" of the first {MOST_SHOWN}" if len(pictures) > MOST_SHOWN else ""
    columns = f"; its columns: as it was, {', '.join(labels)}" if len(labels) > 1 else ""
    count = files.counted(pictures, "image", "images")
    print(f"{out}: {count}, and before and after{some} in {SHEET}{columns}")


def domains(network, text):
    """What `--label` asks for: dict, name -> the argument `label` of `Translator.translate`."""
    if text == "all" and network.class_names:
        return {name: name for name in network.class_names}
    several = text is not None and "," in text and text not in network.class_names
    return {text: text.split(",") if several else text}


def folder_name(label):
    """A name of a domain, without what file names should not have."""
    return re.sub(r"[^\w &+-]", "-", label)


def find(paths):
    """Returns the images of files, and of folders and zip files in order: list of `Picture`.

    Nothing is decoded.

    Raises:
        ValueError: if there is no such file, a folder has no images, or two images have one name.
    """
    from keras_gans import data
    from keras_gans.data.decoding import decode

    found = {}

    def add(name, path, decode):
        if name in found or name == Path(SHEET).stem:
            taken = f"as {found[name].path} has it" if name in found else f"which {SHEET} has"
            raise ValueError(
                f"Images need names of their own, since each becomes NAME.png. That of {path} is {name!r}, "
                f"{taken}. Rename it, or translate it by itself into another folder"
            )
        found[name] = Picture(name, path, decode)

    for path in map(Path, paths):
        if path.is_dir() or path.suffix.lower() == ".zip":
            source = data.ImageFolder(path, split="all", labelled=False)
            if not len(source):
                raise ValueError(f"{path} has no images.")
            for index in range(len(source)):
                name = source.key(index).replace("/", "-")
                add(name, path / source.item_name(index), functools.partial(source.read, index))
        else:
            add(path.stem, path, functools.partial(decode, path, name=path.name))
    return list(found.values())


def check(pictures):
    """Decodes every image once and keeps none, so that no work is done beside one that cannot be used.

    Raises:
        ValueError: some cannot be used; the message names the first.
    """
    from keras_gans import data

    faults = []
    for number, picture in enumerate(pictures):
        try:
            picture.decode()
        except data.BadImage as error:
            faults.append(f"{picture.path}: {error.reason}")
        terminal.progress("images read", number + 1, len(pictures))
    if faults:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise ValueError(
            f"{len(faults)} of {len(pictures)} images cannot be used: {'; '.join(faults[:5])}{more}. "
            "Nothing was translated; name the others alone, or remove these"
        )


def thumbnail(image):
    """Returns a uint8 image as the sheet shows it: `PIL.Image.Image`, at most `TILE` pixels a side."""
    from PIL import Image, ImageOps

    picture = Image.fromarray(image.squeeze(axis=-1) if image.shape[-1] == 1 else image).convert("RGB")
    return ImageOps.contain(picture, (TILE, TILE)) if max(picture.size) > TILE else picture


def sheet(rows):
    """Lays out thumbnails before and after, side by side, in several columns of rows if they are many.

    Args:
        rows: list of lists of `PIL.Image.Image`, of any size, as many in each row.

    Returns:
        uint8 picture. White is put around what is smaller than the largest.
    """
    import numpy as np
    from PIL import Image

    from keras_gans.images import grid

    side = max(max(picture.size) for row in rows for picture in row)
    tiles = []
    for row in rows:
        for picture in row:
            square = Image.new("RGB", (side, side), "white")
            square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
            tiles.append(np.array(square))
    return grid(np.stack(tiles), columns=len(rows[0]) * math.ceil(len(rows) / MOST_ROWS), padding=2)
