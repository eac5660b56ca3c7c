"""`keras-gans mix`: images with some of their styles from others, as a table."""

import argparse
import math
import re

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import MOST_SEEDS, add_generator, add_rows

BANDS = ("coarse", "middle", "fine")


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes the table of style mixing (arXiv 1812.04948, figure 3): sources across the top, destinations "
        "down the left side, and in each place the destination with some styles of the source.",
        "runs/stylegan2/export --sources 0-4 --destinations 10-12 --out mix.png",
    )
    add_generator(parser)
    add_rows(parser, "--sources", "0-4")
    add_rows(parser, "--destinations", "10-12")
    parser.add_argument(
        "--styles",
        type=parse_styles,
        metavar="BAND",
        help="styles that come from the source: coarse, middle, fine, or A-B, counted from 0, the coarsest. "
        "Of more than 8, coarse are 0-3 (layers of 4 to 8 pixels), middle 4-7 (16 to 32), fine the rest, as "
        "in the paper; of 8 or fewer, each is a third (of 8: 0-2, 3-5, 6-7; of 4: 0-1, 2, 3). Default: all "
        "three, one beneath the other",
    )
    outputs.add_out(parser, ".png")


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import latent

    given = options.sources, options.destinations
    outputs.check([options.out], inputs=outputs.files_of(*given), overwrite=options.overwrite)
    model = terminal.open_generator(options.directory)
    terminal.note_truncation(model, options.truncation)
    sources, destinations = (terminal.read_latents(model, one, options.truncation) for one in given)
    rows, columns = len(destinations), len(sources)
    shape = 1 if options.styles else len(BANDS), rows, columns
    if math.prod(shape) > MOST_SEEDS:
        raise ValueError(f"A table has at most {MOST_SEEDS} places. Received: {' x '.join(map(str, shape))}")
    drawn = {"label": options.label, "truncation": options.truncation}
    if all(terminal.are_styles(model, each) for each in (sources, destinations)):
        terminal.refuse_with_styles(**drawn)
    styles = np.concatenate([terminal.styles_of(model, each, **drawn) for each in (sources, destinations)])
    bands = choose_bands(options.styles, styles.shape[1])

    def shown(styles):
        return terminal.pixels(
            lambda part: model.synthesize(styles[part], noise=options.noise), len(styles), options.scale
        )

    edges = shown(styles)
    top, left = edges[:columns], edges[columns:]
    sheet = [np.full_like(top[:1], 255), top]
    for number, (name, (first, last)) in enumerate(bands.items()):
        mixed = latent.mix(styles[columns:], styles[:columns], first, last)
        table = shown(mixed.reshape(-1, *styles.shape[1:])).reshape(rows, columns, *top.shape[1:])
        sheet += [*np.concatenate([left[:, None], table], axis=1)]
        start = number * rows + 1
        print(f"rows {start}-{start + rows - 1}: {name} styles of the sources, {first}-{last}")
    terminal.write_grid(options.out, np.concatenate(sheet), columns + 1)
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
    """Returns the styles that are copied: dict, name -> `(first, last)`, the last one included.

    Args:
        styles: str, one of `BANDS`; pair of int, the first and the last; or `None` for all of `BANDS`.
        count: int. Styles of an image.
    """
    from keras_gans import latent

    if isinstance(styles, tuple):
        return {"chosen": styles}
    bands = latent.style_bands(count)
    return bands if styles is None else {styles: bands[styles]}
