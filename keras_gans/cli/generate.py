"""`keras-gans generate`: a grid of images."""

import os

from keras_gans.cli import generator
from keras_gans.cli.arguments import file_name, parse_seeds, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "generate",
        run,
        "Writes a grid of images, one for each seed.",
        "savedmodels/progan_emoji_32 --seeds 0-15,42 --out grid.png",
    )
    generator.add_options(parser)
    parser.add_argument("--seeds", type=parse_seeds, required=True, help="such as 0-15,42")
    parser.add_argument(
        "--columns",
        type=positive,
        metavar="N",
        help="images a row (default: as square as possible)",
    )
    parser.add_argument("--out", type=file_name(".png"), required=True, metavar="FILE", help="a .png file")


def run(options):
    """Runs the command."""
    from keras_gans import images

    model = generator.Generator(options)
    pictures = model.images(model.latents(options.seeds))
    os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
    images.write_png(options.out, images.grid(pictures, columns=options.columns))
    print(f"{options.out}: {len(pictures)} images")
