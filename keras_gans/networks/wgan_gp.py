"""WGAN-GP: residual generator and critics.

Paper: Improved Training of Wasserstein GANs, [1704.00028](https://arxiv.org/abs/1704.00028), sections 4 and 5
and the appendices on architectures, with the numbers of its public implementation.

Notable: pre-activation residual blocks; batch norm in the generator only, because the penalty is one of each
example: critics have layer norm (64 px) or no normalisation (CIFAR-10). With classes, the generator's batch
norm has a gain and a bias for each class and the critic gives class logits beside its score (AC-GAN).

Trainable parameters with latents of 128. CIFAR-10, 32 px: generator 1,204,099, critic 1,053,825; with ten
classes 1,217,923 and 1,055,115. 64 px: generator 8,540,483, critic 7,491,841.
"""

import keras
from keras import layers

from keras_gans.networks.class_conditioning import batch_norm, label_input
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.networks.sizes import check_power_of_two, feature_widths
from keras_gans.serialization import Network, register


@register
class WGANGPGenerator(LatentGenerator):
    """Generator of residual blocks, each of which doubles its image.

    A block is `conv(ReLU(BN(conv(up(ReLU(BN(x))))))) + up(conv_1x1(x))`. At r pixels there are
    `channel_base / r` feature maps, at most `channel_max`.

    From latents to images in `[-1, 1]`; input, output, `resolution`, `latent_dim`, `channels`, `num_classes`
    and `dtype` are those of every `LatentGenerator`.

    Args:
        channel_base: int. Feature maps have `channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map: 512 at 64 px, 128 for CIFAR-10.

    Example:
    ```python
    generator = keras_gans.networks.WGANGPGenerator(resolution=32, channel_max=16)
    generator(keras.random.normal((2, 128))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1704.00028](https://arxiv.org/abs/1704.00028), appendices. Classes choose the gains and biases of the
        blocks' batch norm ([1610.07629](https://arxiv.org/abs/1610.07629)), as in the public implementation.
        A convolution before a batch norm has no bias, which the norm would remove.
    """

    def __init__(
        self,
        *,
        resolution=64,
        latent_dim=128,
        channels=3,
        num_classes=0,
        channel_base=4096,
        channel_max=512,
        dtype=None,
        name="wgan_gp_generator",
    ):
        policy = self.policy
        check_power_of_two(resolution)
        widths = feature_widths(resolution, channel_base, channel_max)

        latents = keras.Input((latent_dim,), name="latents")
        inputs, labels = label_input(latents, num_classes)

        def normalize(x, name, labels=labels):
            return batch_norm(x, labels, name, num_classes=num_classes, epsilon=1e-5, dtype=policy)

        # === Functional Model ===
        x = layers.Dense(16 * widths[4], dtype=policy, name="4x4_dense")(latents)
        x = layers.Reshape((4, 4, widths[4]), dtype=policy)(x)
        for size in list(widths)[1:]:
            x = _block(x, widths[size], normalize, policy, f"{size}x{size}", up=True)
        x = layers.ReLU(dtype=policy)(normalize(x, "output_norm", labels=None))
        outputs = layers.Conv2D(
            channels, 3, padding="same", activation="tanh", dtype="float32", name="output_conv"
        )(x)
        super().__init__(inputs, outputs)


@register
class WGANGPDiscriminator(Network):
    """Critic with layer norm, for images of 64 px.

    A convolution, then residual blocks `down(conv(ReLU(LN(conv(ReLU(LN(x))))))) + conv_1x1(down(x))` to 4x4
    pixels and one dense layer. Layer norm takes mean and variance of all pixels and channels of an example
    and has a gain and a bias for every channel (`keras.layers.GroupNormalization` with one group).

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        channels: int. Colours of the images.
        num_classes: int. Number of classes whose logits are given beside the score; 0 means unconditional.
        channel_base: int. Feature maps have `channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; logits are float32 under every policy.
            `None` means the global policy.

    Input shape:
        images: `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`.

    Output shape:
        Logits, `(batch, 1 + num_classes)`, float32: the score, higher for real images, then the classes'.

    Example:
    ```python
    critic = keras_gans.networks.WGANGPDiscriminator(resolution=32, channel_base=512)
    critic(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1704.00028](https://arxiv.org/abs/1704.00028), sections 4 and 5.1; class logits
        [1610.09585](https://arxiv.org/abs/1610.09585). A convolution before a norm has no bias.
    """

    def __init__(
        self,
        *,
        resolution=64,
        channels=3,
        num_classes=0,
        channel_base=4096,
        channel_max=512,
        dtype=None,
        name="wgan_gp_discriminator",
    ):
        policy = self.policy
        check_power_of_two(resolution)
        widths = feature_widths(resolution, channel_base, channel_max)

        def normalize(x, name):
            return layers.GroupNormalization(groups=1, epsilon=1e-5, dtype=policy, name=name)(x)

        # === Functional Model ===
        pixels = keras.Input((resolution, resolution, channels), name="images")
        x = _conv(widths[resolution], policy, "input_conv", initializer="glorot_uniform")(pixels)
        for size in list(widths)[-2::-1]:
            x = _block(x, widths[size], normalize, policy, f"{size}x{size}", down=True)
        x = layers.Flatten(dtype=policy)(x)
        outputs = layers.Dense(1 + num_classes, dtype="float32", name="logits")(x)
        super().__init__(pixels, outputs)


@register
class WGANGPCIFARDiscriminator(Network):
    """Critic without normalisation, for CIFAR-10.

    The first block, without activation and norm in front, and the blocks behind it halve the image to 8x8
    pixels; two more keep its size; the mean over the pixels of `ReLU(x)` goes into one dense layer.

    Arguments, input and output are those of `WGANGPDiscriminator`, with a `resolution` from 16 on.

    Example:
    ```python
    critic = keras_gans.networks.WGANGPCIFARDiscriminator(resolution=32, channel_max=16)
    critic(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1704.00028](https://arxiv.org/abs/1704.00028), appendix on CIFAR-10; class logits
        [1610.09585](https://arxiv.org/abs/1610.09585).
    """

    def __init__(
        self,
        *,
        resolution=32,
        channels=3,
        num_classes=0,
        channel_base=4096,
        channel_max=128,
        dtype=None,
        name="wgan_gp_cifar_discriminator",
    ):
        policy = self.policy
        check_power_of_two(resolution)
        widths = feature_widths(resolution, channel_base, channel_max)
        if resolution < 16:
            raise ValueError(
                "`resolution` must be a power of two from 16 to 1024, for blocks that end at 8x8. "
                f"Received: {resolution}"
            )
        first, *others = [size for size in reversed(widths) if 8 <= size < resolution]

        # === Functional Model ===
        pixels = keras.Input((resolution, resolution, channels), name="images")
        x = _first_block(pixels, widths[first], policy, f"{first}x{first}")
        for size in others:
            x = _block(x, widths[size], None, policy, f"{size}x{size}", down=True)
        for number in (1, 2):
            x = _block(x, widths[8], None, policy, f"8x8_plain{number}")
        x = layers.GlobalAveragePooling2D(dtype=policy)(layers.ReLU(dtype=policy)(x))
        outputs = layers.Dense(1 + num_classes, dtype="float32", name="logits")(x)
        super().__init__(pixels, outputs)


def _conv(filters, policy, name, *, initializer=None, **options):
    """A 3x3 convolution, He-initialised by the mean of inputs and outputs unless told otherwise."""
    he = keras.initializers.VarianceScaling(2.0, mode="fan_avg", distribution="uniform")
    return layers.Conv2D(
        filters, 3, padding="same", kernel_initializer=initializer or he, dtype=policy, name=name, **options
    )


def _shortcut(filters, policy, name):
    return layers.Conv2D(filters, 1, dtype=policy, name=f"{name}_shortcut")


def _block(x, filters, normalize, policy, name, *, up=False, down=False):
    """A residual block that doubles, halves or keeps the image; `normalize` of `None` means no norm."""
    double = layers.UpSampling2D(2, interpolation="nearest", dtype=policy)
    halve = layers.AveragePooling2D(2, dtype=policy)

    def activate(x, norm_name):
        return layers.ReLU(dtype=policy)(normalize(x, norm_name) if normalize else x)

    # Down, the first convolution keeps the channels; up, it changes them.
    inner = filters if up else x.shape[-1]
    y = activate(x, f"{name}_norm0")
    y = double(y) if up else y
    y = _conv(inner, policy, f"{name}_conv0", use_bias=normalize is None)(y)
    y = activate(y, f"{name}_norm1")
    y = _conv(filters, policy, f"{name}_conv1")(y)
    y = halve(y) if down else y
    if up or down:  # a 1x1 convolution commutes with both; on the smaller image it is cheaper
        x = _shortcut(filters, policy, name)(halve(x) if down else x)
        x = double(x) if up else x
    return layers.Add(dtype=policy)([x, y])


def _first_block(pixels, filters, policy, name):
    """A block that halves the image, without an activation in front."""
    y = _conv(filters, policy, f"{name}_conv0")(pixels)
    y = _conv(filters, policy, f"{name}_conv1")(layers.ReLU(dtype=policy)(y))
    y = layers.AveragePooling2D(2, dtype=policy)(y)
    x = layers.AveragePooling2D(2, dtype=policy)(pixels)
    return layers.Add(dtype=policy)([_shortcut(filters, policy, name)(x), y])
