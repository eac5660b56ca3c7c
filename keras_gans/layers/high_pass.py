"""Fine detail that goes around a bottleneck."""

import numpy as np
from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register

_KERNEL = np.array([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]])


@register
class HighPassSkip(KeptLayer):
    """Adds the fine detail of other features, where a mask lets it through.

    `y = x + weight * kernel * (mask features)`, the kernel eight times the difference between a pixel and the
    mean of its eight neighbours: what is constant vanishes, edges stay. Outside of the image there are zeros.

    Args:
        weight: float. Factor in front of the detail.
        factor: int. Height and width of the masks, relative to the features.

    Input shape:
        `x` and `features`, both `(batch, height, width, channels)`, as two arguments of a call; optionally,
        as the third, `masks`, `(batch, factor * height, factor * width, 1)`: they are averaged over squares
        of `factor` pixels. Without masks the output is `x`.

    Output shape:
        As `x`.

    Example:
    ```python
    x, features = keras.random.normal((2, 2, 8, 8, 16))
    skip = keras_gans.layers.HighPassSkip(factor=4)
    skip(x, features, keras.ops.ones((2, 32, 32, 1))).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), appendix E, which names the connection and not the
        kernel.
    """

    def __init__(self, *, weight=1.0, factor=1, **kwargs):
        super().__init__(**kwargs)

    def call(self, x, features, masks=None):
        if masks is None:
            return x
        if self.factor > 1:
            masks = ops.average_pool(masks, self.factor, data_format="channels_last")
        kernel = np.repeat((self.weight * _KERNEL)[:, :, None, None], x.shape[-1], axis=2)
        kernel = ops.convert_to_tensor(kernel, dtype=self.compute_dtype)  # (3, 3, channels, 1)
        return x + ops.depthwise_conv(features * masks, kernel, padding="same", data_format="channels_last")

    def compute_output_shape(self, x_shape, features_shape, masks_shape=None):
        return x_shape
