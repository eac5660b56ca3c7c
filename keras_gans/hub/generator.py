"""An exported generator: images of latents, seeds, styles and classes."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from keras_gans import images, latent, random
from keras_gans.hub.direction_files import Direction, load_directions
from keras_gans.hub.saved import BATCH, Label, Progress, Saved, class_index, in_batches

GUIDANCE = 2.0  # with a class, where none is given
ADVICE = "If they lie in [-1, 1], load it with `signed=True`; otherwise scale them in its signature `default`"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Choice:
    """How images are to be made, after all checks."""

    signature: str
    labels: int | np.ndarray | None
    truncation: float | None
    threshold: float | None
    guidance: float | None
    noise: int | bool | None
    styled: bool

    def rows(self, part):
        """The same for a slice of the images."""
        if isinstance(self.labels, np.ndarray):
            return dataclasses.replace(self, labels=self.labels[part])
        return self


class Generator(Saved):
    """A generator: an export, or any TF-Hub module from latents to images.

    Latents are the input `z`, or the only one. Beside it a module may take classes `y`, one-hot, and
    `truncation`, as the published BigGAN modules do. Signatures `latents`, `sample`, `mapping`, `synthesis`,
    `synthesis_with_noise` and `guided` are used where they exist.

    Args:
        path: path of an export, or of a folder of numbered versions, of which the highest is taken.
        loaded: object that `keras_gans.export.load` returns for it; `None` loads it here.
        signed: bool. Whether its images lie in `[-1, 1]`.

    Attributes:
        latent_shape: tuple of int. Shape of one latent.
        style_shape: tuple of int, `(num_styles, style_dim)`; `None` without styles.
        image_shape: tuple, `(height, width, channels)`; `None` in places that are not known.
        num_classes: int. 0 without classes.
        truncates: str. What `truncation` acts on: "images" where the export takes it with the latents,
            "styles" where only `mapping` takes it, "latents" where they are confined to `[-T, T]` here.

    Raises:
        FileNotFoundError: there is no export.
        ValueError: it has inputs that no generator has, or latents of no fixed size.

    Example:
    ```python
    model = keras_gans.load("stylegan2_emoji_32")
    images = model.sample(16, seed=0, truncation=0.7)  # (16, 32, 32, 3) in [0, 1]
    styles = model.styles(model.latents([3, 5]))
    between = model.synthesize(styles.mean(axis=0, keepdims=True))
    ```
    """

    def __init__(self, path: str | os.PathLike, loaded: object = None, *, signed: bool = False):
        super().__init__(path, loaded)
        self.signed = signed
        inputs = self._inputs(self.main)
        self._latent_name = "z" if "z" in inputs or len(inputs) != 1 else next(iter(inputs))
        if self._latent_name not in inputs or inputs.keys() - {"y", "truncation", self._latent_name}:
            raise ValueError(
                f"A generator takes latents z, and may take y and truncation. {self.directory} takes "
                f"{sorted(inputs)}"
            )
        self.needs_label, self._guided = "y" in inputs, "guided" in self.signatures
        self.latent_shape = self._row_shape(self.main, self._latent_name)
        has_styles = {"mapping", "synthesis"} <= set(self.signatures)
        self.style_shape = self._style_shape() if has_styles else None
        self.image_shape = self._image_shape()
        self.num_classes = self._num_classes()
        self.truncates = "images" if "truncation" in inputs else "latents"
        if self.truncates == "latents" and has_styles and "truncation" in self._inputs("mapping"):
            self.truncates = "styles"

    @property
    def resolution(self) -> int | None:
        """Height of the images; `None` where it is not known."""
        return self.image_shape[0]

    def sample(
        self,
        num: int,
        *,
        seed: int = 0,
        label: Label = None,
        truncation: float | None = None,
        guidance: float | None = None,
        noise: int | bool | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes images of random latents, the same for the same seed.

        Where the export has the signature `sample`, these are its images number 0 to `num` - 1.

        Args:
            num: int. How many.
            seed: int.
            label: as for `generate`.
            truncation: as for `generate`.
            guidance: as for `generate`.
            noise: as for `generate`.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(num, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: as `generate`.
        """
        choice = self._choose(num, label, truncation, guidance, noise)
        if not self._through_sample(num, choice):
            latents = self.random_latents(num, seed=seed)
            return self._made(lambda part: self._images(latents[part], choice.rows(part)), num, progress)
        arguments = {"num": tf.constant(num, "int64"), "seed": tf.constant(seed, "int64")}
        arguments |= self._others("sample", choice, num)
        return self._checked(self._call("sample", **arguments))

    def random_latents(self, num: int, *, seed: int = 0) -> np.ndarray:
        """Makes standard normal latents, number 0 to `num` - 1 of one seed, those of `sample`.

        Args:
            num: int. How many.
            seed: int.

        Returns:
            float32 array, `(num, *latent_shape)`.
        """
        seeds = np.full(num, seed, "int64")
        return np.asarray(random.counter_normal(seeds, np.arange(num), self.latent_shape))

    def latents(self, seeds: ArrayLike, *, truncation: float | None = None) -> np.ndarray:
        """Makes latents, one for each seed.

        Args:
            seeds: sequence of int, `(n,)`.
            truncation: float. For exports whose own latents depend on it, as those of BigGAN do; all others
                ignore it here. Pass it to `generate` as well.

        Returns:
            float32 array, `(n, *latent_shape)`. Standard normal where the export has no signature `latents`.
        """
        seeds = tf.convert_to_tensor(np.asarray(seeds, "int64"))
        if "latents" not in self.signatures:
            return np.asarray(random.counter_normal(seeds, tf.zeros_like(seeds), self.latent_shape))
        others = {}
        if "truncation" in self._inputs("latents"):
            others["truncation"] = _level(truncation)
        return np.asarray(self._call("latents", seeds=seeds, **others))

    def generate(
        self,
        latents: ArrayLike,
        *,
        label: Label = None,
        truncation: float | None = None,
        guidance: float | None = None,
        noise: int | bool | None = None,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes images of latents, in small batches.

        Args:
            latents: float array or tensor, `(n, *latent_shape)`.
            label: str or int, a class by its name or number; or a sequence of n of them, one for each image.
                `None` where there are no classes, or, of a diffusion model, for images of no class.
            truncation: float. Less variety for fewer failures; `None` means all there is. `truncates` says
                what it acts on.
            guidance: float. With a label, of a diffusion model: 1 follows the class, more does so more
                strongly; `None` means 2.
            noise: of a generator with styles. `None` means the noise stored with the weights, `False` none,
                an int that of this seed.
            batch_size: int. Images at a time.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: latents of another shape, no such class, or what this model does not take; its images
                are broken or not in the range.
        """
        latents = self._read_rows(latents, self.latent_shape, "latents")
        choice = self._choose(len(latents), label, truncation, guidance, noise)

        def make(part):
            return self._images(latents[part], choice.rows(part))

        return self._made(make, len(latents), progress, batch_size)

    def __call__(
        self,
        latents: ArrayLike,
        *,
        label: Label = None,
        truncation: float | None = None,
        guidance: float | None = None,
        noise: int | bool | None = None,
    ) -> tf.Tensor:
        """As `generate`, in one batch and as a tensor, through which gradients flow; nothing is checked.

        Styles are taken as well, without class and truncation.
        """
        if self.style_shape is not None and tuple(latents.shape[1:]) == self.style_shape:
            made = self._synthesized(self._read_rows(latents, self.style_shape, "styles"), noise)
            return images.to_unit(made) if self.signed else made
        latents = self._read_rows(latents, self.latent_shape, "latents")
        made = self._images(latents, self._choose(latents.shape[0], label, truncation, guidance, noise))
        return images.to_unit(made) if self.signed else made

    def style_tensor(
        self, latents: ArrayLike, *, label: Label = None, truncation: float | None = None
    ) -> tf.Tensor:
        """As `styles`, in one batch and as a tensor, through which gradients flow."""
        self.require("mapping", "synthesis", what="a style")
        latents = self._read_rows(latents, self.latent_shape, "latents")
        choice = self._choose(latents.shape[0], label, truncation, None, None, styled=True)
        return self._mapped(latents, choice)

    def styles(
        self,
        latents: ArrayLike,
        *,
        label: Label = None,
        truncation: float | None = None,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Maps latents to styles.

        Args:
            latents: float array or tensor, `(n, *latent_shape)`.
            label: as for `generate`.
            truncation: float. 1 leaves the styles as they are, 0 gives their average, below lie opposites.
            batch_size: int.
            progress: callable, called with ("styles", done, total); `None` means silence.

        Returns:
            float32 array, `(n, num_styles, style_dim)`.

        Raises:
            ValueError: the export has no styles, or as `generate`.
        """
        self.require("mapping", "synthesis", what="a style")
        latents = self._read_rows(latents, self.latent_shape, "latents")
        choice = self._choose(len(latents), label, truncation, None, None, styled=True)

        def make(part):
            return self._mapped(latents[part], choice.rows(part))

        return in_batches(make, len(latents), what="styles", batch_size=batch_size, progress=progress)

    def synthesize(
        self,
        styles: ArrayLike,
        *,
        noise: int | bool | None = None,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes images of styles.

        Args:
            styles: float array or tensor, `(n, num_styles, style_dim)`.
            noise: as for `generate`.
            batch_size: int.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: the export has no styles, or takes others, or no noise.
        """
        self.require("mapping", "synthesis", what="a style")
        self._check_noise(noise)
        styles = self._read_rows(styles, self.style_shape, "styles")
        return self._made(
            lambda part: self._synthesized(styles[part], noise), len(styles), progress, batch_size
        )

    def edit(
        self,
        latents: ArrayLike,
        amounts: Mapping[str, ArrayLike],
        *,
        noise: int | bool | None = None,
        batch_size: int = BATCH,
        progress: Progress | None = None,
        **options: Any,
    ) -> np.ndarray:
        """Makes images of latents, or styles, that are moved along directions.

        Args:
            latents: as for `moved`.
            amounts: as for `moved`.
            noise: as for `generate`.
            batch_size: int. Images at a time.
            progress: callable, called with ("images", done, total); `None` means silence.
            **options: `directions`, `layers`, `label` and `truncation`, as for `moved`.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: as `moved` and `generate`.

        Example:
        ```python
        model = keras_gans.load("stylegan2_emoji_32")
        images = model.edit(model.latents([1, 2]), {"large": 2.0, "warm": [-1.0, 1.0]})
        ```
        """
        moved = self.moved(latents, amounts, **options)
        shown = {"noise": noise, "batch_size": batch_size, "progress": progress}
        if moved.shape[1:] == self.style_shape:
            return self.synthesize(moved, **shown)
        drawn = {name: options.get(name) for name in ("label", "truncation")}
        return self.generate(moved, **drawn, **shown)

    def moved(
        self,
        latents: ArrayLike,
        amounts: Mapping[str, ArrayLike],
        *,
        directions: str | os.PathLike | Mapping[str, Direction] | None = None,
        layers: tuple[int, int] | None = None,
        label: Label = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Moves latents, or styles, along directions.

        Args:
            latents: float array or tensor, latents `(n, *latent_shape)` or styles `(n, num_styles,
                style_dim)`.
            amounts: dict, name of a direction -> how far, a float or n of them: 1 is a standard deviation.
            directions: what `load_directions` gives, or the folder or file that it reads; `None` means the
                folder `directions` beside the export's versions.
            layers: (int, int). The first and the last style that move, counted from 0, the coarsest; `None`
                means those of each direction.
            label: as for `generate`; not with styles.
            truncation: likewise.

        Returns:
            float32 array: latents `(n, *latent_shape)`, or styles `(n, num_styles, style_dim)` where styles
            came or a direction is one of w.

        Raises:
            ValueError: no such direction or layers, amounts that are not finite, directions of another model,
                directions in z of styles.
        """
        if not isinstance(directions, Mapping):
            directions = load_directions(self, directions)
        unknown = [name for name in amounts if name not in directions]
        if unknown:
            raise ValueError(f"{self.name} has no direction {unknown[0]!r}. It has {_listed(directions)}")
        rows = np.asarray(latents, "float32")
        styled = self.style_shape is not None and rows.shape[1:] == self.style_shape
        self._check_rows(rows, self.style_shape if styled else self.latent_shape, "latents")
        chosen = {space: [n for n in amounts if directions[n].space == space] for space in ("z", "w")}
        if chosen["z"] and (styled or layers is not None):
            raise ValueError(
                f"{chosen['z'][0]!r} is a direction of latents, z: it moves no styles and no single `layers`"
            )
        for name in chosen["z"]:
            rows = latent.shift(rows, directions[name].vector, amounts[name])
        if chosen["w"] and not styled:
            rows = self.styles(rows, label=label, truncation=truncation)
        elif styled and (label is not None or truncation is not None):
            raise ValueError("Styles have their class and truncation: leave out `label` and `truncation`")
        for name in chosen["w"]:
            among = directions[name].layers if layers is None else layers
            rows = latent.shift(rows, directions[name].vector, amounts[name], among)
        return rows

    def project(
        self,
        pictures: ArrayLike,
        *,
        space: str | None = None,
        label: Label = None,
        progress: Progress | None = None,
        **search: Any,
    ) -> latent.Projection:
        """Searches for the latents, or the styles, whose images are nearest to given ones.

        Args:
            pictures: uint8 array, or float array or tensor in `[0, 1]`, `(n, *image_shape)`.
            space: str. "z": latents; "w": a style; "w+": a style for each layer, nearer to the image. `None`
                means "w+" where there are styles, otherwise "z".
            label: as for `generate`; `None` finds the classes as well.
            progress: callable, called with ("steps", done, total); `None` means silence.
            **search: further arguments of `keras_gans.latent.project`: attributes of `Search`, and `frames`.

        Returns:
            `keras_gans.latent.Projection`. Its `rows` are for `generate` ("z") or `synthesize`. Ctrl-C ends
            the search: `interrupted`, with the best so far, without the batches that did not begin.

        Raises:
            ValueError: images of another size or range; a space that there is not; no such class.

        Example:
        ```python
        model = keras_gans.load("stylegan2_emoji_32")
        found = model.project(pictures, space="w")
        keras_gans.hub.save_latents("photos.npz", found.rows, model, labels=found.labels)
        ```
        """
        label = self.class_indices(label, len(pictures))
        return latent.project(self, pictures, space=space, label=label, progress=progress, **search)

    def endpoints(self) -> dict:
        """What networks have under this name: name -> (function, {argument: `keras.InputSpec`}).

        `default(z[, y])`, and of a model with styles `mapping(z[, y])` and `synthesis(w)`; `y` is one-hot.
        Functions take batches of float tensors by keyword and give tensors, through which gradients flow:
        images in `[0, 1]`, or styles. Nothing is truncated.
        """
        offered = {"default": self._endpoint(self.main, z=self._latent_name)}
        if self.style_shape is not None:
            [styles] = self._inputs("synthesis")
            offered |= {
                "mapping": self._endpoint("mapping"),
                "synthesis": self._endpoint("synthesis", w=styles),
            }
        return offered

    def _endpoint(self, signature, **renamed):
        """A function and its inputs; those of another name in the signature are `renamed`."""
        inputs = self._inputs(signature)
        names = {name: name for name in inputs if name not in ("truncation", *renamed.values())} | renamed

        def call(**tensors):
            given = {names[name]: tensor for name, tensor in tensors.items()}
            if "truncation" in inputs:
                given["truncation"] = _level(None)
            made = self._call(signature, **given)
            return images.to_unit(made) if self.signed and signature != "mapping" else made

        shapes = {name: self._row_shape(signature, own) for name, own in names.items()}
        return call, {name: keras.InputSpec(shape=(None, *shape)) for name, shape in shapes.items()}

    def class_indices(self, label: Label, num: int) -> int | np.ndarray | None:
        """Returns the numbers of classes given by name or number.

        Args:
            label: str, int, or a sequence of `num` of them; or `None`.
            num: int. Images.

        Returns:
            int, int array `(num,)`, or `None` for `None`.

        Raises:
            ValueError: no such class, or another number of them.
        """
        if label is None:
            return None
        if not self.num_classes:
            raise ValueError(
                f"{self.directory} has no classes that its inputs or its card tell of. "
                f"Received: label={label!r}"
            )
        if isinstance(label, str) or np.ndim(label) == 0:
            return class_index(_plain(label), self.class_names, self.num_classes)
        if np.shape(label) != (num,):
            raise ValueError(
                f"`label` must be one class for all images, or a sequence of {num}. "
                f"Received: the shape {np.shape(label)}"
            )
        chosen = [class_index(_plain(one), self.class_names, self.num_classes) for one in label]
        return np.array(chosen, "int32")

    def needed_classes(self, label: Label, num: int) -> int | np.ndarray | None:
        """Returns `class_indices`, where a model that makes no image without a class needs one.

        Raises:
            ValueError: as of `class_indices`, or there is no class and the model needs one.
        """
        labels = self.class_indices(label, num)
        if labels is None and self.needs_label:
            class_index(None, self.class_names, self.num_classes)
        return labels

    def _choose(self, num, label, truncation, guidance, noise, *, styled=False):
        """Checks how images are to be made."""
        labels = self.needed_classes(label, num)
        guided = self._guided and labels is not None
        if guidance is not None and not guided:
            raise ValueError(
                "`guidance` goes with a `label` and an export that was trained with labels withheld. "
                f"Received: guidance={guidance}"
            )
        self._check_noise(noise)
        styled = styled or noise is not None or (truncation is not None and self.truncates == "styles")
        inputs = self._inputs("mapping" if styled else self.main)
        confined = truncation is not None and "truncation" not in inputs
        return _Choice(
            signature="guided" if guided else self.main,
            labels=labels,
            truncation=truncation,
            threshold=truncation if confined else None,
            guidance=(GUIDANCE if guidance is None else guidance) if guided else None,
            noise=noise,
            styled=styled,
        )

    def _check_noise(self, noise):
        if noise is None:
            return
        self.require("mapping", "synthesis_with_noise", what="`noise`")
        seed = isinstance(noise, (int, np.integer)) and not isinstance(noise, bool)
        if noise is not False and not (seed and 0 <= noise < 2**63):
            raise ValueError(f"`noise` must be None, False or a seed from 0. Received: {noise!r}")

    def _through_sample(self, num, choice):
        """Whether the signature `sample` makes just these images."""
        if "sample" not in self.signatures or choice.noise is not None or choice.threshold is not None:
            return False
        inputs = self._inputs("sample")
        if choice.truncation is not None and "truncation" not in inputs:
            return False
        if inputs.keys() - {"num", "seed", "y", "truncation"}:
            return False
        most = self.card["max_samples"] if self.card else None
        if most is not None and num > most:
            raise ValueError(
                f"{self.name} makes at most {most} images of a seed. Received: num={num}. "
                "`generate(latents(range(N)))` makes any number of images"
            )
        return True

    def _others(self, signature, choice, num):
        """The inputs of a signature other than latents."""
        names, others = self._inputs(signature), {}
        labels = choice.labels
        if labels is not None and not isinstance(labels, np.ndarray):
            labels = np.full(num, labels, "int32")
        if "y" in names:
            others["y"] = tf.one_hot(labels, self.num_classes)
        if "truncation" in names:
            others["truncation"] = _level(choice.truncation)
        if "guidance" in names:
            others["labels"] = tf.constant(labels, "int32")
            others["guidance"] = tf.constant(choice.guidance, "float32")
        return others

    def _images(self, latents, choice):
        """The images of a batch of latents, as the signatures give them: a tensor."""
        if choice.threshold is not None:
            latents = latent.truncate(latents, choice.threshold)
        if choice.styled:
            return self._synthesized(self._mapped(latents, choice), choice.noise)
        others = self._others(choice.signature, choice, latents.shape[0])
        return self._call(choice.signature, **{self._latent_name: latents}, **others)

    def _mapped(self, latents, choice):
        return self._call("mapping", z=latents, **self._others("mapping", choice, latents.shape[0]))

    def _synthesized(self, styles, noise):
        if noise is None:
            [name] = self._inputs("synthesis")
            return self._call("synthesis", **{name: styles})
        seeds = tf.fill(tf.shape(styles)[:1], tf.constant(int(noise), "int64"))
        strength = tf.constant(float(noise is not False))
        return self._call("synthesis_with_noise", w=styles, seeds=seeds, strength=strength)

    def _made(self, make, count, progress, batch_size=BATCH):
        return in_batches(
            lambda part: self._checked(make(part)),
            count,
            what="images",
            batch_size=batch_size,
            progress=progress,
        )

    def _checked(self, made):
        """Images as an array in `[0, 1]`."""
        made = np.asarray(made)
        if made.ndim != 4 or made.shape[-1] not in (1, 3):
            raise ValueError(
                "A generator gives images (batch, height, width, 1 or 3). "
                f"{self.directory} gives {made.shape}"
            )
        low = -1.0 if self.signed else 0.0
        made = images.check_generated(made, self.directory, value_range=(low, 1.0), advice=ADVICE)
        return np.asarray(images.to_unit(made)) if self.signed else np.clip(made, 0.0, 1.0)

    def _read_rows(self, rows, shape, name):
        rows = tf.convert_to_tensor(rows, "float32")
        self._check_rows(rows, shape, name)
        return rows

    def _check_rows(self, rows, shape, name):
        if len(rows.shape) != len(shape) + 1 or tuple(rows.shape[1:]) != shape:
            expected = ", ".join(map(str, shape))
            raise ValueError(
                f"`{name}` of {self.name} must have the shape (n, {expected}). Received: {tuple(rows.shape)}"
            )

    def _style_shape(self):
        [name] = self._inputs("synthesis")
        return self._row_shape("synthesis", name)

    def _image_shape(self):
        if self.card is not None and "default" in self.card["signatures"]:
            [output] = self.card["signatures"]["default"]["outputs"].values()
            return tuple(output["shape"][1:])
        shape = self.loaded.signatures[self.main].structured_outputs[self._output(self.main)].shape
        return tuple(shape[1:]) if shape.rank == 4 else (None, None, None)

    def _num_classes(self):
        if self.needs_label:
            return self._row_shape(self.main, "y")[-1]
        if not self._guided or self.card is None:
            return 0
        return self._input("guided", "labels")["limits"][1] + 1

    def _described(self):
        shapes = {"latent_shape": self.latent_shape, "image_shape": self.image_shape}
        names = {"class_names": self.class_names} if self.class_names else {}
        return {**shapes, "num_classes": self.num_classes, **names}


def _level(truncation):
    return tf.constant(1.0 if truncation is None else truncation, "float32")


def _plain(label):
    """A NumPy scalar as Python has it."""
    return label.item() if isinstance(label, np.generic) or hasattr(label, "numpy") else label


def _listed(directions):
    """Names of directions, those by number shortened."""
    named = [name for name in directions if "." not in name]
    counts = {}
    for name in directions:
        if "." in name:
            counts[name.partition(".")[0]] = name
    return ", ".join([*named, *(f"{file}.0 to {last}" for file, last in counts.items())])
