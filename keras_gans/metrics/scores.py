"""Judging a generator: every image is made once and seen once by the extractor, whatever the metrics."""

import contextlib
import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np

from keras_gans.metrics import ppl
from keras_gans.metrics.cache import Cache
from keras_gans.metrics.collection import (
    Collector,
    Images,
    collected,
    load_cached,
    longest,
    order_of,
    scales_for,
    stops,
    store_cached,
)
from keras_gans.metrics.features import FeatureExtractor
from keras_gans.metrics.fid import frechet_distance, is_rank_deficient
from keras_gans.metrics.inception_score import inception_score
from keras_gans.metrics.kid import kid
from keras_gans.metrics.precision_recall import density_coverage, precision_recall
from keras_gans.metrics.protocols import SMALLEST, Protocol, parse_metric
from keras_gans.metrics.sliced_wasserstein import descriptor_distance
from keras_gans.metrics.ssim import WEIGHTS

# As in the papers of the kernel distance and of the Inception Score.
SUBSETS, SUBSET_SIZE, SPLITS = 100, 1000, 10


@dataclasses.dataclass(frozen=True)
class LatentSpace:
    """A space of latents that paths run through.

    Args:
        ends: callable, int64 array `(n,)` -> float array `(n, dim)`: latents, independent for every number.
        generate: callable, float32 latents `(n, dim)` and the numbers of the paths, int64 `(n,)` -> float
            images `(n, height, width, 1 or 3)` in `[0, 255]`, not rounded. Deterministic; the class of an
            image may depend on the number of its path.
    """

    ends: Callable
    generate: Callable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Score:
    """A number, and all that it takes to compare it with another.

    Attributes:
        metric: str. Name of the metric: "pr3k".
        quantity: str. Which of its numbers: "precision".
        value: float.
        std: float. Standard deviation over subsets or splits, `None` without.
        protocol: str. The name with the extractor: "pr3k[efficientnet-lite0]".
        real_count: int. Images of the reference, 0 if the metric needs none.
        generated_count: int. Generated images, or paths.
        resolution: int. Height of the images.
        seed: int.
        note: str. What a reader must know, empty if nothing.
    """

    metric: str
    quantity: str
    value: float
    std: float | None = None
    protocol: str
    real_count: int
    generated_count: int
    resolution: int
    seed: int
    note: str = ""


class MetricsFailed(ValueError):
    """Some of several metrics could not be computed. What the others gave is kept.

    Args:
        scores: list of `Score`, of the others.
        failures: dict, name of a metric -> the exception that it raised.
    """

    def __init__(self, scores, failures):
        words = [f"{name}: {_said(error)}" for name, error in failures.items()]
        super().__init__(f"{len(failures)} of the metrics could not be computed. {'; '.join(words)}")
        self.scores, self.failures = scores, failures


def _said(error):
    """The words of an exception, with its type where they are none for people."""
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


def each_metric(metrics: Sequence, compute: Callable) -> list[Score]:
    """Computes metrics one after the other; one that fails does not lose the others.

    Args:
        metrics: sequence of str or `Protocol`.
        compute: callable, one of them -> list of `Score`.

    Raises:
        MetricsFailed: some of several failed, with the scores of the others. What a single metric raises
            comes as it is.
    """
    scores, failures = [], {}
    for metric in metrics:
        try:
            scores += compute(metric)
        except Exception as error:
            if len(metrics) == 1:
                raise
            failures[getattr(metric, "name", metric)] = error
    if failures:
        raise MetricsFailed(scores, failures) from next(iter(failures.values()))
    return scores


def compute_scores(
    generated: Images,
    reference: Images | None,
    metrics: Sequence,
    extractor: FeatureExtractor | None = None,
    *,
    seed: int = 0,
    batch_size: int = 64,
    latent_spaces: dict | None = None,
    cache: Cache | None = None,
    progress: Callable | None = None,
) -> list[Score]:
    """Computes metrics of a generator, or of any set of images.

    Both sides are read once, in batches; all metrics share the images and their features. What is kept: for
    each number of images of a Frechet distance a `(dim, dim)` float64 array a side; for the Inception Score
    one float32 `(count, num_classes)` array (200 MB for 50,000 images of 1008 logits); for the kernel
    distance, precision, recall, density and coverage together one float32 `(count, dim)` array a side (400 MB
    for 50,000 images of 2048 features); for the sliced Wasserstein distance its patches. Images are not kept.

    Where the reference has more images than a metric takes, they are a random sample that is always the same,
    whatever the seed; so are those of a finite generated side.

    Args:
        generated: `Images`. The generated side.
        reference: `Images` with a `count`, the real side. `None` if no metric compares.
        metrics: sequence of str, see `keras_gans.metrics.protocols`, or of `Protocol`.
        extractor: `FeatureExtractor`. `None` if no metric uses one.
        seed: int. Of subsets, patches and paths. That of the generator is up to `generated`.
        batch_size: int. Images a call of `take`.
        latent_spaces: dict, "z" and "w" -> `LatentSpace`, for path lengths; those that there are.
        cache: `Cache` for statistics and features of the reference, `None` to compute them anew.
        progress: callable, called with (what, done, total): `"real images", 64, 2000`.

    Returns:
        list of `Score`, in the order of the metrics.

    Raises:
        ValueError: an unknown metric; too few images for one; an extractor or a latent space is missing;
            images of another type or size. The message says what would do. Found before any work where
            possible.
        MetricsFailed: one of several metrics failed in the end; it holds the scores of the others.

    Example:
    ```python
    from keras_gans import metrics

    real, fake = np.random.default_rng(0).integers(0, 256, (2, 200, 32, 32, 3), "uint8")
    scores = metrics.compute_scores(
        metrics.Images(fake.__getitem__, 200),
        metrics.Images(real.__getitem__, 200),
        ["fid200", "pr200"],
        metrics.efficientnet_lite0(),
    )
    print(scores[0].protocol, scores[0].value)  # fid200[efficientnet-lite0] ...
    ```
    """
    protocols = [one if isinstance(one, Protocol) else parse_metric(one) for one in metrics]
    spaces = latent_spaces or {}
    for protocol in protocols:
        check_metric(protocol, generated, reference, extractor, spaces)
    compared = [protocol for protocol in protocols if protocol.compares]
    _check_images(protocols, generated, reference if compared else generated)
    progress = progress or (lambda *_: None)
    collector = Collector(extractor, seed=seed, batch_size=batch_size, progress=progress)
    if compared:
        collector.meet(reference.take(np.arange(1)).shape[1:])  # what is cached is not read
    wants = longest({(_KINDS[one.family], _real_count(one, reference)) for one in compared})
    real = load_cached(cache, reference, wants, extractor)
    if wants - real.keys():
        fresh = collector.collect("real images", reference, wants - real.keys(), side=0)
        store_cached(cache, reference, fresh, extractor)
        real |= fresh
    wants = longest({(_KINDS[one.family], one.count) for one in protocols if one.family in _KINDS})
    fake = collector.collect("generated images", generated, wants, side=1)

    def compute(protocol):
        count = _real_count(protocol, reference) if protocol.compares else 0
        values, note = _COMPUTE[protocol.family](_Context(protocol, real, fake, count, collector, spaces))
        return [
            Score(
                metric=protocol.name,
                quantity=quantity,
                value=float(value),
                std=std,
                protocol=protocol.label(extractor),
                real_count=count,
                generated_count=protocol.count,
                resolution=collector.resolution,
                seed=seed,
                note="; ".join(filter(None, (note, generated.note, GREY * collector.grey))),
            )
            for quantity, value, std in values
        ]

    return each_metric(protocols, compute)


GREY = "grey images, repeated to three channels"
# What of the images a metric is computed from; path lengths make images of their own.
_KINDS = {
    "fid": "statistics",
    "kid": "features",
    "pr": "features",
    "dc": "features",
    "is": "logits",
    "swd": "patches",
    "msssim": "pairs",
}


@dataclasses.dataclass(frozen=True)
class _Context:
    """What one metric is computed from."""

    protocol: Protocol
    real: dict
    generated: dict
    real_count: int
    collector: Collector
    spaces: dict

    def sides(self):
        """What was collected of both sides for this metric."""
        kind = _KINDS[self.protocol.family]
        real = collected(self.real, kind, self.real_count)
        return real, collected(self.generated, kind, self.protocol.count)


# Each metric: context -> [(quantity, value, std), ...], note.


def _fid(context):
    sides = context.sides()
    few = [f"{side.count:,}" for side in sides if is_rank_deficient(side)]
    note = ""
    if few:
        note = (
            f"no more images ({' and '.join(few)}) than features ({sides[0].dim:,}): too high a value, "
            "compare equal numbers only"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the note says it
        return [("distance", frechet_distance(*sides), None)], note


def _kid(context):
    real, generated = context.sides()
    # At most half of the images, so that subsets differ and their spread means something.
    size = min(SUBSET_SIZE, len(real) // 2, len(generated) // 2)
    mean, std = kid(real, generated, subsets=SUBSETS, subset_size=size, seed=context.collector.seed)
    return [("distance", mean, std)], f"{SUBSETS} subsets of {size:,}" if size < SUBSET_SIZE else ""


def _pr(context):
    precision, recall = precision_recall(*context.sides(), neighbours=context.protocol.neighbours)
    return [("precision", precision, None), ("recall", recall, None)], ""


def _dc(context):
    density, coverage = density_coverage(*context.sides(), neighbours=context.protocol.neighbours)
    return [("density", density, None), ("coverage", coverage, None)], ""


def _is(context):
    logits = collected(context.generated, "logits", context.protocol.count)
    mean, std = inception_score(logits, splits=SPLITS)
    return [("score", mean, std)], ""


def _swd(context):
    distances = descriptor_distance(*context.sides(), seed=context.collector.seed)
    values = [(key if key == "mean" else f"{key} px", value, None) for key, value in distances.items()]
    return values, "times 1,000"


def _msssim(context):
    similarities, scales = collected(context.generated, "pairs", context.protocol.count)
    note = f"{len(similarities):,} pairs"
    if scales < len(WEIGHTS):
        note += f", {scales} of {len(WEIGHTS)} scales fit: compare images of equal size only"
    return [("similarity", similarities.mean(), float(similarities.std()))], note


def _ppl(context):
    protocol, collector = context.protocol, context.collector
    space = context.spaces[protocol.space]
    interpolate = _spherical if protocol.space == "z" else ppl.linear
    random = np.random.default_rng([collector.seed, 2])
    distances, done = [], 0
    for stop in stops({protocol.count}, collector.batch_size):
        paths = np.arange(done, stop)

        def generate(latents, paths=paths):
            images = np.asarray(space.generate(latents, paths), "float32")
            collector.meet(images.shape[1:])
            return images

        t = random.random(len(paths)) if protocol.part == "full" else np.zeros(len(paths))
        ends = space.ends(2 * paths), space.ends(2 * paths + 1)
        distances.append(
            ppl.path_distances(generate, collector.extractor.extract, *ends, t, interpolate=interpolate)
        )
        done = stop
        collector.progress("paths", done, protocol.count)
    value = ppl.perceptual_path_length(np.concatenate(distances))
    return [("length", value, None)], "distance of features, where the papers take LPIPS"


def _spherical(start, end, t):
    """On the sphere near which normally distributed latents lie."""
    return ppl.spherical(start, end, t) * math.sqrt(start.shape[1])


_COMPUTE = {
    "fid": _fid,
    "kid": _kid,
    "pr": _pr,
    "dc": _dc,
    "is": _is,
    "swd": _swd,
    "msssim": _msssim,
    "ppl": _ppl,
}


def _real_count(protocol, reference):
    return reference.count if protocol.full else protocol.count


def check_metric(
    protocol: Protocol,
    generated: Images,
    reference: Images | None,
    extractor: FeatureExtractor | None,
    spaces: dict,
) -> None:
    """Raises what `compute_scores` would raise for one metric, without any work.

    Args:
        protocol: `Protocol`.
        generated: `Images`.
        reference: `Images`, or `None`.
        extractor: `FeatureExtractor`, or `None`.
        spaces: dict, "z" and "w" -> `LatentSpace`.

    Raises:
        ValueError: an extractor or a latent space is missing, or too few images.
    """
    name = protocol.name
    if protocol.uses_extractor and extractor is None:
        raise ValueError(f"{name} compares features: pass an `extractor`.")
    if protocol.family == "is" and extractor.num_classes is None:
        raise ValueError(
            f"{name} needs logits, which the extractor {extractor.name} does not give. The features "
            "inception-2015 and efficientnet-lite0 have them."
        )
    if protocol.family == "ppl":
        if protocol.space not in spaces:
            offered = ", ".join(sorted(spaces)) or "none"
            raise ValueError(
                f"{name} runs paths in {protocol.space}. What is judged offers: {offered}. A generator has "
                "z (pplN_zfull, pplN_zend); it has w if its export has the signatures mapping and synthesis."
            )
        return
    if generated.count is not None and generated.count < protocol.count:
        raise ValueError(
            f"{name} takes {protocol.count:,} generated images. Received: {generated.count:,}. "
            + _instead(protocol, generated, reference, extractor, spaces)
        )
    if not protocol.compares:
        return
    if reference is None or reference.count is None:
        raise ValueError(f"{name} compares with real images: pass a `reference` with a count.")
    needed = {"fid": 2, "kid": 4}.get(protocol.family, (protocol.neighbours or 0) + 1)
    if protocol.full and reference.count < needed:
        why = f", more than its {protocol.neighbours} neighbours" if protocol.neighbours else ""
        raise ValueError(f"{name} takes {needed} real images or more{why}. Received: {reference.count:,}.")
    if not protocol.full and reference.count < protocol.count:
        raise ValueError(
            f"{name} takes as many real images as generated ones, {protocol.count:,}. "
            f"Received: {reference.count:,}. " + _instead(protocol, generated, reference, extractor, spaces)
        )


def _instead(protocol, generated, reference, extractor, spaces):
    """Says which metrics of the same kind take the images that there are: only such as do."""
    counts = [generated.count, reference.count if protocol.compares and reference is not None else None]
    most = min(count for count in counts if count is not None)
    found = []

    def offer(name, words):
        with contextlib.suppress(ValueError):
            check_metric(parse_metric(name), generated, reference, extractor, spaces)
            found.append(f"{name} {words}")

    offer(f"{protocol.name}_full", "compares with all of them")
    offer(f"{protocol.family}{most}", "would do")
    if not found:
        offer(f"{protocol.family}{generated.count}_full", "would do, with all real images")
    return f"{'; '.join(found) or f'Every metric takes {SMALLEST} images or more'}."


def _check_images(protocols, generated, shown):
    """Raises ValueError where the size of images, or their classes, do not do for a metric.

    All images have the size of those of the side `shown`.
    """
    small = [one for one in protocols if one.family in ("swd", "msssim")]
    if not small:
        return
    size = shown.take(np.arange(1)).shape[1:3]
    for protocol in small:
        if protocol.family == "swd" and (size[0] != size[1] or size[0] < 16 or size[0] & (size[0] - 1)):
            raise ValueError(
                f"{protocol.name} takes square images of 16, 32, 64 or another power of two pixels. "
                f"Received: {size[1]}x{size[0]}"
            )
        if protocol.family == "msssim":
            scales_for(size)
            if generated.labels is not None and not _has_pairs(generated, protocol.count):
                more = generated.count is None or _has_pairs(generated, generated.count)
                raise ValueError(
                    f"{protocol.name} compares images of one class, and finds no two images of one class "
                    f"among {protocol.count}. {'Take more images' if more else 'Each has one of its own'}."
                )


def _has_pairs(images, count):
    """Whether two of the first `count` images are of one class."""
    return len(np.unique(images.labels(order_of(images, count)))) < count
