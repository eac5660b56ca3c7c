"""SN-GAN: residual and plain convolutional networks with a spectrally normalised discriminator.

Papers: Spectral Normalization for Generative Adversarial Networks,
[1802.05957](https://arxiv.org/abs/1802.05957), tables 3 to 6; cGANs with Projection Discriminator,
[1802.05637](https://arxiv.org/abs/1802.05637), for everything with classes.

Notable: every kernel of the discriminator is divided by its largest singular value; the generator has batch
norm, with a gain and a bias for each class; a class enters the discriminator as the inner product of its
vector with the features. The discriminator's features are summed, not averaged, over pixels.

Trainable parameters at 32 px: generator 4,276,739, discriminator 1,053,824; with 10 classes 4,304,387 and
1,055,104. At 128 px, width 64, 1000 classes: 41,996,931 and 30,041,857.
"""

import math

import keras
from keras import initializers, layers, ops

from keras_gans.layers import SpectralConv2D, SpectralDense, SpectralEmbedding
from keras_gans.networks.class_conditioning import batch_norm, label_input
from keras_gans.networks.dcgan import convolution, normal
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.resolution import base_map, levels, pair, text
from keras_gans.serialization import register

# Up to this resolution all feature maps are as wide as the last (tables 3 and 4 of the paper).
_LARGEST_OF_ONE_WIDTH = 32


def generator_widths(resolution, width):
    """Channels of the generator's feature maps of 4, 8, ..., `resolution` pixels, or of these levels."""
    sizes = levels(resolution)
    constant = sizes[-1] <= _LARGEST_OF_ONE_WIDTH
    return [width * (1 if constant else min(16, sizes[-1] // size)) for size in sizes]


def discriminator_widths(resolution, width):
    """Channels of the discriminator's residual blocks, and how many of these halve the image."""
    *smaller, last = levels(resolution)
    halvings = len(smaller)
    if last <= _LARGEST_OF_ONE_WIDTH:
        return [width] * 4, 2
    return [width * min(16, 2**i) for i in range(halvings + 1)], halvings


# === Blocks ===


def residual_conv(x, filters, name, *, spectral_norm, dtype):
    """A 3x3 convolution of a residual branch."""
    return SpectralConv2D(
        filters,
        3,
        spectral_norm=spectral_norm,
        kernel_initializer=initializers.VarianceScaling(2.0, "fan_avg", "uniform"),
        dtype=dtype,
        name=name,
    )(x)


def up_block(x, labels, filters, name, *, num_classes, epsilon, spectral_norm, dtype):
    """A residual block of the generator, which doubles the image."""
    norm = {"num_classes": num_classes, "epsilon": epsilon, "dtype": dtype}
    conv = {"spectral_norm": spectral_norm, "dtype": dtype}
    double = layers.UpSampling2D(2, interpolation="nearest", dtype=dtype)
    inner = double(ops.relu(batch_norm(x, labels, f"{name}_norm0", **norm)))
    inner = residual_conv(inner, filters, f"{name}_conv0", **conv)
    inner = ops.relu(batch_norm(inner, labels, f"{name}_norm1", **norm))
    inner = residual_conv(inner, filters, f"{name}_conv1", **conv)
    # Doubled behind the 1x1 convolution, which gives the same numbers for a quarter of the work.
    return inner + double(SpectralConv2D(filters, 1, name=f"{name}_shortcut", **conv)(x))


def first_down_block(images, filters, name, **conv):
    """The discriminator's first residual block: no activation in front, half the image."""
    halve = layers.AveragePooling2D(2, dtype=conv["dtype"])
    inner = residual_conv(images, filters, f"{name}_conv0", **conv)
    inner = halve(residual_conv(ops.relu(inner), filters, f"{name}_conv1", **conv))
    return inner + SpectralConv2D(filters, 1, name=f"{name}_shortcut", **conv)(halve(images))


def down_block(x, filters, name, *, hidden, downsample, **conv):
    """A residual block of the discriminator.

    The shortcut is the identity where neither the size nor the width changes.
    """
    halve = layers.AveragePooling2D(2, dtype=conv["dtype"])
    inner = residual_conv(ops.relu(x), hidden, f"{name}_conv0", **conv)
    inner = residual_conv(ops.relu(inner), filters, f"{name}_conv1", **conv)
    if downsample:  # halved before the 1x1 convolution, which gives the same numbers
        inner, x = halve(inner), halve(x)
    if downsample or x.shape[-1] != filters:
        x = SpectralConv2D(filters, 1, name=f"{name}_shortcut", **conv)(x)
    return inner + x


def score(features, labels, *, num_classes, use_bias, spectral_norm):
    """The projection discriminator's head: `w^T h (+ b)`, and `+ <embedding(label), h>` with labels."""
    options = {"spectral_norm": spectral_norm, "dtype": "float32"}
    logits = SpectralDense(1, use_bias=use_bias, name="dense", **options)(features)
    if labels is None:
        return logits
    embed = SpectralEmbedding(num_classes, features.shape[-1], name="embedding", **options)
    return logits + ops.sum(embed(labels) * features, axis=-1, keepdims=True)


# === Residual networks ===


@register
class SNGANGenerator(LatentGenerator):
    """Residual generator of SN-GAN.

    Latents become 4x4 pixels, which every residual block doubles; batch norm, ReLU, a 3x3 convolution and
    tanh end it. Up to 32 px all feature maps have `width` channels; from 64 px on, those of r pixels have
    `width * min(16, resolution / r)`.

    From latents to images in `[-1, 1]`; input, output, `resolution`, `latent_dim`, `channels`, `num_classes`
    and `dtype` are those of every `LatentGenerator`.

    Args:
        width: int. Channels of the largest feature map: 256 at 32 px in the paper, 64 at 128 px.
        norm_epsilon: float. Added to the variances of batch norm.

    Example:
    ```python
    generator = keras_gans.networks.SNGANGenerator(resolution=32, width=16)
    generator(keras.random.normal((2, 128))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), tables 4 (32 px) and 6 (128 px); gain and bias of each
        class as in [1802.05637](https://arxiv.org/abs/1802.05637), but for the last batch norm, which has one
        of each. Sizes without a table follow the rule of those around them. Kernels start as Glorot uniform,
        those of residual branches with a gain of sqrt(2), as in the authors' code.
    """

    def __init__(
        self,
        *,
        resolution=32,
        latent_dim=128,
        channels=3,
        num_classes=0,
        width=256,
        norm_epsilon=2e-5,
        dtype=None,
        name="sngan_generator",
    ):
        policy = self.policy
        first, *widths = generator_widths(resolution, width)
        norm = {"num_classes": num_classes, "epsilon": norm_epsilon, "dtype": policy}

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, labels = label_input(latents, num_classes)
        base = base_map(resolution)
        x = layers.Dense(math.prod(base) * first, dtype=policy, name="4x4_dense")(latents)
        x = layers.Reshape((*base, first), dtype=policy)(x)
        for size, filters in zip(levels(resolution)[1:], widths, strict=True):
            x = up_block(x, labels, filters, f"{size}x{size}", spectral_norm=False, **norm)
        x = ops.relu(batch_norm(x, None, "last_norm", **norm))
        x = layers.Conv2D(channels, 3, padding="same", dtype="float32", name="last_conv")(x)
        super().__init__(inputs, ops.tanh(x))


@register
class SNGANDiscriminator(ImageDiscriminator):
    """Residual discriminator of SN-GAN, with the projection of the class.

    Residual blocks, the first without an activation in front; ReLU; the sum over pixels, h; then
    `w^T h + b + <v_label, h>`, the last term with classes only. Up to 32 px there are four blocks of `width`
    channels, of which two halve the image, and no b. From 64 px on there are blocks of
    `width * min(16, 2^i)` channels down to 4x4 pixels and one more that keeps them.

    From images in `[-1, 1]` to one logit each; input, output, `resolution`, `channels` and `num_classes` are
    those of every `ImageDiscriminator`.

    Args:
        width: int. Channels of the first block: 128 at 32 px in the paper, 64 at 128 px.
        spectral_norm: bool. Whether kernels and embedding are divided by their spectral norms.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; the sum over pixels and logits are float32
            under every policy. `None` means the global policy.

    Example:
    ```python
    discriminator = keras_gans.networks.SNGANDiscriminator(resolution=32, width=16)
    discriminator(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), tables 4 (32 px) and 6 (128 px);
        [1802.05637](https://arxiv.org/abs/1802.05637), section 3. As in the authors' code, the
        first convolution of a block is as wide as the block's input, except in the first block. Kernels start
        as in `SNGANGenerator`.
    """

    def __init__(
        self,
        *,
        resolution=32,
        channels=3,
        num_classes=0,
        width=128,
        spectral_norm=True,
        dtype=None,
        name="sngan_discriminator",
    ):
        policy = self.policy
        widths, halvings = discriminator_widths(resolution, width)
        conv = {"spectral_norm": spectral_norm, "dtype": policy}

        # === Functional model ===
        images = keras.Input((*pair(resolution), channels), name="images")
        inputs, labels = label_input(images, num_classes)
        x = first_down_block(images, widths[0], "block0", **conv)
        for i in range(1, len(widths)):
            shape = {"hidden": widths[i - 1], "downsample": i < halvings}
            x = down_block(x, widths[i], f"block{i}", **shape, **conv)
        features = ops.sum(ops.cast(ops.relu(x), "float32"), axis=(1, 2))
        logits = score(
            features,
            labels,
            num_classes=num_classes,
            use_bias=levels(resolution)[-1] > _LARGEST_OF_ONE_WIDTH,
            spectral_norm=spectral_norm,
        )
        super().__init__(inputs, logits)


# === Plain convolutional networks ===


def _eighth(resolution):
    """Height and width of the smallest feature maps of the plain networks."""
    sides = pair(resolution)
    if not all(isinstance(side, int) and side >= 8 and side % 8 == 0 for side in sides):
        raise ValueError(f"`resolution` must be a positive multiple of 8. Received: {text(resolution)}")
    return tuple(side // 8 for side in sides)


@register
class SNGANCNNGenerator(LatentGenerator):
    """Plain convolutional generator of SN-GAN.

    Latents become `resolution / 8` pixels of `8 * width` channels, which three transposed 4x4 convolutions
    double and halve, each with batch norm and ReLU; a 3x3 convolution and tanh end it.

    From latents to images in `[-1, 1]`; input, output, `latent_dim`, `channels`, `num_classes` and `dtype`
    are those of every `LatentGenerator`.

    Args:
        resolution: int. Height and width of the images, a multiple of 8.
        width: int. Channels of the largest feature map.

    Example:
    ```python
    generator = keras_gans.networks.SNGANCNNGenerator(resolution=48, width=8)
    generator(keras.random.normal((2, 128))).shape  # (2, 48, 48, 3)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), table 3 a. Classes, which that table does not have, as
        in `SNGANGenerator`. Kernels start as N(0, 0.02), which the paper does not say.
    """

    def __init__(
        self,
        *,
        resolution=32,
        latent_dim=128,
        channels=3,
        num_classes=0,
        width=64,
        dtype=None,
        name="sngan_cnn_generator",
    ):
        policy = self.policy
        first = _eighth(resolution)

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, labels = label_input(latents, num_classes)
        x = layers.Dense(
            math.prod(first) * 8 * width, kernel_initializer=normal(), dtype=policy, name="dense"
        )(latents)
        x = layers.Reshape((*first, 8 * width), dtype=policy)(x)
        for i, filters in enumerate((4 * width, 2 * width, width)):
            options = {"layer": layers.Conv2DTranspose, "strides": 2, "padding": "same", "dtype": policy}
            x = convolution(x, filters, 4, name=f"deconv{i}", **options)
            x = batch_norm(x, labels, f"norm{i}", num_classes=num_classes, epsilon=2e-5, dtype=policy)
            x = ops.relu(x)
        x = convolution(x, channels, 3, padding="same", dtype="float32", name="last_conv")
        super().__init__(inputs, ops.tanh(x))


@register
class SNGANCNNDiscriminator(ImageDiscriminator):
    """Plain convolutional discriminator of SN-GAN.

    A 3x3 convolution and a 4x4 one that halves the image, three times, with `width`, `2 * width` and
    `4 * width` channels; one more 3x3 convolution with `8 * width`; leaky ReLU of slope 0.1 behind each; a
    dense layer of all its features, and with classes the projection.

    From images in `[-1, 1]` to one logit each; input, output, `channels`, `num_classes` and `dtype` are those
    of every `ImageDiscriminator`.

    Args:
        resolution: int. Height and width of the images, a multiple of 8.
        width: int. Channels of the largest feature map.
        spectral_norm: bool. Whether kernels and embedding are divided by their spectral norms.

    Example:
    ```python
    discriminator = keras_gans.networks.SNGANCNNDiscriminator(resolution=48, width=8)
    discriminator(keras.random.uniform((2, 48, 48, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), table 3 b; the projection, which that table does not
        have, is that of [1802.05637](https://arxiv.org/abs/1802.05637), section 3. Kernels start as in
        `SNGANCNNGenerator`.
    """

    def __init__(
        self,
        *,
        resolution=32,
        channels=3,
        num_classes=0,
        width=64,
        spectral_norm=True,
        dtype=None,
        name="sngan_cnn_discriminator",
    ):
        policy = self.policy
        _eighth(resolution)

        def conv(x, filters, size, strides, name):
            x = SpectralConv2D(
                filters,
                size,
                strides=strides,
                spectral_norm=spectral_norm,
                kernel_initializer=normal(),
                dtype=policy,
                name=name,
            )(x)
            return layers.LeakyReLU(negative_slope=0.1, dtype=policy)(x)

        # === Functional model ===
        images = keras.Input((*pair(resolution), channels), name="images")
        inputs, labels = label_input(images, num_classes)
        x = images
        for i, filters in enumerate((width, 2 * width, 4 * width)):
            x = conv(x, filters, 3, 1, f"conv{2 * i}")
            x = conv(x, filters, 4, 2, f"conv{2 * i + 1}")
        x = layers.Flatten(dtype="float32")(conv(x, 8 * width, 3, 1, "conv6"))
        logits = score(x, labels, num_classes=num_classes, use_bias=True, spectral_norm=spectral_norm)
        super().__init__(inputs, logits)
