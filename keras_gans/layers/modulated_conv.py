"""A convolution whose kernel is modulated by the style of each example."""

import math

import keras
from keras import ops

from keras_gans.layers.fir import check_taps, upfirdn2d
from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class ModulatedConv2D(KeptLayer):
    """Weight modulation and demodulation.

    Example by example the kernel `w`, `(height, width, in, out)`, becomes `w' = s_in * w` and, demodulated,
    `w'' = w' / sqrt(sum over (height, width, in) of w'^2 + 1e-8)`, so that the output of unit-variance inputs
    has unit variance again. Without demodulation, `w' / sqrt(fan_in)`.

    No kernel is made for each example: scaling the input's channels by `s`, convolving with `w`, and scaling
    the output's channels gives the same. Scales and their sums are float32 under every policy; what is
    convolved is scaled down beforehand and up afterwards, or half precision would overflow.

    Args:
        filters: int. Channels of the output.
        kernel_size: int, odd. Height and width of the kernel.
        demodulate: bool. Whether kernels are demodulated.
        upsample_taps: sequence of at least 2 floats, symmetric. Up-sampling by 2 before the convolution, with
            this low-pass filter; done as a transposed convolution with stride 2 that the filter follows.
            `None` means that the size stays.

    Input shape:
        A list `[features, styles]`: `(batch, height, width, channels)` and `(batch, channels)`.

    Output shape:
        `(batch, height, width, filters)`, with `upsample_taps` of twice the height and width.

    Example:
    ```python
    conv = keras_gans.layers.ModulatedConv2D(8, upsample_taps=(1, 3, 3, 1))
    conv([keras.random.normal((2, 8, 8, 16)), keras.ops.ones((2, 16))]).shape  # (2, 16, 16, 8)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), equations 1 and 3, and appendix B.
    """

    def __init__(self, filters, kernel_size=3, *, demodulate=True, upsample_taps=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd. Received: {kernel_size}")
        if upsample_taps is not None:
            self.keep(upsample_taps=check_taps(upsample_taps, least=2))

    def build(self, input_shape):
        channels = input_shape[0][-1]
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, channels, self.filters),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )

    def call(self, inputs):
        features, styles = inputs
        kernel = ops.convert_to_tensor(self.kernel)
        shrink = 1.0 / math.sqrt(math.prod(kernel.shape[:3]))
        styles = ops.cast(styles, "float32")
        if self.demodulate:
            power = ops.matmul(ops.square(styles), ops.sum(ops.square(kernel), axis=(0, 1)))  # (batch, out)
            # Both factors cancel: no gradient runs through the largest style.
            largest = ops.stop_gradient(ops.max(ops.abs(styles), axis=1, keepdims=True)) + 1e-8
            outer = ops.rsqrt(power + 1e-8) * largest / shrink
            styles = styles / largest
        outputs = self.convolve(self.scale(features, styles), ops.cast(kernel * shrink, self.compute_dtype))
        return self.scale(outputs, outer) if self.demodulate else outputs

    def scale(self, features, scales):
        scales = ops.cast(scales[:, None, None], self.compute_dtype)
        return ops.cast(features, self.compute_dtype) * scales

    def convolve(self, features, kernel):
        if self.upsample_taps is None:
            return ops.conv(features, kernel, padding="same", data_format="channels_last")
        kernel = ops.transpose(kernel, (0, 1, 3, 2))
        features = ops.conv_transpose(
            features, kernel, strides=2, padding="valid", data_format="channels_last"
        )
        # The filter shortens by its length - 1; the transposed convolution has added kernel_size - 2.
        missing = len(self.upsample_taps) - 1 - max(self.kernel_size - 2, 0)
        padding = (missing + 1) // 2, missing // 2
        return upfirdn2d(features, self.upsample_taps, padding=padding, gain=4.0)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape[0]
        factor = 1 if self.upsample_taps is None else 2
        sizes = [None if size is None else size * factor for size in (height, width)]
        return (batch, *sizes, self.filters)
