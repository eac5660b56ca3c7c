"""`keras-gans prepare`: a clean data set."""

from keras_gans.cli.arguments import reader
from keras_gans.resolution import read


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Writes the usable images of a data set as PNG files of one size.",
        "photos/ photos_128/ --resolution 128 --crop center",
    )
    parser.add_argument("source", metavar="SRC", help="a folder of images, or tfds:NAME")
    parser.add_argument("destination", metavar="DST", help="a new folder")
    parser.add_argument(
        "--resolution",
        type=reader(read),
        required=True,
        metavar="N|HxW",
        help="size in pixels: 128, or height x width where they differ, as in 96x64",
    )
    parser.add_argument(
        "--crop",
        choices=("center", "none"),
        default="center",
        help="cut the largest part of this shape from the middle, or skip what has another (default: center)",
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
