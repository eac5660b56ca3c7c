"""The autoencoders of latent diffusion: images to small feature maps, latents, and back.

Paper: High-Resolution Image Synthesis with Latent Diffusion Models,
[2112.10752](https://arxiv.org/abs/2112.10752), section 3.1 and appendix G.

Notable: the residual blocks and the attention of the diffusion U-Net, without time and without connections
across; attention at the lowest resolution only. One autoencoder gives every image a normal distribution of
latents, the other quantises them in the decoder. Residual branches start at zero, as in DDPM.

Trainable parameters: VQ at a fourth of the resolution with 8192 codes 55,322,782; KL at an eighth with 4
channels 83,653,863.
"""

import keras
from keras import ops

from keras_gans.endpoints import Argument
from keras_gans.images import from_unit, to_unit
from keras_gans.layers import NearestUpsampleConv2D, SizeCheck, VectorQuantizer
from keras_gans.networks.sizes import check_sizes
from keras_gans.networks.translation import image_argument
from keras_gans.networks.unet import Blocks, level_widths
from keras_gans.serialization import Network, register

LOG_VARIANCES = (-30.0, 20.0)


class Autoencoder(Network):
    """Base of the autoencoders: the encoder, the decoder, and what an export offers.

    The encoder has `blocks_per_level` residual blocks a level, and between levels a convolution of stride 2
    that pads the bottom and the right; then a block, self-attention and a block, normalisation, SiLU and a
    convolution. The decoder goes the same way back, with one block more a level and nearest-neighbour
    upsampling before the convolutions between levels. A 1x1 convolution stands on either side of the latents.

    A call reconstructs images, the same way every time. Its parts are methods, which a graph may contain.
    `training=True` takes the gradients that cost least.

    Args:
        resolution: int. Height and width of the images; `None` means any multiple of `downscale`.
        channels: int. Colours of the images.
        latent_channels: int. Channels of the latents.
        width: int. Channels of the first feature map.
        channel_multipliers: sequence of numbers, one for each level, from the full resolution downwards: its
            feature maps have `width * multiplier` channels.
        blocks_per_level: int. Residual blocks of a level of the encoder; the decoder has one more.
        num_groups: int. Groups of the normalisation; divides the channels of all levels.
        norm_epsilon: float. Added to the variance of a group.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; latents, statistics of normalisation,
            softmax and images are float32 under every policy. `None` means the global policy.

    Input and output shape:
        images: `(batch, height, width, channels)`, float, in `[-1, 1]`. What comes out is float32 and not
        clipped.

    Attributes:
        downscale: int. How many times smaller than the images the latents are, `2 ** (levels - 1)`.
        encoder: network from images to what `encode` gives.
        decoder: network from latents, quantised ones where they are, to the input of `last_conv`.
        last_conv: `keras.layers.Conv2D`, whose output is the images.
        num_codes: int. Rows of the codebook; 0 where latents are not quantised.
    """

    num_codes = 0

    def __init__(
        self,
        *,
        resolution=None,
        channels=3,
        latent_channels=4,
        width=128,
        channel_multipliers=(1, 2, 4, 4),
        blocks_per_level=2,
        num_groups=32,
        norm_epsilon=1e-6,
        dtype=None,
    ):
        check_sizes(self, "channels", "blocks_per_level", "latent_channels")
        widths = level_widths(width, channel_multipliers, num_groups)
        downscale = 2 ** (len(widths) - 1)
        last, encoded, decoded = self._widths()

        # === Blocks ===
        blocks = Blocks(num_groups, norm_epsilon, self.policy)
        conv = blocks.conv

        def middle(x, name):
            x = blocks.attention(blocks.residual(x, widths[-1], f"{name}_middle0"), f"{name}_middle0")
            return blocks.residual(x, widths[-1], f"{name}_middle1")

        def encode(images):
            x = SizeCheck(multiple=downscale, dtype="float32", name="height_and_width")(images)
            x = conv(x, width, "encoder_first_conv")
            for level, filters in enumerate(widths):
                for number in range(blocks_per_level):
                    x = blocks.residual(x, filters, f"encoder_level{level}_block{number}")
                if level < len(widths) - 1:
                    x = conv(x, filters, f"encoder_level{level}_downsample", strides=2)
            x = conv(blocks.norm(middle(x, "encoder"), "encoder_last"), last, "encoder_last_conv")
            return self._limited(conv(x, encoded, "encoder_latents", 1, dtype="float32"))

        def decode(latents):
            x = conv(latents, decoded, "decoder_latents", 1, dtype="float32")
            x = middle(conv(x, widths[-1], "decoder_first_conv"), "decoder")
            for level in reversed(range(len(widths))):
                for number in range(blocks_per_level + 1):
                    x = blocks.residual(x, widths[level], f"decoder_level{level}_block{number}")
                if level > 0:
                    name = f"decoder_level{level}_upsample"
                    x = NearestUpsampleConv2D(widths[level], dtype=self.policy, name=name)(x)
            return blocks.norm(x, "decoder_last")

        # === Functional models ===
        images = keras.Input((resolution, resolution, channels), name="images")
        encoder = keras.Model(images, encode(images), name="encoder")
        size = None if resolution is None else resolution // downscale
        latents = keras.Input((size, size, latent_channels), name="latents")
        decoder = keras.Model(latents, decode(latents), name="decoder")
        last_conv = keras.layers.Conv2D(channels, 3, padding="same", dtype="float32", name="last_conv")
        images = keras.Input((resolution, resolution, channels), name="images")
        super().__init__(images, last_conv(decoder(self._decodable(encoder(images)))))
        self.encoder, self.decoder, self.last_conv = encoder, decoder, last_conv
        self.downscale = downscale

    def _widths(self):
        """Channels of the encoder's last two convolutions and of the decoder's first."""
        raise NotImplementedError

    def _limited(self, encoded):
        """What `encode` gives, of the encoder's last convolution."""
        return encoded

    def _decodable(self, encoded):
        """What the decoder takes in a call, of what the encoder gives; runs in the constructor too."""
        raise NotImplementedError

    def latent_shape(self, resolution=None):
        """Returns `(height, width, latent_channels)` of the latents of images.

        Args:
            resolution: int. Height and width of the images; `None` means the network's own.

        Raises:
            ValueError: if the network has no images of this resolution.
        """
        size = self.resolution if resolution is None else resolution
        if size is None or size < 1 or size % self.downscale or self.resolution not in (None, size):
            allowed = self.resolution or f"a multiple of {self.downscale}, at least {self.downscale}"
            raise ValueError(f"`resolution` must be {allowed}. Received: {resolution}")
        return (size // self.downscale, size // self.downscale, self.latent_channels)

    def encode(self, images, *, training=False):
        """Returns what the encoder gives for images; see the class."""
        return self.encoder(images, training=training)

    def drawn(self, encoded, normal):
        """Returns latents for what `encode` gave: drawn from their distribution, where they have one.

        Args:
            encoded: float tensor.
            normal: callable, shape -> float32 standard normal numbers.
        """
        return encoded

    def features(self, latents, *, training=False):
        """Returns the input of `last_conv`, `(batch, height, width, width of the first level)`.

        Args:
            latents: float tensor, `(batch, height / downscale, width / downscale, latent_channels)`.
            training: bool.
        """
        return self.decoder(latents, training=training)

    def decode(self, latents, **options):
        """Returns images in `[-1, 1]`, not clipped: `last_conv(features(latents))`, with its options."""
        return self.last_conv(self.features(latents, **options))

    def endpoints(self):
        """What an export of this network offers: name -> (function, input signature). Images in `[0, 1]`.

        - `default(images)`: reconstructions.
        - `encode(images)`: latents, as the class's `latents` gives them.
        - `decode(latents)`: images.
        """
        images = image_argument(self.resolution, self.channels, multiple=self.downscale)
        size = None if self.resolution is None else self.resolution // self.downscale
        latents = Argument((None, size, size, self.latent_channels))
        return {
            "default": (lambda images: to_unit(self.infer(from_unit(images))), {"images": images}),
            "encode": (lambda images: self.latents(from_unit(images)), {"images": images}),
            "decode": (lambda latents: to_unit(self.decode(latents)), {"latents": latents}),
        }


@register
class KLAutoencoder(Autoencoder):
    """Autoencoder whose latents have a normal distribution for each image, held close to the standard one.

    `encode` gives the mean and the logarithm of the variance of every latent, `decode` takes latents.
    Training decodes a sample and adds `kl`. A call decodes the mean.

    Example:
    ```python
    autoencoder = keras_gans.networks.KLAutoencoder(width=32, channel_multipliers=(1, 2))
    images = keras.random.uniform((2, 32, 32, 3), -1, 1)
    moments = autoencoder.encode(images)  # (2, 16, 16, 8)
    latents = autoencoder.sample(moments, keras.random.normal((2, 16, 16, 4)))
    autoencoder.decode(latents).shape  # (2, 32, 32, 3)
    autoencoder.kl(moments).shape  # (2,)
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), section 3.1 and appendix G; the distribution is that
        of [1312.6114](https://arxiv.org/abs/1312.6114), appendix B. As in the published code, logarithms of
        variances lie in `[-30, 20]`.
    """

    def __init__(self, *, name="kl_autoencoder", **kwargs):
        super().__init__(**kwargs)

    def _widths(self):
        latents = self.arguments["latent_channels"]
        return 2 * latents, 2 * latents, latents

    def _limited(self, encoded):
        mean, log_variance = ops.split(encoded, 2, axis=-1)
        return ops.concatenate([mean, ops.clip(log_variance, *LOG_VARIANCES)], axis=-1)

    def _decodable(self, encoded):
        return ops.split(encoded, 2, axis=-1)[0]

    def latents(self, images, *, training=False):
        """Returns the means of images' latents, `(batch, height / downscale, ..., latent_channels)`."""
        return self._decodable(self.encode(images, training=training))

    def sample(self, moments, noise):
        """Returns `mean + sqrt(variance) * noise`.

        Args:
            moments: float tensor, `(batch, height, width, 2 * latent_channels)`, as `encode` gives them: the
                means, then the logarithms of the variances.
            noise: float tensor, `(batch, height, width, latent_channels)`, standard normal.
        """
        mean, log_variance = ops.split(moments, 2, axis=-1)
        return mean + ops.exp(0.5 * log_variance) * noise

    def drawn(self, encoded, normal):
        return self.sample(encoded, normal((*encoded.shape[:-1], self.latent_channels)))

    def kl(self, moments):
        """Returns the divergence from the standard normal distribution, summed over an image: `(batch,)`.

        `sum((mean^2 + variance - 1 - log variance) / 2)`.

        Args:
            moments: as of `sample`.
        """
        mean, log_variance = ops.split(moments, 2, axis=-1)
        terms = ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance
        return 0.5 * ops.sum(terms, axis=(1, 2, 3))


@register
class VQAutoencoder(Autoencoder):
    """Autoencoder whose decoder sees every pixel of the latents as the nearest of some learned codes.

    `encode` gives latents before quantisation, which are what diffusion models; `decode` and `features`
    quantise them first. `quantized` gives both the codes, with a gradient that passes straight through to the
    latents, and their numbers. The codebook itself learns by `codes(indices)`.

    Args:
        num_codes: int. Rows of the codebook.
        encoder_channels: int. Channels between the 1x1 convolutions on either side of the latents and the
            rest of the network; `None` means `latent_channels`.

    Example:
    ```python
    autoencoder = keras_gans.networks.VQAutoencoder(width=32, channel_multipliers=(1, 2), num_codes=64)
    latents = autoencoder.encode(keras.random.uniform((2, 32, 32, 3), -1, 1))  # (2, 16, 16, 3)
    quantized, indices = autoencoder.quantized(latents)  # (2, 16, 16, 3), (2, 16, 16)
    autoencoder.decode(quantized, quantize=False).shape  # (2, 32, 32, 3)
    keras.ops.mean((autoencoder.codes(indices) - latents) ** 2)
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), section 3.1 and appendix G; the codes are those of
        [1711.00937](https://arxiv.org/abs/1711.00937), section 3.
    """

    def __init__(
        self,
        *,
        channel_multipliers=(1, 2, 4),
        latent_channels=3,
        num_codes=8192,
        encoder_channels=None,
        name="vq_autoencoder",
        **kwargs,
    ):
        options = {"channel_multipliers": channel_multipliers, "latent_channels": latent_channels}
        super().__init__(**options, **kwargs)
        self.codebook = self.get_layer("codebook")

    def _widths(self):
        latents = self.arguments["latent_channels"]
        inner = self.arguments["encoder_channels"] or latents
        return inner, latents, inner

    def _decodable(self, encoded):
        codebook = VectorQuantizer(self.arguments["num_codes"], dtype="float32", name="codebook")
        return _straight_through(encoded, codebook(encoded))

    def latents(self, images, *, training=False):
        """Returns images' latents before quantisation, as `encode` does."""
        return self.encode(images, training=training)

    def quantized(self, latents):
        """Returns the nearest codes, `(batch, height, width, latent_channels)`, and their numbers.

        The gradient of the codes passes to the latents as if they were the latents, not to the codebook.

        Args:
            latents: float tensor, `(batch, height, width, latent_channels)`.

        Returns:
            float32 tensor and int32 tensor, `(batch, height, width)`.
        """
        latents = ops.cast(latents, "float32")
        indices = self.codebook.indices(latents)
        return _straight_through(latents, self.codes(indices)), indices

    def codes(self, indices):
        """Returns the codes of these numbers, with a gradient to the codebook.

        Args:
            indices: int tensor, `(batch, height, width)`.
        """
        return self.codebook.codes(indices)

    def features(self, latents, *, quantize=True, training=False):
        """As of the base; `quantize=False` takes latents that are quantised already."""
        latents = self.quantized(latents)[0] if quantize else latents
        return super().features(latents, training=training)


def _straight_through(latents, codes):
    """Exactly the codes, with the gradient of the latents."""
    return ops.stop_gradient(codes) + (latents - ops.stop_gradient(latents))
