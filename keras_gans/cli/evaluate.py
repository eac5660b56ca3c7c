"""`keras-gans evaluate`: scores of an export, or of a folder of images."""

import argparse
import contextlib
import dataclasses
import json
from pathlib import Path

from keras_gans.cli import outputs, terminal
from keras_gans.cli.arguments import add_direction, file_name, positive, reader
from keras_gans.cli.score_entries import card_entries, command_of
from keras_gans.resolution import read

DEFAULT_FEATURES = "inception-2015"


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "Computes scores of a generator, or of a folder of images, against a data set; of a translator, how "
        "near its images are to true targets (pairs), or how many a classifier puts into the domain asked "
        "for (domains).",
        "savedmodels/progan_emoji_32 --data emoji --metrics fid2k,kid2k,pr2k --features efficientnet-lite0",
    )
    parser.add_argument(
        "directory",
        metavar="MODEL",
        help="an export, by its path or its name, a TF-Hub module or a folder of images",
    )
    parser.add_argument(
        "--data",
        metavar="SRC",
        help="real images: emoji, tfds:NAME, a folder or zip file; for pairs aligned ones in the direction "
        "of the translation: emoji:STYLE,STYLE, two folders A,B, or left-to-right:DIR; for domains those of "
        "the export: emoji[:STYLE,...], A,B,C with a folder for each, or a folder of folders",
    )
    parser.add_argument(
        "--metrics",
        required=True,
        metavar="NAMES",
        help="such as fid50k_full,kid50k_full,pr50k3_full,is50k,ppl2_wend,swd16k,msssim10k; "
        "any number of images: fid2k,dc500; of a translator pairs or domains",
    )
    parser.add_argument(
        "--features",
        default=DEFAULT_FEATURES,
        metavar="NAME",
        help="inception-2015, the network of published scores, downloaded once (inception-2015:PATH for a "
        "copy, whose scores are named inception-2015@DIGEST); efficientnet-lite0, which needs no network; or "
        "saved-model:PATH, any module of images in [0, 1] (default: inception-2015)",
    )
    parser.add_argument("--split", help="split of the data set (default: train; for pairs test)")
    parser.add_argument("--crop", choices=["center"], help="cut images that are not square")
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of all that is random (default: 0)"
    )
    parser.add_argument("--batch-size", type=positive, default=64, metavar="N", help="(default: 64)")
    parser.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="as for `generate`; published scores are without",
    )
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="one class (default: all, as often as the data has them; uniformly where it does not have "
        "them); for pairs the domain of the targets",
    )
    parser.add_argument(
        "--guidance", type=float, metavar="G", help="with --label, of a diffusion model (default: 2)"
    )
    parser.add_argument(
        "--signed", action="store_true", help="the module's images lie in [-1, 1], as those of BigGAN's do"
    )
    parser.add_argument(
        "--resolution",
        type=reader(read),
        metavar="N|HxW",
        help="size in pixels, height x width where they differ: of a folder of images, to which all are "
        "shrunk (default: their own, if that is one); for pairs and domains one number, of a network that "
        "takes any",
    )
    add_direction(parser, "for pairs, ")
    parser.add_argument(
        "--test-data",
        metavar="SRC",
        help="for domains, images to translate (default: those of the split test of --data)",
    )
    parser.add_argument(
        "--classifier-steps",
        type=positive,
        default=800,
        metavar="N",
        help="for domains, training of the classifier (default: 800)",
    )
    parser.add_argument("--json", type=file_name(".json"), metavar="FILE", help="also write the scores here")
    outputs.add_overwrite(parser)
    parser.add_argument(
        "--update-card", action="store_true", help="also write the scores on the card of the export"
    )


def run(options):
    """Runs the command."""
    from keras_gans import metrics

    if options.json and not Path(options.json).absolute().parent.is_dir():
        raise ValueError(f"The folder of --json does not exist. Received: {options.json}")
    outputs.check([options.json], inputs=read_by(options), overwrite=options.overwrite)
    names = (
        "split",
        "crop",
        "label",
        "truncation",
        "guidance",
        "signed",
        "resolution",
        "direction",
        "test_data",
    )
    model = metrics.open_model(
        options.directory, signed=options.signed, crop=options.crop, resolution=options.resolution
    )
    if options.update_card:
        check_card(model)  # before the work
    try:
        scores = metrics.evaluate(
            model,
            options.data,
            options.metrics,
            features=options.features,
            **{name: getattr(options, name) for name in names},
            classifier_steps=options.classifier_steps,
            seed=options.seed,
            batch_size=options.batch_size,
            cache=metrics.Cache(),
            progress=terminal.progress,
        )
    except metrics.MetricsFailed as error:
        if error.scores:
            keep(error.scores, model, options, error.failures)
        raise
    keep(scores, model, options, {})


def keep(scores, model, options, failures):
    """Prints scores, and writes them where the options say.

    Args:
        scores: list of `Score`.
        model: what was judged.
        options: the parsed options.
        failures: dict, name of a metric that could not be computed -> exception.
    """
    from keras_gans import atomic

    print(table(scores), flush=True)
    if options.json:
        content = {
            "command": command_of(options),
            "scores": [dataclasses.asdict(score) for score in scores],
            **({"failed": {name: str(error) for name, error in failures.items()}} if failures else {}),
        }
        atomic.write_file(options.json, (json.dumps(content, indent=2) + "\n").encode())
    if options.update_card:
        write_card(model, card_entries(scores, options, default_data=default_data(model)))
        print(f"written to the card of {model.directory}", flush=True)


def read_by(options):
    """Paths that the command reads, and names that are no paths."""
    from keras_gans import hub

    model = options.directory
    with contextlib.suppress(FileNotFoundError):
        model = hub.locate(model)
    named = [text for text in (options.data, options.test_data, options.features) if text is not None]
    parts = [part for text in named for part in text.split(",")]
    return [model, *parts, *(part.rpartition(":")[2] for part in parts)]


def check_card(model):
    """Raises ValueError if there is no card to write to."""
    from keras_gans import hub
    from keras_gans.export import card

    if not isinstance(model, hub.Saved):
        raise ValueError("--update-card needs an export, which has a card; a folder of images has none")
    if model.card is None:
        raise ValueError(
            f"--update-card needs an export with a card, and {model.directory} has no {card.FILE}. "
            "--json keeps the scores of any module"
        )


def write_card(model, entries):
    """Adds entries to the scores on the card of an export."""
    from keras_gans.export import card

    card.update(model.directory, metrics={**card.read(model.directory)["metrics"], **entries})


def default_data(model):
    """Returns the data that the preset of an export names, `None` without such a preset."""
    from keras_gans import presets

    try:
        return presets.get(model.card["preset"]).data.spec
    except ValueError:
        return None


def table(scores):
    """Lays out scores as text, a line each; notes stand below."""
    rows = [("score", "", "value", "std", "real", "generated")]
    for score in scores:
        std = "" if score.std is None else f"{score.std:.4g}"
        counts = f"{score.real_count:,}" if score.real_count else "", f"{score.generated_count:,}"
        rows.append((score.protocol, score.quantity, f"{score.value:.4g}", std, *counts))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    notes = dict.fromkeys(f"{score.protocol}: {score.note}" for score in scores if score.note)
    return "\n".join([*lines, *notes])


def _seed(text):
    """Reads a seed; the numbers of images make the lower half of an int64."""
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {2**31 - 1}. Received: {text!r}")
    return int(text)
