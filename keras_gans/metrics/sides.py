"""What is judged, as numbered images: a generator, a folder, an array, a callable; and the real images."""

import collections
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_gans import data, images
from keras_gans.hub import Generator
from keras_gans.images import channel_count, channels_of
from keras_gans.metrics import cache
from keras_gans.metrics.collection import Images
from keras_gans.metrics.scores import LatentSpace
from keras_gans.random import counter_normal
from keras_gans.resolution import Resolution, pair, plain


class GeneratedSide:
    """Images of a generator, number for number the same for the same seed.

    Image number i is that of the latents of the seed `seed * 2**32 + i`. Classes, where the generator needs
    one, are drawn uniformly, or as `follow` says.

    Args:
        model: `keras_gans.hub.Generator`.
        seed: int, from 0 to 2**31 - 1. Of latents and classes.
        label: str or int. One class for all; `None` draws classes where the generator needs one.
        truncation: float. As for `Generator.generate`.
        guidance: float. As for `Generator.generate`.

    Attributes:
        images: `Images`, without end.
        spaces: dict, "z" and, of a generator with styles, "w" -> `LatentSpace`.
        resolution: int, or (height, width). Size of the images.
        channels: str. "rgb" or "grey".

    Raises:
        ValueError: what the generator does not take.
    """

    def __init__(self, model: Generator, *, seed=0, label=None, truncation=None, guidance=None):
        if not 0 <= seed < 2**31:
            raise ValueError(f"`seed` must be from 0 to {2**31 - 1}. Received: {seed}")
        self.model, self.seed = model, seed
        self.truncation, self.guidance = truncation, guidance
        self.label = model.class_indices(label, 1)
        self._draws = model.needs_label and label is None
        self._frequencies = None
        labelled = self._draws or self.label is not None
        self.images = Images(
            self._take,
            labels=self._labels if labelled else None,
            note="classes drawn uniformly" if self._draws else "",
        )
        self.spaces = {"z": LatentSpace(self._latent_ends, self._from_latents)}
        if model.style_shape is not None:
            self.spaces["w"] = LatentSpace(self._style_ends, self._from_styles)
        height, width, channels = self._take(np.arange(1)).shape[1:]
        self.resolution, self.channels = plain((height, width)), channels_of((channels,))

    def follow(self, reference: Images) -> None:
        """Draws classes as often as they occur in a reference, where it has the same ones."""
        frequencies = reference.class_frequencies()
        if not self._draws or frequencies is None or len(frequencies) != self.model.num_classes:
            return
        names = self.model.class_names
        if names and list(names) != list(reference.class_names):
            return
        self._frequencies = frequencies
        self.images = dataclasses.replace(self.images, note="classes drawn as often as the data has them")

    def _take(self, numbers):
        return images.unit_to_uint8(self._generate(self._latents(numbers), self._labels(numbers)))

    def _labels(self, numbers):
        """Classes of these numbers: int array, `(n,)`; `None` without classes."""
        if not self._draws:
            return None if self.label is None else np.full(len(numbers), self.label)
        random, size = np.random.default_rng([self.seed, 1]), int(numbers.max()) + 1
        if self._frequencies is None:
            return random.integers(self.model.num_classes, size=size)[numbers]
        # Of all images of the data one, by its place where they are sorted by class.
        places = random.random(size)[numbers] * self._frequencies.sum()
        return np.searchsorted(np.cumsum(self._frequencies), places, side="right")

    def _latents(self, numbers):
        if "latents" in self.model.signatures:
            return self.model.latents(numbers + self.seed * 2**32, truncation=self.truncation)
        seeds = np.full(len(numbers), self.seed, "int64")
        return np.asarray(counter_normal(seeds, numbers, self.model.latent_shape))

    def _generate(self, latents, labels):
        return self.model.generate(
            latents,
            label=labels,
            truncation=self.truncation,
            guidance=self.guidance,
            batch_size=len(latents),
        )

    def _latent_ends(self, numbers):
        return self._latents(numbers).reshape(len(numbers), -1)

    def _from_latents(self, latents, paths):
        latents = latents.reshape(-1, *self.model.latent_shape)
        return self._generate(latents, self._labels(paths)) * 255.0

    def _style_ends(self, numbers):
        # Both ends of a path have one class.
        labels = self._labels(numbers // 2)
        styles = self.model.styles(
            self._latents(numbers), label=labels, truncation=self.truncation, batch_size=len(numbers)
        )
        return styles.reshape(len(numbers), -1)

    def _from_styles(self, styles, paths):
        styles = styles.reshape(-1, *self.model.style_shape)
        return self.model.synthesize(styles, batch_size=len(styles)) * 255.0


class ImagesSide:
    """Images that no class can be asked of. The attributes are those of `GeneratedSide`.

    Args:
        images: `Images`.
        shape: (int, int, int). Height, width and channels of the images.
        spaces: dict, "z" -> `LatentSpace`; empty without latents.
    """

    def __init__(self, images: Images, shape: tuple, spaces: dict):
        self.images, self.resolution, self.spaces = images, plain(shape[:2]), spaces
        self.channels = channels_of(shape)

    def follow(self, reference: Images) -> None:
        """Does nothing: the images are what they are."""


def of_folder(
    path: str | os.PathLike, *, crop: str | None = None, resolution: Resolution | None = None
) -> ImagesSide:
    """The images of a folder, or a zip file.

    Args:
        path: path.
        crop: "center" cuts images that are not square; `None` refuses them.
        resolution: int, or (height, width), to which all are shrunk; `None` means their own, which must be
            one.

    Raises:
        FileNotFoundError: there are none.
        ValueError: an image is broken, not square or too small, or, without `resolution`, there are several
            sizes.
    """
    source = data.open_source(str(path), crop=crop)
    if not len(source):
        raise FileNotFoundError(f"{Path(path)} holds neither an export nor images.")
    loaded = data.load(source, resolution or _size_of(source), progress=False)
    labels = None if loaded.labels is None else loaded.labels.__getitem__
    shape = (*pair(loaded.resolution), channel_count(loaded.channels))
    return ImagesSide(Images(loaded.take, len(loaded), labels), shape, {})


def _size_of(source):
    """The size of all images of a source, or of what is cut of them; ValueError if there are several."""
    found = source.each(lambda _, image: image.shape[:2])
    shapes = [shape for _, shape in found if not isinstance(shape, data.BadImage)]
    if source.crop is None and len(set(shapes)) == 1:
        return plain(shapes[0])
    sizes = collections.Counter(map(min, shapes))
    square = source.crop is not None or all(height == width for height, width in shapes)
    if len(sizes) > 1 and square:  # otherwise `load` says what is not square
        counted = [f"{count:,} of {size}" for size, count in sorted(sizes.items())]
        more = f" and {len(counted) - 5} more sizes" if len(counted) > 5 else ""
        raise ValueError(
            f"Scores are of images of one size. {source.name} has several, in pixels of the shorter side: "
            f"{', '.join(counted[:5])}{more}. Pass `resolution=N`, at most {min(sizes)}, to shrink them to it"
        )
    return min(sizes, default=1)


def of_array(array: np.ndarray) -> ImagesSide:
    """The images of an array, `(n, height, width, 1 or 3)`, uint8 or float in `[0, 1]`."""
    pixels = _to_uint8(array, "The array")
    return ImagesSide(Images(pixels.__getitem__, len(pixels)), pixels.shape[1:], {})


def of_callable(generate: Callable, *, latent_dim: int | None, seed: int = 0) -> ImagesSide:
    """The images of a callable.

    Args:
        generate: callable, standard normal float32 latents `(n, latent_dim)` -> images `(n, height, width, 1
            or 3)`, uint8 or float in `[0, 1]`.
        latent_dim: int.
        seed: int. Of the latents.

    Raises:
        ValueError: no `latent_dim`; its images are none, or out of range.
    """
    if latent_dim is None:
        raise ValueError("A callable makes images of latents: pass `latent_dim`, how many numbers each has.")

    def ends(numbers):
        return np.asarray(counter_normal(np.full(len(numbers), seed, "int64"), numbers, (latent_dim,)))

    def take(numbers):
        return _to_uint8(generate(ends(numbers)), "The callable")

    def from_latents(latents, paths):
        made = np.asarray(generate(latents), "float32")
        return np.clip(made, 0.0, 1.0) * 255.0

    return ImagesSide(Images(take), take(np.arange(1)).shape[1:], {"z": LatentSpace(ends, from_latents)})


def open_reference(
    spec: str,
    resolution: Resolution,
    *,
    channels: str = "rgb",
    split: str = "train",
    crop: str | None = None,
    progress: bool = False,
) -> Images:
    """Opens real images at a resolution, with the identity by which what is computed of them is cached.

    Args:
        spec: str, see `keras_gans.data.open_source`: emoji, tfds:NAME, a folder or a zip file.
        resolution: int, or (height, width).
        channels: str. "rgb" or "grey".
        split: str.
        crop: "center" cuts images that are not square; `None` refuses them.
        progress: bool. Whether to show how far it has got on the terminal.
    """
    source = data.open_source(spec, split=split, crop=crop)
    loaded = data.load(source, resolution, channels=channels, progress=progress)
    labels = None if loaded.labels is None else loaded.labels.__getitem__
    return Images(
        loaded.take,
        len(loaded),
        labels,
        class_names=loaded.class_names or (),
        identity=cache.identity_of(loaded, source, spec),
    )


def _to_uint8(array, source):
    """Images as uint8, or ValueError."""
    array = np.asarray(array)
    if array.ndim != 4 or array.shape[-1] not in (1, 3):
        raise ValueError(
            f"{source} must give images (n, height, width, 1 or 3). Received: the shape {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    advice = "Map them to [0, 1], or to uint8"
    return images.unit_to_uint8(images.check_generated(array, source, advice=advice))
