"""`keras-gans directions`: directions of the latent space of a generator, and a page that shows them."""

import argparse
import json
from pathlib import Path

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import file_name, parse_layers, parse_seeds, positive

METHODS = ("pca", "sefa", "normals", "voynov")


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Finds directions of the latent space of a generator, along which images change in one way. Writes "
        "them to a file, and a page with a strip of images for each. Written to the folder `directions` "
        "beside the versions of the export, `keras-gans edit` finds them there.",
        "stylegan2_emoji_32 --method pca --out savedmodels/stylegan2_emoji_32/directions/pca.npz",
    )
    parser.add_argument("directory", metavar="MODEL", help="an exported generator, by its path or its name")
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="pca: principal components of styles, or of the first layer's features (2004.02546); sefa: "
        "singular vectors of the first weights (2007.06600); normals: of the planes between images that "
        "have a property and others (1907.10786), with --attributes or --labels; voynov: trained, so that a "
        "network can tell them apart (2002.03754). Without it, the directions of --out are named and shown",
    )
    parser.add_argument(
        "--space", choices=("z", "w"), help="latents or styles (default: w where there are any)"
    )
    parser.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help="how many directions (default: 16; of voynov: the width of the space)",
    )
    parser.add_argument(
        "--layers",
        type=parse_layers,
        metavar="A-B",
        help="of sefa in w: styles whose layers count; with --name: styles that the direction moves "
        "(default: all)",
    )
    labelled = parser.add_mutually_exclusive_group()
    labelled.add_argument(
        "--attributes",
        metavar="NAME,...",
        help="of normals: bright, colourful, green, large, symmetric, tall, warm, measured on the images",
    )
    labelled.add_argument(
        "--labels",
        metavar="FILE.json",
        help='of normals: seeds sorted by hand, {"smile": {"yes": "0-3,9", "no": "4-8"}}',
    )
    parser.add_argument(
        "--conditional",
        action="store_true",
        help="of normals: each direction is made orthogonal to the others, to leave their properties alone",
    )
    parser.add_argument(
        "--images",
        type=positive,
        metavar="N",
        help="of --attributes: images that are measured (default: 2000); of voynov: pairs that are seen in "
        "training (default: 100000)",
    )
    parser.add_argument(
        "--constraint",
        choices=("orthonormal", "unit", "free"),
        default="orthonormal",
        help="of voynov: what directions are to be (default: orthonormal)",
    )
    parser.add_argument(
        "--learning-rate", type=float, default=1e-4, metavar="R", help="of voynov (default: 1e-4)"
    )
    parser.add_argument(
        "--run-dir",
        metavar="DIR",
        help="of voynov: folder of the training, which goes on there where it was interrupted (default: "
        "--out with the ending .run)",
    )
    parser.add_argument("--label", metavar="NAME", help="class of the images, by name or by number from 0")
    parser.add_argument(
        "--name",
        type=parse_names,
        default={},
        metavar="NAME=NUMBER,...",
        help="names of directions, for names.json beside --out; -NUMBER turns one round",
    )
    outputs.add_out(parser, ".npz")
    parser.add_argument(
        "--page",
        type=file_name(".html"),
        metavar="FILE",
        help="the page (default: --out with the ending .html)",
    )


def run(options):
    """Runs the command."""
    from keras_gans import hub, runs
    from keras_gans.hub import direction_files
    from keras_gans.runs import direction_page

    out = Path(options.out)
    page = Path(options.page or out.with_suffix(".html"))
    _check(options)
    if options.method is None:
        outputs.check([page], inputs=[out], overwrite=True)
    else:
        outputs.check([out, page], inputs=[options.labels], overwrite=options.overwrite)
    model = terminal.open_generator(options.directory)
    model.needed_classes(options.label, 1)  # by the page, at the latest
    if options.method is None:
        found = hub.read_directions(out, model)
    else:
        found = _found(options, model, runs)
        hub.save_directions(out, found)
        print(f"{out}: {len(found)} directions in {found.space}")
    names = options.name
    if options.layers is not None and options.method != "sefa":
        names = {name: {**entry, "layers": list(options.layers)} for name, entry in names.items()}
    if options.method == "normals":
        names = {**{name: {"number": i} for i, name in enumerate(found.facts["names"])}, **names}
    if names:
        print(f"{hub.name_directions(out, names, of=found)}: {', '.join(names)}")
    named = direction_files.names_of(out)
    direction_page.write_page(page, model, found, names=named, label=options.label, stem=out.stem)
    print(f"{page}: a strip for each")
    if told := found.facts.get("told_apart"):
        print("told apart: " + ", ".join(f"{kind} {share:.3f}" for kind, share in told.items()))


def _check(options):
    """Refuses options that belong to another method."""
    given = {
        "--attributes": (options.attributes, ("normals",)),
        "--labels": (options.labels, ("normals",)),
        "--conditional": (options.conditional, ("normals",)),
        "--run-dir": (options.run_dir, ("voynov",)),
        "--count": (options.count, ("pca", "sefa", "voynov")),
    }
    for flag, (value, methods) in given.items():
        if value and options.method not in methods:
            raise ValueError(
                f"{flag} goes with --method {' or '.join(methods)}. Received: {options.method or 'none'}"
            )
    if options.method == "normals" and not (options.attributes or options.labels):
        raise ValueError("--method normals needs --attributes NAME,... or --labels FILE.json")


def _found(options, model, runs):
    """Directions by the method that was asked for."""
    count = {} if options.count is None else {"count": options.count}
    if options.method == "pca":
        return runs.principal_directions(model, space=options.space, **count)
    if options.method == "sefa":
        return runs.singular_directions(model, space=options.space, layers=options.layers, **count)
    shared = {"space": options.space, "label": options.label}
    if options.method == "normals":
        if options.labels:
            labels = read_labels(options.labels)
        else:
            labels = runs.attribute_labels(
                model,
                options.attributes.split(","),
                num=options.images or 2000,
                label=options.label,
                progress=terminal.progress,
            )
        return runs.normal_directions(model, labels, conditional=options.conditional, **shared)
    return runs.learn_directions(
        model,
        options.run_dir or Path(options.out).with_suffix(".run"),
        images=options.images or 100_000,
        constraint=options.constraint,
        learning_rate=options.learning_rate,
        **count,
        **shared,
    )


def read_labels(path):
    """Reads seeds that were sorted by hand: dict, name -> seeds that have it, seeds that have not."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return {
            name: (parse_seeds(entry["yes"]), parse_seeds(entry["no"])) for name, entry in content.items()
        }
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, argparse.ArgumentTypeError) as error:
        raise ValueError(
            f'{path} must hold {{"smile": {{"yes": "0-3,9", "no": "4-8"}}}}: seeds of images that have a '
            f"property and of others. Received what gives {type(error).__name__}: {error}"
        ) from error


def parse_names(text):
    """Reads names such as `smile=3,hair=-1`: dict, name -> dict of "number" and "factor"."""
    names = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if not name.strip() or not number.removeprefix("-").isdecimal():
            raise argparse.ArgumentTypeError(f"names such as smile=3,hair=-1. Received: {text!r}")
        names[name.strip()] = {
            "number": int(number.removeprefix("-")),
            "factor": -1.0 if number.startswith("-") else 1.0,
        }
    return names
