"""Reconstructors: which direction of the latent space a pair of images differs by, and how far.

Paper: Unsupervised Discovery of Interpretable Directions in the GAN Latent Space,
[2002.03754](https://arxiv.org/abs/2002.03754), section 3: LeNet for small images, ResNet-18 for others, both
with the channels of both images as input and two heads. The backbones:
LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", and
[1512.03385](https://arxiv.org/abs/1512.03385), table 1.

Trainable parameters of ResNet-18 with 1000 directions: 11,699,433, of which 11,176,512 are its convolutions
with their norms, 9,408 more than for one image, and 513,513 the heads.
"""

from keras import Input, layers, ops

from keras_gans.networks.sizes import check_sizes
from keras_gans.serialization import Network, register


class _Reconstructor(Network):
    """From a pair of images to the direction and the shift between them, through `_features`."""

    def __init__(self, *, resolution, width, name, num_directions=128, channels=3, dtype=None):
        check_sizes(self, "resolution", "num_directions", "channels", "width")
        pair = [
            Input((resolution, resolution, channels), name=f"{name}_image") for name in ("first", "second")
        ]
        x = self._features(ops.concatenate(pair, axis=-1), width, self.policy)
        logits = layers.Dense(num_directions, dtype="float32", name="direction")(x)
        shift = layers.Dense(1, dtype="float32", name="shift")(x)
        super().__init__(pair, [logits, shift])


def _norm(x, policy, name):
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, synchronized=True, dtype=policy, name=f"{name}_norm"
    )(x)


@register
class LeNetReconstructor(_Reconstructor):
    """LeNet with two heads, for images of up to about 64 px.

    Two 5x5 convolutions with batch norm, ReLU and 2x2 maximum, two dense layers with ReLU.

    Args:
        resolution: int. Height and width of the images.
        num_directions: int. K.
        channels: int. Colours of the images.
        width: int. Channels of the first convolution; the other layers are as wide in proportion as those of
            LeNet-5, where they are 6, 16, 120 and 84.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; outputs are float32. `None` means
            the global policy.

    Input shape:
        list of two images, `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`.

    Output shape:
        list of logits `(batch, num_directions)` and shift `(batch, 1)`, float32.

    Example:
    ```python
    network = keras_gans.networks.LeNetReconstructor(resolution=32, num_directions=64)
    logits, shift = network([before, after])
    ```

    Reference:
        [2002.03754](https://arxiv.org/abs/2002.03754), section 3.3.
    """

    def __init__(self, *, resolution=32, width=24, name="lenet_reconstructor", **kwargs):
        super().__init__(resolution=resolution, width=width, name=name, **kwargs)

    def _features(self, x, width, policy):
        for number, filters in enumerate((width, max(1, 8 * width // 3))):
            x = layers.Conv2D(filters, 5, padding="same", use_bias=False, dtype=policy, name=f"conv{number}")(
                x
            )
            x = layers.MaxPooling2D(2, dtype=policy)(ops.relu(_norm(x, policy, f"conv{number}")))
        x = layers.Flatten(dtype=policy)(x)
        for number, units in enumerate((20 * width, 14 * width)):
            x = layers.Dense(units, activation="relu", dtype=policy, name=f"dense{number}")(x)
        return x


@register
class ResNet18Reconstructor(_Reconstructor):
    """ResNet-18 with two heads. Arguments, input and output are those of `LeNetReconstructor`.

    `width` is that of the first convolution and of the first of four stages.

    Example:
    ```python
    network = keras_gans.networks.ResNet18Reconstructor(resolution=256, num_directions=120)
    logits, shift = network([before, after])
    ```

    Reference:
        [2002.03754](https://arxiv.org/abs/2002.03754), section 3.3; [1512.03385](https://arxiv.org/abs/1512.03385),
        table 1.
    """

    def __init__(self, *, resolution=128, width=64, name="resnet18_reconstructor", **kwargs):
        super().__init__(resolution=resolution, width=width, name=name, **kwargs)

    def _features(self, x, width, policy):
        def conv(x, filters, size, stride, name):
            convolution = layers.Conv2D(
                filters,
                size,
                strides=stride,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                dtype=policy,
                name=name,
            )
            return _norm(convolution(x), policy, name)

        x = ops.relu(conv(x, width, 7, 2, "stem"))
        x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
        for stage in range(4):
            for block in range(2):
                filters, stride = width * 2**stage, 2 if stage and not block else 1
                name = f"stage{stage}_block{block}"
                inner = ops.relu(conv(x, filters, 3, stride, f"{name}_conv0"))
                inner = conv(inner, filters, 3, 1, f"{name}_conv1")
                changed = stride > 1 or x.shape[-1] != filters
                x = ops.relu(inner + (conv(x, filters, 1, stride, f"{name}_shortcut") if changed else x))
        return layers.GlobalAveragePooling2D(dtype=policy)(x)
