"""`keras-gans mix`: images with some of their styles from others, as a table."""

import argparse
import math
import os
import re

from keras_gans.cli import generator
from keras_gans.cli.arguments import MOST_SEEDS, file_name, parse_seeds

BANDS = ("coarse", "middle", "fine")


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "mix",
        run,
        "Writes the table of style mixing (arXiv 1812.04948, figure 3): sources across the top, destinations "
        "down the left side, and in each place the destination with some styles of the source.",
        "runs/stylegan2/export --sources 0-4 --destinations 10-12 --out mix.png",
    )
    generator.add_options(parser)
    parser.add_argument("--sources", type=parse_seeds, required=True, metavar="SEEDS", help="such as 0-4")
    parser.add_argument(
        "--destinations", type=parse_seeds, required=True, metavar="SEEDS", help="such as 10-12"
    )
    parser.add_argument(
        "--styles",
        type=parse_styles,
        metavar="BAND",
        help="styles that come from the source: coarse, middle, fine, or A-B, counted from 0, the coarsest. "
        "Of more than 8, coarse are 0-3 (layers of 4 to 8 pixels), middle 4-7 (16 to 32), fine the rest, as "
        "in the paper; of 8 or fewer, each is a third (of 8: 0-2, 3-5, 6-7; of 4: 0-1, 2, 3). Default: all "
        "three, one beneath the other",
    )
    parser.add_argument("--out", type=file_name(".png"), required=True, metavar="FILE", help="a .png file")


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import images

    tables = len(BANDS) if options.styles is None else 1
    shape = tables, len(options.destinations), len(options.sources)
    count = math.prod(shape)
    if count > MOST_SEEDS:
        raise ValueError(f"A table has at most {MOST_SEEDS} places. Received: {' x '.join(map(str, shape))}")
    model = generator.Generator(options)
    model.require("mapping", "synthesis")
    model.select(options.label, options.truncation, styled=True)
    sources = model.styles(model.latents(options.sources))
    destinations = model.styles(model.latents(options.destinations))
    bands = choose_bands(options.styles, sources.shape[1])
    copied = np.zeros((len(bands), sources.shape[1], 1), "bool")
    for row, (_, first, last) in enumerate(bands):
        copied[row, first : last + 1] = True

    def mixed(part):
        band, row, column = np.unravel_index(np.arange(part.start, part.stop), shape)
        return np.where(copied[band], sources[column], destinations[row])

    top = model.images_of_styles(sources.__getitem__, len(sources))
    left = model.images_of_styles(destinations.__getitem__, len(destinations))
    table = model.images_of_styles(mixed, count)
    left = np.tile(left, (len(bands), 1, 1, 1))[:, None]
    table = table.reshape(len(left), len(sources), *top.shape[1:])
    corner = np.full_like(top[:1], 255)
    sheet = [corner, top, *np.concatenate([left, table], axis=1)]
    os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
    images.write_png(options.out, images.grid(np.concatenate(sheet), columns=len(sources) + 1))
    for row, (name, first, last) in enumerate(bands):
        start = row * len(destinations) + 1
        print(f"rows {start}-{start + len(destinations) - 1}: {name} styles of the sources, {first}-{last}")
    print(f"{options.out}: {' x '.join(map(str, shape))} images")


def parse_styles(text):
    """Reads `coarse`, `middle` or `fine` as str, `A-B` as a pair of int."""
    if text in BANDS:
        return text
    numbers = re.fullmatch(r"([0-9]+)-([0-9]+)", text)
    if not numbers or int(numbers[1]) > int(numbers[2]):
        raise argparse.ArgumentTypeError(
            f"must be {', '.join(BANDS)} or a range such as 0-3. Received: {text!r}"
        )
    return int(numbers[1]), int(numbers[2])


def choose_bands(styles, count):
    """Returns the styles that are copied: a list of `(name, first, last)`, the last one included.

    Args:
        styles: str, one of `BANDS`; pair of int, the first and the last; or `None` for all of `BANDS`.
        count: int. Styles of an image.

    Raises:
        ValueError: there are fewer styles.
    """
    if isinstance(styles, tuple):
        if styles[1] >= count:
            raise ValueError(
                f"--styles must lie in 0-{count - 1}: an image of this model has {count} styles. "
                f"Received: {styles[0]}-{styles[1]}"
            )
        return [("chosen", *styles)]
    if count < len(BANDS):
        raise ValueError(
            f"An image of this model has {count} styles, too few for {', '.join(BANDS)}: pass --styles A-B"
        )
    # Two layers of each resolution: 8 styles reach up to 32 pixels.
    middle, fine = (4, 8) if count > 8 else (-(-count // 3), -(-2 * count // 3))
    found = [("coarse", 0, middle - 1), ("middle", middle, fine - 1), ("fine", fine, count - 1)]
    return [band for band in found if styles in (None, band[0])]
