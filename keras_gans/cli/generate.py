"""`keras-gans generate`: a grid of images, or a set of image files."""

from pathlib import Path

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, add_latents, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes a grid of images, one for each seed or row of a file, a row for each class or "
        "truncation. With "
        "--files, a set: a PNG each, in a folder for each class, with a dataset.json; the same command "
        "goes on "
        "with one that was interrupted.",
        "savedmodels/progan_emoji_32 --seeds 0-15,42 --out grid.png",
    )
    add_generator(parser, sweep=True)
    add_latents(parser, "0-15,42", required=False)
    parser.add_argument(
        "--columns",
        type=positive,
        metavar="N",
        help="images a row (default: as square as possible)",
    )
    outputs.add_out(parser, ".png", required=False)
    parser.add_argument("--files", metavar="DIR", help="instead of --out: a folder for a PNG of each image")
    parser.add_argument(
        "--per-class",
        type=positive,
        metavar="N",
        help="with --files: N images of each class; of a model without classes give --seeds",
    )
    parser.add_argument(
        "--balance",
        action="store_true",
        help="with --per-class: count the images that a folder of a class holds already, such as real "
        "ones, and "
        "fill it up to N",
    )


def run(options):
    """Runs the command."""
    import numpy as np

    if options.files is not None:
        return _write_files(options)
    if options.out is None or options.seeds is None or options.per_class or options.balance:
        raise ValueError("generate takes --seeds and --out, or --files with --per-class or --seeds")
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


def _write_files(options):
    """Writes a set of image files."""
    from keras_gans import runs

    unused = {
        "--out": options.out,
        "--save-latents": options.save_latents,
        "--columns": options.columns,
        "--label": options.label,
        "--noise": options.noise,
        "--scale": None if options.scale == 1 else options.scale,
    }
    given = [flag for flag, value in unused.items() if value is not None]
    if given or len(options.truncation or []) > 1 or isinstance(options.seeds, Path):
        wrong = ", ".join(given) or "several truncations or a file of latents"
        raise ValueError(f"--files takes --seeds or --per-class, and one --truncation. Received: {wrong}")
    model = terminal.open_generator(options.directory)
    counts = runs.generate_files(
        model,
        options.files,
        per_class=options.per_class,
        balance=options.balance,
        seeds=options.seeds,
        truncation=options.truncation[0] if options.truncation else None,
        guidance=options.guidance,
        progress=terminal.progress,
    )
    for name, count in counts.items():
        print(f"{name}: {count}")
    print(f"{options.files}: {sum(counts.values())} images")


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
