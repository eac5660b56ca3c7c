"""Sets of images in several domains, to translate between them."""

import collections

import numpy as np
import tensorflow as tf

from keras_gans.data.base import Source
from keras_gans.data.embedded import STYLES, Emoji
from keras_gans.data.image_data import load
from keras_gans.data.sources import open_source
from keras_gans.data.stream import flip_bits, integers, other_seed, read_images
from keras_gans.data.tfds import TFDS
from keras_gans.images import from_uint8

TONES = ("none", "light", "medium-light", "medium", "medium-dark", "dark")
_CODES = ("", "1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")
_ALLOWED = (
    '"emoji:STYLE,STYLE[,STYLE]", "A,B[,C...]" with a folder, a zip file or tfds:NAME for each domain, '
    "or one folder with a folder for each domain"
)


class EmojiStyles(Emoji):
    """The embedded emoji with their drawing styles as domains; equal keys are the same emoji.

    Args:
        styles: as of `Emoji`.
        split: likewise.
    """

    def __init__(self, styles=STYLES, split="train"):
        super().__init__(styles, split)
        self.class_names = self.styles
        self.labels = np.arange(len(self), dtype="int32") % len(self.styles)
        self.name += ", styles as domains"


class EmojiTones(Emoji):
    """Those embedded emoji that have skin tones, with the tones as domains.

    304 emoji, each without and in five tones. Images of equal keys differ in the tone alone: what one should
    become in another domain is known.

    Args:
        styles: as of `Emoji`.
        split: likewise.
    """

    def __init__(self, styles=STYLES, split="train"):
        super().__init__(styles, split)
        count = len(self.styles)
        toned = {entry["base"] for entry in self.metadata if entry["tone"]}
        rows = [row for row in range(len(self._places)) if self.metadata[row * count]["base"] in toned]
        self._places = [self._places[row] for row in rows]
        self.metadata = tuple(entry for row in rows for entry in self.metadata[row * count :][:count])
        self.class_names = TONES
        # Of two persons the tone is written twice.
        tones = [_CODES.index(entry["tone"].partition("-")[0]) for entry in self.metadata]
        self.labels = np.array(tones, "int32")
        self.name += ", skin tones as domains"
        description = self.provenance["description"].partition(" emoji ")[2]
        self.provenance = {
            **self.provenance,
            "description": f"{len(rows)} emoji with skin tones {description}",
        }

    def key(self, index):
        """Returns style and code points without the tone of image number `index`."""
        entry = self.metadata[index]
        return f"{entry['style']}/{entry['base']}"


class JoinedSources(Source):
    """Several sources one after the other, each a domain.

    Args:
        sources: sequence of `Source`, at least two, of different names, which become those of the domains.

    Raises:
        ValueError: if there are fewer, or two have one name.
    """

    def __init__(self, sources):
        self._sources = tuple(sources)
        self.class_names = tuple(source.name for source in self._sources)
        if len(set(self.class_names)) < max(2, len(self._sources)):
            raise ValueError(
                "Domains must be at least two, and their folders or files must have different names. "
                f"Received: {', '.join(self.class_names)}"
            )
        self._starts = np.cumsum([0] + [len(source) for source in self._sources])
        labels = np.arange(len(self._sources), dtype="int32")
        self.labels = np.repeat(labels, np.diff(self._starts))
        self.name = ",".join(self.class_names)
        self.crop = self._sources[0].crop
        self.notes = tuple(f"{source.name}: {note}" for source in self._sources for note in source.notes)
        self.random_access = all(source.random_access for source in self._sources)
        texts = [source.provenance for source in self._sources]
        self.provenance = {
            "description": "Domains: " + "; ".join(text["description"] for text in texts),
            "licence": "\n\n".join(dict.fromkeys(text["licence"] for text in texts)),
        }

    def __len__(self):
        return int(self._starts[-1])

    def read(self, index):
        """Returns image number `index` as its source does."""
        source, place = self._find(index)
        return source.read(place)

    def item_name(self, index):
        """Returns domain and name of image number `index`."""
        source, place = self._find(index)
        return f"{source.name}/{source.item_name(place)}"

    def stamp(self, index):
        """Returns that of its source, with the domain before the name, see `Source.stamp`."""
        source, place = self._find(index)
        name, *rest = source.stamp(place)
        return f"{source.name}/{name}", *rest

    def each(self, function, done=frozenset()):
        """Applies a function to all images, source by source, see `Source.each`."""
        for start, source in zip(map(int, self._starts), self._sources, strict=False):
            rest = {index - start for index in done}
            numbered = source.each(lambda place, image, start=start: function(start + place, image), rest)
            yield from ((start + place, result) for place, result in numbered)

    def _find(self, index):
        domain = self.labels[index]
        return self._sources[domain], int(index - self._starts[domain])


def open_domains(spec, domains="styles", *, split="train", crop=None):
    """Opens the set of several domains that a command line names.

    Args:
        spec: str. "emoji" or "emoji:noto,fluent" for the embedded set; "A,B,C", a data set for each domain; a
            folder or zip file with a folder for each domain; "tfds:NAME" with classes, or with attributes.
        domains: "styles" or "tones": which of the two the domains of the embedded set are. Or a sequence of
            str, the names that the domains must have: for the embedded set they choose between the two, for
            "tfds:celeb_a" they choose the attributes.
        split: str. As in `open_source`.
        crop: "center" or `None`: how images become square.

    Returns:
        `Source` with `labels` and `class_names`. Of attributes, which do not exclude each other, `labels` is
        float32, `(images, attributes)`, of 0 and 1.

    Raises:
        ValueError: if `spec` names no set of at least two domains, or they have other names.

    Example:
    ```python
    source = keras_gans.data.open_domains("emoji:noto,fluent", "tones")
    source.class_names  # ("none", "light", "medium-light", "medium", "medium-dark", "dark")
    ```
    """
    text, names = str(spec), None if isinstance(domains, str) else tuple(domains)
    if names is None and domains not in ("styles", "tones"):
        raise ValueError(f'`domains` must be "styles", "tones" or a list of names. Received: {domains!r}')
    kind, colon, rest = text.partition(":")
    if kind == "emoji" and "emoji:" not in rest:
        emoji = EmojiTones if domains == "tones" or names == TONES else EmojiStyles
        source = emoji(rest.split(",") if colon else STYLES, split)
    elif "," in text:
        parts = text.split(",")
        source = JoinedSources([open_source(part, split=split, crop=crop, labelled=False) for part in parts])
    else:
        source = open_source(text, split=split, crop=crop)
        if kind == "tfds" and names and not source.class_names:
            source = TFDS(rest, split, crop, attributes=names)
    if len(source.class_names or ()) < 2:
        raise ValueError(f"A set of several domains must be {_ALLOWED}. Received: {text!r}, which has one")
    if names not in (None, source.class_names):
        raise ValueError(
            f"The domains must be {', '.join(names)}. Those of {text} are: {', '.join(source.class_names)}"
        )
    return source


def load_domains(source, resolution, *, references=False, **options):
    """Reads, checks and resizes all images of a set of several domains, once.

    Args:
        source: `Source`, as `open_domains` returns it.
        resolution: int. Side of the images, in pixels.
        references: bool. As in `DomainData`.
        **options: of `load`.

    Returns:
        `DomainData`.

    Raises:
        ValueError: as `load`, or if a domain has no images.

    Example:
    ```python
    source = keras_gans.data.open_domains("emoji:noto,fluent,twemoji")
    data = keras_gans.data.load_domains(source, 64, references=True)
    batch = next(iter(data.batches(batch_size=16, seed=0)))
    list(batch)  # ["images", "labels", "target_labels", "references", "other_references"]
    ```
    """
    return DomainData(load(source, resolution, **options), references=references)


class DomainData:
    """Images of several domains at one resolution, ready to be streamed. `load_domains` makes it.

    Args:
        data: `ImageData` with labels.
        references: bool. Whether each image comes with a domain to translate it to, drawn uniformly, and
            with two images of that domain, different ones where it has as many. Only of domains that exclude
            each other.

    Attributes:
        resolution: int.
        images: as of `ImageData`.
        labels: int32 array, `(images,)`, in `[0, domains)`; of attributes float32, `(images, attributes)`.
        class_names: tuple of str, the names of the domains.
        provenance: dict with "description" and "licence", texts for a model card.
        bad_files: tuple of `(name, reason)`.
        notes: tuple of str, as of `Source`.

    Raises:
        ValueError: if a domain has no images, or references are asked for of attributes.
    """

    def __init__(self, data, *, references=False):
        self.data = data
        self.references = references
        self.resolution, self.images = data.resolution, data.images
        self.labels, self.class_names = data.labels, data.class_names
        self.name, self.provenance = data.name, data.provenance
        self.bad_files, self.notes = data.bad_files, data.notes
        if self.labels.ndim > 1:
            if references:
                raise ValueError("References need domains that exclude each other, not attributes.")
            return
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        if not counts.all():
            names = [self.class_names[i] for i in np.flatnonzero(counts == 0)]
            raise ValueError(f"Every domain needs images. Without any: {', '.join(names)}")
        self._order = np.argsort(self.labels, kind="stable")
        self._counts, self._starts = counts, np.cumsum(counts) - counts

    def __len__(self):
        return len(self.data)

    def at(self, resolution):
        """Returns the same images shrunk to another resolution, see `ImageData.at`."""
        if resolution == self.resolution:
            return self
        return DomainData(self.data.at(resolution), references=self.references)

    def take(self, indices):
        """Returns the images with the given indices: uint8, `(n, resolution, resolution, 3)`."""
        return self.data.take(indices)

    def records(self):
        """Returns what a fingerprint is made of, see `ImageData.records`."""
        return self.data.records()

    def summary(self):
        """Returns a text: name, images, domains with counts, resolution, memory, skipped files."""
        return self.data.summary()

    def examples(self, count):
        """Returns images from all over the set, as `batches` does, unmirrored."""
        count = min(count, len(self))
        places = np.linspace(0, len(self) - 1, count).round().astype("int64")
        batch = {"images": from_uint8(self.take(places)), "labels": self.labels[places]}
        if self.references:
            batch |= self._drawn(0, count, 0, False)
        return batch

    def batches(self, *, seed, flip=False, **options):
        """Streams shuffled batches without end; seed and position alone decide which image comes.

        Args:
            seed: int. Seed of everything that is drawn.
            flip: bool. Whether to mirror images and references left to right with probability 1/2, each for
                itself.
            **options: of `ImageData.batches`.

        Returns:
            `tf.data.Dataset` of dicts: "images", float32, `(batch, resolution, resolution, 3)` in `[-1, 1]`;
            "labels", int32 `(batch,)`, or of attributes float32 `(batch, attributes)`. With references
            "target_labels", int32 `(batch,)`; "references" and "other_references", real images of these
            domains, likewise float32.

        Raises:
            ValueError: as `ImageData.batches`.
        """

        def extra(first, count):
            return self._drawn(first, count, seed, flip)

        return self.data.batches(seed=seed, flip=flip, extra=extra if self.references else None, **options)

    def counterparts(self):
        """Returns which images show the same thing in other domains: `None` where this is not known.

        Returns:
            int64 array, `(images, domains)`: number of the image with the key of this one in each domain. It
            is known where every key occurs once in every domain.
        """
        keys = self.data.keys()
        if self.labels.ndim > 1 or collections.Counter(keys) != dict.fromkeys(keys, len(self.class_names)):
            return None
        places = dict(zip(zip(keys, self.labels.tolist(), strict=True), range(len(keys)), strict=True))
        if len(places) < len(keys):
            return None
        return np.array([[places[key, domain] for domain in range(len(self.class_names))] for key in keys])

    def _drawn(self, first, count, seed, flip):
        """Target labels and references of `count` positions, independent of order and flips of the images."""

        def draw(number, limit):
            return integers(first, count, seed=other_seed(seed, 10 + number), limit=limit)

        labels = draw(0, len(self.class_names))
        starts, counts = (tf.gather(tf.constant(a, "int64"), labels) for a in (self._starts, self._counts))
        # The remainder favours none by more than `counts / 2**31`.
        one = tf.cast(draw(1, 2**31 - 1), "int64") % counts
        shift = 1 + tf.cast(draw(2, 2**31 - 1), "int64") % tf.maximum(counts - 1, 1)
        places = tf.concat([starts + one, starts + (one + shift) % counts], axis=0)
        indices = tf.ensure_shape(tf.gather(tf.constant(self._order, "int64"), places), (2 * count,))
        flips = None
        if flip:
            bits = [flip_bits(first, count, seed=other_seed(seed, 10 + number)) for number in (3, 4)]
            flips = tf.concat(bits, axis=0)
        images = read_images(self.data, indices, flips)
        return {
            "target_labels": tf.ensure_shape(labels, (count,)),
            "references": images[:count],
            "other_references": images[count:],
        }
