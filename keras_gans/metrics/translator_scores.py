"""Scores of a network from images to images: against true targets, and by a classifier of domains."""

import os

import numpy as np

from keras_gans import data, hub, images
from keras_gans.metrics.collection import scales_for
from keras_gans.metrics.domain_accuracy import against_targets, averaged, domain_accuracy
from keras_gans.metrics.scores import Score, each_metric

OF_TRANSLATORS = ("pairs", "domains")


def translator_scores(
    model,
    real,
    names,
    *,
    split,
    crop,
    label,
    resolution,
    direction,
    test_data,
    classifier_steps,
    seed,
    batch_size,
    progress,
) -> list[Score]:
    """Computes "pairs" and "domains". Arguments, result and errors as for `keras_gans.metrics.evaluate`."""
    if set(names) - set(OF_TRANSLATORS) or not isinstance(model, hub.Translator):
        raise ValueError(
            f"{' and '.join(OF_TRANSLATORS)} are for networks from images to images, and go with no other "
            f"metric. Received: {', '.join(map(str, names))} of {getattr(model, 'name', model)}"
        )
    if not isinstance(real, (str, os.PathLike)):
        raise ValueError("pairs and domains compare with a data set: pass `real`")
    resolution = model.check_resolution(resolution)
    if "pairs" in names:
        model.check(label=label, direction=direction)
    # All data are opened before any of them are read.
    opened = {}
    if "pairs" in names:
        opened["pairs"] = data.open_pairs(str(real), aligned=True, split=split or "test", crop=crop)
    if "domains" in names:
        sets = [(real, "train"), (real, "test") if test_data is None else (test_data, "train")]
        opened["domains"] = [_open_domains(model, spec, part, crop) for spec, part in sets]

    def translate(pictures, to, first):
        made = model.translate(
            pictures, label=to, direction=direction, seed=seed + first, batch_size=batch_size
        )
        return images.unit_to_uint8(made)

    def load(function, source, **options):
        return function(source, resolution, progress=progress is not None, **options)

    def compute(name):
        if name == "pairs":
            pair = opened[name]
            pairs = load(data.load_pairs, pair, cache=_kept(pair.images, pair.targets))
            values, counts, note = _pairs(
                pairs, lambda pictures, first: translate(pictures, label, first), batch_size, progress
            )
        else:
            train, test = opened[name]
            train, test = load(data.load_domains, train), load(data.load_domains, test, cache=_kept(test))
            found = domain_accuracy(
                translate, train, test, steps=classifier_steps, seed=seed, progress=progress
            )
            values, counts, note = _domains(found)
        real_count, generated_count = counts
        return [
            Score(
                metric=name,
                quantity=quantity,
                value=value,
                protocol=name,
                real_count=real_count,
                generated_count=generated_count,
                resolution=resolution,
                seed=seed,
                note=note,
            )
            for quantity, value in values.items()
        ]

    return each_metric(names, compute)


def _kept(*sources):
    """Whether images stay in memory, for `load`: not where each can be read when its turn comes."""
    return False if all(source.random_access for source in sources) else "auto"


def _pairs(pairs, translate, batch_size, progress):
    """Values, numbers of real and generated images, and a note. Pairs are taken in parts; none is kept."""
    parts, count = [], len(pairs)
    for start in range(0, count, batch_size):
        pictures, targets = pairs.take(np.arange(start, min(start + batch_size, count)))
        parts.append((len(pictures), against_targets(pictures, translate(pictures, start), targets)))
        if progress is not None:
            progress("images", start + len(pictures), count)
    return averaged(parts), (count, count), f"{scales_for(targets.shape[1:3])} scales"


def _domains(found):
    """As `_pairs`."""
    values = {
        "share in the domain asked for": found.accuracy,
        "share of real images in their domain": found.real_accuracy,
        **{f"share in {name}": value for name, value in found.translated.items()},
        **found.pairs,
    }
    return values, (found.images, found.translations), ""


def _open_domains(model, spec, split, crop):
    if not model.class_names:
        raise ValueError(f"{model.name} translates to one domain; the metric pairs is for such networks")
    return data.open_domains(str(spec), model.class_names, split=split, crop=crop)
