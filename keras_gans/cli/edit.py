"""`keras-gans edit`: images moved along directions, as a sheet or a film."""

import argparse
import math

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_generator, add_latents, parse_layers, positive


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Moves images along directions that `keras-gans directions` found: a PNG shows each before and "
        "after, a GIF or MP4 the way from one to the other and back.",
        "stylegan2_emoji_32 --seeds 1,2 --direction large=2,warm=-1 --layers 0-3 --out edit.png",
    )
    add_generator(parser)
    add_latents(parser, "1,2")
    parser.add_argument(
        "--direction",
        type=parse_amounts,
        required=True,
        metavar="NAME=AMOUNT,...",
        help="names of names.json, or such as pca.3, and how far: 1 is a standard deviation",
    )
    parser.add_argument(
        "--directions",
        metavar="PATH",
        help="a folder of directions, or one file (default: `directions` beside the versions of the export)",
    )
    parser.add_argument(
        "--layers",
        type=parse_layers,
        metavar="A-B",
        help=(
            "styles that move, counted from 0, the coarsest (default: those of the direction, otherwise all)"
        ),
    )
    parser.add_argument(
        "--frames", type=positive, default=50, metavar="N", help="of a film, two or more (default: 50)"
    )
    parser.add_argument("--fps", type=positive, default=25, metavar="N", help="of a film (default: 25)")
    outputs.add_out(parser, ".png", ".gif", ".mp4")


def run(options):
    """Runs the command."""
    import numpy as np

    from keras_gans import hub, images, latent

    outputs.check_latents(options)
    model = terminal.open_generator(options.directory)
    terminal.note_truncation(model, options.truncation)
    if options.guidance is not None:
        raise ValueError(f"Edited images take no --guidance. Received: {options.guidance}")
    latents = terminal.read_latents(model, options.seeds, options.truncation)
    directions = hub.load_directions(model, options.directions)
    styled = terminal.are_styles(model, latents)
    label = latents.labels if options.label is None and not styled else options.label
    film = not options.out.lower().endswith(".png")
    shares = film_shares(options.frames) if film else np.array([0.0, 1.0])
    sequence, total = [], len(shares) * len(latents)
    moves = {"directions": directions, "layers": options.layers, "truncation": options.truncation}
    for number, share in enumerate(shares):
        amounts = {name: share * amount for name, amount in options.direction.items()}
        made = model.edit(latents.rows, amounts, label=label, noise=options.noise, **moves)
        sequence.append(images.unit_to_uint8(made))
        terminal.progress("images", (number + 1) * len(latents), total)
    shown = np.stack(sequence)  # (moments, images, height, width, channels)
    moved = model.moved(latents.rows, options.direction, label=label, **moves)
    if film:
        columns = math.ceil(math.sqrt(len(latents)))
        frames = [images.grid(images.enlarge(one, options.scale), columns=columns) for one in shown]
        latent.write(options.out, np.stack(frames), fps=options.fps)
        print(f"{options.out}: {len(frames)} frames of {len(latents)} images")
    else:
        pairs = np.swapaxes(shown, 0, 1).reshape(-1, *shown.shape[2:])
        terminal.write_grid(options.out, images.enlarge(pairs, options.scale), 2)
        print(f"{options.out}: {len(latents)} images, before and after")
    terminal.save_latents(model, hub.Latents(moved, latents.labels), options, options.label)


def film_shares(frames):
    """How much of the amounts each frame has: there and back, slow at both ends."""
    import numpy as np

    return 0.5 - 0.5 * np.cos(np.linspace(0.0, 2.0 * np.pi, frames, endpoint=False))


def parse_amounts(text):
    """Reads amounts such as `smile=2,hair=-1`: dict, name -> float."""
    amounts = {}
    for part in text.split(","):
        name, _, amount = part.rpartition("=")
        try:
            amounts[name.strip()] = float(amount)
        except ValueError:
            name = ""
        if not name.strip() or not math.isfinite(amounts[name.strip()]):
            raise argparse.ArgumentTypeError(
                f"names and finite amounts such as smile=2,hair=-1. Received: {text!r}"
            )
    return amounts
