"""StarGAN: one generator between all of several domains, and its discriminator.

Paper: StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation,
[1711.09020](https://arxiv.org/abs/1711.09020), tables 4 and 5.

Notable: the domain that is asked for comes as constant maps beside the colours; the discriminator judges
patches and names the domain of the whole image; instance norm in the generator, none in the discriminator.

Trainable parameters at 128 px with 5 domains: generator 8,430,528, discriminator 44,762,048.
"""

import keras
from keras import layers, ops

from keras_gans.endpoints import Argument
from keras_gans.layers import InstanceNorm, SizeCheck
from keras_gans.networks.sizes import check_sizes
from keras_gans.networks.translation import Translator, image_argument
from keras_gans.serialization import Network, register


def _kernel():
    """Uniform in `+-1 / sqrt(fan_in)`; the paper does not say how it begins."""
    return keras.initializers.VarianceScaling(scale=1 / 3, mode="fan_in", distribution="uniform")


@register
class StarGANGenerator(Translator):
    """Translates images into the domain that is asked for.

    A 7x7 convolution, two 4x4 of stride 2, `num_blocks` residual blocks of two 3x3, two transposed 4x4 of
    stride 2, all with instance norm and ReLU (none behind a block), a 7x7 convolution and tanh. No
    convolution has a bias.

    Args:
        resolution: int. Height and width of the images; `None` means any multiple of 4.
        channels: int. Colours of the images.
        num_classes: int. Number of domains, or of attributes.
        width: int. Feature maps at the full resolution; four times as many in the blocks.
        num_blocks: int. Residual blocks.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; images are float32 under every
            policy. `None` means the global policy.

    Input shape:
        A list `[images, domains]`: images `(batch, height, width, channels)`, float, in `[-1, 1]`; domains
        `(batch, num_classes)`, float: one-hot, or 0 and 1 for each of several attributes.

    Output shape:
        Images, `(batch, height, width, channels)`, float32, in `[-1, 1]`.

    Example:
    ```python
    generator = keras_gans.networks.StarGANGenerator(width=8, num_blocks=2, num_classes=3)
    images, domains = keras.random.uniform((2, 32, 32, 3), -1, 1), keras.ops.eye(3)[:2]
    generator([images, domains]).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), table 4.
    """

    def __init__(
        self,
        *,
        resolution=None,
        channels=3,
        num_classes=5,
        width=64,
        num_blocks=6,
        dtype=None,
        name="stargan_generator",
    ):
        policy = self.policy
        check_sizes(self, "num_classes")
        if num_blocks < 0:
            raise ValueError(f"`num_blocks` must not be negative. Received: {num_blocks}")

        def conv(x, filters, size, name, *, layer=layers.Conv2D, strides=1, dtype=policy):
            return layer(
                filters,
                size,
                strides=strides,
                padding="same",
                use_bias=False,
                kernel_initializer=_kernel(),
                dtype=dtype,
                name=name,
            )(x)

        def norm(x, name):
            return InstanceNorm(dtype=policy, name=name)(x)

        def activate(x, name):
            return layers.ReLU(dtype=policy)(norm(x, name))

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        domains = keras.Input((num_classes,), name="domains")
        x = SizeCheck(multiple=4, dtype="float32", name="height_and_width")(images)
        # Not a sum with zeros: Keras takes what it adds to be a bias where as many classes as rows are added.
        maps = ops.ones_like(x[..., :1]) * domains[:, None, None]  # (batch, height, width, num_classes)
        x = layers.Concatenate(dtype="float32")([x, maps])
        x = activate(conv(x, width, 7, "first_conv"), "first_norm")
        for i in range(2):
            x = activate(conv(x, 2 * width * 2**i, 4, f"down{i}_conv", strides=2), f"down{i}_norm")
        for i in range(num_blocks):
            inner = activate(conv(x, 4 * width, 3, f"block{i}_conv0"), f"block{i}_norm0")
            x = x + norm(conv(inner, 4 * width, 3, f"block{i}_conv1"), f"block{i}_norm1")
        for i in range(2):
            transposed = {"layer": layers.Conv2DTranspose, "strides": 2}
            x = activate(conv(x, 2 * width // 2**i, 4, f"up{i}_conv", **transposed), f"up{i}_norm")
        x = conv(x, channels, 7, "last_conv", dtype="float32")
        outputs = layers.Activation("tanh", dtype="float32")(x)
        super().__init__([images, domains], outputs)

    def endpoints(self):
        """What an export of this network offers: name -> (function, input signature). Images in `[0, 1]`.

        `default(images, domains)`; domains are those of the network, each number in `[0, 1]`.
        """
        specs = {
            "images": image_argument(self.resolution, self.channels, multiple=4),
            "domains": Argument((None, self.num_classes), minimum=0.0, maximum=1.0),
        }
        return {"default": (lambda images, domains: self.translated(images, domains), specs)}


@register
class StarGANDiscriminator(Network):
    """Judges patches of an image, and names the domain of the whole.

    `num_layers` convolutions 4x4 of stride 2 with LeakyReLU 0.01, without any norm; then two heads: a 3x3
    convolution to the scores, and one over all that is left to the class logits.

    Args:
        resolution: int. Height and width of the images, a multiple of `2 ** num_layers`.
        channels: int. Colours of the images.
        num_classes: int. Number of domains, or of attributes.
        width: int. Feature maps of the first convolution; twice as many from each to the next.
        num_layers: int. Convolutions of stride 2.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; logits are float32 under every
            policy. `None` means the global policy.

    Input shape:
        images: `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`.

    Output shape:
        A list `[scores, class_logits]`, both float32: scores `(batch, h, h, 1)` with
        `h = resolution / 2 ** num_layers`, higher for real patches; class logits `(batch, num_classes)`, for
        a softmax or, with several attributes, a sigmoid of each.

    Example:
    ```python
    discriminator = keras_gans.networks.StarGANDiscriminator(resolution=32, width=8, num_layers=4)
    scores, class_logits = discriminator(keras.random.uniform((2, 32, 32, 3), -1, 1))
    scores.shape, class_logits.shape  # (2, 2, 2, 1), (2, 5)
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), table 5. The heads have no bias, as in the published
        network.
    """

    def __init__(
        self,
        *,
        resolution=128,
        channels=3,
        num_classes=5,
        width=64,
        num_layers=6,
        dtype=None,
        name="stargan_discriminator",
    ):
        policy = self.policy
        check_sizes(self, "num_classes")
        if resolution is None:
            raise ValueError("`resolution` must be given: the class logits see the whole image")
        shared = {"kernel_initializer": _kernel()}

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        x = SizeCheck(multiple=2**num_layers, dtype="float32", name="height_and_width")(images)
        for number in range(num_layers):
            x = layers.Conv2D(
                width * 2**number,
                4,
                strides=2,
                padding="same",
                dtype=policy,
                name=f"conv{number}",
                **shared,
            )(x)
            x = layers.LeakyReLU(negative_slope=0.01, dtype=policy)(x)
        shared |= {"use_bias": False, "dtype": "float32"}
        scores = layers.Conv2D(1, 3, padding="same", name="scores", **shared)(x)
        classes = layers.Conv2D(num_classes, resolution // 2**num_layers, name="classes", **shared)(x)
        class_logits = layers.Reshape((num_classes,), dtype="float32", name="class_logits")(classes)
        super().__init__(images, [scores, class_logits])
