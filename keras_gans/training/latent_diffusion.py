"""Training of a denoiser on the latents of an autoencoder: the second stage of latent diffusion."""

import functools

import numpy as np
import tensorflow as tf

from keras_gans.diffusion import LatentDiffusionGenerator
from keras_gans.serialization import register
from keras_gans.training.diffusion import DiffusionTrainer
from keras_gans.training.ema import averaged_copy

CHUNK = 1024  # images whose latents are measured together


@register
class LatentDiffusionTrainer(DiffusionTrainer):
    """Trains a network to undo the noise of a diffusion process on latents, with `fit`.

    What `fit` gets are images that went through `encoder` once: mean and log variance of a `KLAutoencoder`'s
    latents, of which every step draws its own, or a `VQAutoencoder`'s latents before they become codes. They
    are divided by their standard deviation over the data, which `measure_scale` sets.

    Args:
        denoiser: network, as for `DiffusionTrainer`, whose resolution and channels are the latents'.
        autoencoder: `keras_gans.networks.KLAutoencoder` or `VQAutoencoder`, trained. A copy in float32 is
            taken, which stays as it is.
        process: as for `DiffusionTrainer`; it must not clip.
        **kwargs: of `DiffusionTrainer`.

    Attributes:
        latent_scale: float32 variable. Standard deviation of the latents over the data, 1 at first.

    Input of `fit` and `evaluate`:
        dicts with `"images"`, what `encoder` returned, float32 `(batch, h, w, width)`, and `"labels"`, int32
        `(batch,)`, where the network is conditional.

    Example:
    ```python
    trainer = keras_gans.training.LatentDiffusionTrainer(unet, autoencoder, process, average=average)
    encoded = trainer.encoder(images)
    trainer.measure_scale(encoded.numpy())
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), section 3.2; the scale: appendix G. Deviation: it is
        that of all latents of the data, there that of the first batch.
    """

    def __init__(self, denoiser, autoencoder, process, **kwargs):
        super().__init__(denoiser, process, **kwargs)
        self.autoencoder = self.generator.autoencoder
        self.latent_scale = self.generator.latent_scale
        self.encoder = tf.function(self.autoencoder.encode, reduce_retracing=True, autograph=False)

    def _make_generator(self, denoiser, process, **options):
        return LatentDiffusionGenerator(
            denoiser, process, averaged_copy(self.arguments["autoencoder"]), **options
        )

    def measure_scale(self, encoded):
        """Makes the latents of the data have the standard deviation 1.

        Args:
            encoded: float32 array `(..., h, w, width)`. What `encoder` made of the data; it may lie on disk.

        Raises:
            ValueError: if all latents are equal.
        """
        rows = encoded.reshape(-1, *encoded.shape[-3:])
        total, squares, count = 0.0, 0.0, 0
        for first in range(0, len(rows), CHUNK):
            part = tf.constant(rows[first : first + CHUNK])
            draws = functools.partial(tf.random.stateless_normal, seed=[self.seed, first], alg="philox")
            latents = np.asarray(self.autoencoder.drawn(part, draws), "float64")
            total, squares = total + latents.sum(), squares + np.square(latents).sum()
            count += latents.size
        deviation = float(np.sqrt(max(squares / count - (total / count) ** 2, 0.0)))
        if not deviation > 1e-6:
            raise ValueError(
                f"The autoencoder gives the same latents for all images: standard deviation {deviation:.1e}. "
                "Train it longer, or take another with --autoencoder"
            )
        self.latent_scale.assign(deviation)

    def clean(self, batch, draws):
        latents = self.autoencoder.drawn(batch["images"], lambda shape: draws.normal("posterior", shape))
        return latents / self.latent_scale.value

    def network_state(self):
        """As of every trainer, with the autoencoder and the scale of its latents."""
        fixed = {"autoencoder": self.autoencoder.variables, "latent_scale": [self.latent_scale]}
        return {**super().network_state(), **fixed}

    def bits_per_dimension(self, images, **options):
        """Not of a latent model.

        Raises:
            ValueError: always. The bound would be on the likelihood of latents, which have no 256 levels.
        """
        raise ValueError("A latent diffusion model has no bound on the likelihood of pixels")
