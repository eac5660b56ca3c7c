"""Dense and convolution layers with an equalized learning rate."""

import math

import keras
import numpy as np
from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


class _Equalized(KeptLayer):
    """What the layers below share: a unit-variance kernel that is scaled at run time."""

    lr_multiplier = 1.0
    initial_bias = 0.0

    def __init__(self, *, gain=2.0**0.5, use_bias=True, **kwargs):
        super().__init__(**kwargs)

    def add_weights(self, kernel_shape, fan_in):
        initializer = keras.initializers.RandomNormal(stddev=1.0 / self.lr_multiplier)
        self.scale = self.gain * self.lr_multiplier / math.sqrt(fan_in)
        self.kernel = self.add_weight(shape=kernel_shape, initializer=initializer, name="kernel")
        if self.use_bias:
            initializer = keras.initializers.Constant(self.initial_bias)
            self.bias = self.add_weight(shape=kernel_shape[-1:], initializer=initializer, name="bias")

    def scaled_kernel(self):
        return self.kernel * ops.cast(self.scale, self.compute_dtype)

    def add_bias(self, outputs):
        if not self.use_bias:
            return outputs
        if self.lr_multiplier == 1.0:
            return outputs + self.bias
        return outputs + self.bias * ops.cast(self.lr_multiplier, self.compute_dtype)


@register
class EqualizedDense(_Equalized):
    """A dense layer whose kernel is scaled by He's constant at run time.

    The kernel is drawn from N(0, 1) and multiplied by `gain / sqrt(fan_in)` in every call, so that Adam,
    whose step does not depend on the size of a gradient, moves every layer at the same relative speed:
    `y = x (kernel * gain / sqrt(fan_in)) + bias`.

    With a multiplier `m` the layer starts with the same outputs and moves by `m` of that speed: kernel and
    bias are multiplied by `m` as well, and the kernel is drawn from N(0, 1 / m^2).

    Args:
        units: int. Width of the output.
        gain: float. Gain of the nonlinearity that follows; sqrt(2) for (leaky) ReLU, 1 for none.
        use_bias: bool. Whether a bias is added, which is not scaled by `gain`.
        lr_multiplier: float. Learning rate of the layer, relative to the others'.
        initial_bias: float. First value of the bias, before it is multiplied.

    Input and output shape:
        From `(batch, features)` to `(batch, units)`.

    Example:
    ```python
    keras_gans.layers.EqualizedDense(16)(keras.ops.ones((2, 8))).shape  # (2, 16)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 4.1; the multiplier
        [1812.04948](https://arxiv.org/abs/1812.04948), appendix C.
    """

    def __init__(self, units, *, lr_multiplier=1.0, initial_bias=0.0, **kwargs):
        super().__init__(**kwargs)
        if not lr_multiplier > 0:
            raise ValueError(f"`lr_multiplier` must be positive. Received: {lr_multiplier}")

    def build(self, input_shape):
        self.add_weights((input_shape[-1], self.units), fan_in=input_shape[-1])

    def call(self, inputs):
        return self.add_bias(ops.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


@register
class EqualizedConv2D(_Equalized):
    """A 2D convolution, stride 1, zero padding to the same size, with an equalized learning rate.

    Args:
        filters: int. Channels of the output.
        kernel_size: int. Height and width of the kernel.
        gain: float. Gain of the nonlinearity that follows; sqrt(2) for (leaky) ReLU, 1 for none.
        use_bias: bool. Whether a bias, initialised to zero and not scaled, is added.

    Input and output shape:
        From `(batch, height, width, channels)` to `(batch, height, width, filters)`.

    Example:
    ```python
    keras_gans.layers.EqualizedConv2D(16)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 4.1.
    """

    size_factor = 1.0

    def __init__(self, filters, kernel_size=3, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], self.filters)
        self.add_weights(shape, fan_in=math.prod(shape[:-1]))

    def call(self, inputs):
        return self.add_bias(self.convolve(inputs, self.scaled_kernel()))

    def convolve(self, inputs, kernel):
        return ops.conv(inputs, kernel, padding="same", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        resized = [None if size is None else int(size * self.size_factor) for size in (height, width)]
        return (batch, *resized, self.filters)


def _box_kernel(kernel):
    """Sums the kernel over the 2x2 shifts that a doubled pixel or a 2x2 mean gives it: 3x3 becomes 4x4.

    As one small matrix product: slices and sums say the same, but their gradient took a fifth of a training
    step.
    """
    size, _, channels, filters = kernel.shape
    shifts = np.eye(size + 1, size) + np.eye(size + 1, size, -1)
    shifts = ops.cast(np.kron(shifts, shifts), kernel.dtype)  # ((size + 1)^2, size^2)
    kernel = ops.matmul(shifts, ops.reshape(kernel, (size * size, channels * filters)))
    return ops.reshape(kernel, (size + 1, size + 1, channels, filters))


class _ResizingConv2D(EqualizedConv2D):
    """What the two layers below share: a kernel with a middle, which their fused one of even size needs."""

    def __init__(self, filters, kernel_size=3, **kwargs):
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd. Received: {kernel_size}")
        super().__init__(filters, kernel_size, **kwargs)


@register
class UpsampleConv2D(_ResizingConv2D):
    """`EqualizedConv2D` after nearest-neighbour upsampling by 2, as one transposed convolution.

    Both are linear, so the 3x3 kernel becomes one of 4x4 with stride 2: the same numbers for 4 instead of 9
    multiplications an output, and nothing of the doubled image is ever stored.

    Arguments are those of `EqualizedConv2D`; `kernel_size` is odd, that before it is fused.

    Input and output shape:
        From `(batch, height, width, channels)` to `(batch, 2 * height, 2 * width, filters)`.

    Example:
    ```python
    keras_gans.layers.UpsampleConv2D(16)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 16, 16, 16)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), table 2.
    """

    size_factor = 2.0

    def convolve(self, inputs, kernel):
        kernel = ops.flip(_box_kernel(kernel), axis=(0, 1))  # a transposed convolution runs backwards
        kernel = ops.transpose(kernel, (0, 1, 3, 2))
        return ops.conv_transpose(inputs, kernel, strides=2, padding="same", data_format="channels_last")


@register
class DownsampleConv2D(_ResizingConv2D):
    """`EqualizedConv2D` followed by the mean of 2x2 pixels, as one strided convolution; then the bias.

    Both are linear, so the 3x3 kernel becomes one of 4x4 with stride 2.

    Arguments are those of `UpsampleConv2D`. Height and width must be even, and are halved.

    Example:
    ```python
    keras_gans.layers.DownsampleConv2D(16)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 4, 4, 16)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), table 2.
    """

    size_factor = 0.5

    def build(self, input_shape):
        if any(size is not None and size % 2 for size in input_shape[1:3]):
            raise ValueError(f"Height and width must be even. Received images of shape {tuple(input_shape)}")
        super().build(input_shape)

    def convolve(self, inputs, kernel):
        kernel = _box_kernel(kernel) * ops.cast(0.25, self.compute_dtype)
        return ops.conv(inputs, kernel, strides=2, padding="same", data_format="channels_last")
