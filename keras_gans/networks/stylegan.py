"""StyleGAN: generator and discriminator.

Paper: A Style-Based Generator Architecture for Generative Adversarial Networks,
[1812.04948](https://arxiv.org/abs/1812.04948), figure 1 and appendix C.

Notable: latents do not enter the image; a mapping network turns them into a style, from which every layer
gets the scale and shift of its instance normalisation. The image starts from a learned constant; noise, one
image for each layer, adds what no style decides. The discriminator is Progressive GAN's with a blur. Both
hold all their resolutions at once, and `at(resolution)` is the same network while it was smaller.

Trainable parameters: generator 25,843,858 at 128 px, 26,086,229 at 256 and 26,219,627 at 1024;
discriminator 22,941,313, 23,052,353 and 23,087,249.
"""

import functools

import keras
from keras import layers, ops

from keras_gans.layers import (
    Bias,
    Constant,
    DownsampleConv2D,
    EqualizedConv2D,
    EqualizedDense,
    FadeIn,
    FIRResample2D,
    InstanceNorm,
    MinibatchStddev,
    NoiseInjection,
    PixelNorm,
    StyleAverage,
    UpsampleConv2D,
)
from keras_gans.networks.progan import Progressive, grown_resolutions, num_filters
from keras_gans.networks.sizes import check_sizes
from keras_gans.networks.style_generator import StyleGenerator, stored_noise, styles_from_latents
from keras_gans.resolution import at_level, base_map, level_of, pair
from keras_gans.serialization import Network, register


@register
class StyleGANGenerator(StyleGenerator, Progressive, Network):
    """Generator of StyleGAN: a mapping network and a synthesis network.

    Latents (and a vector for each class), normalised to the hypersphere, become a style `w` through dense
    layers that learn at a hundredth of the rate. The synthesis network starts from a constant of 4x4 pixels
    and doubles it block by block; behind each convolution stand noise, bias, leaky ReLU and instance
    normalisation with scale and shift from a style.

    Noise is an input of `synthesis`. Calling the generator, and every export, takes the noise that is stored
    with the weights, drawn once at construction; training gives `synthesis` noise of its own.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        latent_dim: int. Width of the latent vectors.
        style_dim: int. Width of the styles.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        mapping_layers: int. Dense layers of the mapping network.
        mapping_width: int. Width of all of them but the last.
        mapping_lr_multiplier: float. Their learning rate, relative to the others'.
        channel_base: int. Feature maps have `2 * channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        blur_taps: sequence of float, symmetric. Filter behind every up-sampling.
        average_decay: float. Decay of the average style.
        dtype: str or `keras.DTypePolicy`. Precision of the synthesis network; the mapping network is float32,
            and so are images, under every policy. `None` means the global policy.

    Input shape:
        latents: `(batch, latent_dim)`, float, of any length but zero. With `num_classes`, a list
        `[latents, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Images, `(batch, resolution, resolution, channels)`, float32, trained to lie in `[-1, 1]`, not
        clipped; without truncation, with the stored noise.

    Attributes:
        mapping: network from latents, or `[latents, classes]`, one-hot float, to `(batch, style_dim)`.
        synthesis: network from `[styles, *noise]`, styles `(batch, num_styles, style_dim)`, to images.
        num_styles: int. Layers that take a style: two for each resolution.

    Example:
    ```python
    generator = keras_gans.networks.StyleGANGenerator(resolution=32, channel_base=256, channel_max=32)
    latents = keras.random.normal((2, 512))
    generator(latents).shape  # (2, 32, 32, 3)
    styles = generator.truncate(generator.styles(latents), 0.7)  # (2, 8, 512)
    noise = [keras.random.normal((2, *shape)) for shape in generator.noise_shapes]
    generator.synthesize(styles, noise).shape  # (2, 32, 32, 3)
    generator.at(8)(latents).shape  # (2, 8, 8, 3)
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 2 and appendix C; labels as in the published
        code. Truncation moves the first 8 styles (appendix B). Up-sampling and the convolution behind it are
        one operation, with the same result (`UpsampleConv2D`).
    """

    truncation_cutoff = 8

    def __init__(
        self,
        *,
        resolution=1024,
        latent_dim=512,
        style_dim=512,
        channels=3,
        num_classes=0,
        mapping_layers=8,
        mapping_width=512,
        mapping_lr_multiplier=0.01,
        channel_base=8192,
        channel_max=512,
        blur_taps=(1, 2, 1),
        average_decay=0.995,
        dtype=None,
        name="stylegan_generator",
    ):
        check_sizes(self, "latent_dim", "style_dim", "channels", "mapping_layers", "mapping_width")
        check_sizes(self, "channel_max")
        policy = self.policy
        sizes = grown_resolutions(resolution, channel_base)
        num_styles = 2 * len(sizes)

        # === Layers ===
        mapping = _mapping(
            latent_dim,
            num_classes,
            [mapping_width] * (mapping_layers - 1) + [style_dim],
            mapping_lr_multiplier,
        )
        style_average = StyleAverage(decay=average_decay, dtype="float32", name="style_average")
        noise_constants = stored_noise(((size, number) for size in sizes for number in (0, 1)), resolution)
        first = num_filters(4, channel_base, channel_max)
        constant = Constant((*base_map(resolution), first), dtype=policy, name="4x4_const")
        to_rgb = {
            size: EqualizedConv2D(channels, 1, gain=1.0, dtype="float32", name=f"to_rgb_{size}x{size}")
            for size in sizes
        }
        fade_in = FadeIn(dtype="float32", name="fade_in")
        conv = functools.partial(EqualizedConv2D, use_bias=False, dtype=policy)
        up = functools.partial(UpsampleConv2D, use_bias=False, dtype=policy)

        # === Functional Model ===
        styles = keras.Input((num_styles, style_dim), name="styles")
        noise = [keras.Input(layer.shape, name=f"noise{i}") for i, layer in enumerate(noise_constants)]
        each = ops.unstack(styles, num_styles, axis=1)
        x = constant(styles)
        x = _epilogue(x, noise[0], each[0], policy, "4x4_const")
        x = conv(first, name="4x4_conv")(x)
        x = _epilogue(x, noise[1], each[1], policy, "4x4_conv")
        features = {4: x}
        for level, size in enumerate(sizes[1:], 1):
            filters, block = num_filters(size, channel_base, channel_max), f"{size}x{size}"
            x = up(filters, name=f"{block}_conv0")(x)
            x = FIRResample2D(blur_taps, dtype=policy)(x)
            x = _epilogue(x, noise[2 * level], each[2 * level], policy, f"{block}_conv0")
            x = conv(filters, name=f"{block}_conv1")(x)
            x = _epilogue(x, noise[2 * level + 1], each[2 * level + 1], policy, f"{block}_conv1")
            features[size] = x

        def synthesis_at(resolution):
            size = level_of(resolution)
            images = to_rgb[size](features[size])
            if size > 4:
                old = to_rgb[size // 2](features[size // 2])
                old = layers.UpSampling2D(2, interpolation="nearest", dtype="float32")(old)
                images = fade_in([old, images])
            used = noise[: 2 * sizes.index(size) + 2]
            return keras.Model([styles, *used], images, name=f"synthesis_{size}x{size}")

        synthesis = synthesis_at(resolution)
        for size in sizes[:-2]:
            to_rgb[size](features[size])  # builds the layers that the full network does not use

        def graph(size):
            inputs, w = styles_from_latents(latent_dim, num_classes, mapping, style_average, num_styles)
            network = synthesis if size == sizes[-1] else synthesis_at(at_level(resolution, size))
            stored = [layer(w) for layer in noise_constants[: len(network.inputs) - 1]]
            return inputs, network([w, *stored])

        super().__init__(*graph(sizes[-1]))

        # === Parts ===
        self.graph, self.synthesis_at, self.synthesis = graph, synthesis_at, synthesis
        self.mapping, self.style_average = mapping, style_average
        self.noise_constants = noise_constants
        self.fade_in = fade_in
        self.outgrown = [to_rgb[size] for size in sizes[:-2]]
        self.num_styles = num_styles


@register
class StyleGANDiscriminator(Progressive, Network):
    """Discriminator of StyleGAN: that of Progressive GAN with a blur before the image is halved.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        channels: int. Colours of the images.
        num_classes: int. Number of classes, each with a score of its own; 0 means unconditional.
        channel_base: int. Feature maps have `2 * channel_base / resolution` channels.
        channel_max: int. Most channels of any feature map.
        minibatch_group_size: int. Examples whose standard deviation is compared; `None` means off.
        blur_taps: sequence of float, symmetric. Filter before every down-sampling.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; logits are float32 under every policy.
            `None` means the global policy.

    Input shape:
        Images, `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`. With `num_classes`, a list
        `[images, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Logits, `(batch, 1)`, float32, higher for real images; with classes the score of the label.

    Example:
    ```python
    discriminator = keras_gans.networks.StyleGANDiscriminator(resolution=32, channel_base=256, channel_max=32)
    discriminator(keras.random.uniform((4, 32, 32, 3), -1, 1)).shape  # (4, 1)
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), appendix C; scores of classes as in
        [1801.04406](https://arxiv.org/abs/1801.04406), appendix C. The 2x2 mean stands between a
        convolution and its bias.
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
        blur_taps=(1, 2, 1),
        dtype=None,
        name="stylegan_discriminator",
    ):
        policy = self.policy
        sizes = grown_resolutions(resolution, channel_base)

        # === Layers ===
        widths = {size: num_filters(size, channel_base, channel_max) for size in [2, *sizes]}
        from_rgb, blocks = {}, {}
        for size in reversed(sizes):
            block_name = f"{size}x{size}"
            from_rgb[size] = EqualizedConv2D(widths[size], 1, dtype=policy, name=f"from_rgb_{block_name}")
            if size > 4:
                blocks[size] = (
                    EqualizedConv2D(widths[size], dtype=policy, name=f"{block_name}_conv0"),
                    FIRResample2D(blur_taps, dtype=policy, name=f"{block_name}_blur"),
                    DownsampleConv2D(widths[size // 2], dtype=policy, name=f"{block_name}_conv1"),
                )
        stddev = MinibatchStddev(group_size=minibatch_group_size or 1, dtype=policy, name="minibatch_stddev")
        conv = EqualizedConv2D(widths[4], dtype=policy, name="4x4_conv")
        dense0 = EqualizedDense(widths[2], dtype=policy, name="4x4_dense0")
        dense1 = EqualizedDense(max(num_classes, 1), gain=1.0, dtype="float32", name="4x4_dense1")
        fade_in = FadeIn(dtype=policy, name="fade_in")

        # === Functional Model ===
        def block(x, size):
            conv0, blur, conv1 = blocks[size]
            x = _leaky_relu(conv0(x), policy)
            return _leaky_relu(conv1(blur(x)), policy)

        def graph(last):
            inputs = images = keras.Input((*pair(at_level(resolution, last)), channels), name="images")
            x = _leaky_relu(from_rgb[last](images), policy)
            if last > 4:
                halved = layers.AveragePooling2D(2, dtype="float32")(images)
                old = _leaky_relu(from_rgb[last // 2](halved), policy)
                x = fade_in([old, block(x, last)])
            for size in [size for size in reversed(sizes) if 4 < size < last]:
                x = block(x, size)
            x = stddev(x) if minibatch_group_size else x
            x = _leaky_relu(conv(x), policy)
            # Channels first, the order in which published weights expect the features.
            x = layers.Flatten(dtype=policy)(layers.Permute((3, 1, 2), dtype=policy)(x))
            logits = dense1(_leaky_relu(dense0(x), policy))
            if num_classes:
                labels = keras.Input((), dtype="int32", name="labels")
                inputs = [images, labels]
                classes = ops.one_hot(labels, num_classes, dtype="float32")
                logits = ops.sum(logits * classes, axis=-1, keepdims=True)
            return inputs, logits

        grown = graph(sizes[-1])
        for size in sizes[:-2]:
            graph(size)  # builds the layers that the full network does not use
        super().__init__(*grown)

        # === Parts ===
        self.graph = graph
        self.fade_in = fade_in
        self.outgrown = [from_rgb[size] for size in sizes[:-2]]


def _mapping(latent_dim, num_classes, widths, lr_multiplier):
    """The mapping network, float32: normalised latents (and vectors of classes), dense layers."""
    latents = keras.Input((latent_dim,), name="latents")
    inputs = x = latents
    if num_classes:
        classes = keras.Input((num_classes,), name="classes")
        inputs = [latents, classes]
        normal = keras.initializers.RandomNormal(stddev=1.0)
        table = layers.Dense(
            latent_dim, use_bias=False, kernel_initializer=normal, dtype="float32", name="class_vectors"
        )
        x = layers.Concatenate(dtype="float32")([latents, table(classes)])
    x = PixelNorm(dtype="float32", name="latent_norm")(x)
    for i, width in enumerate(widths):
        dense = EqualizedDense(width, lr_multiplier=lr_multiplier, dtype="float32", name=f"dense{i}")
        x = _leaky_relu(dense(x), "float32")
    return keras.Model(inputs, x, name="mapping")


def _epilogue(x, noise, style, policy, name):
    """Noise, bias, leaky ReLU, and instance normalisation with scale and shift from a style."""
    x = NoiseInjection(per_channel=True, dtype=policy, name=f"{name}_noise")([x, noise])
    x = _leaky_relu(Bias(dtype=policy, name=f"{name}_bias")(x), policy)
    channels = x.shape[-1]
    affine = EqualizedDense(2 * channels, gain=1.0, dtype="float32", name=f"{name}_style")
    scale, shift = ops.split(affine(style), 2, axis=-1)
    return InstanceNorm(epsilon=1e-8, affine=False, dtype=policy)(x, scale=scale, shift=shift)


def _leaky_relu(x, policy):
    return layers.LeakyReLU(negative_slope=0.2, dtype=policy)(x)
