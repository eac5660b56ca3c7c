"""Scores of whatever makes images: an export, a folder, an array, a callable."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gans import hub
from keras_gans.metrics import sides
from keras_gans.metrics.cache import Cache
from keras_gans.metrics.collection import Images
from keras_gans.metrics.features import FeatureExtractor, get_extractor
from keras_gans.metrics.protocols import Protocol, parse_metric
from keras_gans.metrics.scores import Score, compute_scores
from keras_gans.metrics.translator_scores import OF_TRANSLATORS, translator_scores
from keras_gans.resolution import Resolution, text

DEFAULT_FEATURES = "inception-2015"


def evaluate(
    model,
    real: str | os.PathLike | np.ndarray | Images | None = None,
    metrics: str | Sequence = (),
    *,
    features: str | FeatureExtractor = DEFAULT_FEATURES,
    split: str | None = None,
    crop: str | None = None,
    label: str | int | None = None,
    truncation: float | None = None,
    guidance: float | None = None,
    signed: bool = False,
    latent_dim: int | None = None,
    resolution: Resolution | None = None,
    direction: str = "forward",
    test_data: str | None = None,
    classifier_steps: int = 800,
    seed: int = 0,
    batch_size: int = 64,
    cache: Cache | None = None,
    progress: Callable | None = None,
) -> list[Score]:
    """Computes scores of a model, or of any images.

    Of a generator, a folder, an array or a callable: all metrics of `keras_gans.metrics.protocols`, such as
    "fid2k". Of a translator: "pairs", the distance to true targets, and "domains", the share of translations
    that a classifier puts into the domain asked for.

    Args:
        model: `keras_gans.hub` object; a path of an export or its name, see `keras_gans.hub.locate`; a folder
            or zip file of images; an array of images, `(n, height, width, 1 or 3)`, uint8 or float in `[0,
            1]`; or a callable, float32 latents `(n, latent_dim)` -> such images.
        real: str or path, a data set as `keras_gans.data.open_source` reads it: "emoji", "tfds:NAME", a
            folder or zip file, converted to grey where the images of `model` are; an array as for `model`; or
            `Images`. For "pairs" a set as `keras_gans.data.open_pairs` reads it, for "domains" one as
            `open_domains` does. `None` where no metric compares.
        metrics: sequence of str or `Protocol`; or a str, names with commas between.
        features: str, see `keras_gans.metrics.get_extractor`, or `FeatureExtractor`. Loaded only where a
            metric needs it.
        split: str. Split of the real data; `None` means "train", for "pairs" "test".
        crop: "center" cuts images that are not square; `None` refuses them.
        label: str or int. Of a generator, judge one class; `None` draws classes as often as the real images
            have them, uniformly where they have others. For "pairs" the domain to translate to.
        truncation: float. As for `keras_gans.hub.Generator.generate`; published scores are without.
        guidance: float. Likewise, with a label.
        signed: bool. Whether images of a module given by its path lie in `[-1, 1]`.
        latent_dim: int. Of a callable.
        resolution: int. Height and width of the images: of a folder, to which all are shrunk, `None` where
            they have one size; for "pairs" and "domains", where the network takes any.
        direction: str. For "pairs": "forward" or "backward".
        test_data: str. For "domains": other data to translate; `None` means the split "test" of `real`.
        classifier_steps: int. For "domains": training of the classifier.
        seed: int. Of latents, classes, subsets, noise and the classifier.
        batch_size: int. Images at a time.
        cache: `Cache` for features of the real images; `None` computes them anew.
        progress: callable, called with (what, done, total); `None` means silence.

    Returns:
        list of `Score`, in the order of the metrics.

    Raises:
        FileNotFoundError: there is no such export, folder or data set; the message lists where it looked.
        MetricsFailed: one of several metrics failed in the end; it holds the scores of the others.
        ValueError: an unknown metric, too few images, options that do not fit the model. The message says
            what would do. Found before any work where possible.

    Example:
    ```python
    model = keras_gans.load("progan_emoji_32")
    scores = keras_gans.metrics.evaluate(model, "emoji", ["fid2k", "pr2k"], features="efficientnet-lite0")
    print(scores[0].protocol, scores[0].value)  # fid2k[efficientnet-lite0] 101.4
    ```
    """
    names = [one.strip() for one in metrics.split(",")] if isinstance(metrics, str) else list(metrics)
    names = list(dict.fromkeys(names))
    if not names:
        raise ValueError("`metrics` must name at least one, such as fid2k. Received: none")
    drawn = {"truncation": truncation, "guidance": guidance, "signed": signed or None}
    asked = {"direction": None if direction == "forward" else direction, "test_data": test_data}
    if set(names) & set(OF_TRANSLATORS):
        _refuse(drawn | {"latent_dim": latent_dim}, "is for generators, not for pairs and domains")
        model = open_model(model, crop=crop)
        return translator_scores(
            model,
            real,
            names,
            split=split,
            crop=crop,
            label=label,
            resolution=resolution,
            direction=direction,
            test_data=test_data,
            classifier_steps=classifier_steps,
            seed=seed,
            batch_size=batch_size,
            progress=progress,
        )
    protocols = [one if isinstance(one, Protocol) else parse_metric(one) for one in names]
    compared = [protocol.name for protocol in protocols if protocol.compares]
    if compared and real is None:
        verb = "compare" if len(compared) > 1 else "compares"
        raise ValueError(f"{', '.join(compared)} {verb} with real images: pass `real`")
    side = _side_of(
        open_model(model, signed=signed, crop=crop, resolution=resolution),
        {"label": label, "truncation": truncation, "guidance": guidance},
        latent_dim=latent_dim,
        seed=seed,
    )
    _refuse(asked, f"is for {' and '.join(OF_TRANSLATORS)}, of translators")
    if resolution not in (None, side.resolution):
        raise ValueError(
            "`resolution` is for folders of images and for translators. These images have "
            f"{text(side.resolution)} pixels. Received: resolution={text(resolution)}"
        )
    extractor = None
    if any(protocol.uses_extractor for protocol in protocols):
        extractor = get_extractor(features) if isinstance(features, str) else features
    reference = (
        None
        if real is None
        else _reference(real, side, split=split or "train", crop=crop, progress=progress is not None)
    )
    if reference is not None:
        side.follow(reference)
    return compute_scores(
        side.images,
        reference,
        protocols,
        extractor,
        seed=seed,
        batch_size=batch_size,
        latent_spaces=side.spaces,
        cache=cache,
        progress=progress,
    )


def open_model(
    model, *, signed: bool = False, crop: str | None = None, resolution: Resolution | None = None
) -> Any:
    """Opens what `evaluate` is given: hub objects, arrays and callables stay as they are.

    Args:
        model: as for `evaluate`.
        signed: bool. As for `evaluate`.
        crop: as for `evaluate`, of a folder of images.
        resolution: as for `evaluate`, of a folder of images.

    Returns:
        A `keras_gans.hub` object, the side of a folder of images, an array, or a callable.

    Raises:
        FileNotFoundError: there is neither an export nor a folder of images.
        ValueError: images of a folder that do not do, such as those of several sizes.
    """
    if not isinstance(model, (str, os.PathLike)):
        return model
    try:
        hub.locate(model)
    except FileNotFoundError as error:
        if not Path(model).exists():
            raise
        try:
            return sides.of_folder(model, crop=crop, resolution=resolution)
        except FileNotFoundError:
            raise FileNotFoundError(f"{error} Nor are there images.") from error
    return hub.load(model, signed=signed)


def _refuse(options, why):
    """Raises ValueError if one of these options is given."""
    for name, value in options.items():
        if value is not None:
            raise ValueError(f"`{name}` {why}. Received: {name}={value!r}")


def _side_of(model, options, *, latent_dim, seed):
    """The generated side of what was opened."""
    if isinstance(model, hub.Translator):
        raise ValueError(f"{model.name} translates images: its metrics are {' and '.join(OF_TRANSLATORS)}")
    if isinstance(model, hub.Generator):
        return sides.GeneratedSide(model, seed=seed, **options)
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ValueError(f"`{given[0]}` is for exported generators. Received: images of something else")
    if isinstance(model, sides.ImagesSide):
        return model
    if callable(model):
        return sides.of_callable(model, latent_dim=latent_dim, seed=seed)
    return sides.of_array(model)


def _reference(real, side, **opened):
    """The real images, of the size and the colours of a side."""
    if isinstance(real, Images):
        return real
    if isinstance(real, (str, os.PathLike)):
        return sides.open_reference(str(real), side.resolution, channels=side.channels, **opened)
    return sides.of_array(real).images
