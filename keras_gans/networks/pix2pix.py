"""pix2pix: a U-Net from images to images. Its discriminator is `PatchGANDiscriminator`.

Paper: Image-to-Image Translation with Conditional Adversarial Networks,
[1611.07004](https://arxiv.org/abs/1611.07004), sections 3.2.1 and 6.1.

Notable: every feature map of the way down is concatenated to one of the way up; there are no latents, all
noise is dropout on the way up, also at inference.

Trainable parameters at 256 px: 54,413,955; the discriminator of 70x70 patches has 2,768,705.
"""

import keras
from keras import layers, ops

from keras_gans.layers import SeededDropout, SizeCheck
from keras_gans.networks.dcgan import normal
from keras_gans.networks.translation import Translator, image_argument, norm
from keras_gans.serialization import register

NOISY_LAYERS = 3


@register
class Pix2PixGenerator(Translator):
    """Translates images with a U-Net.

    Down: `num_downs` convolutions 4x4 of stride 2, the first and the last without a norm, LeakyReLU 0.2
    before all but the first. Up: as many transposed ones, with ReLU before, a norm and, the first three,
    dropout behind; each sees the concatenation of the way down and the way up. The last one is followed by
    tanh.

    Args:
        resolution: int. Height and width of the images; `None` means any multiple of `2 ** num_downs`.
        source_channels: int. Channels of the images that come in.
        channels: int. Channels of the images that come out.
        num_downs: int, at least 2. Convolutions of stride 2: 8 for 256 px, where the last makes one pixel.
        width: int. Feature maps of the first convolution; twice as many from each to the next, at most
            `8 * width`.
        dropout: float in `[0, 1)`. Share of the units dropped behind the first three transposed convolutions;
            0 means off.
        batch_norm: bool. Batch norm, or instance norm. The paper translates single images with the statistics
            of the image itself, which is instance norm; at inference batch norm has those of the training
            here.
        affine: bool. Whether instance norm has gains and offsets, as batch norm always has, or convolutions
            before it have biases.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; images are float32 under every
            policy. `None` means the global policy.

    Input shape:
        images: `(batch, height, width, source_channels)`, float, in `[-1, 1]`. With `dropout`, a list
        `[images, seeds]`, seeds int64 `(batch,)`, any: the same seed drops the same units, in training and at
        inference. Of images alone nothing is dropped.

    Output shape:
        Images, `(batch, height, width, channels)`, float32, in `[-1, 1]`.

    Example:
    ```python
    generator = keras_gans.networks.Pix2PixGenerator(num_downs=5, width=16)
    images = keras.random.uniform((2, 64, 64, 3), -1, 1)
    generator([images, keras.ops.array([0, 1])]).shape  # (2, 64, 64, 3)
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), section 6.1.1. Batch norm as the public code has it:
        also behind the second to last convolution, none at one pixel.
    """

    def __init__(
        self,
        *,
        resolution=None,
        source_channels=3,
        channels=3,
        num_downs=8,
        width=64,
        dropout=0.5,
        batch_norm=True,
        affine=False,
        dtype=None,
        name="pix2pix_generator",
    ):
        policy = self.policy
        if num_downs < 2:
            raise ValueError(f"`num_downs` must be at least 2. Received: {num_downs}")
        widths = [width * min(2**level, 8) for level in range(num_downs)]
        shared = {"strides": 2, "padding": "same"}
        use_bias, normed = not (batch_norm or affine), {"batch_norm": batch_norm, "affine": affine}

        def down(x, level):
            if level > 0:
                x = layers.LeakyReLU(negative_slope=0.2, dtype=policy)(x)
            x = layers.Conv2D(
                widths[level],
                4,
                use_bias=use_bias,
                kernel_initializer=normal(),
                dtype=policy,
                name=f"down{level}_conv",
                **shared,
            )(x)
            if 0 < level < num_downs - 1:
                x = norm(x, f"down{level}_norm", dtype=policy, **normed)
            return x

        def up(x, level, seeds):
            x = layers.Conv2DTranspose(
                widths[level - 1],
                4,
                use_bias=use_bias,
                kernel_initializer=normal(),
                dtype=policy,
                name=f"up{level}_conv",
                **shared,
            )(layers.ReLU(dtype=policy)(x))
            x = norm(x, f"up{level}_norm", dtype=policy, **normed)
            stream = num_downs - 1 - level
            if seeds is not None and stream < NOISY_LAYERS:
                drop = SeededDropout(dropout, stream=stream, dtype=policy, name=f"up{level}_dropout")
                x = drop(x, seeds)
            return x

        # === Functional model ===
        images = keras.Input((resolution, resolution, source_channels), name="images")
        seeds = keras.Input((), dtype="int64", name="seeds", optional=True) if dropout else None
        x = SizeCheck(multiple=2**num_downs, dtype="float32", name="height_and_width")(images)
        features = []
        for level in range(num_downs):
            x = down(x, level)
            features.append(x)
        features.pop()
        for level in reversed(range(1, num_downs)):
            x = layers.Concatenate(dtype=policy)([features.pop(), up(x, level, seeds)])
        x = layers.Conv2DTranspose(
            channels, 4, kernel_initializer=normal(), dtype="float32", name="up0_conv", **shared
        )(layers.ReLU(dtype=policy)(x))
        outputs = layers.Activation("tanh", dtype="float32")(x)
        inputs = images if seeds is None else [images, seeds]
        super().__init__(inputs, outputs)

    def endpoints(self):
        """What an export of this network offers: name -> (function, input signature). Images in `[0, 1]`.

        With dropout, `default(images)` gives row `i` the seed `i`, as in the trainer's samples;
        `with_seeds(images, seeds)` takes any: the same seed gives the same image, and another one another.
        """
        images = image_argument(self.resolution, self.source_channels, multiple=2**self.num_downs)
        if not self.dropout:
            return {"default": (lambda images: self.translated(images), {"images": images})}

        def default(images):
            return self.translated(images, ops.arange(ops.shape(images)[0], dtype="int64"))

        seeds = keras.InputSpec(shape=(None,), dtype="int64")
        return {
            "default": (default, {"images": images}),
            "with_seeds": (
                lambda images, seeds: self.translated(images, seeds),
                {"images": images, "seeds": seeds},
            ),
        }
