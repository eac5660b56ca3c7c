"""Progressive GAN: generator and discriminator.

Paper: Progressive Growing of GANs for Improved Quality, Stability, and Variation,
[1710.10196](https://arxiv.org/abs/1710.10196), table 2 and appendix A.

Notable: every kernel has an equalized learning rate; the generator normalises pixels, the discriminator
normalises nothing and sees the standard deviation of its batch; both hold all their resolutions at once, and
`at(resolution)` is the same network while it was, or is, smaller. No tanh and no sigmoid at the ends.

Trainable parameters at 128 px, latents of 512: generator 22,933,394, discriminator 22,941,313.
"""

import math

import keras
from keras import layers

from keras_gans.layers import (
    Bias,
    DownsampleConv2D,
    EqualizedConv2D,
    EqualizedDense,
    FadeIn,
    MinibatchStddev,
    PixelNorm,
    UpsampleConv2D,
)
from keras_gans.networks.class_conditioning import beside_classes
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.resolution import at_level, base_map, level_of, levels, pair, plain
from keras_gans.serialization import Network, register


class Progressive:
    """What both networks need in order to grow: a view per resolution and the fade between two of them.

    A mixin beside a `Network`: Keras cannot build a model whose class has two bases that are models.
    """

    @property
    def alpha(self):
        """The fade-in weight, a scalar variable in `[0, 1]`, shared by all resolutions."""
        return self.fade_in.alpha

    @property
    def resolutions(self):
        """All resolutions that the network passes through, from its base map, such as 4, to its own."""
        sizes = grown_resolutions(self.resolution, self.channel_base)
        return tuple(at_level(self.resolution, size) for size in sizes)

    def at(self, resolution):
        """Returns the network as it is when its images have `resolution` pixels.

        The result is a functional model made of this network's own layers: training it trains this network.
        Up to `alpha` it shows the new resolution, the rest is the resolution below, enlarged.

        Args:
            resolution: int, or (height, width). One of `resolutions`.
        """
        resolution = plain(resolution)
        if resolution not in self.resolutions:
            raise ValueError(f"{self.name} has the resolutions {self.resolutions}. Received: {resolution}")
        size = level_of(resolution)
        inputs, outputs = self.graph(size)
        return keras.Model(inputs, outputs, name=f"{self.name}_{size}x{size}")


def grown_resolutions(resolution, channel_base):
    """Returns the levels of the feature maps, [4, 8, ..., resolution], or says why it cannot."""
    sizes = levels(resolution)
    if 2 * channel_base < sizes[-1]:
        raise ValueError(
            f"`channel_base` must be at least {sizes[-1] // 2}, half of `resolution`, or the last block has "
            f"no channels. Received: {channel_base}"
        )
    return sizes


def num_filters(resolution, channel_base, channel_max):
    """Width of the feature maps at a resolution: `2 * channel_base / resolution`, at most `channel_max`."""
    return min(2 * channel_base // resolution, channel_max)


@register
class ProGANGenerator(Progressive, LatentGenerator):
    """Generator of Progressive GAN.

    Latents (and one-hot labels) are normalised to the hypersphere, projected to 4x4 pixels and doubled block
    by block; a 1x1 convolution per resolution turns features into colours.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        latent_dim: int. Width of the latent vectors.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        channel_base: int. Feature maps have `2 * channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; images are float32 under every policy.
            `None` means the global policy.

    Input shape:
        latents: `(batch, latent_dim)`, float, of any length but zero. With `num_classes`, a list
        `[latents, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Images, `(batch, resolution, resolution, channels)`, float32, trained to lie in `[-1, 1]`, not
        clipped.

    Example:
    ```python
    generator = keras_gans.networks.ProGANGenerator(resolution=32, channel_base=512, channel_max=64)
    generator(keras.random.normal((2, 512))).shape  # (2, 32, 32, 3)
    generator.at(8)(keras.random.normal((2, 512))).shape  # (2, 8, 8, 3)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), table 2. Upsampling and the convolution behind it are
        one operation, with the same result (`UpsampleConv2D`).
    """

    def __init__(
        self,
        *,
        resolution=1024,
        latent_dim=512,
        channels=3,
        num_classes=0,
        channel_base=8192,
        channel_max=512,
        dtype=None,
        name="progan_generator",
    ):
        policy = self.policy
        sizes, base = grown_resolutions(resolution, channel_base), base_map(resolution)

        # === Layers ===
        first = num_filters(4, channel_base, channel_max)
        body = {
            "4x4_dense": EqualizedDense(
                math.prod(base) * first,
                gain=math.sqrt(2.0) / 4,
                use_bias=False,
                dtype=policy,
                name="4x4_dense",
            ),
            "4x4_bias": Bias(dtype=policy, name="4x4_bias"),
            "4x4_conv": EqualizedConv2D(first, dtype=policy, name="4x4_conv"),
        }
        for size in sizes[1:]:
            filters = num_filters(size, channel_base, channel_max)
            block = f"{size}x{size}"
            body[f"{block}_conv0"] = UpsampleConv2D(filters, dtype=policy, name=f"{block}_conv0")
            body[f"{block}_conv1"] = EqualizedConv2D(filters, dtype=policy, name=f"{block}_conv1")
        to_rgb = {
            size: EqualizedConv2D(channels, 1, gain=1.0, dtype="float32", name=f"to_rgb_{size}x{size}")
            for size in sizes
        }
        fade_in = FadeIn(dtype="float32", name="fade_in")

        # === Functional Model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, x = beside_classes(latents, num_classes)
        x = PixelNorm(dtype="float32", name="latent_norm")(x)
        x = body["4x4_dense"](x)
        x = layers.Reshape((first, *base), dtype=policy)(x)
        x = layers.Permute((2, 3, 1), dtype=policy)(x)  # (batch, 4, 4, channels), or of the base map
        x = _activate(body["4x4_bias"](x), policy)
        x = _activate(body["4x4_conv"](x), policy)
        features = {4: x}
        for size in sizes[1:]:
            for number in (0, 1):
                x = _activate(body[f"{size}x{size}_conv{number}"](x), policy)
            features[size] = x

        def graph(size):
            new = to_rgb[size](features[size])
            if size == 4:
                return inputs, new
            old = to_rgb[size // 2](features[size // 2])
            old = layers.UpSampling2D(2, interpolation="nearest", dtype="float32")(old)
            return inputs, fade_in([old, new])

        grown = graph(sizes[-1])
        for size in sizes[:-2]:
            to_rgb[size](features[size])  # builds the layers that the full network does not use
        super().__init__(*grown)

        # === Parts ===
        self.graph = graph
        self.fade_in = fade_in
        self.outgrown = [to_rgb[size] for size in sizes[:-2]]


@register
class ProGANDiscriminator(Progressive, Network):
    """Discriminator of Progressive GAN, the generator's mirror image.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        channels: int. Colours of the images.
        num_classes: int. Number of classes whose logits are given beside the score; 0 means unconditional.
        channel_base: int. Feature maps have `2 * channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        minibatch_group_size: int. Examples whose standard deviation is compared; `None` means off.
        fused_scale: bool. Whether the 2x2 mean stands between a block's second convolution and its bias, as
            in the published networks, or behind the activation, as in the paper's table 2.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; logits are float32 under every policy.
            `None` means the global policy.

    Input shape:
        Images, `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`.

    Output shape:
        Logits, `(batch, 1 + num_classes)`, float32: the score, higher for real images, then the classes'.

    Example:
    ```python
    discriminator = keras_gans.networks.ProGANDiscriminator(resolution=32, channel_base=512, channel_max=64)
    discriminator(keras.random.uniform((4, 32, 32, 3), -1, 1)).shape  # (4, 1)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), table 2; the class logits are those of
        [1610.09585](https://arxiv.org/abs/1610.09585).
    """

    def __init__(
        self,
        *,
        resolution=1024,
        channels=3,
        num_classes=0,
        channel_base=8192,
        channel_max=512,
        minibatch_group_size=4,
        fused_scale=True,
        dtype=None,
        name="progan_discriminator",
    ):
        policy = self.policy
        sizes = grown_resolutions(resolution, channel_base)

        # === Layers ===
        widths = {size: num_filters(size, channel_base, channel_max) for size in [2, *sizes]}
        from_rgb, blocks = {}, {}
        last_conv = DownsampleConv2D if fused_scale else EqualizedConv2D
        for size in reversed(sizes):
            block_name = f"{size}x{size}"
            from_rgb[size] = EqualizedConv2D(widths[size], 1, dtype=policy, name=f"from_rgb_{block_name}")
            if size > 4:
                blocks[size] = (
                    EqualizedConv2D(widths[size], dtype=policy, name=f"{block_name}_conv0"),
                    last_conv(widths[size // 2], dtype=policy, name=f"{block_name}_conv1"),
                )
        stddev = MinibatchStddev(group_size=minibatch_group_size or 1, dtype=policy, name="minibatch_stddev")
        conv = EqualizedConv2D(widths[4], dtype=policy, name="4x4_conv")
        dense0 = EqualizedDense(widths[2], dtype=policy, name="4x4_dense0")
        dense1 = EqualizedDense(1 + num_classes, gain=1.0, dtype="float32", name="4x4_dense1")
        fade_in = FadeIn(dtype=policy, name="fade_in")

        # === Functional Model ===
        def read(pixels, size):
            return _leaky_relu(from_rgb[size](pixels), policy)

        def block(x, size):
            for convolution in blocks[size]:
                x = _leaky_relu(convolution(x), policy)
            return x if fused_scale else _halve(x, policy)

        def graph(last):
            pixels = keras.Input((*pair(at_level(resolution, last)), channels), name="images")
            x = read(pixels, last)
            if last > 4:
                old = read(_halve(pixels, "float32"), last // 2)
                x = fade_in([old, block(x, last)])
            for size in [size for size in reversed(sizes) if 4 < size < last]:
                x = block(x, size)
            x = stddev(x) if minibatch_group_size else x
            x = _leaky_relu(conv(x), policy)
            # Channels first, the order in which published weights expect the features.
            x = layers.Flatten(dtype=policy)(layers.Permute((3, 1, 2), dtype=policy)(x))
            return pixels, dense1(_leaky_relu(dense0(x), policy))

        grown = graph(sizes[-1])
        for size in sizes[:-2]:
            graph(size)  # builds the layers that the full network does not use
        super().__init__(*grown)

        # === Parts ===
        self.graph = graph
        self.fade_in = fade_in
        self.outgrown = [from_rgb[size] for size in sizes[:-2]]


def _leaky_relu(x, policy):
    return layers.LeakyReLU(negative_slope=0.2, dtype=policy)(x)


def _activate(x, policy):
    return PixelNorm(dtype=policy)(_leaky_relu(x, policy))


def _halve(x, policy):
    return layers.AveragePooling2D(2, dtype=policy)(x)
