"""The parser, and readers of the arguments that several commands take."""

import argparse
import re
from pathlib import Path

MOST_SEEDS = 10_000


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """Prints the message and ends the process with code 2."""
        self.exit(2, f"keras-gans: error: {' '.join(str(message).split())}\n")


# What functions call an argument that has another name on the command line.
OTHER_NAMES = {"real": "data", "threshold": "truncation"}
_VALUE = r"""True|False|None|'[^']*'|"[^"]*"|[\w.+-]*[\w+-]"""
_GIVEN = re.compile(rf"(?<![\w/\\-])(`?)(\w+)=({_VALUE})(?![\w/\\])\1")
_NAMED = re.compile(r"`(\w+)`")
_TWICE = re.compile(r"(--[\w-]+)((?: [\w.]+)?) \(\1\)")


def in_flags(error, parser):
    """Says an error of a function, which names Python's arguments, in the words of the command line.

    `crop="center"` becomes `--crop center`, `force=True` `--force`, and `resolution` in backticks, if that is
    an argument of the command, `--resolution`.

    Args:
        error: exception.
        parser: `argparse.ArgumentParser` of the command.

    Returns:
        str, with the notes of the exception.
    """
    text = str(error)
    if isinstance(error, OSError) and error.filename and text.startswith("[Errno"):
        text = f"{error.filename}: {error.strerror}"
    flags = {action.dest: max(action.option_strings, key=len, default="") for action in parser._actions}
    # Of a positional argument the name in the usage; several are no argument of any function.
    flags |= {a.dest: a.metavar for a in parser._actions if not a.option_strings and a.nargs is None}
    flags |= {name: flags[other] for name, other in OTHER_NAMES.items() if other in flags}

    def given(found):
        name, value = found.group(2, 3)
        flag = flags.get(name)
        if not flag:
            return found[0]
        if value in ("None", "False"):
            return f"no {flag}"
        return flag if value == "True" else f"{flag} {value.strip(chr(34) + chr(39))}"

    text = _GIVEN.sub(given, " ".join([text, *getattr(error, "__notes__", ())]))
    text = _NAMED.sub(lambda found: flags.get(found[1]) or found[0], text)
    return _TWICE.sub(r"\1\2", text)


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


def seeds_or_file(text):
    """Reads seeds as `parse_seeds` does, or the name of an .npz file of latents as `pathlib.Path`."""
    if text.lower().endswith(".npz"):
        return Path(text)
    try:
        return parse_seeds(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; latents are in a file that ends in .npz") from None


def parse_numbers(text):
    """Reads numbers such as `0.2,0.5,1` as a list of float."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        message = f"numbers such as 0.2,0.5,1. Received: {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def parse_layers(text):
    """Reads layers such as `0-3`, or `2` alone, as the first and the last, a pair of int."""
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) < int(first):
        raise argparse.ArgumentTypeError(f"layers go upwards, such as 0-3. Received: {text!r}")
    return int(first), int(last or first)


def parse_noise(text):
    """Reads `stored` as `None`, `none` as `False` and a seed as int."""
    if text in ("stored", "none"):
        return {"stored": None, "none": False}[text]
    if not text.isdecimal() or int(text) >= 2**63:
        message = f"must be stored, none or a seed below 2**63. Received: {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def parse_box(text):
    """Reads a box such as `8,8,16,16`, x, y, width and height, as a tuple of int."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts) or 0 in map(int, parts[2:]):
        message = f"left, top, width and height in pixels, such as 8,8,16,16. Received: {text!r}"
        raise argparse.ArgumentTypeError(message)
    return tuple(map(int, parts))


def reader(read):
    """Returns a reader of arguments that says what is wrong in the words of `read`'s ValueError."""

    def told(text):
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return told


def positive(text):
    """Reads a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0. Received: {text!r}")
    return int(text)


def file_name(*endings):
    """Returns a reader of file names that must have one of these endings."""

    def read(text):
        if not text.lower().endswith(endings):
            raise argparse.ArgumentTypeError(f"must end in {' or '.join(endings)}. Received: {text!r}")
        return text

    return read


def add_generator(parser, *, sweep=False):
    """Adds the export and the options of `keras_gans.hub.Generator.generate`.

    Args:
        parser: of a command.
        sweep: bool. Whether the command takes several truncations, a list, and `all` classes.
    """
    parser.add_argument("directory", metavar="MODEL", help="an exported generator, by its path or its name")
    parser.add_argument(
        "--truncation",
        type=parse_numbers if sweep else float,
        metavar="T,..." if sweep else "T",
        help="less variety for fewer failures, in (0, 1]. Goes to the export's own input `truncation`, of "
        "`default` or `mapping`, if it has one (styles may go to 0, their average, and below, to opposites); "
        "otherwise latents are confined to [-T, T]"
        + ("; several, such as 0.2,0.5,1, make a row each" if sweep else ""),
    )
    parser.add_argument(
        "--scale", type=positive, default=1, metavar="N", help="show every pixel N x N times (default: 1)"
    )
    parser.add_argument(
        "--noise",
        type=parse_noise,
        metavar="stored|none|SEED",
        help="noise of a generator with styles: what was stored with its weights, none, or that of a seed "
        "(default: stored)",
    )
    add_class(parser, "; `all` makes a row of the grid of each" if sweep else "")


def add_class(parser, more=""):
    """Adds `--label` and `--guidance`.

    Args:
        parser: of a command.
        more: str. What the help of `--label` says behind.
    """
    parser.add_argument("--label", metavar="NAME", help=f"class, by name or by number from 0{more}")
    parser.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help="with --label, of a diffusion model: 1 follows the class, more does so more strongly "
        "(default: 2)",
    )


def add_direction(parser, prefix=""):
    """Adds `--direction`, of a translator.

    Args:
        parser: of a command.
        prefix: str. What its help says first.
    """
    parser.add_argument(
        "--direction",
        choices=("forward", "backward"),
        default="forward",
        help=f"{prefix}backward: the other way, of an export that has both (default: forward)",
    )


def add_latents(parser, example, *, required=True):
    """Adds `--seeds`, which says what is shown, and `--save-latents`.

    `terminal.read_latents` reads what was given.

    Args:
        parser: of a command.
        example: str. Of seeds.
        required: bool. Whether the command needs them always.
    """
    given = parser.add_mutually_exclusive_group(required=required)
    # The older name of a file of latents.
    given.add_argument("--latents", dest="seeds", type=seeds_or_file, help=argparse.SUPPRESS)
    add_rows(given, "--seeds", example, required=False)
    parser.add_argument(
        "--save-latents", type=file_name(".npz"), metavar="FILE", help="also write the latents to this file"
    )


def add_rows(parser, flag, example, *, required=True):
    """Adds an argument that takes seeds, or a file of latents.

    Args:
        parser: of a command, or a group of it.
        flag: str. Such as `--seeds`.
        example: str. Of seeds.
        required: bool.
    """
    parser.add_argument(
        flag,
        type=seeds_or_file,
        required=required,
        metavar="SEEDS|FILE.npz",
        help=f"such as {example}; or a file of latents or styles of this model, as `--save-latents` writes",
    )
