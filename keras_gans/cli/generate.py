"""`keras-gans generate`: a grid of images."""

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, add_latents, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes a grid of images, one for each seed or row of a file, a row for each class or truncation.",
        "savedmodels/progan_emoji_32 --seeds 0-15,42 --out grid.png",
    )
    add_generator(parser, sweep=True)
    add_latents(parser, "0-15,42")
    parser.add_argument(
        "--columns",
        type=positive,
        metavar="N",
        help="images a row (default: as square as possible)",
    )
    outputs.add_out(parser, ".png")


def run(options):
    """Runs the command."""
    import numpy as np

    outputs.check_latents(options)
    model = terminal.open_generator(options.directory)
    labels = range(model.num_classes) if options.label == "all" else [options.label]
    if not labels:
        raise ValueError(f"{options.directory} has no classes. Received: --label all")
    choices = [(label, truncation) for label in labels for truncation in options.truncation or [None]]
    rows = []
    for label, truncation in choices:
        terminal.note_truncation(model, truncation)
        latents = terminal.read_latents(model, options.seeds, truncation)
        rows.append(_row(model, latents, options, label, truncation))
    terminal.save_latents(model, latents, options, label if len(labels) == 1 else None)
    if len(choices) > 1:
        for label, truncation in choices:
            name = [] if label is None else [_name(model, label)]
            level = [] if truncation is None else [f"truncation {truncation:g}"]
            print(f"row: {', '.join(name + level)}")
    pictures = np.concatenate(rows)
    terminal.write_grid(options.out, pictures, options.columns or (len(rows[0]) if len(rows) > 1 else None))
    print(f"{options.out}: {len(pictures)} images")


def _row(model, latents, options, label, truncation):
    """uint8 pictures of one class at one truncation."""

    def make(part):
        drawn = {"truncation": truncation, "guidance": options.guidance}
        return terminal.images_of(model, latents, part, label=label, noise=options.noise, **drawn)

    return terminal.pixels(make, len(latents), options.scale)


def _name(model, label):
    """The name of a class, where there are names."""
    number = model.class_indices(label, 1)
    return model.class_names[number] if model.class_names else str(number)
