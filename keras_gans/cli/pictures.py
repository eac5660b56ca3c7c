"""Image files that commands read, what they make of them, and the sheet that shows both."""

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_class, positive

SHEET = "sheet.png"
TILE = 256  # pixels of the largest tile of the sheet
MOST_ROWS = 8  # of the sheet, before a new column of rows begins
MOST_SHOWN = 32  # images of the sheet


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image that a command reads, which is decoded when it is asked for.

    Attributes:
        name: str. Of its result, without an extension.
        path: `pathlib.Path` of its file, or where it would lie in a zip file.
        decode: callable, () -> uint8 array `(height, width, 3)`.
    """

    name: str
    path: Path
    decode: Callable


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
                f"{taken}. Rename it, or give it by itself, with another folder"
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


def check(pictures, out, paths, *, others=(), inputs=(), overwrite=False):
    """Refuses outputs and images before any work is done.

    Every image is decoded once and none is kept, so that nothing is made beside one that cannot be used.

    Args:
        pictures: list of `Picture`.
        out: `pathlib.Path`. Folder of the sheet.
        paths: callable, `Picture` -> paths of its results.
        others: sequence of paths of further results.
        inputs: sequence of paths of further files that are read; `None` counts for none.
        overwrite: bool. Whether files that are no inputs may be replaced.

    Raises:
        ValueError: as `outputs.check`, or some images cannot be used; the message names the first.
        FileExistsError: as `outputs.check`.
    """
    from keras_gans import data

    made = [path for picture in pictures for path in paths(picture)]
    read = [*(picture.path for picture in pictures), *inputs]
    outputs.check([*made, *others, out / SHEET], inputs=read, overwrite=overwrite)

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
            "Nothing was done; name the others alone, or remove these"
        )


def edit(pictures, out, paths, make, columns, *, scale=1):
    """Makes results of every picture and writes them, with a sheet of both.

    Args:
        pictures: list of `Picture`.
        out: `pathlib.Path`. Folder of the sheet.
        paths: callable, `Picture` -> paths of its results.
        make: callable, (number, `Picture`) -> pictures to show before them, and as many results as paths; two
            lists of uint8 arrays.
        columns: sequence of str. Of the sheet, to be told; may be empty.
        scale: int. How often the sheet shows every pixel in both directions.
    """
    from keras_gans import images
    from keras_gans.data import files

    shown = []
    for number, picture in enumerate(pictures):
        before, after = make(number, picture)
        for path, made in zip(paths(picture), after, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            images.write_png(path, made)
        if number < MOST_SHOWN:
            shown.append([thumbnail(images.enlarge(each[None], scale)[0]) for each in (*before, *after)])
        terminal.progress("images", number + 1, len(pictures))
    images.write_png(out / SHEET, sheet(shown))
    some = f" of the first {MOST_SHOWN}" if len(pictures) > MOST_SHOWN else ""
    told = f"; its columns: {', '.join(columns)}" if columns else ""
    print(f"{out}: {files.counted(pictures, 'image', 'images')}, and before and after{some} in {SHEET}{told}")


def add_editing(parser, *, steps, steps_help):
    """Adds what commands that edit images with a diffusion model have in common.

    Args:
        parser: of a command.
        steps: int. Default of `--steps`.
        steps_help: str. What these are.
    """
    parser.add_argument(
        "directory", metavar="MODEL", help="an exported diffusion model, by its path or its name"
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="image files, or folders or zips of them")
    add_class(parser)
    parser.add_argument(
        "--steps", type=positive, default=steps, metavar="N", help=f"{steps_help} (default: {steps})"
    )
    add_folder(parser, "a PNG of each result and sheet.png")


def add_folder(parser, content, *, scale=1):
    """Adds `--out`, a folder with a sheet, `--scale` and `--overwrite`.

    Args:
        parser: of a command.
        content: str. What the folder gets.
        scale: int. Default of `--scale`.
    """
    enlarged = f"show every pixel of the sheet N x N times (default: {scale})"
    parser.add_argument("--out", required=True, metavar="DIR", help=f"a folder, for {content}")
    parser.add_argument("--scale", type=positive, default=scale, metavar="N", help=enlarged)
    outputs.add_overwrite(parser)


def run_editing(options, make, *, suffixes, shown, inputs=()):
    """Does the work of such a command, with everything checked first.

    Args:
        options: of the command line.
        make: callable, as for `edit`.
        suffixes: sequence of str. Of the names of the results of an image, such as "seed 0".
        shown: sequence of str. Columns of the sheet before those.
        inputs: as for `check`.
    """
    found, out = find(options.images), Path(options.out)

    def paths(picture):
        return [out / f"{picture.name}-{suffix.replace(' ', '-')}.png" for suffix in suffixes]

    check(found, out, paths, inputs=inputs, overwrite=options.overwrite)
    edit(found, out, paths, make, [*shown, *suffixes], scale=options.scale)


def fitted(image, shape):
    """Returns the middle of a uint8 RGB image as one of `(height, width, channels)`, resized."""
    from keras_gans.data import decoding
    from keras_gans.images import channels_of

    size = shape[:2]
    resized = decoding.resize(decoding.crop_to_shape(image, "center", size), size)
    return decoding.in_channels(resized, channels_of(shape))


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
