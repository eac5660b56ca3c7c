"""An exported diffusion model: a generator whose noise can be watched on its way to the image and back."""

import os

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from keras_gans import diffusion, latent
from keras_gans.hub.generator import Generator
from keras_gans.hub.saved import Label, Progress, in_batches


class DiffusionGenerator(Generator):
    """A generator with the signatures `denoise` and `diffuse`, as exports of diffusion models have them.

    Args:
        path: path of an export, or of a folder of numbered versions, of which the highest is taken.
        loaded: object that `keras_gans.export.load` returns for it; `None` loads it here.

    Attributes:
        timesteps: int. The timestep of pure noise; 0 is the image.

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
        self.image_shape = self._row_shape("denoise", "x")

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
            eta: float, in `[0, 1]`, with `steps`. Share of the noise that a step adds: 0 is DDIM, 1 has the
                variance of DDPM.
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
            float32 array, `(frames, n, height, width, channels)`. The image lies in `[-1, 1]`, noise beyond.

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
        x = tf.reshape(latents, (-1, *self.image_shape))
        times = [int(t) for t in diffusion.trailing(self.timesteps, steps, np.arange(steps))]
        shown = set(np.rint(np.linspace(0, steps, frames)).astype(int).tolist())
        kept = []
        for index, (t, previous) in enumerate(zip(times, [*times[1:], 0], strict=True)):
            if index in shown:
                kept.append(x.numpy())
            signatures = self.loaded.signatures
            said = signatures["denoise"](x=x, t=tf.fill([rows], t), **condition)
            x = signatures["diffuse"](
                images=said["images"], noise=said["noise"], t=tf.fill([rows], previous)
            )["diffuse"]
            if progress is not None:
                progress("steps", index + 1, steps)
        return np.stack([*kept, x.numpy()])

    def diffuse_frames(self, pictures: ArrayLike, *, frames: int = 10, seed: int = 0) -> np.ndarray:
        """The states of the forward process, from images to noise, with one noise for each image.

        Args:
            pictures: float array or tensor, `(n, height, width, channels)`, in `[0, 1]`.
            frames: int, 2 or more. States, evenly spaced, the first and the last included.
            seed: int. Of the noise.

        Returns:
            float32 array, `(frames, n, height, width, channels)`. The image lies in `[-1, 1]`, noise beyond.

        Raises:
            ValueError: images of another shape or range, or fewer than 2 frames.
        """
        if frames < 2:
            raise ValueError(f"`frames` must be at least 2, the first and the last. Received: {frames}")
        pictures = self._read_rows(pictures, self.image_shape, "pictures")
        noise = tf.random.stateless_normal(pictures.shape, [seed, 0], alg="philox")
        times = np.rint(np.linspace(0, self.timesteps, frames)).astype("int32")
        return np.stack(
            [
                self._call("diffuse", images=pictures, noise=noise, t=tf.fill([len(pictures)], t))
                for t in times
            ]
        )

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

    def _condition(self, num, label, guidance):
        """What `denoise` and `sample` take of classes: nothing where there are none."""
        if not self._guided:
            self._choose(num, label, None, guidance, None)
            return {}
        choice = self._choose(num, label, None, guidance, None)
        if choice.labels is None:
            return {"labels": tf.fill([num], -1), "guidance": tf.constant(1.0)}
        return self._others("guided", choice, num)
