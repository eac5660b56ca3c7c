"""`keras-gans prepare`: a clean data set."""

from keras_gans.cli.arguments import positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes the usable images of a data set as square PNG files of one size.",
        "photos/ photos_128/ --resolution 128 --crop center",
    )
    parser.add_argument("source", metavar="SRC", help="a folder of images, or tfds:NAME")
    parser.add_argument("destination", metavar="DST", help="a new folder")
    parser.add_argument("--resolution", type=positive, required=True, metavar="N")
    parser.add_argument(
        "--crop",
        choices=("center", "none"),
        default="center",
        help="cut the largest square from the middle, or skip what is not square (default: center)",
    )
    parser.add_argument("--split", default="train", help="split of the data set (default: train)")
    parser.add_argument(
        "--force", action="store_true", help="go on if more than 1 %% of the images are unusable"
    )


def run(options):
    """Runs the command."""
    from keras_gans import data

    crop = None if options.crop == "none" else options.crop
    report = data.prepare(
        options.source,
        options.destination,
        resolution=options.resolution,
        crop=crop,
        split=options.split,
        force=options.force,
    )
    print(report)
