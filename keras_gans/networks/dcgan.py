"""DCGAN: convolutional generator and discriminator.

Paper: Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks,
[1511.06434](https://arxiv.org/abs/1511.06434), section 3 and figure 1. LSGAN
([1611.04076](https://arxiv.org/abs/1611.04076)) and WGAN ([1701.07875](https://arxiv.org/abs/1701.07875)) are
other losses on these networks.

Notable: strided convolutions instead of pooling; batch norm everywhere but at the generator's output and at
both ends of the discriminator; no dense hidden layer; rectifiers in the generator, leaky ones in the
discriminator.

Trainable parameters at 64 px, latents of 100: generator 3,576,704, discriminator 2,765,568.
"""

import math

import keras
from keras import layers

from keras_gans.layers import Clip
from keras_gans.networks.class_conditioning import beside_classes, label_input, one_hot
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.resolution import base_map, levels, pair
from keras_gans.serialization import register


@register
class DCGANGenerator(LatentGenerator):
    """Generator of transposed convolutions.

    Latents (and one-hot labels) become 4x4 pixels, which every layer doubles: `ReLU(BN(conv_4x4_stride_2))`,
    the last one tanh without batch norm. At r pixels there are `width * resolution / (2 r)` feature maps.

    From latents to images in `[-1, 1]`; input, output, `resolution`, `latent_dim`, `channels`, `num_classes`
    and `dtype` are those of every `LatentGenerator`.

    Args:
        width: int. Feature maps at half the resolution; twice as many at each smaller one.

    Example:
    ```python
    generator = keras_gans.networks.DCGANGenerator(resolution=32, width=16)
    generator(keras.random.normal((2, 100))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1511.06434](https://arxiv.org/abs/1511.06434), figure 1, with the 4x4 kernels, 64 feature maps, batch
        norm gains around 1 and normal latents that became customary; the paper's figure has 5x5 kernels and
        uniform latents. Labels are concatenated as in [1411.1784](https://arxiv.org/abs/1411.1784).
    """

    def __init__(
        self,
        *,
        resolution=64,
        latent_dim=100,
        channels=3,
        num_classes=0,
        width=64,
        dtype=None,
        name="dcgan_generator",
    ):
        policy = self.policy
        sizes, base = levels(resolution), base_map(resolution)
        widths = {size: width * sizes[-1] // (2 * size) for size in sizes[:-1]}

        # === Layers ===
        dense = layers.Dense(
            math.prod(base) * widths[4],
            use_bias=False,
            kernel_initializer=normal(),
            dtype=policy,
            name="4x4_dense",
        )
        convolutions = {
            size: layers.Conv2DTranspose(
                widths.get(size, channels),
                4,
                strides=2,
                padding="same",
                use_bias=False,
                kernel_initializer=normal(),
                dtype=policy if size < sizes[-1] else "float32",
                name=f"{size}x{size}_conv",
            )
            for size in sizes[1:]
        }
        norms = {size: batch_norm(f"{size}x{size}_norm", policy) for size in sizes[:-1]}

        # === Functional Model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, x = beside_classes(latents, num_classes)
        x = layers.Reshape((*base, widths[4]), dtype=policy)(dense(x))
        for size in sizes[1:]:
            x = layers.ReLU(dtype=policy)(norms[size // 2](x))
            x = convolutions[size](x)
        outputs = layers.Activation("tanh", dtype="float32")(x)
        super().__init__(inputs, outputs)


@register
class DCGANDiscriminator(ImageDiscriminator):
    """Discriminator of strided convolutions, the generator's mirror image; also the critic of WGAN.

    Every layer halves the pixels: `LeakyReLU_0.2(BN(conv_4x4_stride_2))`, the first one without batch norm,
    down to 4x4, and a 4x4 convolution gives the logit.

    From images in `[-1, 1]` to one logit each; input, output, `resolution`, `channels` and `dtype` are those
    of every `ImageDiscriminator`.

    Args:
        num_classes: int. Number of classes; 0 means unconditional. Each becomes a map beside the colours.
        width: int. Feature maps at half the resolution; twice as many at each smaller one.
        clip: float. Largest absolute value of every trainable parameter, batch norm's too, kept by
            optimizers: 0.01 in WGAN. `None` means no limit.

    Example:
    ```python
    discriminator = keras_gans.networks.DCGANDiscriminator(resolution=32, width=16)
    discriminator(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1511.06434](https://arxiv.org/abs/1511.06434), section 3; clipping
        [1701.07875](https://arxiv.org/abs/1701.07875), algorithm 1. Real and generated images are normalised
        apart, each by their own batch.
    """

    def __init__(
        self,
        *,
        resolution=64,
        channels=3,
        num_classes=0,
        width=64,
        clip=None,
        dtype=None,
        name="dcgan_discriminator",
    ):
        policy = self.policy
        *halved, last = levels(resolution)
        halved.reverse()
        constraint = Clip(clip) if clip is not None else None

        # === Layers ===
        shared = {"use_bias": False, "kernel_constraint": constraint}
        convolutions = {
            size: layers.Conv2D(
                width * last // (2 * size),
                4,
                strides=2,
                padding="same",
                kernel_initializer=normal(),
                dtype=policy,
                name=f"{size}x{size}_conv",
                **shared,
            )
            for size in halved
        }
        norms = {size: batch_norm(f"{size}x{size}_norm", policy, constraint) for size in halved[1:]}
        logit = layers.Conv2D(
            1, base_map(resolution), kernel_initializer=normal(), dtype="float32", name="logit", **shared
        )

        # === Functional Model ===
        pixels = keras.Input((*pair(resolution), channels), name="images")
        inputs, labels = label_input(pixels, num_classes)
        x = pixels
        if num_classes:
            maps = layers.Reshape((1, 1, num_classes), dtype="float32")(one_hot(labels, num_classes))
            maps = layers.UpSampling2D(pair(resolution), dtype="float32")(
                maps
            )  # (batch, height, width, classes)
            x = layers.Concatenate(dtype="float32")([pixels, maps])
        for size in halved:
            x = convolutions[size](x)
            x = norms[size](x) if size in norms else x
            x = layers.LeakyReLU(negative_slope=0.2, dtype=policy)(x)
        outputs = layers.Flatten(dtype="float32")(logit(x))
        super().__init__(inputs, outputs)


def normal():
    """The initial kernels, N(0, 0.02)."""
    return keras.initializers.RandomNormal(stddev=0.02)


def convolution(x, filters, size, *, layer=layers.Conv2D, **options):
    """Applies a convolution, or another layer of this kind, whose kernel begins as `normal`."""
    return layer(filters, size, kernel_initializer=normal(), **options)(x)


def batch_norm(name, dtype, constraint=None):
    """Batch norm whose gains begin around 1."""
    return layers.BatchNormalization(
        momentum=0.9,
        epsilon=1e-5,
        gamma_initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.02),
        gamma_constraint=constraint,
        beta_constraint=constraint,
        synchronized=True,
        dtype=dtype,
        name=name,
    )
