"""`keras-gans import`: public checkpoint files as exports."""

import argparse
import json
import re
import textwrap
from pathlib import Path

from keras_gans.cli import outputs

SHOWN = 4  # tensors that are named of those with one reason


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Makes an export of a public checkpoint: a pickle of NVIDIA's networks, a file of PyTorch, a folder "
        "of Diffusers. Files are read as data: nothing in them is run, and PyTorch is not needed.",
        "network-snapshot.pkl --out imported/1",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file or a folder; several files that belong together, such as both generators of a CycleGAN",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the new export")
    parser.add_argument(
        "--family", metavar="NAME", help="what it is (default: what the names of tensors tell)"
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="which file of a folder to read, where it has several sets of weights",
    )
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        type=parse_setting,
        metavar="KEY=VALUE",
        help="what the file does not say, by the reference's own key, such as use_dropout=true or "
        "G.resample_filter=[1,3,3,1]; may be repeated",
    )
    parser.add_argument(
        "--license",
        default="unknown",
        metavar="TEXT",
        help="the licence under which the weights were published, for the card (default: unknown)",
    )
    parser.add_argument(
        "--class-names", metavar="FILE", help="a text file with the name of a class in each line, in order"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an export that is there")


def parse_setting(text):
    """Reads `key=value` as a pair; the value is JSON, or the text itself where it is none."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, such as use_dropout=true. Received: {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def run(options):
    """Runs the command."""
    from keras_gans import export as exports
    from keras_gans import importers, paths
    from keras_gans.runs.exporting import hint

    outputs.check_folder(options.out, inputs=[*options.paths, options.class_names])
    exports.check_target(options.out, overwrite=options.overwrite)
    names = _class_names(options.class_names)
    chosen = {"family": options.family, "weights": options.weights}
    imported = importers.load(*options.paths, **chosen, **dict(options.config))
    _report(imported)
    if imported.exported is None:
        raise ValueError(
            f"No generator is in {', '.join(options.paths)}, so there is nothing to export: it holds a "
            f"{' and a '.join(imported.networks)} alone. Give the generator's file too: keras-gans import "
            f"GENERATOR {' '.join(map(paths.argument, options.paths))} --out {paths.argument(options.out)}"
        )
    path = exports.export(
        imported.exported,
        options.out,
        card=card(imported, options, names),
        networks=imported.networks,
        amplifying=True,
        overwrite=options.overwrite,
    )
    print(f"export   {path}")
    endpoints = imported.exported.endpoints()
    commands = [hint(path, endpoints), f"keras-gans check {paths.argument(path)}"]
    # What can be copied as it is comes first; nobody knows which images there are.
    made = "z" in endpoints["default"][1]
    for number, command in enumerate(commands if made else reversed(commands)):
        print(f"{'' if number else 'try':<9}{command}")


def card(imported, options, class_names):
    """Returns the card of weights from elsewhere: what is known of them, and "unknown".

    Args:
        imported: `keras_gans.importers.Imported`.
        options: with `paths` and `license`.
        class_names: sequence of str.
    """
    from keras_gans.export import Card

    words = re.findall(r"\w+", Path(options.paths[0]).resolve().stem)
    notes = [f"Imported weights of {imported.family.title} ({imported.kind}), not trained here."]
    return Card(
        preset="_".join([imported.family.name, *words]),
        model=imported.family.title,
        paper=f"https://arxiv.org/abs/{imported.family.paper}",
        data="unknown",
        data_license="unknown",
        weights={"files": imported.files, "license": options.license},
        class_names=tuple(class_names),
        notes=(*notes, *imported.notes),
    )


def _class_names(path):
    if path is None:
        return []
    return [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def _report(imported):
    """Says what was found, what was derived, and what was left."""
    stored = {key: value for key, value in imported.config.items() if key not in imported.derived}
    _say("family", f"{imported.family.name}: {imported.family.title} ({imported.kind})")
    _say("config", _settings(stored))
    _say("derived", _settings(imported.derived))
    by_reason = {}
    for name, reason in imported.unused.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        more = ", ..." if len(names) > SHOWN else ""
        _say("unused", f"{len(names)} tensors, {reason}: {', '.join(names[:SHOWN])}{more}")
    for note in imported.notes:
        _say("note", note)


def _settings(config):
    return ", ".join(f"{key}={json.dumps(value, default=str)}" for key, value in config.items()) or "-"


def _say(what, text):
    lines = textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)
    print("\n".join([f"{what:<9}{lines[0]}", *(f"{'':<9}{line}" for line in lines[1:])]))
