"""StyleGAN2 and StyleGAN2-ADA: generators and discriminators.

Papers: Analyzing and Improving the Image Quality of StyleGAN,
[1912.04958](https://arxiv.org/abs/1912.04958), figures 2 and 7 and appendix B; Training Generative
Adversarial Networks with Limited Data, [2006.06676](https://arxiv.org/abs/2006.06676), appendices B and D.

Notable: a style scales the kernels of a convolution, which are then demodulated, instead of normalising its
output. No growth: images of all resolutions are summed in the generator ("skip"), the discriminator is
residual. Every kernel has an equalized learning rate, every resampling a low-pass filter.

Trainable parameters of config f (`channel_base` 32768): at 256 px generator 30,034,338, discriminator
28,864,129; at 1024 px 30,370,060 and 29,012,513. Config e (16384), 1024 px: 24,900,764 and 24,038,161.
Half the channels (16384, "paper256"), 256 px: 24,767,458 and 24,001,089. CIFAR-10, 10 classes, 2 mapping
layers, `StyleGAN2PlainDiscriminator`: 20,215,315 and 23,089,664.
"""

import dataclasses
import math

import keras
from keras import layers, ops

from keras_gans.layers import (
    Bias,
    Constant,
    EqualizedConv2D,
    EqualizedDense,
    FIRDownsampleConv2D,
    FIRResample2D,
    MinibatchStddev,
    ModulatedConv2D,
    NoiseInjection,
    PixelNorm,
    StyleAverage,
)
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.sizes import check_sizes, feature_widths
from keras_gans.networks.style_generator import StyleGenerator, stored_noise, styles_from_latents
from keras_gans.resolution import base_map, pair
from keras_gans.serialization import Network, register

ROOT_HALF = math.sqrt(0.5)


@register
class StyleGAN2Generator(StyleGenerator, Network):
    """Generator of StyleGAN2: a mapping network and a synthesis network whose images are summed ("skip").

    Latents and an embedding of the class, each normalised by itself, become a style `w` through dense
    layers. The synthesis network starts from a constant of 4x4 pixels; a block is an up-sampling and a plain
    modulated convolution, each followed by noise, bias and `sqrt(2) * leaky_relu`. Every block adds an image
    to the enlarged image of the block before.

    Noise is an input of `synthesis`. Calling the generator, and every export, takes the noise that is stored
    with the weights, drawn once at construction; training gives `synthesis` noise of its own.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        latent_dim: int. Width of the latent vectors.
        style_dim: int. Width of the styles.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        mapping_layers: int. Dense layers of the mapping network.
        mapping_width: int. Width of all of them but the last. `None` means `style_dim`.
        mapping_lr_multiplier: float. Their learning rate, relative to the others'.
        embedding_dim: int. Width of the embedding of a class. `None` means `style_dim`.
        channel_base: int. Feature maps have `channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        taps: sequence of float, symmetric. Low-pass filter of every resampling.
        average_decay: float. Decay of the average style.
        low_precision_blocks: int. Blocks, from the highest resolution, that are computed in the precision of
            `dtype`; all others, and always that of 4x4, in float32.
        clamp: float. Limit of the size of every feature and of every image before their sum, which keeps
            half precision finite. `None` means off.
        dtype: str or `keras.DTypePolicy`. Precision of those blocks; images are float32 under every policy.
            `None` means the global policy.

    Input shape:
        latents: `(batch, latent_dim)`, float, of any length but zero. With `num_classes`, a list
        `[latents, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Images, `(batch, resolution, resolution, channels)`, float32, trained to lie in `[-1, 1]`, not
        clipped; without truncation, with the stored noise.

    Attributes:
        mapping: network from latents, or `[latents, classes]`, one-hot float, to `(batch, style_dim)`.
        synthesis: network from `[styles, *noise]`, styles `(batch, num_styles, style_dim)`, to images.
        num_styles: int. Styles of an image: `2 log2(resolution) - 2`. A block's image has the style of the
            next block's first convolution.

    Example:
    ```python
    generator = keras_gans.networks.StyleGAN2Generator(resolution=32, channel_base=512, channel_max=32)
    latents = keras.random.normal((2, 512))
    generator(latents).shape  # (2, 32, 32, 3)
    styles = generator.truncate(generator.styles(latents), 0.7)  # (2, 8, 512)
    noise = [keras.random.normal((2, *shape)) for shape in generator.noise_shapes]
    generator.synthesize(styles, noise).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), figures 2c and 7b, appendix B; classes, clamp and low
        precision [2006.06676](https://arxiv.org/abs/2006.06676), appendices B and D.
    """

    def __init__(
        self,
        *,
        resolution=1024,
        latent_dim=512,
        style_dim=512,
        channels=3,
        num_classes=0,
        mapping_layers=8,
        mapping_width=None,
        mapping_lr_multiplier=0.01,
        embedding_dim=None,
        channel_base=32768,
        channel_max=512,
        taps=(1, 3, 3, 1),
        average_decay=0.995,
        low_precision_blocks=4,
        clamp=256.0,
        dtype=None,
        name="stylegan2_generator",
    ):
        check_sizes(self, "latent_dim", "style_dim", "channels", "mapping_layers", "channel_max")
        _check_clamp(clamp)
        policy = self.policy
        widths = feature_widths(resolution, channel_base, channel_max)
        sizes = list(widths)
        num_styles = 2 * len(sizes)

        # === Mapping ===
        mapping = _mapping(
            latent_dim,
            num_classes,
            style_dim,
            depth=mapping_layers,
            width=mapping_width,
            embedding_dim=embedding_dim,
            lr_multiplier=mapping_lr_multiplier,
        )
        style_average = StyleAverage(decay=average_decay, dtype="float32", name="style_average")

        # === Synthesis ===
        parts = _Parts(
            widths=widths,
            policies=_policies(sizes, low_precision_blocks, policy),
            channels=channels,
            taps=taps,
            clamp=clamp,
        )
        numbered = [(size, number) for size in sizes for number in (0, 1)][1:]  # one convolution at 4x4
        noise_constants = stored_noise(numbered, resolution)
        styles = keras.Input((num_styles, style_dim), name="styles")
        noise = [keras.Input(layer.shape, name=f"noise{i}") for i, layer in enumerate(noise_constants)]
        each = ops.unstack(styles, num_styles, axis=1)
        first = (*base_map(resolution), parts.widths[4])
        x = Constant(first, initializer=_normal(), dtype="float32", name="4x4_const")(styles)
        x = parts.styled_conv(x, 4, "conv1", each[0], noise[0])
        image = self._first_image(parts, x, each[1])
        for i, size in enumerate(sizes[1:]):
            x, image = self._block(
                parts, x, image, size, each[2 * i + 1 : 2 * i + 4], noise[2 * i + 1 : 2 * i + 3]
            )
        image = self._last_image(parts, x, image, each[-1])
        synthesis = keras.Model([styles, *noise], image, name="synthesis")

        # === Functional Model ===
        inputs, w = styles_from_latents(latent_dim, num_classes, mapping, style_average, num_styles)
        stored = [layer(w) for layer in noise_constants]
        super().__init__(inputs, synthesis([w, *stored]))

        # === Parts ===
        self.mapping = mapping
        self.style_average = style_average
        self.noise_constants = noise_constants
        self.synthesis = synthesis
        self.num_styles = num_styles

    def _first_image(self, parts, x, style):
        return parts.to_rgb(x, 4, style)

    def _block(self, parts, x, image, size, styles, noise):
        """Returns the features of the next resolution and the sum of all images so far."""
        x = parts.styled_conv(x, size, "conv0", styles[0], noise[0], up=True)
        x = parts.styled_conv(x, size, "conv1", styles[1], noise[1])
        enlarged = FIRResample2D(parts.taps, up=2, dtype="float32")(image)
        return x, layers.Add(dtype="float32")([enlarged, parts.to_rgb(x, size, styles[2])])

    def _last_image(self, parts, x, image, style):
        return image


@register
class StyleGAN2ResidualGenerator(StyleGAN2Generator):
    """`StyleGAN2Generator` of residual blocks, whose image is made by the last one alone.

    A block gives `(convolutions(x) + skip(x)) / sqrt(2)`; the skip is a 1x1 convolution, then up-sampling.
    The arguments are those of `StyleGAN2Generator`.

    Example:
    ```python
    generator = keras_gans.networks.StyleGAN2ResidualGenerator(
        resolution=32, channel_base=512, channel_max=32
    )
    generator(keras.random.normal((2, 512))).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), figure 7c.
    """

    def _first_image(self, parts, x, style):
        return None

    def _block(self, parts, x, image, size, styles, noise):
        policy, width = parts.policies[size], parts.widths[size]
        skip = EqualizedConv2D(
            width, 1, gain=ROOT_HALF, use_bias=False, dtype=policy, name=f"{size}x{size}_skip"
        )(x)
        skip = FIRResample2D(parts.taps, up=2, dtype=policy)(skip)
        x = parts.styled_conv(x, size, "conv0", styles[0], noise[0], up=True)
        x = parts.styled_conv(x, size, "conv1", styles[1], noise[1], gain=ROOT_HALF)
        return layers.Add(dtype=policy)([skip, x]), None

    def _last_image(self, parts, x, image, style):
        return parts.to_rgb(x, max(parts.widths), style)


@register
class StyleGAN2Discriminator(ImageDiscriminator):
    """Discriminator of StyleGAN2, of residual blocks, with a projection of the class.

    A block gives `(convolutions(x) + skip(x)) / sqrt(2)`, the skip linear; filters stand before every stride.
    At 4x4 the standard deviation of the batch is appended, then come a convolution and two dense layers.
    With classes these give a vector, and the logit is its product with a mapping of the class, divided by
    `sqrt(projection_dim)`.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        channel_base: int. Feature maps have `channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        minibatch_group_size: int. Examples whose standard deviation is compared; `None` means off.
        minibatch_channels: int. Channels that show it.
        projection_dim: int. Width of the mapping of a class. `None` means that of the features at 4x4.
        mapping_layers: int. Dense layers of the mapping of a class.
        mapping_width: int. Width of all of them but the last. `None` means `projection_dim`.
        mapping_lr_multiplier: float. Their learning rate, relative to the others'.
        embedding_dim: int. Width of the embedding of a class. `None` means `projection_dim`.
        taps: sequence of float, symmetric. Low-pass filter of every resampling.
        low_precision_blocks: int. As in `StyleGAN2Generator`.
        clamp: float. Limit of the size of every feature. `None` means off.
        dtype: str or `keras.DTypePolicy`. Precision of the low-precision blocks; logits are float32 under
            every policy. `None` means the global policy.

    Input and output shape:
        From images in `[-1, 1]` to one logit each, as of every `ImageDiscriminator`.

    Example:
    ```python
    discriminator = keras_gans.networks.StyleGAN2Discriminator(
        resolution=32, channel_base=512, channel_max=32
    )
    discriminator(keras.random.uniform((4, 32, 32, 3), -1, 1)).shape  # (4, 1)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), figure 7c and appendix B; classes, clamp and low
        precision [2006.06676](https://arxiv.org/abs/2006.06676), appendices B and D.
    """

    def __init__(
        self,
        *,
        resolution=1024,
        channels=3,
        num_classes=0,
        channel_base=32768,
        channel_max=512,
        minibatch_group_size=4,
        minibatch_channels=1,
        projection_dim=None,
        mapping_layers=8,
        mapping_width=None,
        mapping_lr_multiplier=0.01,
        embedding_dim=None,
        taps=(1, 3, 3, 1),
        low_precision_blocks=4,
        clamp=256.0,
        dtype=None,
        name="stylegan2_discriminator",
    ):
        check_sizes(self, "channels", "mapping_layers", "channel_max")
        if num_classes and projection_dim is not None:
            check_sizes(self, "projection_dim")
        _check_clamp(clamp)
        policy = self.policy
        widths = feature_widths(resolution, channel_base, channel_max)
        sizes = list(widths)
        parts = _Parts(
            widths=widths,
            policies=_policies(sizes, low_precision_blocks, policy),
            channels=channels,
            taps=taps,
            clamp=clamp,
        )
        width = parts.widths[4]
        inputs = image = keras.Input((*pair(resolution), channels), name="images")
        x = self._start(parts, image, sizes[-1])
        for size in sizes[:0:-1]:
            x, image = self._block(parts, x, image, size)
        if minibatch_group_size:
            stddev = MinibatchStddev(
                group_size=minibatch_group_size,
                num_channels=minibatch_channels,
                dtype="float32",
                name="minibatch_stddev",
            )
            x = stddev(x)
        x = parts.conv(x, 4, "conv", width)
        # Channels first, the order in which published weights expect the features.
        x = layers.Flatten(dtype="float32")(layers.Permute((3, 1, 2), dtype="float32")(x))
        x = EqualizedDense(width, gain=1.0, dtype="float32", name="4x4_dense0")(x)
        x = _activate(x)
        size = (projection_dim or width) if num_classes else 1
        logits = EqualizedDense(size, gain=1.0, dtype="float32", name="4x4_dense1")(x)
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            inputs = [inputs, labels]
            mapping = _mapping(
                0,
                num_classes,
                size,
                depth=mapping_layers,
                width=mapping_width,
                embedding_dim=embedding_dim,
                lr_multiplier=mapping_lr_multiplier,
            )
            target = mapping(ops.one_hot(labels, num_classes, dtype="float32"))
            logits = ops.sum(logits * target, axis=-1, keepdims=True) / math.sqrt(size)
        super().__init__(inputs, logits)

    def _start(self, parts, image, size):
        return parts.from_rgb(image, size)

    def _block(self, parts, x, image, size):
        """Returns features of half the size, and the image that the next block sees."""
        skip = FIRDownsampleConv2D(
            parts.widths[size // 2],
            1,
            taps=parts.taps,
            gain=ROOT_HALF,
            use_bias=False,
            dtype=parts.policies[size],
            name=f"{size}x{size}_skip",
        )(x)
        x = parts.conv(x, size, "conv0", parts.widths[size])
        x = parts.conv(x, size, "conv1", parts.widths[size // 2], down=True, gain=ROOT_HALF)
        return layers.Add(dtype=parts.policies[size])([skip, x]), image


@register
class StyleGAN2PlainDiscriminator(StyleGAN2Discriminator):
    """`StyleGAN2Discriminator` without skips of any kind, as Progressive GAN's ("orig").

    The arguments are those of `StyleGAN2Discriminator`.

    Example:
    ```python
    discriminator = keras_gans.networks.StyleGAN2PlainDiscriminator(
        resolution=32, channel_base=512, channel_max=32
    )
    discriminator(keras.random.uniform((4, 32, 32, 3), -1, 1)).shape  # (4, 1)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), figure 7a without its dashed parts; CIFAR-10 in
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix D.1.
    """

    def _block(self, parts, x, image, size):
        x = parts.conv(x, size, "conv0", parts.widths[size])
        return parts.conv(x, size, "conv1", parts.widths[size // 2], down=True), image


@register
class StyleGAN2SkipDiscriminator(StyleGAN2Discriminator):
    """`StyleGAN2Discriminator` that reads the image anew at every resolution ("skip").

    Features of the image, reduced step by step, are added before every block. The arguments are those of
    `StyleGAN2Discriminator`.

    Example:
    ```python
    discriminator = keras_gans.networks.StyleGAN2SkipDiscriminator(
        resolution=32, channel_base=512, channel_max=32
    )
    discriminator(keras.random.uniform((4, 32, 32, 3), -1, 1)).shape  # (4, 1)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), figure 7b.
    """

    def _block(self, parts, x, image, size):
        x = parts.conv(x, size, "conv0", parts.widths[size])
        x = parts.conv(x, size, "conv1", parts.widths[size // 2], down=True)
        image = FIRResample2D(parts.taps, down=2, dtype="float32")(image)
        read = parts.from_rgb(image, size // 2)
        return layers.Add(dtype=parts.policies[size // 2])([x, read]), image


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Parts:
    """What the blocks of one network are made of, on symbolic tensors.

    Attributes:
        widths: dict of int to int. Channels of the feature maps by size.
        policies: dict of int to dtype policy. Precision of the blocks by size.
        channels: int. Colours.
        taps: sequence of float. Low-pass filter.
        clamp: float or `None`.
    """

    widths: dict
    policies: dict
    channels: int
    taps: tuple
    clamp: float | None

    def limit(self, x, gain=1.0):
        return x if self.clamp is None else ops.clip(x, -self.clamp * gain, self.clamp * gain)

    def modulated(self, x, filters, kernel_size, style, size, name, **options):
        """A modulated convolution with an affine layer of its own."""
        policy, name = self.policies[size], f"{size}x{size}_{name}"
        scales = EqualizedDense(
            x.shape[-1], gain=1.0, initial_bias=1.0, dtype="float32", name=f"{name}_style"
        )(style)
        conv = ModulatedConv2D(filters, kernel_size, dtype=policy, name=name, **options)
        return conv([x, scales])

    def styled_conv(self, x, size, name, style, noise, *, up=False, gain=1.0):
        """A modulated convolution, noise, bias and activation."""
        policy = self.policies[size]
        taps = self.taps if up else None
        x = self.modulated(x, self.widths[size], 3, style, size, name, upsample_taps=taps)
        x = NoiseInjection(dtype=policy, name=f"{size}x{size}_{name}_noise")([x, noise])
        x = Bias(dtype=policy, name=f"{size}x{size}_{name}_bias")(x)
        return self.limit(_activate(x, gain), gain)

    def to_rgb(self, x, size, style):
        """An image, float32."""
        x = self.modulated(x, self.channels, 1, style, size, "to_rgb", demodulate=False)
        return self.limit(Bias(dtype="float32", name=f"{size}x{size}_to_rgb_bias")(x))

    def from_rgb(self, image, size):
        conv = EqualizedConv2D(
            self.widths[size], 1, gain=1.0, dtype=self.policies[size], name=f"{size}x{size}_from_rgb"
        )
        return self.limit(_activate(conv(image)))

    def conv(self, x, size, name, filters, *, down=False, gain=1.0):
        """A convolution of the discriminator, and its activation."""
        options = {"gain": 1.0, "dtype": self.policies[size], "name": f"{size}x{size}_{name}"}
        if down:
            x = FIRDownsampleConv2D(filters, taps=self.taps, **options)(x)
        else:
            x = EqualizedConv2D(filters, **options)(x)
        return self.limit(_activate(x, gain), gain)


def _check_clamp(clamp):
    if clamp is not None and not clamp > 0:
        raise ValueError(f"`clamp` must be positive, or None. Received: {clamp}")


def _policies(sizes, low_precision_blocks, policy):
    """The policy of every size: float32 but for the last `low_precision_blocks`, and always at 4x4."""
    if low_precision_blocks < 0:
        raise ValueError(f"`low_precision_blocks` must not be negative. Received: {low_precision_blocks}")
    low = set(sizes[1:][len(sizes) - 1 - min(low_precision_blocks, len(sizes) - 1) :])
    return {size: policy if size in low else keras.dtype_policies.get("float32") for size in sizes}


def _mapping(latent_dim, num_classes, outputs, *, depth, width, embedding_dim, lr_multiplier):
    """The mapping network, float32: latents and embedded class, each normalised, through dense layers.

    `None` as a width means that of the outputs.
    """
    inputs, normalised = [], []
    if latent_dim:
        inputs.append(keras.Input((latent_dim,), name="latents"))
        normalised.append(PixelNorm(dtype="float32", name="latent_norm")(inputs[-1]))
    if num_classes:
        inputs.append(keras.Input((num_classes,), name="classes"))
        embedding = EqualizedDense(embedding_dim or outputs, gain=1.0, dtype="float32", name="embedding")
        embedded = embedding(inputs[-1])
        normalised.append(PixelNorm(dtype="float32", name="class_norm")(embedded))
    both = len(inputs) > 1
    x = layers.Concatenate(dtype="float32")(normalised) if both else normalised[0]
    for i, units in enumerate([width or outputs] * (depth - 1) + [outputs]):
        dense = EqualizedDense(
            units, gain=1.0, lr_multiplier=lr_multiplier, dtype="float32", name=f"dense{i}"
        )
        x = _activate(dense(x))
    return keras.Model(inputs if both else inputs[0], x, name="mapping")


def _activate(x, gain=1.0):
    return ops.leaky_relu(x, negative_slope=0.2) * (math.sqrt(2.0) * gain)


def _normal():
    return keras.initializers.RandomNormal(stddev=1.0)
