"""From a source to batches: one checking pass, then an endless stream whose order is a formula.

Which image is seen at which position is a pure function of (seed, position), positions counting the
images seen since the start of the run. A resumed run gives its position and goes on exactly where
it stopped, also with another batch size or number of replicas.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_gans.data import scan
from keras_gans.data.base import thread_count
from keras_gans.data.decoding import BadImage, box_mean, fit, is_smaller
from keras_gans.data.files import printable
from keras_gans.data.fingerprint import class_counts, records_of
from keras_gans.data.stream import stream
from keras_gans.images import channel_count, from_uint8
from keras_gans.resolution import is_same_shape, pair, plain, sides, text


def load(
    source,
    resolution,
    *,
    channels="rgb",
    cache="auto",
    memory_limit_gib=4,
    bad_files=None,
    progress=True,
):
    """Reads, checks and resizes all images of a source, once.

    Broken files are skipped. Images that are too small or not square are an error here, before any
    training. The decoded images stay in memory if they fit; otherwise this pass only checks them
    and they are decoded again when a batch needs them. A set made by `prepare` that does not fit is
    taken as it is, without the pass.

    Args:
        source: `Source`, as `open_source` returns it.
        resolution: int, or (height, width). Size of the images, in pixels.
        channels: "rgb", or "grey" for images of one channel, to which colours are converted
            (`0.299 R + 0.587 G + 0.114 B`).
        cache: "auto" to keep the images if they fit `memory_limit_gib`, `True` to keep them always,
            `False` to decode them on demand.
        memory_limit_gib: float. Memory for decoded images, in GiB.
        bad_files: str or path of a text file that lists the skipped files with reasons. `None`
            writes no list. Nothing is written if all files are good.
        progress: bool. Whether a long pass shows a progress bar.

    Returns:
        `ImageData`.

    Raises:
        ValueError: if the source is empty, more than 1 % of its files are broken, images are
            smaller than `resolution` or of another shape and the source does not crop, or a
            source without random access does not fit into memory.
    """
    if cache not in ("auto", True, False):
        raise ValueError(f'`cache` must be "auto", True or False. Received: {cache!r}')
    scan.check_not_empty(source)
    resolution = plain(resolution)
    needed = len(source) * math.prod(pair(resolution)) * channel_count(channels)
    keep = needed <= memory_limit_gib * 2**30 if cache == "auto" else cache
    if not keep and not source.random_access:
        raise ValueError(
            f"{source.name} at resolution {text(resolution)} takes {needed / 2**30:.1f} GiB; the limit "
            f"is {memory_limit_gib} GiB, and it cannot be read in random order. Raise the limit or "
            "make a folder of it once with `keras-gans prepare`."
        )
    if not keep and _is_prepared(source, resolution):
        return ImageData(source, resolution, np.arange(len(source)), channels=channels)
    images, good, faults = _read_all(source, resolution, channels, keep, progress)
    if faults and bad_files is not None:
        scan.write_bad_files(bad_files, faults)
    where = "Remove them" if bad_files is None else f"See {bad_files}; remove them"
    scan.check_bad_share(source, faults, f"{where} or make a clean set with `keras-gans prepare`.")
    return ImageData(source, resolution, good, channels=channels, images=images, bad_files=faults)


class ImageData:
    """Images of one resolution, ready to be streamed. `load` makes it.

    Args:
        source: `Source` the images come from.
        resolution: int, or (height, width). Size of the images, in pixels.
        indices: integer array, `(images,)`. Images of the source that are used, by their index.
        channels: "rgb" or "grey".
        images: uint8 array, `(images, resolution, resolution, channels)`, or `None` to decode on demand.
        bad_files: sequence of `(name, reason)`: files that were skipped.
        factor: int. Images decoded on demand are read `factor` times as large and averaged.

    Attributes:
        resolution: int, or (height, width).
        channels: "rgb" or "grey". Images have 3 channels or 1.
        images: uint8 array, `(images, resolution, resolution, channels)`, or `None` if decoded on demand.
        labels: int32 array, `(images,)`, or `None`; of attributes float32, `(images, attributes)`.
        class_names: tuple of str, or `None`.
        provenance: dict with "description" and "licence", texts for a model card.
        bad_files: tuple of `(name, reason)`.
        notes: tuple of str, as of `Source`.
    """

    def __init__(self, source, resolution, indices, *, channels="rgb", images=None, bad_files=(), factor=1):
        self.resolution = plain(resolution)
        self.channels = channels
        self.images = images
        self.name = source.name
        self.class_names = source.class_names
        self.provenance = source.provenance
        self.notes = tuple(source.notes)
        self.labels = None if source.labels is None else source.labels[indices]
        self.bad_files = tuple(bad_files)
        self._source = source
        self._indices = indices
        self._factor = factor
        self._full = self
        self._smaller = {}
        self._pool = None if images is not None else ThreadPoolExecutor(thread_count())

    def __len__(self):
        return len(self._indices)

    def take(self, indices):
        """Returns the images with the given indices: uint8, `(n, resolution, resolution, channels)`."""
        if self.images is not None:
            return self.images[indices]
        return np.stack(list(self._pool.map(self._decode, indices)))

    def at(self, resolution):
        """Returns the same images in the same order, shrunk by averaging blocks of pixels.

        Args:
            resolution: int, or (height, width). This one's resolution divided by a power of two.

        Returns:
            `ImageData`; the same object for every call.

        Raises:
            ValueError: if `resolution` is not this one's divided by a power of two.
        """
        (height, width), resolution = pair(resolution), plain(resolution)
        factor = pair(self.resolution)[0] // height if height > 0 else 0
        if factor < 1 or factor & (factor - 1) or (factor * height, factor * width) != pair(self.resolution):
            raise ValueError(
                f"`resolution` must be {text(self.resolution)} divided by a power of two. "
                f"Received: {text(resolution)}"
            )
        if factor == 1:
            return self
        # Always from the largest images: the mean of rounded means is another number.
        full = self._full
        if resolution not in full._smaller:
            factor = pair(full.resolution)[0] // height
            smaller = ImageData(
                self._source,
                resolution,
                self._indices,
                channels=self.channels,
                images=None if full.images is None else box_mean(full.images, factor),
                bad_files=self.bad_files,
                factor=factor,
            )
            smaller._full = full
            full._smaller[resolution] = smaller
        return full._smaller[resolution]

    def summary(self):
        """Returns a text: name, images, classes with counts, resolution, memory, skipped files, notes."""
        if self.images is None:
            storage = "decoded on demand"
        else:
            storage = f"{self.images.nbytes / 2**20:.1f} MiB in memory"
        lines = [
            f"data        {self.name}",
            f"images      {len(self):,}",
            f"resolution  {sides(self.resolution)}, {self.channels}, {storage}",
        ]
        if self.labels is None:
            lines.append("classes     none")
        else:
            counts = class_counts(self.labels, len(self.class_names))
            lines.append(f"classes     {len(self.class_names)}")
            lines += [f"  {count:>8,}  {name}" for name, count in zip(self.class_names, counts, strict=True)]
        lines.append(f"bad files   {len(self.bad_files)}")
        lines += [f"  {name}: {reason}" for name, reason in self.bad_files[:5]]
        return "\n".join([*lines, *map(scan.note_line, self.notes)])

    def batches(
        self,
        *,
        batch_size,
        seed,
        start=0,
        flip=False,
        replicas=1,
        local_replicas=1,
        pipeline=0,
        prefetch=True,
        jitter=1.0,
        extra=None,
    ):
        """Streams shuffled batches without end; seed and position alone decide which image comes.

        Epoch `e` is a permutation of the images, drawn from (seed, e). Position `p` counts the
        images seen since the start of the run and shows image `p % images` of epoch
        `p // images`. The batches of all replicas, in order, are consecutive positions; so the
        global batch does not depend on how it is divided.

        Args:
            batch_size: int. Images of a batch on one replica.
            seed: int. Seed of order and flips.
            start: int. Position of the first image: images seen so far, by all replicas.
            flip: bool. Whether to mirror images left to right with probability 1/2.
            replicas: int. Replicas in all, on all workers.
            local_replicas: int. Replicas that this pipeline feeds, in turn. There are
                `replicas // local_replicas` pipelines.
            pipeline: int. Number of this pipeline.
            prefetch: bool. Whether to prepare batches ahead. A strategy that prefetches by itself
                needs none.
            jitter: float, at least 1. Images are enlarged by this factor and cropped at random to their
                size; 1 means off.
            extra: callable `extra(first, count)` that returns a dict of further tensors, what the batch is
                to hold besides at `count` positions from `first` on; `None` means nothing.

        Returns:
            `tf.data.Dataset` of dicts: "images", float32, `(batch, resolution, resolution, channels)` in
            `[-1, 1]`, and with labels "labels", as those of this object. Its auto-sharding is off: it is
            meant for `strategy.distribute_datasets_from_function`.

        Raises:
            ValueError: if an argument is out of range, or there are fewer images than
                `batch_size * replicas`.
        """
        return stream(
            self,
            batch_size=batch_size,
            seed=seed,
            start=start,
            flip=flip,
            replicas=replicas,
            local_replicas=local_replicas,
            pipeline=pipeline,
            prefetch=prefetch,
            jitter=jitter,
            extra=extra,
        )

    def examples(self, count):
        """Returns images from all over the set, as `batches` does, unmirrored: dict of "images"."""
        places = np.linspace(0, len(self) - 1, min(count, len(self))).round().astype("int64")
        return {"images": from_uint8(self.take(places))}

    def subset(self, places):
        """Returns some of the images, in another order.

        Args:
            places: integer array, `(images,)`. Their numbers here; none twice.
        """
        return ImageData(
            self._source,
            self.resolution,
            self._indices[places],
            channels=self.channels,
            images=None if self.images is None else self.images[places],
            bad_files=self.bad_files,
            factor=self._factor,
        )

    def keys(self):
        """Returns the names by which the images are paired with those of another set: list of str."""
        return [self._source.key(int(index)) for index in self._indices]

    def records(self):
        """Returns what a fingerprint is made of, see `fingerprint.records_of`."""
        return records_of(self._source, self._indices, self.labels, self.class_names)

    def _decode(self, index):
        index = int(self._indices[index])
        image = self._source.read(index)
        size = tuple(side * self._factor for side in pair(self.resolution))
        image = fit(image, resolution=size, crop=self._source.crop, channels=self.channels)
        return box_mean(image[np.newaxis], self._factor)[0]


def _is_prepared(source, resolution):
    """Whether `prepare` has checked this very set at this resolution or a larger one."""
    prepared = source.prepared or {}
    size = prepared.get("resolution", 0)
    fits = is_same_shape(size, resolution) and not is_smaller(pair(size), resolution)
    return prepared.get("count") == len(source) and fits


def _read_all(source, resolution, channels, keep, progress):
    """One pass. Returns the images (or `None`), the indices of the good ones, the bad files."""
    shape = (len(source), *pair(resolution), channel_count(channels))
    images = np.empty(shape, "uint8") if keep else None
    good, faults, misfits, sizes = [], [], [], []

    def shrink(_, image):
        fitted = fit(image, resolution=resolution, crop=source.crop, channels=channels)
        return image.shape[1::-1], fitted

    bar = scan.Progress(len(source), show=progress)
    for index, result in source.each(shrink):
        if scan.is_misfit(result):
            misfits.append((printable(source.item_name(index)), result))
            sizes.append(result.size)
        elif isinstance(result, BadImage):
            faults.append((printable(source.item_name(index)), result.reason))
        else:
            size, image = result
            sizes.append(size)
            if keep:
                images[len(good)] = image
            good.append(index)
        bar.update(index + 1)
    scan.check_sizes(source, misfits, sizes, resolution)
    return images[: len(good)] if keep else None, np.array(good, "int64"), faults
