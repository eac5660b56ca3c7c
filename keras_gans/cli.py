"""The command `keras-gans`: pictures, films and checks from exported models, clean data sets.

`keras_gans_cli` at the root of the project is its entry point.
"""

import argparse
import os
import sys

BATCH = 16
MOST_SEEDS = 10_000
EXAMPLES = """\
examples:
  keras-gans generate savedmodels/progan_emoji_32 --seeds 0-15,42 --columns 4 --out grid.png
  keras-gans generate runs/my_run/export --seeds 0-7 --class "Food & Drink" --out food.png
  keras-gans interpolate savedmodels/progan_emoji_32 --seeds 1,2,3,1 --frames 100 --out walk.gif
  keras-gans check savedmodels/progan_emoji_32/1
  keras-gans prepare photos/ photos_128/ --resolution 128 --crop center
  keras-gans card savedmodels/progan_emoji_32/1

DIR is an export, a directory with a saved_model.pb, or a folder of numbered exports, of which the
highest is taken. An export is a program: use only what you trust.
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """Prints the message and ends the process with code 2."""
        self.exit(2, f"keras-gans: error: {' '.join(str(message).split())}\n")


def main(argv=None):
    """Runs one command.

    Args:
        argv: list of str. Arguments; `None` means those of the process.

    Returns:
        int, the exit code: 0, or 1 if a check failed.

    Raises:
        SystemExit: with code 2 after an error, with code 0 after `--help`.
    """
    parser = make_parser()
    options = parser.parse_args(argv)
    try:
        return options.run(options) or 0
    except (ValueError, OSError, ImportError) as error:
        parser.error(error)
    except Exception as error:
        tensorflow = sys.modules.get("tensorflow")
        if tensorflow is None or not isinstance(error, tensorflow.errors.OpError):
            raise
        parser.error(_assertion(error))


def make_parser():
    """Returns the parser of all commands."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        prog="keras-gans",
        description="Pictures, films and checks from exported image generators.",
        epilog=EXAMPLES,
        formatter_class=layout,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, text, example):
        epilog = f"example:\n  keras-gans {name} {example}"
        added = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=layout)
        added.set_defaults(run=run)
        return added

    _add_generate(command)
    _add_interpolate(command)
    _add_check(command)
    _add_prepare(command)
    _add_card(command)
    return parser


def parse_seeds(text):
    """Reads seeds such as `0-15,42` as a list of int."""
    seeds = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(
                f"seeds are numbers and ranges such as 0-15,42. Received: {text!r}"
            )
        span = range(int(first), int(last or first) + 1)
        if not span or len(seeds) + len(span) > MOST_SEEDS or span[-1] >= 2**63:
            raise argparse.ArgumentTypeError(
                f"a range of seeds goes upwards, and there are at most {MOST_SEEDS} seeds "
                f"below 2**63. Received: {text!r}"
            )
        seeds += span
    return seeds


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0. Received: {text!r}")
    return int(text)


def _file(*endings):
    """Returns a reader of file names that must have one of these endings."""

    def read(text):
        if not text.lower().endswith(endings):
            raise argparse.ArgumentTypeError(f"must end in {' or '.join(endings)}. Received: {text!r}")
        return text

    return read


def _add_generator_options(parser):
    parser.add_argument("directory", metavar="DIR", help="an exported generator")
    parser.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="less variety for fewer failures. Goes to the export's own input `truncation`, in "
        "(0, 1], if it has one; otherwise latents are confined to [-T, T]",
    )
    parser.add_argument(
        "--scale", type=_positive, default=1, metavar="N", help="show every pixel N x N times (default: 1)"
    )
    parser.add_argument("--class", dest="label", metavar="NAME", help="class, by name or by number from 0")


def _add_generate(command):
    parser = command(
        "generate",
        _generate,
        "Writes a grid of images, one for each seed.",
        "savedmodels/progan_emoji_32 --seeds 0-15,42 --out grid.png",
    )
    _add_generator_options(parser)
    parser.add_argument("--seeds", type=parse_seeds, required=True, help="such as 0-15,42")
    parser.add_argument(
        "--columns",
        type=_positive,
        metavar="N",
        help="images a row (default: as square as possible)",
    )
    parser.add_argument("--out", type=_file(".png"), required=True, metavar="FILE", help="a .png file")


def _add_interpolate(command):
    parser = command(
        "interpolate",
        _interpolate,
        "Writes a film that passes through the images of several seeds.",
        "savedmodels/progan_emoji_32 --seeds 1,2,3 --frames 50 --out walk.gif",
    )
    _add_generator_options(parser)
    parser.add_argument("--seeds", type=parse_seeds, required=True, help="two or more, such as 1,2,3")
    parser.add_argument("--frames", type=_positive, default=50, metavar="N", help="(default: 50)")
    parser.add_argument("--fps", type=_positive, default=25, metavar="N", help="(default: 25)")
    parser.add_argument(
        "--method", choices=("slerp", "hypersphere"), default="slerp", help="(default: slerp)"
    )
    parser.add_argument(
        "--out",
        type=_file(".gif", ".mp4"),
        required=True,
        metavar="FILE",
        help="a .gif or .mp4 file",
    )


def _add_check(command):
    parser = command(
        "check",
        _check,
        "Uses an export in every way that others may, each in a process without keras_gans.",
        "savedmodels/progan_emoji_32/1",
    )
    parser.add_argument("directory", metavar="DIR", help="an export or a TF-Hub module")
    parser.add_argument(
        "--only", action="append", metavar="CONSUMER", help="such as hub.load; may be repeated"
    )


def _add_prepare(command):
    parser = command(
        "prepare",
        _prepare,
        "Writes the usable images of a data set as square PNG files of one size.",
        "photos/ photos_128/ --resolution 128 --crop center",
    )
    parser.add_argument("source", metavar="SRC", help="a folder of images, or tfds:NAME")
    parser.add_argument("destination", metavar="DST", help="a new folder")
    parser.add_argument("--resolution", type=_positive, required=True, metavar="N")
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


def _add_card(command):
    parser = command(
        "card",
        _card,
        "Writes the README of an export again, from its card.json and samples.png.",
        "savedmodels/progan_emoji_32/1",
    )
    parser.add_argument("directory", metavar="DIR", help="an export")


class Generator:
    """An export, used as the options say.

    Args:
        options: the parsed options `directory`, `truncation`, `label` and `scale`.
    """

    def __init__(self, options):
        import tensorflow as tf

        from keras_gans.export import card, loader

        directory = loader.find(options.directory)
        self.loaded = loader.load(directory)
        missing = [name for name in ("default", "latents") if name not in self.loaded.signatures]
        if missing:
            raise ValueError(
                f"{directory} has the signatures {sorted(self.loaded.signatures)}; "
                f"this command needs {' and '.join(missing)} as well"
            )
        inputs = self.loaded.signatures["default"].structured_input_signature[1]
        content = card.read(directory)
        self.threshold, self.others, self.scale = None, {}, options.scale
        if "truncation" in inputs:
            level = 1.0 if options.truncation is None else options.truncation
            self.others["truncation"] = tf.constant(level, "float32")
        elif options.truncation is not None:
            self.threshold = options.truncation
            span = f"[-{self.threshold}, {self.threshold}]"
            print(f"No input `truncation`: latents are confined to {span}.")
        if "y" in inputs:
            num_classes = content["signatures"]["default"]["inputs"]["y"]["shape"][-1]
            index = _class_index(options.label, content["class_names"], num_classes)
            self.others["y"] = tf.one_hot(index, num_classes)
        elif options.label is not None:
            raise ValueError(f"{directory} has no classes. Received: --class {options.label}")

    def latents(self, seeds):
        """float32 latents, one for each seed."""
        import tensorflow as tf

        from keras_gans import latent

        latents = self.loaded.signatures["latents"](seeds=tf.constant(seeds, "int64"))["latents"]
        return latents if self.threshold is None else latent.truncate(latents, self.threshold)

    def images(self, latents):
        """uint8 images, `(batch, height, width, channels)`, made in small batches with progress."""
        import numpy as np

        from keras_gans import images

        parts = []
        for start in range(0, len(latents), BATCH):
            outputs = self.loaded.signatures["default"](z=latents[start : start + BATCH], **self.others)
            parts.append(images.unit_to_uint8(outputs["default"]))
            _progress(min(start + BATCH, len(latents)), len(latents))
        return images.enlarge(np.concatenate(parts), self.scale)


def _generate(options):
    from keras_gans import images

    generator = Generator(options)
    pictures = generator.images(generator.latents(options.seeds))
    os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
    images.write_png(options.out, images.grid(pictures, columns=options.columns))
    print(f"{options.out}: {len(pictures)} images")


def _interpolate(options):
    from keras_gans import latent

    methods = {"slerp": latent.slerp, "hypersphere": latent.hypersphere}
    generator = Generator(options)
    keyframes = generator.latents(options.seeds)
    path = latent.walk(keyframes, options.frames, interpolate=methods[options.method])
    latent.write(options.out, generator.images(path), fps=options.fps)
    print(f"{options.out}: {options.frames} frames")


def _check(options):
    from keras_gans.export import conformance

    def report(result):
        print(f"{result.consumer}: {result.result} ({result.seconds:.0f} s)", flush=True)

    results = conformance.check(options.directory, only=options.only, report=report)
    print("\n" + conformance.table(results))
    return int(any(result.result == "failed" for result in results))


def _prepare(options):
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


def _card(options):
    from keras_gans.export import card, loader

    directory = loader.find(options.directory)
    card.update(directory)
    print(directory / card.README)


def _class_index(label, names, num_classes):
    """Returns the number of a class given by name or number."""
    allowed = f"a number from 0 to {num_classes - 1}"
    if names:
        allowed += f" or one of {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
    if label is None:
        raise ValueError(f"this model has classes: pass --class, {allowed}")
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < num_classes:
        return int(label)
    raise ValueError(f"--class must be {allowed}. Received: {label!r}")


def _progress(done, total):
    """Counts on the terminal; silent where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _assertion(error):
    """The words of a guard in a graph, without what TensorFlow says around them."""
    for line in str(error).splitlines():
        if "assertion failed: " in line:
            words = line.partition("assertion failed: ")[2]
            return words.removeprefix("[").replace("Received:]", "Received:")
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
