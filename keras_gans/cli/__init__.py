"""The command `keras-gans`: training, and pictures, films, checks and scores of exported models.

`keras_gans_cli` at the root of the project is its entry point. A command is a module of its name with
`run(options)` and `add(command)`: that calls `command(text, example)` and adds arguments to the parser that
this returns.
"""

import argparse
import functools
import sys

from keras_gans.cli import (
    card,
    check,
    demo,
    denoise_strip,
    directions,
    doctor,
    edit,
    evaluate,
    generate,
    importing,
    inpaint,
    interpolate,
    mix,
    prepare,
    presets,
    project,
    train,
    translate,
    vary,
)
from keras_gans.cli.arguments import Parser, in_flags

COMMANDS = (
    train,
    presets,
    doctor,
    demo,
    generate,
    interpolate,
    mix,
    directions,
    edit,
    project,
    denoise_strip,
    inpaint,
    vary,
    translate,
    importing,
    check,
    evaluate,
    prepare,
    card,
)
NAMES = {importing: "import"}  # where a module cannot have the command's name
EXAMPLES = """\
examples:
  keras-gans train stylegan2 --data photos/ --resolution 64 --out runs/photos
  keras-gans presets stylegan2_emoji_32
  keras-gans doctor
  keras-gans generate savedmodels/progan_emoji_32 --seeds 0-15,42 --columns 4 --out grid.png
  keras-gans generate runs/my_run/export --seeds 0-7 --label "Food & Drink" --out food.png
  keras-gans interpolate savedmodels/progan_emoji_32 --seeds 1,2,3,1 --frames 100 --out walk.gif
  keras-gans mix runs/stylegan2/export --sources 0-4 --destinations 10-12 --out mix.png
  keras-gans directions stylegan2_emoji_32 --method sefa --layers 0-3 --out sefa.npz
  keras-gans edit stylegan2_emoji_32 --seeds 1,2 --direction large=2,warm=-1 --out edit.png
  keras-gans project stylegan2_emoji_32 photo.png folder/ --space w+ --out projected/
  keras-gans interpolate stylegan2_emoji_32 --seeds projected/latents.npz --out between.gif
  keras-gans denoise-strip runs/ddpm/export --seeds 0-3 --out strip.png
  keras-gans inpaint runs/ddpm/export photo.png --box 16,16,32,32 --seeds 0-3 --out inpainted/
  keras-gans vary runs/ddpm/export photo.png --strength 0.2,0.5,0.8 --out varied/
  keras-gans translate runs/pix2pix/export photo.jpg folder/ --out translated/
  keras-gans translate runs/stargan/export photo.jpg --label all --out translated/
  keras-gans import network-snapshot.pkl --out imported/1
  keras-gans check savedmodels/progan_emoji_32/1
  keras-gans evaluate savedmodels/progan_emoji_32 --data emoji --metrics fid2k --features efficientnet-lite0
  keras-gans evaluate pix2pix_emoji_64 --data emoji:noto,fluent --metrics pairs --resolution 64
  keras-gans evaluate stargan_emoji_32 --data emoji --metrics domains --resolution 32
  keras-gans prepare photos/ photos_128/ --resolution 128 --crop center
  keras-gans prepare cards/ cards_96x64/ --resolution 96x64
  keras-gans card savedmodels/progan_emoji_32/1

MODEL is an export, a directory with a saved_model.pb, a folder of numbered exports, of which the highest
is taken, or the name of one in savedmodels/ or in the folder that KERAS_GANS_HOME names. An export is a
program: use only what you trust.
"""


def main(argv=None, prepare=None):
    """Runs one command.

    Args:
        argv: list of str. Arguments; `None` means those of the process.
        prepare: function. It is called when the arguments are read, before the command runs.

    Returns:
        int, the exit code: 0, or 1 if a check failed.

    Raises:
        SystemExit: with code 2 after an error, with code 0 after `--help`.
    """
    parser = make_parser()
    options = parser.parse_args(argv)
    if prepare is not None:
        prepare()
    try:
        return options.run(options) or 0
    except BrokenPipeError:
        raise
    except (ValueError, OSError, ImportError) as error:
        parser.error(in_flags(error, options.parser))
    except Exception as error:
        tensorflow = sys.modules.get("tensorflow")
        if tensorflow is None or not isinstance(error, tensorflow.errors.OpError):
            raise
        parser.error(in_flags(_assertion(error), options.parser))


def make_parser():
    """Returns the parser of all commands."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        prog="keras-gans",
        description="Trains image generators; makes pictures, films, checks and scores of exported ones.",
        epilog=EXAMPLES,
        formatter_class=layout,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(module, text, example):
        name = NAMES.get(module, module.__name__.rpartition(".")[2].replace("_", "-"))
        epilog = f"example:\n  keras-gans {name} {example}"
        added = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=layout)
        added.set_defaults(run=module.run, parser=added)
        return added

    for module in COMMANDS:
        module.add(functools.partial(command, module))
    return parser


def _assertion(error):
    """The words of a guard in a graph, without what TensorFlow says around them."""
    for line in str(error).splitlines():
        if "assertion failed: " in line:
            words = line.partition("assertion failed: ")[2]
            return words.removeprefix("[").replace("Received:]", "Received:")
    return str(error)
