"""Scores of a network from images to images: against true targets, and by a classifier of domains."""

import os

import numpy as np

from keras_gans import data, hub, images
from keras_gans.metrics.collection import scales_for
from keras_gans.metrics.domain_accuracy import against_targets, domain_accuracy
from keras_gans.metrics.scores import Score

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
        raise ValueError("pairs and domains compare with a data set: pass `real`, or --data")
    resolution = model.check_resolution(resolution)

    def translate(pictures, to):
        made = model.translate(
            pictures, label=to, direction=direction, seed=seed, batch_size=batch_size, progress=progress
        )
        return images.unit_to_uint8(made)

    scores = []
    for name in names:
        if name == "pairs":
            pair = data.open_pairs(str(real), aligned=True, split=split or "test", crop=crop)
            pairs = data.load_pairs(pair, resolution, progress=progress is not None)
            values, counts, note = _pairs(pairs, lambda pictures: translate(pictures, label))
        else:
            sets = [(real, "train"), (real, "test") if test_data is None else (test_data, "train")]
            loaded = [_domain_data(model, spec, part, crop, resolution, progress) for spec, part in sets]
            found = domain_accuracy(translate, *loaded, steps=classifier_steps, seed=seed, progress=progress)
            values, counts, note = _domains(found)
        real_count, generated_count = counts
        scores += [
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
    return scores


def _pairs(pairs, translate):
    """Values, numbers of real and generated images, and a note."""
    pictures, targets = pairs.take(np.arange(len(pairs)))
    values = against_targets(pictures, translate(pictures), targets)
    return values, (len(pairs), len(pairs)), f"{scales_for(targets.shape[1:3])} scales"


def _domains(found):
    """As `_pairs`."""
    values = {
        "share in the domain asked for": found.accuracy,
        "share of real images in their domain": found.real_accuracy,
        **{f"share in {name}": value for name, value in found.translated.items()},
        **found.pairs,
    }
    return values, (found.images, found.translations), ""


def _domain_data(model, spec, split, crop, resolution, progress):
    if not model.class_names:
        raise ValueError(f"{model.name} translates to one domain; the metric pairs is for such networks")
    source = data.open_domains(str(spec), model.class_names, split=split, crop=crop)
    return data.load_domains(source, resolution, progress=progress is not None)
