"""`keras-gans evaluate`: scores of an export, or of a folder of images."""

import argparse
import dataclasses
import json
import shlex
from pathlib import Path

from keras_gans.cli import generator, samples
from keras_gans.cli.arguments import file_name, positive

DEFAULT_FEATURES = "inception-2015"


def add(command):
    """Adds the command to the parser."""
    parser = command(
        "evaluate",
        run,
        "Computes scores of a generator, or of a folder of images, against a data set.",
        "savedmodels/progan_emoji_32 --data emoji --metrics fid2k,kid2k,pr2k --features efficientnet-lite0",
    )
    parser.add_argument(
        "directory", metavar="EXPORT", help="an export, a TF-Hub module or a folder of images"
    )
    parser.add_argument("--data", metavar="SRC", help="real images: emoji, tfds:NAME, a folder or zip file")
    parser.add_argument(
        "--metrics",
        required=True,
        metavar="NAMES",
        help="such as fid50k_full,kid50k_full,pr50k3_full,is50k,ppl2_wend,swd16k,msssim10k; "
        "any number of images: fid2k,dc500",
    )
    parser.add_argument(
        "--features",
        default=DEFAULT_FEATURES,
        metavar="NAME",
        help="inception-2015, the network of published scores, downloaded once (inception-2015:PATH for a "
        "copy, whose scores are named inception-2015@DIGEST); efficientnet-lite0, which needs no network; or "
        f"saved-model:PATH, any module of images in [0, 1] (default: {DEFAULT_FEATURES})",
    )
    parser.add_argument("--split", default="train", help="split of the data set (default: train)")
    parser.add_argument("--crop", choices=["center"], help="cut images that are not square")
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of latents and subsets (default: 0)"
    )
    parser.add_argument("--batch-size", type=positive, default=64, metavar="N", help="(default: 64)")
    parser.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="as for `generate`; published scores are without",
    )
    parser.add_argument(
        "--class",
        dest="label",
        metavar="NAME",
        help="one class (default: all, as often as the data has them; uniformly where it does not have them)",
    )
    parser.add_argument(
        "--guidance", type=float, metavar="G", help="with --class, of a diffusion model (default: 2)"
    )
    parser.add_argument(
        "--signed", action="store_true", help="the module's images lie in [-1, 1], as those of BigGAN's do"
    )
    parser.add_argument("--json", type=file_name(".json"), metavar="FILE", help="also write the scores here")
    parser.add_argument(
        "--update-card", action="store_true", help="also write the scores on the card of the export"
    )


def run(options):
    """Runs the command."""
    from keras_gans import metrics
    from keras_gans.export import atomic

    if options.json and not Path(options.json).absolute().parent.is_dir():
        raise ValueError(f"The folder of --json does not exist. Received: {options.json}")
    protocols = metrics.parse_metrics(options.metrics)
    compared = [protocol.name for protocol in protocols if protocol.compares]
    if compared and options.data is None:
        raise ValueError(f"{', '.join(compared)} compare with real images: pass --data")
    judged = samples.open_samples(options)
    if options.update_card:
        judged.read_scores()  # before the work: there may be no card
    uses_extractor = any(protocol.uses_extractor for protocol in protocols)
    extractor = metrics.get_extractor(options.features) if uses_extractor else None
    reference = None
    if compared or (judged.num_classes and options.data is not None):
        reference = open_reference(options, judged.resolution)
        if judged.num_classes:
            judged.follow(reference)
    scores = metrics.compute_scores(
        judged.images,
        reference,
        protocols,
        extractor,
        seed=options.seed,
        batch_size=options.batch_size,
        latent_spaces=judged.spaces,
        cache=metrics.Cache(),
        progress=lambda what, done, total: generator.progress(done, total, what),
    )
    print(table(scores))
    if options.json:
        content = {
            "command": command_of(options),
            "scores": [dataclasses.asdict(score) for score in scores],
        }
        atomic.write_file(options.json, (json.dumps(content, indent=2) + "\n").encode())
    if options.update_card:
        entries = card_entries(scores, options, default_data=judged.default_data())
        judged.write_scores({**judged.read_scores(), **entries})
        print(f"written to the card of {judged.directory}")


def open_reference(options, resolution):
    """Opens the real side at a resolution: `keras_gans.metrics.Images`, with what they depend on."""
    from keras_gans import data, metrics
    from keras_gans.metrics import cache

    source = data.open_source(options.data, split=options.split, crop=options.crop)
    loaded = data.load(source, resolution)
    identity = cache.identity_of(loaded, source, options.data)
    labels = None if loaded.labels is None else loaded.labels.__getitem__
    return metrics.Images(
        loaded.take, len(loaded), labels, class_names=loaded.class_names or (), identity=identity
    )


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


def card_entries(scores, options, *, default_data=None):
    """Returns scores as a card has them: dict, name -> dict of values, numbers of images and command.

    A name is the protocol and whatever differs from judging all that the export makes by the split `train` of
    the data of its preset: two scores that do not compare never have one name.

    Args:
        scores: list of `Score`.
        options: the parsed options that gave them.
        default_data: str. Data of the preset, `None` if it is unknown.
    """
    drawn = {"class": options.label, "truncation": options.truncation, "guidance": options.guidance}
    drawn = [f"{name} {value}" for name, value in drawn.items() if value is not None]
    entries, names = {}, {}
    for score in scores:
        other = []
        if score.real_count:
            other += [] if options.data == default_data else [portable(options.data)]
            other += [] if options.split == "train" else [f"split {options.split}"]
            other += [f"crop {options.crop}"] if options.crop else []
        names[score.protocol] = ", ".join([score.protocol, *other, *drawn])
        entry = entries.setdefault(names[score.protocol], {})
        entry[score.quantity] = score.value
        if score.std is not None:
            entry[f"{score.quantity}, standard deviation"] = score.std
    for score in scores:
        entry = entries[names[score.protocol]]
        of = [f"{score.generated_count:,} generated", *drawn]
        if score.real_count:
            of.append(f"{score.real_count:,} real images of {portable(options.data)} ({options.split})")
        entry["of"] = ", ".join([*of, f"{score.resolution} px", f"seed {score.seed}"])
        if score.note:
            entry["note"] = score.note
        entry["command"] = f"`{command_of(options)}`"
    return entries


def command_of(options):
    """The command line that gives these scores, without paths of the machine: cards are published."""
    words = ["keras-gans", "evaluate", portable(options.directory)]
    if options.data is not None:
        words += ["--data", portable(options.data), "--split", options.split]
    kind, colon, path = options.features.partition(":")
    words += ["--metrics", options.metrics, "--features", kind + colon + portable(path)]
    words += ["--seed", str(options.seed)]
    given = {
        "--crop": options.crop,
        "--truncation": options.truncation,
        "--class": options.label,
        "--guidance": options.guidance,
    }
    for name, value in given.items():
        words += [] if value is None else [name, str(value)]
    return shlex.join(words + ["--signed"] * options.signed)


def portable(text):
    """A path or the name of a data set without what lies above: absolute paths are those of a machine.

    Of two with a comma between, each.
    """

    def one(part):
        kind, colon, path = ("", "", part) if Path(part).is_absolute() else part.rpartition(":")
        if not Path(path).is_absolute():
            return part
        name, last = Path(path).parts[-2:]
        return kind + colon + (f"{name}/{last}" if last.isdecimal() else last)  # a version says nothing alone

    return ",".join(map(one, str(text).split(",")))


def _seed(text):
    """Reads a seed; the numbers of images make the lower half of an int64."""
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {2**31 - 1}. Received: {text!r}")
    return int(text)
