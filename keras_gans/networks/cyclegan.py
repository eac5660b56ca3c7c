"""CycleGAN: a residual network from images to images. Its discriminator is `PatchGANDiscriminator`.

Paper: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks,
[1703.10593](https://arxiv.org/abs/1703.10593), section 7.2.

Notable: instance norm; images are continued by their reflection, not by zeros, where nothing is resized. One
network translates one way; the model has two of them and two discriminators.

Trainable parameters: with 9 blocks, for 256 px and more, 11,378,179; with 6, for 128 px, 7,837,699; the
discriminator of 70x70 patches has 2,764,737.
"""

import keras
from keras import layers

from keras_gans.layers import Dropout, ReflectionPadding2D, SizeCheck
from keras_gans.networks.composite import Composite
from keras_gans.networks.dcgan import convolution
from keras_gans.networks.translation import Translator, image_argument, norm
from keras_gans.serialization import register


@register
class CycleGANGenerator(Translator):
    """Translates images with residual blocks at a quarter of the resolution.

    A 7x7 convolution, two 3x3 of stride 2, `num_blocks` residual blocks of two 3x3, two transposed 3x3 of
    stride 2, all with a norm and ReLU (none behind a block), a 7x7 convolution and tanh.

    Args:
        resolution: int. Height and width of the images; `None` means any multiple of 4 from 8 on.
        source_channels: int. Channels of the images that come in.
        channels: int. Channels of the images that come out.
        num_blocks: int. Residual blocks.
        width: int. Feature maps at the full resolution; four times as many in the blocks.
        batch_norm: bool. Batch norm instead of instance norm without weights.
        dropout: float in `[0, 1)`. Share of the units dropped inside of the blocks in training; 0 means off.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; images are float32 under every
            policy. `None` means the global policy.

    Input shape:
        images: `(batch, height, width, source_channels)`, float, in `[-1, 1]`.

    Output shape:
        Images, `(batch, height, width, channels)`, float32, in `[-1, 1]`.

    Example:
    ```python
    generator = keras_gans.networks.CycleGANGenerator(num_blocks=2, width=8)
    generator(keras.random.uniform((2, 32, 48, 3), -1, 1)).shape  # (2, 32, 48, 3)
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 7.2; residual blocks without ReLU behind the
        sum, from [1603.08155](https://arxiv.org/abs/1603.08155).
    """

    def __init__(
        self,
        *,
        resolution=None,
        source_channels=3,
        channels=3,
        num_blocks=9,
        width=64,
        batch_norm=False,
        dropout=0.0,
        dtype=None,
        name="cyclegan_generator",
    ):
        policy = self.policy
        use_bias = not batch_norm
        if num_blocks < 0:
            raise ValueError(f"`num_blocks` must not be negative. Received: {num_blocks}")

        def conv(x, filters, size, name, *, strides=1, use_bias=use_bias, dtype=policy):
            pad = layers.ZeroPadding2D if strides > 1 else ReflectionPadding2D
            x = pad(size // 2, dtype=dtype)(x)
            return convolution(x, filters, size, strides=strides, use_bias=use_bias, dtype=dtype, name=name)

        def transposed(x, filters, name):
            options = {"layer": layers.Conv2DTranspose, "strides": 2, "use_bias": use_bias}
            x = convolution(x, filters, 3, dtype=policy, name=name, **options)
            # One pixel on each side is the padding's, one more at the end was asked for.
            return layers.Cropping2D(((1, 0), (1, 0)), dtype=policy)(x)

        def activate(x, name):
            return layers.ReLU(dtype=policy)(norm(x, name, batch_norm=batch_norm, dtype=policy))

        # === Functional model ===
        images = keras.Input((resolution, resolution, source_channels), name="images")
        x = SizeCheck(multiple=4, minimum=8, dtype="float32", name="height_and_width")(images)
        x = activate(conv(x, width, 7, "first_conv"), "first_norm")
        for i in range(2):
            x = activate(conv(x, 2 * width * 2**i, 3, f"down{i}_conv", strides=2), f"down{i}_norm")
        for i in range(num_blocks):
            inner = activate(conv(x, 4 * width, 3, f"block{i}_conv0"), f"block{i}_norm0")
            if dropout:
                inner = Dropout(dropout, dtype=policy, name=f"block{i}_dropout")(inner)
            inner = conv(inner, 4 * width, 3, f"block{i}_conv1")
            x = x + norm(inner, f"block{i}_norm1", batch_norm=batch_norm, dtype=policy)
        for i in range(2):
            x = activate(transposed(x, 2 * width // 2**i, f"up{i}_conv"), f"up{i}_norm")
        x = conv(x, channels, 7, "last_conv", use_bias=True, dtype="float32")
        outputs = layers.Activation("tanh", dtype="float32")(x)
        super().__init__(images, outputs)

    def endpoints(self):
        """What an export of this network offers: name -> (function, input signature). Images in `[0, 1]`."""
        specs = {"images": image_argument(self.resolution, self.source_channels, multiple=4, smallest=8)}
        return {"default": (lambda images: self.translated(images), specs)}


@register
class CycleGANTranslator(Composite):
    """Both generators of a CycleGAN, as one network to export.

    Args:
        forward: `CycleGANGenerator`, or another network from images to images, of the first domain to the
            second.
        backward: likewise the other way.

    Input shape:
        images of the first domain: `(batch, height, width, channels)`, float, in `[-1, 1]`.

    Output shape:
        images of the second domain, float32, in `[-1, 1]`.

    Example:
    ```python
    networks = [keras_gans.networks.CycleGANGenerator(num_blocks=2, width=8) for _ in range(2)]
    translator = keras_gans.networks.CycleGANTranslator(*networks)
    translator(keras.random.uniform((2, 32, 32, 3), -1, 1)).shape  # (2, 32, 32, 3)
    ```
    """

    def __init__(self, forward, backward, *, name="cyclegan"):
        super().__init__(forward=forward, backward=backward)

    def call(self, images, training=False):
        return self.forward(images, training=training)

    def endpoints(self):
        """What an export offers: name -> (function, input signature). Images in `[0, 1]`.

        `default(images)` takes those of the first domain to the second, `backward(images)` the other way.
        """
        forward, backward = (one.endpoints()["default"] for one in (self.forward, self.backward))
        return {"default": forward, "backward": backward}
