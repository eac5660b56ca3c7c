"""Nearest-neighbour upsampling and the convolution behind it as one operation."""

import numpy as np
from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register

# A pixel of the doubled image is under each of the three taps of a kernel at two of the four places of one
# twice as dense: 4x4 taps are sums of 3x3 ones.
_SHIFTS = np.eye(4, 3) + np.eye(4, 3, -1)


@register
class NearestUpsampleConv2D(KeptLayer):
    """Doubles height and width by repeating pixels, then convolves with a 3x3 kernel and adds a bias.

    Both are linear, so that they are one transposed convolution of stride 2, whose 4x4 kernel is summed from
    the 3x3 one in float32: the same numbers for 4 instead of 9 multiplications an output, and nothing of the
    doubled image is ever stored. `UpsampleConv2D` is the same with an equalized learning rate.

    Args:
        filters: int. Channels of the output.

    Input and output shape:
        From `(batch, height, width, channels)` to `(batch, 2 * height, 2 * width, filters)`.

    Example:
    ```python
    keras_gans.layers.NearestUpsampleConv2D(16)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 16, 16, 16)
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), appendix B. The kernel starts as Glorot uniform.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        shape = (3, 3, input_shape[-1], self.filters)
        self.kernel = self.add_weight(
            shape=shape, initializer="glorot_uniform", autocast=False, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs):
        channels = self.kernel.shape[2]
        shifts = ops.convert_to_tensor(np.kron(_SHIFTS, _SHIFTS), "float32")  # (16, 9)
        kernel = ops.matmul(shifts, ops.reshape(self.kernel, (9, channels * self.filters)))
        kernel = ops.reshape(kernel, (4, 4, channels, self.filters))
        kernel = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))  # transposed: runs backwards
        kernel = ops.cast(kernel, self.compute_dtype)
        outputs = ops.conv_transpose(inputs, kernel, strides=2, padding="same", data_format="channels_last")
        return outputs + self.bias

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        doubled = [None if size is None else 2 * size for size in (height, width)]
        return (batch, *doubled, self.filters)
