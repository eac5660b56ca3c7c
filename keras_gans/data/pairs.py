"""Two sets of images to translate between: aligned, image for image, or each in its own order."""

import collections
import dataclasses

import numpy as np
import tensorflow as tf

from keras_gans.data import scan
from keras_gans.data.embedded import Emoji
from keras_gans.data.folder import ImageFolder
from keras_gans.data.halves import Half
from keras_gans.data.image_data import load
from keras_gans.data.sources import open_source
from keras_gans.data.stream import other_seed
from keras_gans.images import from_uint8

_ALLOWED = (
    '"emoji:STYLE,STYLE", "A,B" with a folder, a zip file or tfds:NAME for each, '
    '"left-to-right:DIR" or "right-to-left:DIR" for pictures with two images side by side'
)
_HALVES = {"left-to-right": ("left", "right"), "right-to-left": ("right", "left")}
_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class SourcePair:
    """Two sources of images.

    Attributes:
        images: `Source` of what is translated.
        targets: `Source` of what it is translated to.
        aligned: bool. Whether images and targets of equal names belong together.
    """

    images: object
    targets: object
    aligned: bool


def open_pairs(spec, *, aligned, split="train", crop=None):
    """Opens the two sets that a command line names.

    Args:
        spec: str. "emoji:noto,fluent" for two styles of the embedded set, "A,B" for two data sets of any
            kind, "left-to-right:DIR" for a folder or zip file of pictures that hold two images side by side,
            "right-to-left:DIR" for the same the other way round.
        aligned: bool. Whether images and targets belong together: then each image has one target of the same
            name, without the extension. Otherwise names do not matter.
        split: str. As in `open_source`.
        crop: "center" or `None`: how images become square.

    Returns:
        `SourcePair`.

    Raises:
        ValueError: if `spec` names no two sets, or aligned ones have other names.
    """
    sides = _open_sides(str(spec), split, crop)
    if aligned:
        _check_names(*sides)
    return SourcePair(*sides, aligned)


def load_pairs(pair, resolution, *, jitter=1.0, bad_files=None, **options):
    """Reads, checks and resizes all images of both sets, once.

    A broken file of an aligned set removes its pair.

    Args:
        pair: `SourcePair`, as `open_pairs` returns it.
        resolution: int. Side of the images, in pixels.
        jitter: float, at least 1. As in `PairData`.
        bad_files: path of a text file. As in `load`, with the faults of both sets.
        **options: of `load`.

    Returns:
        `PairData`.

    Raises:
        ValueError: as `load`.

    Example:
    ```python
    pair = keras_gans.data.open_pairs("emoji:noto,fluent", aligned=True)
    pairs = keras_gans.data.load_pairs(pair, 64)
    batch = next(iter(pairs.batches(batch_size=16, seed=0)))  # {"images": ..., "targets": ...}
    ```
    """
    images = load(pair.images, resolution, bad_files=bad_files, **options)
    second = None if bad_files is None else f"{bad_files}.targets"
    targets = load(pair.targets, resolution, bad_files=second, **options)
    if pair.aligned:
        places = {key: place for place, key in enumerate(targets.keys())}
        matches = [(i, places[key]) for i, key in enumerate(images.keys()) if key in places]
        ours, theirs = np.array(matches, "int64").reshape(-1, 2).T
        images, targets = images.subset(ours), targets.subset(theirs)
    return PairData(images, targets, aligned=pair.aligned, jitter=jitter)


class PairData:
    """Images and targets of one resolution, ready to be streamed. `load_pairs` makes it.

    Args:
        inputs: `ImageData` of what is translated.
        targets: `ImageData` of what it is translated to.
        aligned: bool. Whether `inputs` and `targets` of equal numbers belong together.
        jitter: float, at least 1. While training, images are enlarged by this factor and cropped at random to
            their own size, both of an aligned pair at the same place; 1 means off.

    Attributes:
        resolution: int.
        labels: `None`, and so is `class_names`: pairs have no classes.
        provenance: dict with "description" and "licence" of both, texts for a model card.
        bad_files: tuple of `(name, reason)`.
        notes: tuple of str, as of `Source`.

    Raises:
        ValueError: if resolutions differ, `jitter` is below 1, or aligned sets differ in size.

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), section 6.2, for jitter: 256 to 286 pixels.
    """

    labels = None
    class_names = None

    def __init__(self, inputs, targets, *, aligned, jitter=1.0):
        if inputs.resolution != targets.resolution:
            raise ValueError(
                "Both sets must have the same resolution. "
                f"Received: {inputs.resolution} and {targets.resolution}"
            )
        if aligned and len(inputs) != len(targets):
            raise ValueError(
                f"Aligned sets must have as many images. Received: {len(inputs)} and {len(targets)}"
            )
        if jitter < 1.0:
            raise ValueError(f"`jitter` must be at least 1. Received: {jitter}")
        self.inputs = inputs
        self.targets = targets
        self.aligned = aligned
        self.jitter = jitter
        self.resolution = inputs.resolution
        self.bad_files = inputs.bad_files + targets.bad_files
        self.notes = tuple(f"{data.name}: {note}" for data in (inputs, targets) for note in data.notes)
        self.name = f"{inputs.name} to {targets.name}, {'aligned' if aligned else 'unpaired'}"
        both = [data.provenance for data in (inputs, targets)]
        self.provenance = {
            "description": _joined([one["description"] for one in both], " to "),
            "licence": _joined([one["licence"] for one in both], "\n\n"),
        }

    def __len__(self):
        """Returns the number of pairs; of unpaired sets, the number of images of the larger one."""
        return max(len(self.inputs), len(self.targets))

    def at(self, resolution):
        """Returns the same pairs shrunk to another resolution, see `ImageData.at`."""
        if resolution == self.resolution:
            return self
        return PairData(
            self.inputs.at(resolution),
            self.targets.at(resolution),
            aligned=self.aligned,
            jitter=self.jitter,
        )

    def take(self, indices):
        """Returns images and targets with the given indices: two uint8 arrays, `(n, side, side, 3)`."""
        return self.inputs.take(indices), self.targets.take(indices)

    def examples(self, count):
        """Returns the first pairs, as `batches` does: dict of "images" and "targets", without jitter."""
        count = min(count, len(self.inputs), len(self.targets))
        images, targets = self.take(np.arange(count))
        return {"images": from_uint8(images), "targets": from_uint8(targets)}

    def records(self):
        """Returns what a fingerprint is made of, see `ImageData.records`; names begin with their side."""
        sides = (("images", self.inputs), ("targets", self.targets))
        return [(f"{side}/{name}", [], *stamp) for side, data in sides for name, _, *stamp in data.records()]

    def summary(self):
        """Returns a text: names, images, resolution, memory, skipped files."""
        sides = (self.inputs, self.targets)
        if any(data.images is None for data in sides):
            storage = "decoded on demand"
        else:
            storage = f"{sum(data.images.nbytes for data in sides) / 2**20:.1f} MiB in memory"
        lines = [
            f"pairs       {self.name}",
            f"images      {len(self.inputs):,} to {len(self.targets):,}",
            f"resolution  {self.resolution}x{self.resolution}, {storage}",
            f"jitter      {self.jitter:g}",
            f"bad files   {len(self.bad_files)}",
        ]
        lines += [f"  {name}: {reason}" for name, reason in self.bad_files[:5]]
        return "\n".join([*lines, *map(scan.note_line, self.notes)])

    def batches(self, *, seed, **options):
        """Streams shuffled batches without end; seed and position alone decide which image comes.

        Both sets are streamed as `ImageData.batches` does it. Of aligned ones the same seed gives both the
        same order, flips and crops; unpaired ones have a seed each. An epoch of theirs is as long as the set.

        Args:
            seed: int. Seed of order, flips and crops.
            **options: of `ImageData.batches`.

        Returns:
            `tf.data.Dataset` of dicts: "images" and "targets", float32, `(batch, resolution, resolution, 3)`
            in `[-1, 1]`.

        Raises:
            ValueError: as `ImageData.batches`.
        """
        seeds = (seed, seed if self.aligned else other_seed(seed, 0))
        sides = [
            data.batches(seed=own, jitter=self.jitter, **options)
            for data, own in zip((self.inputs, self.targets), seeds, strict=True)
        ]
        zipped = tf.data.Dataset.zip(tuple(sides))
        return zipped.map(lambda one, other: {"images": one["images"], "targets": other["images"]})


def _open_sides(text, split, crop):
    kind, _, rest = text.partition(":")
    if kind in _HALVES and rest:
        source = open_source(rest, split=split, crop=crop, labelled=False)
        if not isinstance(source, ImageFolder):
            raise ValueError(f"{kind} needs a folder or zip file. Received: {text!r}")
        return [Half(source, side) for side in _HALVES[kind]]
    sides = rest.split(",") if kind == "emoji" and "emoji:" not in rest else text.split(",")
    if len(sides) != 2 or not all(sides):
        raise ValueError(f"Two sets of images must be {_ALLOWED}. Received: {text!r}")
    if kind == "emoji" and "emoji:" not in rest:
        return [Emoji(style, split) for style in sides]
    return [open_source(side, split=split, crop=crop, labelled=False) for side in sides]


def _check_names(images, targets):
    """Every image needs one target of its name, and the reverse."""
    both = []
    for source in (images, targets):
        names = collections.Counter(source.key(index) for index in range(len(source)))
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(
                f"Names of aligned images must be unique without their extensions. In {source.name} occur "
                f"several times: {_first(twice)}"
            )
        both.append(set(names))
    ours, theirs = both
    if ours != theirs:
        raise ValueError(
            f"Aligned sets must have the same names without extensions. Only in {images.name}, "
            f"{len(ours - theirs)} of {len(ours)}: {_first(sorted(ours - theirs))}. Only in {targets.name}, "
            f"{len(theirs - ours)} of {len(theirs)}: {_first(sorted(theirs - ours))}"
        )


def _first(names):
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "") if names else "none"


def _joined(texts, separator):
    """Both texts, or the one that both are."""
    return separator.join(dict.fromkeys(texts))
