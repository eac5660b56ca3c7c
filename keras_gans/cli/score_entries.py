"""Scores as a card has them, with the command that gives them."""

import shlex
from pathlib import Path

TRANSLATIONS = ("pairs", "domains")


def card_entries(scores, options, *, default_data=None):
    """Returns scores as a card has them: dict, name -> dict of values, numbers of images and command.

    A name is the protocol and whatever differs from judging all that the export makes by the split `train` of
    the data of its preset: two scores that do not compare never have one name.

    Args:
        scores: list of `Score`.
        options: the parsed options that gave them.
        default_data: str. Data of the preset, `None` if it is unknown.
    """
    entries, described = {}, {}
    for score in scores:
        describe = _translations if score.metric in TRANSLATIONS else _generated
        name, of = describe(score, options, default_data)
        entry = entries.setdefault(name, {})
        entry[score.quantity] = score.value
        if score.std is not None:
            entry[f"{score.quantity}, standard deviation"] = score.std
        described[name] = {"of": of, **({"note": score.note} if score.note else {})}
    command = f"`{command_of(options)}`"
    return {name: {**entry, **described[name], "command": command} for name, entry in entries.items()}


def _generated(score, options, default_data):
    """Name and numbers of a score of generated images."""
    drawn = {"class": options.label, "truncation": options.truncation, "guidance": options.guidance}
    drawn = [f"{name} {value}" for name, value in drawn.items() if value is not None]
    other, of = [], [f"{score.generated_count:,} generated", *drawn]
    if score.real_count:
        split = options.split or "train"
        other += [] if options.data == default_data else [portable(options.data)]
        other += [] if split == "train" else [f"split {split}"]
        other += [f"crop {options.crop}"] if options.crop else []
        of.append(f"{score.real_count:,} real images of {portable(options.data)} ({split})")
    name = ", ".join([score.protocol, *other, *drawn])
    return name, ", ".join([*of, f"{score.resolution} px", f"seed {score.seed}"])


def _translations(score, options, default_data):
    """Name and numbers of a score of a translator."""
    count, size = f"{score.generated_count:,}", f"{score.resolution} px"
    if score.metric == "pairs":
        return f"pairs {portable(options.data)} ({options.split or 'test'})", f"{count} pairs, {size}"
    shown = f"{portable(options.data)} (test)" if options.test_data is None else portable(options.test_data)
    return f"domains {shown}", f"{count} translations of {score.real_count:,} images, {size}"


def command_of(options):
    """The command line that gives these scores, without paths of the machine: cards are published."""
    words = ["keras-gans", "evaluate", portable(options.directory), "--metrics", options.metrics]
    translates = options.metrics in TRANSLATIONS
    kind, colon, path = options.features.partition(":")
    split = {"pairs": "test", "domains": None}.get(options.metrics, "train")
    given = {
        "--data": None if options.data is None else portable(options.data),
        "--split": None if options.data is None else options.split or split,
        "--features": None if translates else kind + colon + portable(path),
        "--seed": options.seed,
        "--crop": options.crop,
        "--truncation": options.truncation,
        "--label": options.label,
        "--guidance": options.guidance,
        "--resolution": options.resolution,
        "--direction": options.direction if options.metrics == "pairs" else None,
        "--test-data": None if options.test_data is None else portable(options.test_data),
        "--classifier-steps": options.classifier_steps if options.metrics == "domains" else None,
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
