"""A diffusion model on the latents of an autoencoder, as one network from noise to images."""

import keras
from keras import ops

from keras_gans.diffusion.ddim_generator import DiffusionGenerator
from keras_gans.endpoints import Argument
from keras_gans.images import from_unit, to_unit
from keras_gans.once import Once
from keras_gans.serialization import register


@register
class LatentDiffusionGenerator(DiffusionGenerator):
    """Makes latents by diffusion and decodes them.

    The process adds noise to latents divided by their standard deviation over the data, `latent_scale`, a
    weight that is measured and saved with the others.

    Args:
        denoiser: network, as for `DiffusionGenerator`, whose resolution and channels are the latents'.
        process: process, as for `DiffusionGenerator`. It must not clip: latents have no bounds.
        autoencoder: `keras_gans.networks.KLAutoencoder` or `VQAutoencoder`.
        clipped_latents: bool. Whether the process may clip after all, for networks whose own sampler does.
        **kwargs: of `DiffusionGenerator`.

    Input shape:
        As of `DiffusionGenerator`, with `latent_dim` the numbers of one image's latents.

    Output shape:
        `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: the denoiser does not fit the latents, or the process clips.

    Example:
    ```python
    autoencoder = keras_gans.networks.KLAutoencoder(
        resolution=32, width=32, channel_multipliers=(1, 2, 2), latent_channels=4
    )
    unet = keras_gans.networks.UNet(
        resolution=8, channels=4, width=32, channel_multipliers=(1, 2), attention_resolutions=()
    )
    process = keras_gans.diffusion.DiffusionProcess(
        keras_gans.diffusion.CosineSchedule(timesteps=100), clip=False
    )
    generator = keras_gans.diffusion.LatentDiffusionGenerator(unet, process, autoencoder, steps=10)
    generator(keras.random.normal((2, generator.latent_dim))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), sections 3.2 and G.
    """

    def __init__(self, denoiser, process, autoencoder, *, clipped_latents=False, **kwargs):
        super().__init__(denoiser, process, **kwargs)
        factor = autoencoder.downscale
        latents = (denoiser.resolution, denoiser.resolution, autoencoder.latent_channels)
        if autoencoder.resolution not in (None, factor * latents[0]) or denoiser.channels != latents[-1]:
            raise ValueError(
                f"The autoencoder makes latents of {autoencoder.latent_channels} channels, 1/{factor} of the "
                f"size of its images ({autoencoder.resolution or 'any'}). The denoiser takes "
                f"{denoiser.resolution} px and {denoiser.channels} channels."
            )
        if process.clip and not clipped_latents:
            raise ValueError("Latents have no bounds: the process must have `clip=False`")
        self.autoencoder = autoencoder
        self._encoded = Once(autoencoder.latents, autoencoder)
        self._decoded = Once(autoencoder.decode, autoencoder)
        self.clipped_latents = clipped_latents
        self.latent_scale = self.add_weight(
            shape=(), initializer="ones", trainable=False, dtype="float32", name="latent_scale"
        )

    @property
    def image_shape(self):
        """Height, width and channels of the images."""
        height, width, _ = self.state_shape
        factor = self.autoencoder.downscale
        return (factor * height, factor * width, self.autoencoder.channels)

    def to_state(self, images):
        """Returns the scaled latents of images in `[-1, 1]`, without the noise of their distribution."""
        return self._encoded(images) / self.latent_scale

    def to_images(self, state):
        """Returns the images in `[-1, 1]` of scaled latents."""
        images = self._decoded(ops.cast(state, "float32") * self.latent_scale)
        return ops.clip(images, -1.0, 1.0)

    def read(self, output, x, t):
        """As of `DiffusionGenerator`, with the clean `latents` that the network expects."""
        return {**super().read(output, x, t), "latents": self.process.estimate_x0(output, x, t)}

    def endpoints(self):
        """What an export offers: that of `DiffusionGenerator`, where `x` and `noise` are of latents, and

        - `encode(images)`: scaled latents, `(batch, h, w, latent_channels)`.
        - `decode(latents)`: images of scaled latents.
        - `diffuse_latents(latents, noise, t)`: the forward process from latents.

        `denoise` also gives the clean `latents` that the network expects.
        """
        offered = super().endpoints()
        images = Argument((None, *self.image_shape), minimum=0.0, maximum=1.0)
        latents = keras.InputSpec(shape=(None, *self.state_shape), dtype="float32")
        _, diffuse = offered["diffuse"]
        return {
            **offered,
            "encode": (lambda images: self.to_state(from_unit(images)), {"images": images}),
            "decode": (lambda latents: to_unit(self.to_images(latents)), {"latents": latents}),
            "diffuse_latents": (
                lambda latents, noise, t: self.process.add_noise(latents, noise, t),
                {"latents": latents, "noise": diffuse["noise"], "t": diffuse["t"]},
            ),
        }

    def get_config(self):
        autoencoder = keras.saving.serialize_keras_object(self.autoencoder)
        own = {"autoencoder": autoencoder, "clipped_latents": self.clipped_latents}
        return {**super().get_config(), **own}
