"""SAGAN: SN-GAN's residual networks with self-attention, and spectral normalisation in both.

Paper: Self-Attention Generative Adversarial Networks, [1805.08318](https://arxiv.org/abs/1805.08318).

Notable: one self-attention block in each network, on feature maps of the same size; the generator too is
spectrally normalised, but for its tables of batch norm. Blocks, batch norm with classes and the projection of
the class are those of `keras_gans.networks.sngan`.

Trainable parameters at 128 px, 1000 classes: generator 42,017,412, discriminator 39,448,258. These are the
numbers of self-attention at 64 px (128 channels in the generator, 64 in the discriminator), with an eighth of
the channels in `theta` and `phi`, half of them in `g`, and no biases; and of residual blocks of the
discriminator both of whose convolutions have the block's width. SN-GAN's have its input's width in the first.
"""

import math

import keras
from keras import layers, ops

from keras_gans.layers import SelfAttention2D, SpectralConv2D, SpectralDense
from keras_gans.networks.class_conditioning import batch_norm, label_input
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.networks.sngan import down_block, first_down_block, score, up_block
from keras_gans.resolution import base_map, levels, pair
from keras_gans.serialization import register


def _check_attention(attention_resolution, sizes):
    if attention_resolution not in sizes:
        raise ValueError(
            f"`attention_resolution` must be the size of a feature map, one of {sizes}. "
            f"Received: {attention_resolution}"
        )


@register
class SAGANGenerator(LatentGenerator):
    """Residual generator with spectral normalisation and self-attention.

    Latents become 4x4 pixels, which every residual block doubles; feature maps of r pixels have
    `width * min(16, resolution / r)` channels. Self-attention follows the block that ends at
    `attention_resolution`. Batch norm, ReLU, a 3x3 convolution and tanh end it.

    From latents to images in `[-1, 1]`; input, output, `resolution`, `latent_dim`, `channels`, `num_classes`
    and `dtype` are those of every `LatentGenerator`.

    Args:
        width: int. Channels of the largest feature map.
        attention_resolution: int. Size of the feature maps with self-attention, a power of two from 8 to
            `resolution`; they need at least 8 channels.
        spectral_norm: bool. Whether kernels are divided by their spectral norms.

    Example:
    ```python
    generator = keras_gans.networks.SAGANGenerator(resolution=32, width=8, attention_resolution=16)
    generator(keras.random.normal((2, 128))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1805.08318](https://arxiv.org/abs/1805.08318), section 4; attention at 64 px is the model of its
        table 2, and "feat64" of its table 1. The size of the layers is that of
        [1802.05637](https://arxiv.org/abs/1802.05637).
    """

    def __init__(
        self,
        *,
        resolution=128,
        latent_dim=128,
        channels=3,
        num_classes=0,
        width=64,
        attention_resolution=64,
        spectral_norm=True,
        dtype=None,
        name="sagan_generator",
    ):
        policy = self.policy
        sizes, base = levels(resolution), base_map(resolution)
        widths = {size: width * min(16, sizes[-1] // size) for size in sizes}
        _check_attention(attention_resolution, sizes[1:])
        norm = {"num_classes": num_classes, "epsilon": 1e-5, "dtype": policy}

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, labels = label_input(latents, num_classes)
        x = SpectralDense(
            math.prod(base) * widths[4], spectral_norm=spectral_norm, dtype=policy, name="4x4_dense"
        )(latents)
        x = layers.Reshape((*base, widths[4]), dtype=policy)(x)
        for size in sizes[1:]:
            x = up_block(x, labels, widths[size], f"{size}x{size}", spectral_norm=spectral_norm, **norm)
            if size == attention_resolution:
                x = SelfAttention2D(spectral_norm=spectral_norm, dtype=policy, name="attention")(x)
        x = ops.relu(batch_norm(x, None, "last_norm", **norm))
        x = SpectralConv2D(channels, 3, spectral_norm=spectral_norm, dtype="float32", name="last_conv")(x)
        super().__init__(inputs, ops.tanh(x))


@register
class SAGANDiscriminator(ImageDiscriminator):
    """Residual discriminator with spectral normalisation, self-attention and the projection of the class.

    Residual blocks of `width * min(16, 2^i)` channels halve the image down to 4x4 pixels, one more keeps
    them. Self-attention follows the block that ends at `attention_resolution`. ReLU and the sum over pixels
    give h; the score is `w^T h + b + <v_label, h>`, the last term with classes only.

    From images in `[-1, 1]` to one logit each; input, output, `resolution`, `channels` and `num_classes` are
    those of every `ImageDiscriminator`.

    Args:
        width: int. Channels of the first block.
        attention_resolution: int. Size of the feature maps with self-attention, a power of two from 4 to
            `resolution / 2`; they need at least 8 channels.
        spectral_norm: bool. Whether kernels and embedding are divided by their spectral norms.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; the sum over pixels and logits are float32
            under every policy. `None` means the global policy.

    Example:
    ```python
    discriminator = keras_gans.networks.SAGANDiscriminator(resolution=32, width=8, attention_resolution=16)
    discriminator(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1805.08318](https://arxiv.org/abs/1805.08318), section 4; see `SAGANGenerator`.
    """

    def __init__(
        self,
        *,
        resolution=128,
        channels=3,
        num_classes=0,
        width=64,
        attention_resolution=64,
        spectral_norm=True,
        dtype=None,
        name="sagan_discriminator",
    ):
        policy = self.policy
        sizes = levels(resolution)[-2::-1]  # behind the blocks that halve: resolution / 2, ..., 4
        _check_attention(attention_resolution, sizes)
        conv = {"spectral_norm": spectral_norm, "dtype": policy}

        # === Functional model ===
        images = keras.Input((*pair(resolution), channels), name="images")
        inputs, labels = label_input(images, num_classes)
        x = images
        for i, size in enumerate(sizes):
            filters = width * min(16, 2**i)
            if i == 0:
                x = first_down_block(x, filters, "block0", **conv)
            else:
                x = down_block(x, filters, f"block{i}", hidden=filters, downsample=True, **conv)
            if size == attention_resolution:
                x = SelfAttention2D(name="attention", **conv)(x)
        filters = width * min(16, 2 ** len(sizes))
        x = down_block(x, filters, f"block{len(sizes)}", hidden=filters, downsample=False, **conv)
        features = ops.sum(ops.cast(ops.relu(x), "float32"), axis=(1, 2))
        logits = score(features, labels, num_classes=num_classes, use_bias=True, spectral_norm=spectral_norm)
        super().__init__(inputs, logits)
