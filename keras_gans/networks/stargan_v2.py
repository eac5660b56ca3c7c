"""StarGAN v2: many images for each domain, by styles drawn from latents or taken from other images.

Paper: StarGAN v2: Diverse Image Synthesis for Multiple Domains,
[1912.01865](https://arxiv.org/abs/1912.01865), section 2 and the appendix on architectures.

Notable: the generator knows no domain, only a style, which scales and shifts normalised features; mapping
network, style encoder and discriminator have one branch for each domain; no tanh at the end.

Trainable parameters at 256 px: generator 33,892,995; for three domains mapping network 3,259,072, style
encoder 20,949,760, discriminator 20,852,803. For faces, with the high-pass branch and two domains:
43,467,395; 2,438,272, 20,916,928, 20,852,290.
"""

import math

import keras
from keras import layers, ops, tree

from keras_gans.images import from_unit
from keras_gans.layers import HighPassSkip, InstanceNorm, NearestUpsampleConv2D, SizeCheck
from keras_gans.networks.composite import Composite
from keras_gans.networks.sizes import check_sizes
from keras_gans.networks.translation import OptionalInputs, Translator, image_argument
from keras_gans.serialization import Network, register


class _Part(OptionalInputs, keras.Model):
    """A part of the generator, whose masks may be left out."""


@register
class StarGANv2Generator(Translator):
    """Translates images into a style.

    Residual blocks halve the image, down to 16 px in the paper, and two keep its size, all with instance
    norm; two more and as many that double it have adaptive instance norm, whose scale and shift are a dense
    layer of the style: `y * (1 + scale) + shift`. A block is `(shortcut(x) + residual(x)) / sqrt(2)`, its
    residual twice norm, LeakyReLU 0.2 and a 3x3 convolution. Norm, LeakyReLU and a 1x1 convolution give the
    image.

    With `high_pass`, the variant for faces, the image is halved once more, and the blocks with styles have
    neither shortcut nor `1 / sqrt(2)`. Instead, detail goes around the bottleneck (`HighPassSkip`): behind
    each block that doubles, that of the features of the same size on the way down.

    Args:
        resolution: int. Height and width of the images, a power of two from 32 on, or with `num_downs` any
            multiple of `2 ** num_downs`; `None` means any of these multiples, and needs `num_downs`.
        channels: int. Colours of the images.
        width: int. Feature maps at the full resolution; twice as many at each smaller one.
        max_width: int. Most feature maps.
        num_downs: int, at least 1. Blocks that halve the image; `None` means as many as lead to 16 px, with
            `high_pass` to 8.
        style_dim: int. Width of the styles.
        high_pass: float. Weight of the detail, 1 for faces in the paper; 0 means off.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; images are float32 under every
            policy. `None` means the global policy.

    Input shape:
        A list `[images, styles]`: images `(batch, height, width, channels)`, float, in `[-1, 1]`; styles
        `(batch, style_dim)`. With `high_pass`, also `[images, styles, masks]`, masks
        `(batch, height, width, 1)`, in `[0, 1]`, 1 where detail is to stay. Without masks none does.

    Output shape:
        Images, `(batch, height, width, channels)`, float32, trained to lie in `[-1, 1]`, not clipped.

    Example:
    ```python
    generator = keras_gans.networks.StarGANv2Generator(resolution=32, width=8, max_width=16, style_dim=4)
    images, styles = keras.random.uniform((2, 32, 32, 3), -1, 1), keras.random.normal((2, 4))
    generator([images, styles]).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), appendix, with a 3x3 convolution of the colours as in
        the published network. The paper's masks are heatmaps of facial landmarks; it says neither at which
        sizes nor how they are applied: here the caller brings them, and they apply at every size that a block
        of the way up makes. With `high_pass`, the 1x1 convolutions of the missing shortcuts are among the
        weights, as in the published network, and take part in nothing.
    """

    def __init__(
        self,
        *,
        resolution=256,
        channels=3,
        width=64,
        max_width=512,
        num_downs=None,
        style_dim=64,
        high_pass=0.0,
        dtype=None,
        name="stargan_v2_generator",
    ):
        policy = self.policy
        if high_pass < 0:
            raise ValueError(f"`high_pass` must not be negative. Received: {high_pass}")
        halvings = num_downs
        if num_downs is None:
            if resolution is None:
                raise ValueError("`num_downs` must be given where `resolution` is None")
            _check_resolution(resolution, smallest=32)
            halvings = resolution.bit_length() - 5 + (high_pass > 0)
        if halvings < 1:
            raise ValueError(f"`num_downs` must be at least 1. Received: {num_downs}")
        widths = [width, *(min(width * 2**level, max_width) for level in range(1, halvings + 1))]
        unused = []

        def adaptive_norm(x, styles, name):
            style = _dense(2 * x.shape[-1], f"{name}_style", policy)(styles)
            scale, shift = ops.split(style, 2, axis=-1)
            x = InstanceNorm(affine=False, dtype=policy, name=name)(x, scale=scale, shift=shift)
            return _leaky_relu(x, policy)

        def adaptive_block(x, styles, filters, name, *, double=False):
            skip = x
            if x.shape[-1] != filters:
                shortcut = _conv(filters, f"{name}_shortcut", policy, size=1, use_bias=False)
                if high_pass:
                    shortcut.build(x.shape)
                    unused.append(shortcut)
                else:
                    skip = shortcut(skip)
            x = adaptive_norm(x, styles, f"{name}_norm0")
            if double:
                # The skip behind its 1x1 convolution: the same numbers for a quarter of the work.
                skip = layers.UpSampling2D(2, dtype=policy)(skip)
                convolution = NearestUpsampleConv2D(filters, dtype=policy, name=f"{name}_conv0")
                x = convolution(x)
                convolution.kernel.assign(keras.initializers.HeNormal()(convolution.kernel.shape))
            else:
                x = _conv(filters, f"{name}_conv0", policy)(x)
            x = adaptive_norm(x, styles, f"{name}_norm1")
            x = _conv(filters, f"{name}_conv1", policy)(x)
            return x if high_pass else (x + skip) * math.sqrt(0.5)

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        styles = keras.Input((style_dim,), name="styles")
        inputs = [images, styles]
        if high_pass:
            masks = keras.Input((resolution, resolution, 1), name="masks", optional=True)
            inputs.append(masks)
        x = SizeCheck(multiple=2**halvings, dtype="float32", name="height_and_width")(images)
        x = _conv(width, "from_rgb", policy)(x)
        features = []
        for level in range(halvings):
            features.append(x)
            x = _residual_block(x, widths[level + 1], f"down{level}", policy, halve=True, normalize=True)
        for number in range(2):
            x = _residual_block(x, widths[-1], f"middle{number}", policy, normalize=True)
        encoded = [x, *features] if high_pass else [x]
        for number in range(2, 4):
            x = adaptive_block(x, styles, widths[-1], f"middle{number}")
        for level in reversed(range(halvings)):
            x = adaptive_block(x, styles, widths[level], f"up{level}", double=True)
            if high_pass:
                detail = HighPassSkip(
                    weight=high_pass, factor=2**level, dtype=policy, name=f"up{level}_detail"
                )
                x = detail(x, features[level], masks)
        x = _leaky_relu(_norm(x, "last_norm", policy), policy)
        outputs = _conv(channels, "to_rgb", "float32", size=1)(x)
        super().__init__(inputs, outputs)
        # Their calls alone: models would be tracked as parts, and the layers are the network's already.
        self._encode = _Part(images, encoded, name="encode").__call__
        self._decode = _Part([*encoded, *inputs[1:]], outputs, name="decode").__call__

        # === Parts ===
        self.unused = unused
        self.multiple = 2**halvings

    def encode(self, images):
        """The part that sees no style.

        Returns:
            list of features for `decode`, `(batch, height, width, channels)` of several sizes: those in the
            middle and, with `high_pass`, those whose detail goes around.
        """
        return tree.flatten(self._encode(images))

    def decode(self, features, styles, masks=None):
        """The other part: `decode(encode(images), styles)` is what a call gives.

        Args:
            features: list of tensors, as from `encode`.
            styles: `(batch, style_dim)`.
            masks: `(batch, height, width, 1)`, with `high_pass` only; `None` means none.
        """
        return self._decode([*features, styles] if masks is None else [*features, styles, masks])


@register
class StarGANv2MappingNetwork(Network):
    """Turns latents into styles of a domain.

    `shared_layers` dense layers with ReLU; then for each domain as many as `domain_layers`, the last without
    ReLU.

    Args:
        latent_dim: int. Width of the latents.
        style_dim: int. Width of the styles.
        num_classes: int. Number of domains.
        width: int. Width of the hidden layers.
        shared_layers: int. Layers that all domains share.
        domain_layers: int, at least 1. Layers of each domain's own.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; styles are float32 under every
            policy. `None` means the global policy.

    Input shape:
        A list `[latents, labels]`: latents `(batch, latent_dim)`, float, standard normal; labels int32
        `(batch,)`, the domains, in `[0, num_classes)`.

    Output shape:
        Styles, `(batch, style_dim)`, float32.

    Example:
    ```python
    mapping_network = keras_gans.networks.StarGANv2MappingNetwork(num_classes=3)
    mapping_network([keras.random.normal((2, 16)), keras.ops.array([0, 2])]).shape  # (2, 64)
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), appendix, table of the mapping network.
    """

    def __init__(
        self,
        *,
        latent_dim=16,
        style_dim=64,
        num_classes=2,
        width=512,
        shared_layers=4,
        domain_layers=4,
        dtype=None,
        name="stargan_v2_mapping_network",
    ):
        policy = self.policy
        check_sizes(self, "num_classes")
        if shared_layers < 0 or domain_layers < 1:
            raise ValueError(
                "`shared_layers` must be at least 0 and `domain_layers` at least 1. "
                f"Received: {shared_layers=}, {domain_layers=}"
            )

        def hidden(x, name):
            return layers.ReLU(dtype=policy)(_dense(width, name, policy)(x))

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        labels = keras.Input((), dtype="int32", name="labels")
        x = latents
        for number in range(shared_layers):
            x = hidden(x, f"shared{number}")
        styles = []
        for domain in range(num_classes):
            y = x
            for number in range(domain_layers - 1):
                y = hidden(y, f"domain{domain}_dense{number}")
            styles.append(_dense(style_dim, f"domain{domain}_style", "float32")(y))
        styles = ops.stack(styles, axis=1)  # (batch, num_classes, style_dim)
        super().__init__([latents, labels], _of_domain(styles, labels))

        # === Parts ===
        self.all_styles = styles


@register
class StarGANv2StyleEncoder(Network):
    """Reads the style of an image, as one of a domain.

    Residual blocks without norms halve the image down to 4x4, a convolution makes one pixel of them, and a
    dense layer for each domain the style.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 on.
        channels: int. Colours of the images.
        width: int. Feature maps at the full resolution; twice as many at each smaller one.
        max_width: int. Most feature maps.
        style_dim: int. Width of the styles.
        num_classes: int. Number of domains.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; styles are float32 under every
            policy. `None` means the global policy.

    Input shape:
        A list `[images, labels]`: images `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`;
        labels int32 `(batch,)`, their domains, in `[0, num_classes)`.

    Output shape:
        Styles, `(batch, style_dim)`, float32.

    Example:
    ```python
    style_encoder = keras_gans.networks.StarGANv2StyleEncoder(resolution=32, width=8, max_width=16)
    style_encoder([keras.random.uniform((2, 32, 32, 3), -1, 1), keras.ops.array([0, 1])]).shape  # (2, 64)
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), appendix, table of the style encoder.
    """

    def __init__(
        self,
        *,
        resolution=256,
        channels=3,
        width=64,
        max_width=512,
        style_dim=64,
        num_classes=2,
        dtype=None,
        name="stargan_v2_style_encoder",
    ):
        policy = self.policy
        check_sizes(self, "num_classes")

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        labels = keras.Input((), dtype="int32", name="labels")
        x = layers.Flatten(dtype=policy)(_features(images, width, max_width, policy))
        styles = [_dense(style_dim, f"domain{domain}_style", "float32")(x) for domain in range(num_classes)]
        styles = ops.stack(styles, axis=1)  # (batch, num_classes, style_dim)
        super().__init__([images, labels], _of_domain(styles, labels))

        # === Parts ===
        self.all_styles = styles


@register
class StarGANv2Discriminator(Network):
    """Judges whether an image is a real one of its domain.

    The style encoder's convolutions, and one logit for each domain, of which the label picks one.

    Arguments and input are those of `StarGANv2StyleEncoder`, without `style_dim`.

    Output shape:
        Logits, `(batch, 1)`, float32, higher for real images.

    Example:
    ```python
    discriminator = keras_gans.networks.StarGANv2Discriminator(resolution=32, width=8, max_width=16)
    discriminator([keras.random.uniform((2, 32, 32, 3), -1, 1), keras.ops.array([0, 1])]).shape  # (2, 1)
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), section 2.1 and appendix, table of the discriminator.
    """

    def __init__(
        self,
        *,
        resolution=256,
        channels=3,
        width=64,
        max_width=512,
        num_classes=2,
        dtype=None,
        name="stargan_v2_discriminator",
    ):
        policy = self.policy
        check_sizes(self, "num_classes")

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        labels = keras.Input((), dtype="int32", name="labels")
        x = layers.Flatten(dtype=policy)(_features(images, width, max_width, policy))
        logits = _dense(num_classes, "logits", "float32")(x)
        logit = _of_domain(logits[..., None], labels)
        super().__init__([images, labels], logit)


@register
class StarGANv2(Composite):
    """The three networks that translate images, as one to be saved and exported.

    Calling it calls the generator.

    Args:
        generator: `StarGANv2Generator`.
        mapping_network: `StarGANv2MappingNetwork`.
        style_encoder: `StarGANv2StyleEncoder`, of the generator's images and as many domains as the mapping
            network.
        name: str.

    Input and output shape:
        Those of the generator.

    Raises:
        ValueError: if the networks do not fit together.

    Example:
    ```python
    networks = keras_gans.networks
    size = {"resolution": 32, "width": 8, "max_width": 16}
    stargan = networks.StarGANv2(
        generator=networks.StarGANv2Generator(**size),
        mapping_network=networks.StarGANv2MappingNetwork(),
        style_encoder=networks.StarGANv2StyleEncoder(**size),
    )
    list(stargan.endpoints())  # ["default", "style_from_latent", "style_from_reference"]
    ```
    """

    def __init__(self, *, generator, mapping_network, style_encoder, name="stargan_v2"):
        styles = [network.style_dim for network in (generator, mapping_network, style_encoder)]
        domains = [network.num_classes for network in (mapping_network, style_encoder)]
        # A generator of any size has none that could differ.
        resolutions = [generator.resolution or style_encoder.resolution, style_encoder.resolution]
        sizes = list(zip(resolutions, [generator.channels, style_encoder.channels], strict=True))
        if any(len(set(values)) > 1 for values in (styles, domains, sizes)):
            raise ValueError(
                "The networks must have the same `style_dim`, `num_classes`, `resolution` and `channels`. "
                f"Received: style_dim={styles}, num_classes={domains}, (resolution, channels)={sizes}"
            )
        super().__init__(generator=generator, mapping_network=mapping_network, style_encoder=style_encoder)

    def call(self, inputs, training=False):
        return self.generator(inputs, training=training)

    def endpoints(self):
        """What an export of the networks offers: name -> (function, input signature). Images in `[0, 1]`.

        `default(images, styles)`; `style_from_latent(z, y)` and `style_from_reference(images, y)` give
        styles, `y` one-hot, or a mixture of domains, of whose styles it makes the same mixture. With the
        high-pass branch also `with_masks(images, styles, masks)`, masks as in the network.
        """
        generator, encoder = self.generator, self.style_encoder
        images = image_argument(generator.resolution, generator.channels, multiple=generator.multiple)
        masks = image_argument(generator.resolution, 1, multiple=generator.multiple)
        references = image_argument(encoder.resolution, encoder.channels)
        styles, z = _rows(generator.style_dim), _rows(self.mapping_network.latent_dim)
        y = _rows(encoder.num_classes)
        of_latents, of_references = (
            keras.Model(network.inputs[0], network.all_styles) for network in (self.mapping_network, encoder)
        )

        def default(images, styles):
            return generator.translated(images, styles)

        def with_masks(images, styles, masks):
            return generator.translated(images, styles, masks)

        def style_from_latent(z, y):
            return ops.einsum("bds,bd->bs", of_latents(z), y)

        def style_from_reference(images, y):
            return ops.einsum("bds,bd->bs", of_references(from_unit(images)), y)

        endpoints = {
            "default": (default, {"images": images, "styles": styles}),
            "style_from_latent": (style_from_latent, {"z": z, "y": y}),
            "style_from_reference": (style_from_reference, {"images": references, "y": y}),
        }
        if generator.high_pass:
            specs = {"images": images, "styles": styles, "masks": masks}
            endpoints["with_masks"] = (with_masks, specs)
        return endpoints


def _rows(width):
    return keras.InputSpec(shape=(None, width), dtype="float32")


def _conv(filters, name, dtype, *, size=3, use_bias=True, padding="same"):
    return layers.Conv2D(
        filters,
        size,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )


def _dense(units, name, dtype):
    return layers.Dense(units, kernel_initializer="he_normal", dtype=dtype, name=name)


def _leaky_relu(x, dtype):
    return layers.LeakyReLU(negative_slope=0.2, dtype=dtype)(x)


def _norm(x, name, dtype):
    return InstanceNorm(dtype=dtype, name=name)(x)


def _halve(x, dtype):
    return layers.AveragePooling2D(2, dtype=dtype)(x)


def _residual_block(x, filters, name, dtype, *, halve=False, normalize=False):
    """`(shortcut(x) + residual(x)) / sqrt(2)`, activations before convolutions."""
    skip = _halve(x, dtype) if halve else x
    if x.shape[-1] != filters:
        skip = _conv(filters, f"{name}_shortcut", dtype, size=1, use_bias=False)(skip)
    width = x.shape[-1]
    x = _leaky_relu(_norm(x, f"{name}_norm0", dtype) if normalize else x, dtype)
    x = _conv(width, f"{name}_conv0", dtype)(x)
    x = _halve(x, dtype) if halve else x
    x = _leaky_relu(_norm(x, f"{name}_norm1", dtype) if normalize else x, dtype)
    return (_conv(filters, f"{name}_conv1", dtype)(x) + skip) * math.sqrt(0.5)


def _features(images, width, max_width, dtype):
    """Residual blocks without norms down to 4x4 pixels, and these as one: `(batch, 1, 1, features)`."""
    resolution = images.shape[1]
    _check_resolution(resolution, smallest=8)
    x = _conv(width, "from_rgb", dtype)(images)
    for level in range(resolution.bit_length() - 3):
        x = _residual_block(x, min(width * 2 ** (level + 1), max_width), f"down{level}", dtype, halve=True)
    x = _conv(x.shape[-1], "4x4_conv", dtype, size=4, padding="valid")(_leaky_relu(x, dtype))
    return _leaky_relu(x, dtype)


def _of_domain(values, labels):
    """Of one row a domain, `(batch, num_classes, width)`, that of each example's own, `(batch, width)`."""
    chosen = ops.one_hot(labels, values.shape[1], dtype="float32")
    return ops.sum(values * chosen[..., None], axis=1)


def _check_resolution(resolution, *, smallest):
    if resolution is None or resolution < smallest or resolution & (resolution - 1):
        raise ValueError(f"`resolution` must be a power of two, {smallest} or more. Received: {resolution}")
