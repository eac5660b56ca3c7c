"""`keras-gans judge-pairs`: translated images against what they should be."""

import shlex

from keras_gans.cli import translator
from keras_gans.cli.arguments import positive
from keras_gans.cli.evaluate import portable


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "judge-pairs",
        run,
        "Compares translated images with real targets, and, as the floor, the images as they were.",
        "runs/pix2pix/export --data emoji:noto,fluent --split test --resolution 64",
    )
    translator.add_options(parser)
    parser.add_argument(
        "--data",
        required=True,
        metavar="SRC",
        help="aligned pairs in the direction of the translation: emoji:STYLE,STYLE, two folders A,B, or "
        "left-to-right:DIR",
    )
    parser.add_argument("--split", default="test", help="split of the data set (default: test)")
    parser.add_argument("--crop", choices=["center"], help="cut images that are not square")
    parser.add_argument(
        "--resolution",
        type=positive,
        metavar="N",
        help="height and width of the images, where the network takes any",
    )
    parser.add_argument(
        "--update-card", action="store_true", help="also write the scores on the card of the export"
    )


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import data, metrics

    network = translator.Translator(options)
    resolution = network.check_resolution(options.resolution)
    looks = network.looks(options.label)
    if len(looks) > 1:
        raise ValueError(f"Pairs have one domain of targets. Received: --label {options.label}")
    [look] = looks.values()
    pair = data.open_pairs(options.data, aligned=True, split=options.split, crop=options.crop)
    pairs = data.load_pairs(pair, resolution)
    images, targets = pairs.take(np.arange(len(pairs)))
    scores = metrics.compare_pairs(network.translate_all(images, look), targets)
    floor = metrics.compare_pairs(images, targets)
    print(f"{'':<10}  {'translated':>10}  {'as it was':>10}")
    for name in ("L1", "MS-SSIM"):
        print(f"{name:<10}  {scores[name]:>10.4f}  {floor[name]:>10.4f}")
    of = f"{len(pairs):,} pairs, {resolution} px, {scores['scales']} scales"
    print(of)
    if options.update_card:
        entry = {name: scores[name] for name in ("L1", "MS-SSIM")}
        entry |= {f"{name} of the images as they were": floor[name] for name in entry}
        entry |= {"of": of, "command": f"`{command_of(options)}`"}
        write(network.directory, {f"pairs {portable(options.data)} ({options.split})": entry})
        print(f"written to the card of {network.directory}")


def write(directory, entries):
    """Adds entries to the scores on the card of an export."""
    from keras_gans.export import card

    card.update(directory, metrics={**card.read(directory)["metrics"], **entries})


def command_of(options):
    """The command line that gives these scores, without paths of the machine: cards are published."""
    words = ["keras-gans", "judge-pairs", portable(options.directory), "--data", portable(options.data)]
    words += ["--split", options.split, "--direction", options.direction, "--seed", str(options.seed)]
    given = {"--label": options.label, "--crop": options.crop, "--resolution": options.resolution}
    for name, value in given.items():
        words += [] if value is None else [name, str(value)]
    return shlex.join(words)
