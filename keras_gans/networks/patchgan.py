"""PatchGAN: the discriminator of pix2pix and CycleGAN.

Papers: Image-to-Image Translation with Conditional Adversarial Networks,
[1611.07004](https://arxiv.org/abs/1611.07004), section 3.2.2 and appendix 6.1.2; Unpaired Image-to-Image
Translation using Cycle-Consistent Adversarial Networks, [1703.10593](https://arxiv.org/abs/1703.10593).

Notable: fully convolutional; every logit sees a patch of the image only, of 1, 16, 34, 70, 142 or 286 pixels
with 0 to 5 layers of stride 2.

Trainable parameters with patches of 70 px: with batch norm and 6 channels (pix2pix) 2,768,705, with instance
norm and 3 channels (CycleGAN) 2,764,737.
"""

import keras
from keras import layers

from keras_gans.layers import SizeCheck
from keras_gans.networks.dcgan import convolution
from keras_gans.networks.translation import norm
from keras_gans.serialization import Network, register


@register
class PatchGANDiscriminator(Network):
    """Discriminator of patches.

    `num_layers` convolutions 4x4 of stride 2, one more of stride 1, all with LeakyReLU 0.2 and all but the
    first with a norm before it, and a last one of stride 1 to the logits. Where a discriminator compares two
    images, as pix2pix's does, they come as one, concatenated along the channels: first the one to be
    translated, then the other.

    Args:
        resolution: int. Height and width of the images; `None` means any size from `3 * 2 ** num_layers` on.
        channels: int. Channels of the images, of both of a pair.
        num_layers: int. Convolutions of stride 2, from 0 to 5 in the papers. With 0 all kernels are 1x1, and
            a logit sees one pixel.
        width: int. Feature maps of the first convolution; twice as many from each to the next, at most
            `8 * width`.
        batch_norm: bool. Batch norm, as in pix2pix, or instance norm, as in CycleGAN.
        affine: bool. Whether instance norm has gains and offsets, as batch norm always has, or convolutions
            before it have biases, as in CycleGAN.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; logits are float32 under every
            policy. `None` means the global policy.

    Input shape:
        images: `(batch, height, width, channels)`, float, in `[-1, 1]`.

    Output shape:
        Logits, `(batch, h, w, 1)`, float32, higher for real patches; `h` is
        `floor(height / 2 ** num_layers) - 2`, or `height` with `num_layers` of 0.

    Example:
    ```python
    discriminator = keras_gans.networks.PatchGANDiscriminator(width=16)
    discriminator(keras.random.uniform((2, 64, 64, 3), -1, 1)).shape  # (2, 6, 6, 1)
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), appendix 6.1.2, which ends in a sigmoid.
    """

    def __init__(
        self,
        *,
        resolution=None,
        channels=3,
        num_layers=3,
        width=64,
        batch_norm=True,
        affine=False,
        dtype=None,
        name="patchgan_discriminator",
    ):
        policy = self.policy
        if num_layers < 0:
            raise ValueError(f"`num_layers` must not be negative. Received: {num_layers}")

        def conv(x, filters, strides, name, *, use_bias=True, dtype=policy):
            if num_layers == 0:
                strides = 1
            else:  # as zeros on all sides; "same" would add more at the bottom and right, or none
                x = layers.ZeroPadding2D(1, dtype=dtype)(x)
            size = 4 if num_layers else 1
            return convolution(x, filters, size, strides=strides, use_bias=use_bias, dtype=dtype, name=name)

        def activate(x):
            return layers.LeakyReLU(negative_slope=0.2, dtype=policy)(x)

        # === Functional model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        minimum = 3 * 2**num_layers if num_layers else 1
        x = SizeCheck(minimum=minimum, dtype="float32", name="height_and_width")(images)
        x = activate(conv(x, width, 2, "conv0"))
        hidden = max(num_layers, 1)
        for number in range(1, hidden + 1):
            strides = 2 if number < hidden else 1
            use_bias = not (batch_norm or affine)
            x = conv(x, width * min(2**number, 8), strides, f"conv{number}", use_bias=use_bias)
            x = activate(norm(x, f"norm{number}", batch_norm=batch_norm, affine=affine, dtype=policy))
        logits = conv(x, 1, 1, "logits", dtype="float32")
        super().__init__(images, logits)
