"""`keras-gans generate`: a grid of images."""

import os

from keras_gans.cli import generator
from keras_gans.cli.arguments import file_name, parse_seeds, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "generate",
        run,
        "Writes a grid of images, one for each seed, and a row for each class or truncation.",
        "savedmodels/progan_emoji_32 --seeds 0-15,42 --out grid.png",
    )
    generator.add_options(parser, sweep=True)
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
    import numpy as np

    from keras_gans import images

    model = generator.Generator(options)
    labels = [options.label]
    if options.label == "all":
        if not model.num_classes:
            raise ValueError(f"{options.directory} has no classes. Received: --class all")
        labels = [str(index) for index in range(model.num_classes)]
    rows = []
    for label in labels:
        for truncation in options.truncation or [None]:
            model.select(label, truncation)
            rows.append((label, truncation, model.images(model.latents(options.seeds))))
    pictures = np.concatenate([pictures for _, _, pictures in rows])
    columns = options.columns
    if len(rows) > 1:
        columns = columns or len(options.seeds)
        names = model.content["class_names"]
        for label, truncation, _ in rows:
            name = [] if label is None else [names[int(label)] if label.isdecimal() and names else label]
            level = [] if truncation is None else [f"truncation {truncation:g}"]
            print(f"row: {', '.join(name + level)}")
    os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
    images.write_png(options.out, images.grid(pictures, columns=columns))
    print(f"{options.out}: {len(pictures)} images")
