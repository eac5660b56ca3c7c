"""An exported network from images to images."""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from PIL import Image

from keras_gans import images as pixels
from keras_gans.data import decoding
from keras_gans.hub.saved import BATCH, Progress, Saved, class_index, in_batches, unit_images
from keras_gans.random import counter_normal

IMAGES = "images"
VECTORS = ("domains", "labels")  # 0 and 1 for each domain or attribute; before 0.2.0 they were labels
WITH_SEEDS = "with_seeds"  # `default` with noise by other seeds than the number of a row
ADVICE = "Save it with a signature that gives images in [0, 1]"
STYLES = ("style_from_latent", "style_from_reference")


class Translator(Saved):
    """A network that translates images: one way, both ways, or to one of several domains.

    Of a module without a card the only input takes the images, if there is one only. The sizes that it takes
    are those of its signature; where these are open, images of any size are given to it.

    Args:
        path: path of an export, or of a folder of numbered versions, of which the highest is taken.
        loaded: object that `keras_gans.export.load` returns for it; `None` loads it here.

    Attributes:
        directions: tuple of str. "forward", and "backward" where there is a way back.
        resolution: int. Height and width that the network takes; `None` means any multiple of `multiple`.
        multiple: int. What height and width must be multiples of.
        smallest: int. The smallest height and width.
        class_names: tuple of str. Domains that it can be asked for, by number where the card has no names;
            empty where there is one only.

    Raises:
        FileNotFoundError: there is no export.
        ValueError: it does not translate images of three colours, or neither its signature nor a card tells
            which sizes it takes.

    Example:
    ```python
    model = keras_gans.load("stargan_emoji_32")
    darker = model.translate(photos, label="dark")  # (n, height, width, 3) in [0, 1], as photos
    ```
    """

    def __init__(self, path: str | os.PathLike, loaded: object = None):
        super().__init__(path, loaded)
        inputs = self._inputs(self.main)
        self._images = images_among(inputs)
        if self._images is None or inputs.keys() - {self._images, *VECTORS, "styles"}:
            raise ValueError(
                "A network to translate takes `images`, and may take `domains` or `styles`. "
                f"{self.directory} takes {sorted(inputs)}"
            )
        self._vector = next((name for name in VECTORS if name in inputs), None)
        self._styled = "styles" in inputs
        described = self._input(self.main, self._images)
        shape = self._shape(self.main, self._images)
        if shape[-1] != 3:
            raise ValueError(f"Images come with 3 channels. {self.directory} takes {shape[-1]} of `images`")
        if self._styled:
            self.require(*STYLES, what="a network with styles")
        self._directions = {"forward": self.main}
        if "backward" in self.signatures:
            self._directions["backward"] = "backward"
        self.directions = tuple(self._directions)
        if shape[1] != shape[2]:
            raise ValueError(f"Images must be square. {self.directory} takes {shape[2]}x{shape[1]}")
        self.resolution = shape[1]
        self.multiple, self.smallest = described.get("open_sizes", (self.resolution or 1,) * 2)
        count = self._shape(self.main, self._vector)[1] if self._vector else 0
        count = self._shape(STYLES[0], "y")[1] if self._styled else count
        self.class_names = (self.class_names or tuple(map(str, range(count)))) if count else ()

    def translate(
        self,
        images: ArrayLike,
        *,
        label: str | int | Sequence | None = None,
        reference: ArrayLike | None = None,
        direction: str = "forward",
        seed: int = 0,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Translates images of one size, in small batches.

        Args:
            images: uint8 array, or float array or tensor in `[0, 1]`, `(n, height, width, 3)`, of a size that
                the network takes; `fit` makes it so.
            label: str or int. The domain to translate to, by name or number; of attributes also a sequence of
                several. `None` where the network has one domain.
            reference: image as in `images`, `(height, width, 3)`, of any size. Of a network with styles: take
                that of this example of the domain. `None` means styles that follow from the seed.
            direction: str, one of `directions`.
            seed: int. Image number i has noise, or style, of the seed `seed` + i, if the network has any.
            batch_size: int. Images at a time.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: images of another size or range, no such domain or direction, a reference that the
                network does not take; what it gives is broken or not in the range.
        """
        self._check_direction(direction)
        images = self._read(images)
        signature = self._directions[direction]
        look = self._look(label, reference)
        noisy = direction == "forward" and WITH_SEEDS in self.signatures

        def make(part):
            seeds = seed + tf.range(part.start, part.stop, dtype="int64")
            inputs = {self._images: images[part], **look(seeds)}
            if noisy:
                return self._checked(self._call(WITH_SEEDS, **inputs, seeds=seeds))
            return self._checked(self._call(signature, **inputs))

        return in_batches(make, len(images), what="images", batch_size=batch_size, progress=progress)

    def check(
        self,
        *,
        label: str | int | Sequence | None = None,
        reference: ArrayLike | None = None,
        direction: str = "forward",
        size: int | None = None,
    ) -> None:
        """Raises what `translate` and `fit` would raise for these arguments, whatever the images.

        Args:
            label: as for `translate`.
            reference: as for `translate`.
            direction: as for `translate`.
            size: as for `fit`.

        Raises:
            ValueError: no such domain, direction or size, a reference that the network does not take.
        """
        self._check_direction(direction)
        self._check_size(size)
        self._look(label, reference)

    def check_resolution(self, resolution: int | None) -> int:
        """Returns `resolution`, or the network's own for `None`.

        Raises:
            ValueError: the network does not take images of this size.
        """
        chosen = resolution or self.resolution
        if chosen is None or chosen % self.multiple or chosen < self.smallest:
            given = "given, " if resolution is None else ""
            raise ValueError(
                f"`resolution` must be {given}a multiple of {self.multiple}, at least {self.smallest}. "
                f"Received: {resolution}"
            )
        return chosen

    def fit(self, image: np.ndarray, size: int | None = None) -> np.ndarray:
        """Resizes an image to what the network takes.

        Where it takes one size only, the largest square is cut from the middle first. Otherwise height and
        width become the nearest multiples.

        Args:
            image: uint8 array, `(height, width, 3)`.
            size: int. Length of the shorter side, of a network that takes any; `None` means the image's own.

        Returns:
            uint8 array, `(height, width, 3)`.

        Raises:
            ValueError: if `size` is given and the network takes another one only.
        """
        self._check_size(size)
        if self.resolution is not None:
            return decoding.resize(decoding.crop_to_shape(image, "center"), self.resolution)
        scale = 1.0 if size is None else size / min(image.shape[:2])
        height, width = (
            max(self.smallest, self.multiple * max(1, round(side * scale / self.multiple)))
            for side in image.shape[:2]
        )
        if (height, width) == image.shape[:2]:
            return image
        return np.array(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))

    def _check_direction(self, direction):
        if direction not in self._directions:
            raise ValueError(
                f"`direction` must be {' or '.join(self.directions)} for {self.name}. Received: {direction!r}"
            )

    def _check_size(self, size):
        if self.resolution is not None and size not in (None, self.resolution):
            raise ValueError(f"`size` must be {self.resolution}, which is fixed. Received: {size}")

    def _look(self, label, reference):
        """Checks what images are to become; a callable, int64 seeds -> the inputs beside `images`."""
        if reference is not None and not self._styled:
            raise ValueError(f"`reference` is for networks with styles. {self.directory} has none")
        if not self.class_names:
            if label is not None:
                raise ValueError(f"{self.directory} translates to one domain. Received: label={label!r}")
            return lambda seeds: {}
        chosen = label if self._vector and isinstance(label, (list, tuple)) else [label]
        numbers = [class_index(one, self.class_names, len(self.class_names)) for one in chosen]
        y = tf.reduce_max(tf.one_hot(numbers, len(self.class_names)), axis=0, keepdims=True)  # (1, domains)
        if self._vector:
            return lambda seeds: {self._vector: y}
        if reference is not None:
            style = self._style_of(reference, y)
            return lambda seeds: {"styles": style}
        shape = self._shape("style_from_latent", "z")[1:]

        def from_latent(seeds):
            z = counter_normal(seeds, tf.zeros_like(seeds), shape)
            return {"styles": self._call("style_from_latent", z=z, y=y)}

        return from_latent

    def _style_of(self, reference, y):
        side = self._shape("style_from_reference", "images")[1]
        image = np.asarray(reference)
        if image.dtype != np.uint8:
            image = pixels.unit_to_uint8(image)
        image = decoding.resize(decoding.crop_to_shape(image, "center"), side)
        return self._call("style_from_reference", images=unit_images(image[None], "reference"), y=y)

    def _read(self, images):
        """float32 images in `[0, 1]`, `(n, height, width, 3)`: a tensor."""
        given = images if tf.is_tensor(images) else np.asarray(images)
        if len(given.shape) != 4 or given.shape[-1] != 3:
            raise ValueError(
                f"`images` must have the shape (n, height, width, 3). Received: {tuple(given.shape)}"
            )
        height, width = given.shape[1:3]
        if any(side % self.multiple or side < self.smallest for side in (height, width)) or (
            self.resolution not in (None, height)
        ):
            raise ValueError(
                f"Height and width of `images` must be multiples of {self.multiple}, at least "
                f"{self.smallest}{'' if self.resolution is None else ' and at most that'}; `fit` makes them "
                f"so. Received: {height} x {width}"
            )
        return unit_images(given, "images")

    def _shape(self, signature, name):
        """The shape of an input, from the card, otherwise from the signature: list with `None` where open."""
        shape = self._input(signature, name).get("shape")
        given = self._inputs(signature)[name].shape
        if shape is None and given.rank is None:
            raise ValueError(
                f"The shape of the input {name} of {self.directory} is not known: it has no card, and its "
                "signature does not tell. Save it with a shape such as (None, 64, 64, 3)"
            )
        return given.as_list() if shape is None else shape

    def _checked(self, made):
        return np.clip(pixels.check_generated(made, self.directory, advice=ADVICE), 0.0, 1.0)

    def _described(self):
        return {"directions": self.directions, "resolution": self.resolution, "class_names": self.class_names}


def images_among(inputs: dict) -> str | None:
    """Returns the name of the input that takes images to translate, `None` without one.

    Args:
        inputs: dict, name -> `tf.TensorSpec`, those of a signature.
    """
    if IMAGES in inputs:
        return IMAGES
    [(name, spec), *others] = inputs.items() or [(None, None)]
    return name if not others and spec is not None and spec.shape.rank == 4 and spec.shape[3] == 3 else None
