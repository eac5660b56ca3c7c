"""An exported diffusion model: a generator whose noise can be watched on its way to the image and back."""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from keras_gans import diffusion, latent
from keras_gans.diffusion.editing import JUMP_LENGTH, RESAMPLINGS
from keras_gans.hub.generator import Generator
from keras_gans.hub.saved import BATCH, Label, Progress, check_unit, in_batches, unit_images


class DiffusionGenerator(Generator):
    """A generator with the signatures `denoise` and `diffuse`, as exports of diffusion models have them.

    Args:
        path: path of an export, or of a folder of numbered versions, of which the highest is taken.
        loaded: object that `keras_gans.export.load` returns for it; `None` loads it here.

    Attributes:
        timesteps: int. The timestep of pure noise; 0 is the image.
        is_latent: bool. Whether noise is added to latents of an autoencoder, not to pixels.
        state_shape: tuple, `(height, width, channels)` of what noise is added to.

    Raises:
        FileNotFoundError: there is no export.
        ValueError: it is no diffusion model, or has no card, which tells its timesteps.

    Example:
    ```python
    model = keras_gans.load("ddpm_emoji_32")
    flags = model.sample(4, seed=0, label="Flags", guidance=3.0)
    frames = model.denoise_frames(model.latents([0, 1]), steps=50, frames=10)  # (10, 2, 32, 32, 3)
    ```
    """

    NEEDED = ("denoise", "diffuse")

    def __init__(self, path: str | os.PathLike, loaded: object = None):
        super().__init__(path, loaded)
        missing = [name for name in self.NEEDED if name not in self.signatures]
        if missing:
            raise ValueError(f"{self.directory} is no diffusion model: it has no {' and no '.join(missing)}")
        limits = self._input("denoise", "t").get("limits")
        if limits is None:
            raise ValueError(f"A diffusion model needs its card, which tells its timesteps: {self.directory}")
        self.timesteps = limits[1]
        self.state_shape = self._row_shape("denoise", "x")
        self.is_latent = "decode" in self.signatures
        if not self.is_latent:
            self.image_shape = self.state_shape

    def sample(
        self,
        num: int,
        *,
        seed: int = 0,
        label: Label = None,
        truncation: float | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        eta: float = 0.0,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes images of random noise, the same for the same seed.

        Args:
            num: int. How many.
            seed: int.
            label: as for `generate`.
            truncation: as for `generate`.
            guidance: as for `generate`.
            steps: int. Steps of the sampler; `None` means as many as the export takes by default.
            eta: float, in `[0, 1]`, with `steps`. Share of the noise that a step draws anew: 0 is DDIM, and
                Euler's method of a flow; 1 has the variance of DDPM.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(num, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: `eta` without `steps`; `truncation` with `steps`; as `generate`.
        """
        if steps is None:
            if eta:
                raise ValueError(f"`eta` goes with `steps`. Received: eta={eta}, steps=None")
            return super().sample(
                num, seed=seed, label=label, truncation=truncation, guidance=guidance, progress=progress
            )
        if truncation is not None:
            raise ValueError(f"`truncation` goes without `steps`. Received: {truncation=}, {steps=}")
        self.require("sample", what="`steps`")
        arguments = {
            "num": tf.constant(num, "int64"),
            "seed": tf.constant(seed, "int64"),
            "steps": tf.constant(steps, "int64"),
            "eta": tf.constant(eta, "float32"),
            **self._condition(num, label, guidance),
        }
        return self._checked(self._call("sample", **arguments))

    def denoise_frames(
        self,
        latents: ArrayLike,
        *,
        steps: int = 50,
        frames: int = 10,
        label: Label = None,
        truncation: float | None = None,
        guidance: float | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """The states of DDIM from pure noise to the image.

        Args:
            latents: float array or tensor, `(n, *latent_shape)`.
            steps: int. Steps of DDIM.
            frames: int, from 2 to `steps` + 1. States to keep, evenly spaced, with the first and the last.
            label: as for `generate`.
            truncation: as for `generate`.
            guidance: as for `generate`.
            progress: callable, called with ("steps", done, total); `None` means silence.

        Returns:
            float32 array, `(frames, n, height, width, channels)`. The image lies in `[-1, 1]`, noise beyond;
            of a latent model, what the decoder makes of its states, all in `[-1, 1]`.

        Raises:
            ValueError: too many steps or frames, or as `generate`.
        """
        latents = self._read_rows(latents, self.latent_shape, "latents")
        if not (1 <= steps <= self.timesteps and 2 <= frames <= steps + 1):
            raise ValueError(
                f"`steps` must be at most {self.timesteps}, and `frames` from 2 to `steps` + 1. "
                f"Received: steps={steps}, frames={frames}"
            )
        rows = len(latents)
        condition = self._condition(rows, label, guidance)
        if truncation is not None:
            latents = latent.truncate(latents, truncation)
        x = tf.reshape(latents, (-1, *self.state_shape))
        times = [int(t) for t in diffusion.trailing(self.timesteps, steps, np.arange(steps))]
        shown = set(np.rint(np.linspace(0, steps, frames)).astype(int).tolist())
        kept = []
        for index, (t, previous) in enumerate(zip(times, [*times[1:], 0], strict=True)):
            if index in shown:
                kept.append(self._shown(x))
            said = self.loaded.signatures["denoise"](x=x, t=tf.fill([rows], t), **condition)
            forward, clean = ("diffuse_latents", "latents") if self.is_latent else ("diffuse", "images")
            arguments = {clean: said[clean], "noise": said["noise"], "t": tf.fill([rows], previous)}
            x = self.loaded.signatures[forward](**arguments)[forward]
            if progress is not None:
                progress("steps", index + 1, steps)
        return np.stack([*kept, self._shown(x)])

    def diffuse_frames(self, pictures: ArrayLike, *, frames: int = 10, seed: int = 0) -> np.ndarray:
        """The states of the forward process, from images to noise, with one noise for each image.

        Args:
            pictures: float array or tensor, `(n, height, width, channels)`, in `[0, 1]`.
            frames: int, 2 or more. States, evenly spaced, the first and the last included.
            seed: int. Of the noise.

        Returns:
            as `denoise_frames`.

        Raises:
            ValueError: images of another shape or range, or fewer than 2 frames.
        """
        if frames < 2:
            raise ValueError(f"`frames` must be at least 2, the first and the last. Received: {frames}")
        pictures = self._read_rows(pictures, self.image_shape, "pictures")
        noise = tf.random.stateless_normal((len(pictures), *self.state_shape), [seed, 0], alg="philox")
        times = np.rint(np.linspace(0, self.timesteps, frames)).astype("int32")
        return np.stack(
            [
                self._shown(
                    self._call("diffuse", images=pictures, noise=noise, t=tf.fill([len(pictures)], t))
                )
                for t in times
            ]
        )

    def encode(self, pictures: ArrayLike, *, progress: Progress | None = None) -> np.ndarray:
        """The autoencoder's latents of images, divided by their standard deviation over the data.

        Args:
            pictures: float array or tensor, `(n, height, width, channels)`, in `[0, 1]`.
            progress: callable, called with ("latents", done, total); `None` means silence.

        Returns:
            float32 array, `(n, *state_shape)`.

        Raises:
            ValueError: the model has no autoencoder; images of another shape or range.
        """
        self.require("encode", what="an autoencoder")
        pictures = self._read_rows(pictures, self.image_shape, "pictures")

        def make(part):
            return self._call("encode", images=pictures[part])

        return in_batches(make, len(pictures), what="latents", progress=progress)

    def decode(self, latents: ArrayLike, *, progress: Progress | None = None) -> np.ndarray:
        """The images that the autoencoder makes of latents as `encode` gives them.

        Args:
            latents: float array or tensor, `(n, *state_shape)`.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: the model has no autoencoder; latents of another shape, or NaN.
        """
        self.require("decode", what="an autoencoder")
        latents = self._read_rows(latents, self.state_shape, "latents")

        def make(part):
            return self._call("decode", latents=latents[part])

        return in_batches(make, len(latents), what="images", progress=progress)

    def invert(self, pictures: ArrayLike, *, steps: int = 50, progress: Progress | None = None) -> np.ndarray:
        """The latents that DDIM turns into these images, up to what its steps lose.

        Args:
            pictures: float array or tensor, `(n, height, width, channels)`, in `[0, 1]`.
            steps: int. Steps of DDIM; `generate` takes as many as the export has.
            progress: callable, called with ("latents", done, total); `None` means silence.

        Returns:
            float32 array, `(n, *latent_shape)`.

        Raises:
            ValueError: the export has no signature `invert`; images of another shape or range.
        """
        self.require("invert", what="`invert`")
        pictures = self._read_rows(pictures, self.image_shape, "pictures")

        def make(part):
            return self._call("invert", images=pictures[part], steps=tf.constant(steps, "int64"))

        return in_batches(make, len(pictures), what="latents", progress=progress)

    def inpaint(
        self,
        pictures: ArrayLike,
        mask: ArrayLike,
        *,
        seed: int | Sequence = 0,
        steps: int = 20,
        label: Label = None,
        guidance: float | None = None,
        jump_length: int = JUMP_LENGTH,
        resamplings: int = RESAMPLINGS,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes a part of images anew, so that it fits the rest, by RePaint.

        Args:
            pictures: uint8 array, or float array or tensor in `[0, 1]`, `(n, height, width, channels)`.
            mask: bool or float array in `[0, 1]`, `(height, width)` or `(height, width, 1)` for all images or
                `(n, height, width, 1)`. 1 keeps a pixel exactly, 0 makes it anew, values between mix both.
            seed: int, or a sequence of n different ones. Image i has noise of the seed `seed` + i, or
                `seed[i]`; the same in every batch.
            steps: int. From pure noise to the image.
            label: as for `generate`.
            guidance: as for `generate`.
            jump_length: int, 1 or more. Steps to go back, to fit the made part to the rest.
            resamplings: int, 1 to 100. How often the same steps are walked; 1 is fast and fits badly. The
                network is called about `steps * resamplings` times.
            batch_size: int. Images at a time.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: the export has no signature `inpaint`; images or a mask of another shape or range; a
                number outside its range; as `generate`.
        """
        self.require("inpaint", what="`inpaint`")
        pictures = self._read_pictures(pictures, "inpaint")
        numbers = {"steps": steps, "jump_length": jump_length, "resamplings": resamplings}
        rows = {"images": pictures, "mask": self._read_mask(mask, len(pictures))}
        return self._edited(
            "inpaint",
            rows,
            numbers,
            self._condition(len(pictures), label, guidance),
            seed,
            batch_size,
            progress,
        )

    def vary(
        self,
        pictures: ArrayLike,
        strength: float | Sequence,
        *,
        seed: int | Sequence = 0,
        steps: int = 50,
        label: Label = None,
        guidance: float | None = None,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Makes images that resemble others, by SDEdit: adds noise to these and takes it away again.

        Args:
            pictures: uint8 array, or float array or tensor in `[0, 1]`, `(n, height, width, channels)`.
            strength: float in `[0, 1]`, or n of them. How much noise: 0 gives the images back exactly, 1
                keeps nothing of them.
            seed: as for `inpaint`.
            steps: int. From strength 1 to the image; a smaller strength takes its share of them.
            label: as for `generate`.
            guidance: as for `generate`.
            batch_size: int. Images at a time.
            progress: callable, called with ("images", done, total); `None` means silence.

        Returns:
            float32 array, `(n, height, width, channels)`, in `[0, 1]`.

        Raises:
            ValueError: the export has no signature `vary`; images of another shape or range; a number outside
                its range; as `generate`.
        """
        self.require("vary", what="`vary`")
        pictures = self._read_pictures(pictures, "vary")
        num, strength = len(pictures), np.asarray(strength, "float32")
        if strength.shape not in ((), (num,)):
            raise ValueError(
                f"`strength` must be one number, or {num}, one for each image. Received: {strength.shape}"
            )
        check_unit(strength, "strength")
        rows = {"images": pictures, "strength": np.broadcast_to(strength, (num,))}
        condition = self._condition(num, label, guidance)
        return self._edited("vary", rows, {"steps": steps}, condition, seed, batch_size, progress)

    def _edited(self, signature, rows, numbers, condition, seed, batch_size, progress):
        """What a signature makes of rows of images, in small batches."""
        for name, value in numbers.items():
            low, high = self._input(signature, name)["limits"]
            if not isinstance(value, (int, np.integer)) or not low <= value <= high:
                raise ValueError(f"`{name}` must be an integer in [{low}, {high}]. Received: {value!r}")
        num = len(rows["images"])
        rows = {**rows, "seeds": _seeds(seed, num)}
        shared = {name: tf.constant(value, "int64") for name, value in numbers.items()}
        for name, value in condition.items():
            (rows if value.shape.rank else shared)[name] = value

        def make(part):
            some = {name: tf.convert_to_tensor(value[part]) for name, value in rows.items()}
            return self._checked(self._call(signature, **some, **shared))

        return in_batches(make, num, what="images", batch_size=batch_size, progress=progress)

    def _read_pictures(self, pictures, signature):
        """float32 images in `[0, 1]`: a tensor."""
        given = pictures if tf.is_tensor(pictures) else np.asarray(pictures)
        self._check_rows(given, self._row_shape(signature, "images"), "pictures")
        return unit_images(given, "pictures")

    def _read_mask(self, mask, num):
        """float32 `(num, height, width, 1)` in `[0, 1]`: an array."""
        height, width, _ = shape = self._row_shape("inpaint", "mask")
        given = np.asarray(mask, "float32")
        if given.shape not in ((height, width), shape, (num, *shape)):
            raise ValueError(
                f"`mask` must have the shape {(height, width)}, {shape} or {(num, *shape)}. "
                f"Received: {given.shape}"
            )
        check_unit(given, "mask")
        return np.broadcast_to(given.reshape((-1, *shape)), (num, *shape))

    def _shown(self, state):
        """A state as a picture, `(n, height, width, channels)`, where the image lies in `[-1, 1]`."""
        return 2.0 * self.decode(state) - 1.0 if self.is_latent else np.asarray(state)

    def _condition(self, num, label, guidance):
        """What `denoise` and `sample` take of classes: nothing where there are none."""
        if not self._guided:
            self._choose(num, label, None, guidance, None)
            return {}
        choice = self._choose(num, label, None, guidance, None)
        if choice.labels is None:
            return {"labels": tf.fill([num], -1), "guidance": tf.constant(1.0)}
        return self._others("guided", choice, num)


def _seeds(seed, num):
    """The seeds of `num` images, int64."""
    if np.ndim(seed) == 0:
        return np.full(num, seed, "int64") + np.arange(num)
    if len(seed) != num or len(set(seed)) != num:
        raise ValueError(f"`seed` must be one seed, or {num} different ones. Received: {list(seed)}")
    return np.asarray(seed, "int64")
