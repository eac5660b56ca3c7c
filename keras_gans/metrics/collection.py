"""One pass over images, from which all metrics take what they need: statistics, features, patches, pairs."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from keras_gans.metrics.sliced_wasserstein import PatchDescriptors
from keras_gans.metrics.ssim import WEIGHTS, WINDOW, ms_ssim
from keras_gans.metrics.statistics import FeatureStatistics, check_features

# To be raised when the same images come to give other statistics: what a cache holds then counts no more.
VERSION = 1
# Features are joined to the statistics in blocks: each costs an operation on the whole covariance.
BLOCK = 1024


@dataclasses.dataclass(frozen=True)
class Images:
    """A side of the comparison: images by number.

    Args:
        take: callable, int64 array `(n,)` -> uint8 array `(n, height, width, 1 or 3)`. The same number always
            gives the same image.
        count: int. Number of images; `take` accepts the indices below it. `None` means no limit, as for a
            generator.
        labels: callable, int64 array `(n,)` -> int array `(n,)`, the classes of these images; `None` where
            there are none.
        class_names: sequence of str, in the order of the labels; empty without labels.
        note: str. What the reader of a score of these images must know, empty if nothing.
        identity: what JSON can write and what changes whenever an image does, such as a digest. `None` means
            that nothing of these images is cached.

    Example:
    ```python
    real = keras_gans.metrics.Images(array.__getitem__, len(array))
    ```
    """

    take: Callable
    count: int | None = None
    labels: Callable | None = None
    class_names: Sequence = ()
    note: str = ""
    identity: object = None

    def class_frequencies(self) -> np.ndarray | None:
        """Returns how often each class occurs: int array, `(classes,)`; `None` without labels."""
        if self.labels is None or not len(self.class_names):
            return None
        return np.bincount(self.labels(np.arange(self.count)), minlength=len(self.class_names))


class Collector:
    """Reads images once and keeps of them what metrics need.

    Args:
        extractor: `FeatureExtractor`, or `None` where nothing needs features.
        seed: int. Of patches.
        batch_size: int. Images a call of `Images.take`.
        progress: callable, called with (what, done, total).

    Attributes:
        resolution: int. Height of the images; `None` before the first. All must have the same size.
        grey: bool. Whether there were images of one channel, which the features see three times.
    """

    def __init__(self, extractor, *, seed, batch_size, progress):
        self.extractor, self.seed, self.batch_size, self.progress = extractor, seed, batch_size, progress
        self.size, self.grey = None, False

    @property
    def resolution(self):
        return None if self.size is None else self.size[0]

    def collect(self, what, images, wants, *, side):
        """Reads images.

        Args:
            what: str. What `progress` is told.
            images: `Images`.
            wants: set of (kind, count): "statistics", "features", "logits", "patches" or "pairs" of the first
                `count` images.
            side: int. Number of the side of the comparison: patches of both lie at independent places.

        Returns:
            dict, (kind, count) -> `FeatureStatistics`; float32 array `(count, dim)`; `PatchDescriptors`; or
            (array of similarities, number of scales).

        Raises:
            ValueError: images of another type or size.
        """
        sinks = {(kind, count): _SINKS[kind](count, self, side) for kind, count in wants}
        total = max((count for _, count in wants), default=0)
        network = max((count for kind, count in wants if kind in _OF_NETWORK), default=0)
        order = order_of(images, total)
        done = 0
        for stop in stops({count for _, count in wants}, self.batch_size):
            indices = order[done:stop]
            batch = self._read(images.take(indices), len(indices))
            outputs = self.extractor.outputs(batch) if stop <= network else {}
            labels = np.zeros(len(batch), int) if images.labels is None else images.labels(indices)
            for (_, count), sink in sinks.items():
                if stop <= count:
                    sink.add(batch, outputs, labels)
            done = stop
            self.progress(what, done, total)
        return {want: sink.result() for want, sink in sinks.items()}

    def _read(self, images, count):
        """Checks a batch and returns it with three channels."""
        images = np.asarray(images)
        shape = images.shape
        if images.dtype != np.uint8 or len(shape) != 4 or shape[0] != count or shape[3] not in (1, 3):
            raise ValueError(
                f"`take` must return uint8 images ({count}, height, width, 1 or 3). "
                f"Received: {images.dtype} {shape}"
            )
        self.meet(shape[1:])
        return np.repeat(images, 3, axis=3) if shape[3] == 1 else images

    def meet(self, shape):
        """Notes height, width and channels of images; ValueError if the first two are others than before."""
        size = tuple(shape[:2])
        self.grey |= shape[2] == 1
        if self.size not in (None, size):
            new, old = (f"{s[0]}" if s[0] == s[1] else f"{s[1]}x{s[0]}" for s in (size, self.size))
            raise ValueError(f"Images of {new} pixels cannot be compared with images of {old}.")
        self.size = size


class _Statistics:
    def __init__(self, count, collector, side):
        self._statistics = FeatureStatistics(collector.extractor.dim)
        self._waiting = []

    def add(self, images, outputs, labels):
        self._waiting.append(outputs["features"])
        if sum(map(len, self._waiting)) >= BLOCK:
            self._join()

    def result(self):
        if self._waiting:
            self._join()
        return self._statistics

    def _join(self):
        self._statistics.update(np.concatenate(self._waiting))
        self._waiting = []


class _Rows:
    """All feature vectors, or logits, in one array."""

    name = "features"

    def __init__(self, count, collector, side):
        width = collector.extractor.dim if self.name == "features" else collector.extractor.num_classes
        self._rows, self._done = np.empty((count, width), "float32"), 0

    def add(self, images, outputs, labels):
        rows = check_features(outputs[self.name], self.name)
        self._rows[self._done : self._done + len(rows)] = rows
        self._done += len(rows)

    def result(self):
        return self._rows


class _Logits(_Rows):
    name = "logits"


class _Patches:
    def __init__(self, count, collector, side):
        # The places of both sides are independent, as those of two samples.
        self._patches = PatchDescriptors(seed=[collector.seed, side])

    def add(self, images, outputs, labels):
        self._patches.update(images)

    def result(self):
        return self._patches


class _Pairs:
    """Similarities of pairs of images of one class; an image without a partner waits for one."""

    def __init__(self, count, collector, side):
        self._waiting, self._similarities, self.scales = None, [], None

    def add(self, images, outputs, labels):
        if self._waiting is not None:
            images = np.concatenate([self._waiting[0], images])
            labels = np.concatenate([self._waiting[1], labels])
        order = np.argsort(labels, kind="stable")
        images, labels = images[order], labels[order]
        starts = np.searchsorted(labels, labels)  # where the class of each image begins
        second = (np.arange(len(labels)) - starts) % 2 == 1
        first = np.append(second[1:], False)
        self._waiting = images[~(first | second)], labels[~(first | second)]
        if second.any():
            self.scales = self.scales or scales_for(images.shape[1:3])
            self._similarities.append(ms_ssim(images[first], images[second], scales=self.scales))

    def result(self):
        return np.concatenate(self._similarities or [[]]), self.scales


_SINKS = {
    "statistics": _Statistics,
    "features": _Rows,
    "logits": _Logits,
    "patches": _Patches,
    "pairs": _Pairs,
}
_OF_NETWORK = ("statistics", "features", "logits")


def sample_order(count):
    """The order in which images of a finite set are taken: a sample of it is its beginning."""
    return np.random.default_rng(0).permutation(count)


def order_of(images, count):
    """The numbers of the first `count` images that are taken of a side."""
    return np.arange(count) if images.count is None else sample_order(images.count)[:count]


def stops(counts, batch_size):
    """Yields the ends of batches of at most `batch_size`; there is one at each of the counts."""
    done = 0
    for count in sorted(counts):
        while done < count:
            done = min(done + batch_size, count)
            yield done


def scales_for(size):
    """How many scales of the structural similarity images of a (height, width) have room for."""
    fitting = [scales for scales in range(1, len(WEIGHTS) + 1) if (WINDOW - 1) << (scales - 1) < min(size)]
    if not fitting:
        raise ValueError(f"msssim needs images of {WINDOW} pixels or more. Received: {size[0]} x {size[1]}")
    return fitting[-1]


def longest(wants):
    """Of a set of (kind, count), of features and logits only the longest: the others are its beginning."""
    return {
        (kind, count)
        for kind, count in wants
        if kind not in ("features", "logits") or count == max(c for k, c in wants if k == kind)
    }


def collected(results, kind, count):
    """Returns what `Collector.collect` found for (kind, count), or the beginning of what is longer."""
    if kind not in ("features", "logits"):
        return results[kind, count]
    [rows] = [value for (name, _), value in results.items() if name == kind]
    return rows[:count]


def load_cached(cache, images, wants, extractor):
    """Returns those of `wants` that a cache holds, as `Collector.collect` does.

    A file without the arrays that belong to it counts as damaged.

    Args:
        cache: `Cache`, or `None` for none.
        images: `Images`, or `None`. Without an identity nothing is cached.
        wants: set of (kind, count). Statistics and features are cached.
        extractor: `FeatureExtractor`.
    """
    found = {}
    for want, key in _keys(cache, images, wants, extractor):
        arrays = cache.load(key)
        if arrays is not None:
            try:
                found[want] = _FROM_ARRAYS[want[0]](arrays, want[1], extractor.dim)
            except Exception as error:  # whatever arrays of other names, shapes and types raise
                cache.discard(key, error)
    return found


def store_cached(cache, images, results, extractor):
    """Stores what can be cached of the results of `Collector.collect`. As `load_cached`."""
    for want, key in _keys(cache, images, results, extractor):
        cache.store(key, _TO_ARRAYS[want[0]](results[want]))


_TO_ARRAYS = {"statistics": FeatureStatistics.to_arrays, "features": lambda rows: {"features": rows}}


def _read_statistics(arrays, count, dim):
    statistics = FeatureStatistics.from_arrays(arrays)
    if (statistics.count, statistics.dim) != (count, dim):
        raise ValueError(f"it holds {statistics.count} features of the length {statistics.dim}")
    return statistics


def _read_features(arrays, count, dim):
    if arrays.keys() != {"features"}:
        raise ValueError(f"it holds {sorted(arrays)}")
    features = check_features(arrays["features"], "features")
    if features.shape != (count, dim):
        raise ValueError(f"it holds features of the shape {features.shape}")
    return features


_FROM_ARRAYS = {"statistics": _read_statistics, "features": _read_features}


def _keys(cache, images, wants, extractor):
    """Yields (want, key) for all that can be cached."""
    if cache is None or images is None or images.identity is None or not wants:
        return
    shape = list(images.take(np.arange(1)).shape[1:])
    for kind, count in wants:
        if kind in _TO_ARRAYS:
            yield (
                (kind, count),
                {
                    "version": VERSION,
                    "kind": kind,
                    "count": count,
                    "of": images.count,
                    "shape": shape,
                    "images": images.identity,
                    "extractor": extractor.fingerprint,
                },
            )
