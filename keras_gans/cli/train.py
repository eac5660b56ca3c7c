"""`keras-gans train`: trains a model and exports it."""

import argparse
import sys
import types
import typing
from pathlib import Path

from keras_gans.cli.arguments import in_flags, reader

# As `keras_gans.presets.models()`, which imports TensorFlow, has them.
MODELS = (
    "gan",
    "cgan",
    "dcgan",
    "lsgan",
    "wgan",
    "pix2pix",
    "cyclegan",
    "wgan_gp",
    "progan",
    "stargan",
    "sngan",
    "sagan",
    "biggan",
    "stylegan",
    "stylegan2",
    "stargan_v2",
    "ddpm",
    "autoencoder",
    "latent_diffusion",
)
EXIT_STOPPED = 75
ACTIONS = ("resume", "dry_run", "export", "best", "traceback")
CODES = "Exit codes: 0 finished, 2 an error, 75 stopped by a signal or a full disk: go on with --resume."


def add(command):
    """Adds the command."""
    parser = command(
        "Trains a model and exports it.",
        "stylegan2 --data photos/ --out runs/photos",
    )
    parser.add_argument("model", choices=MODELS, metavar="MODEL", help="one of %(choices)s")
    parser.add_argument("flags", nargs=argparse.REMAINDER, help="see `keras-gans train MODEL --help`")


def run(options):
    """Trains; returns the exit code."""
    return main(options.model, options.flags)


def main(model, argv=None, description=None):
    """Trains a model from the command line.

    Args:
        model: str. One of `MODELS`.
        argv: list of str. Flags; `None` means those of the process.
        description: str. Text of --help; `None` means one made of the model's name.

    Returns:
        int, the exit code: 0, 2 after an error, 75 if a signal or a full disk stopped the run.

    Raises:
        SystemExit: with code 2 for a flag that is unknown or unreadable, with code 0 after `--help`.
    """
    parser = make_parser(model, description)
    options = vars(parser.parse_args(argv))
    actions = {name: options.pop(name, False) for name in ACTIONS}
    try:
        return EXIT_STOPPED if _act(model, actions, options).stopped else 0
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        if actions["traceback"] or isinstance(error, BrokenPipeError):
            raise
        print(f"error: {in_flags(error, parser)}", file=sys.stderr)
        return 2


def _act(model, actions, fields):
    """Does what the flags ask for; returns the run."""
    from keras_gans import presets, runs

    out = fields.pop("out", f"runs/{model}")
    if actions["best"] and not actions["export"]:
        raise ValueError("--best says what --export exports; it needs --export")
    if actions["resume"] or actions["export"]:
        found = runs.RunConfig.read(out).preset.model
        if found != model:
            raise ValueError(f"{out} is a run of {found}, not of {model}")
        if actions["export"]:
            return runs.export(out, best=actions["best"], **fields)
        return runs.resume(out, **fields)
    preset = read_preset(fields.pop("preset", presets.names(model)[0]))
    if preset.model != model:
        names = ", ".join(presets.names(model))
        raise ValueError(f"'{preset.name}' is a preset of {preset.model}. Here: {names}")
    return (runs.describe if actions["dry_run"] else runs.train)(preset, out=out, **fields)


def read_preset(text):
    """Returns the preset of a name, or of a JSON file that `Preset.to_json` wrote."""
    from keras_gans import presets

    if text.endswith(".json"):
        return presets.Preset.from_json(Path(text).read_text(encoding="utf-8"))
    return presets.get(text)


def make_parser(model, description=None):
    """Returns the parser of a model's flags: those of `RunConfig`, and what to do.

    Flags that are not given are missing in what it reads.
    """
    from keras_gans import presets, runs
    from keras_gans.runs.config import flag_of, flags_of

    names = presets.names(model)
    first = presets.get(names[0])
    parser = argparse.ArgumentParser(
        prog=None if description else f"keras-gans train {model}",
        description=description or f"Trains {first.title} ({first.paper}) and exports it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        epilog=f"presets: {', '.join(names)}\n\n{runs.__doc__}\n{CODES}",
    )
    add = parser.add_argument
    add(
        "--preset",
        metavar="NAME",
        help=f"networks, losses and length, or a JSON file of them (default: {names[0]})",
    )
    add("--out", help=f"run directory (default: runs/{model})")
    for name, (field, hint) in flags_of(model).items():
        add(flag_of(name), **_options(field, hint))
    add(
        "--resume",
        action="store_true",
        help="go on with the run in --out, with its own settings; --images may make the run longer, and "
        "--data may name where the same images lie now",
    )
    add("--dry-run", action="store_true", help="print networks, phases, data and speed, then stop")
    add("--export", action="store_true", help="export the run in --out as it is now, then stop")
    add(
        "--best",
        action="store_true",
        help="with --export, the state with the best score instead (of a run with --metric)",
    )
    add("--traceback", action="store_true", help="show where an error came from")
    return parser


def _options(field, hint):
    """What `add_argument` is told of a field of `RunConfig`."""
    text = field.metadata["help"]
    if field.default is False:
        return {"action": "store_true", "help": text}
    if "(default" not in text:
        default = {None: "the preset's", True: "yes"}.get(field.default, field.default)
        text += f" (default: {default})"
    kinds = [kind for kind in _kinds(hint) if kind is not type(None)]
    if bool in kinds:
        return {"action": argparse.BooleanOptionalAction, "help": text}
    options = {"help": text}
    if "metavar" in field.metadata:
        options["metavar"] = field.metadata["metavar"]
    if typing.get_origin(kinds[0]) is typing.Literal:
        return {"choices": typing.get_args(kinds[0]), **options}
    read = field.metadata.get("read")
    return {"type": reader(read) if read else kinds[0], **options}


def _kinds(hint):
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)
