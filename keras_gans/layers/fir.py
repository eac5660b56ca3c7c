"""Resampling with a low-pass filter."""

import numpy as np
from keras import ops

from keras_gans.layers.equalized import EqualizedConv2D
from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


def upfirdn2d(images, taps, *, up=1, down=1, padding=(0, 0), gain=1.0):
    """Up-samples by zeros, pads by zeros, filters, and keeps every `down`-th pixel, in both directions.

    `y = (x0 * f)[::down, ::down]` with `f = gain * outer(taps, taps) / sum(taps)^2`, a convolution (the
    filter runs backwards); `x0` is the image with `up - 1` zeros behind every pixel, padded.

    Args:
        images: float tensor, `(batch, height, width, channels)`, height and width known.
        taps: sequence of float. The filter of one direction.
        up: int. Factor of the up-sampling.
        down: int. Factor of the down-sampling.
        padding: pair of int. Zeros before the first and behind the last pixel, in both directions.
        gain: float. Of the filter; `up ** 2` keeps the brightness.

    Returns:
        Tensor of the same dtype, `(batch, new_height, new_width, channels)`, where `new_height = (up * height
        + sum(padding) - len(taps)) // down + 1`.

    Example:
    ```python
    images = keras.ops.ones((1, 8, 8, 3))
    upfirdn2d(images, (1, 3, 3, 1), up=2, padding=(2, 1), gain=4.0).shape  # (1, 16, 16, 3)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), appendix B; [1904.11486](https://arxiv.org/abs/1904.11486).
    """
    _, height, width, channels = images.shape
    if up > 1:
        images = ops.reshape(images, (-1, height, 1, width, 1, channels))
        zeros = (0, up - 1)
        images = ops.pad(images, ((0, 0), (0, 0), zeros, (0, 0), zeros, (0, 0)))
        images = ops.reshape(images, (-1, height * up, width * up, channels))
    if any(padding):
        images = ops.pad(images, ((0, 0), tuple(padding), tuple(padding), (0, 0)))
    taps = np.asarray(taps, "float64")[::-1] / np.sum(taps)
    kernel = np.tile((gain * np.outer(taps, taps))[:, :, None, None], (1, 1, channels, 1))
    # One depthwise convolution: on a CPU, slices and sums are slower by far, and two one-dimensional
    # convolutions are no faster.
    return ops.depthwise_conv(
        images,
        ops.cast(kernel.astype("float32"), images.dtype),
        strides=down,
        padding="valid",
        data_format="channels_last",
    )


@register
class FIRResample2D(KeptLayer):
    """Filters, and changes the size by a whole factor without a shift and without a change of brightness.

    `upfirdn2d` with the zeros at the borders that give `up / down` times the size.

    Args:
        taps: sequence of float, symmetric. The filter of one direction, of any sum.
        up: int. Factor of the up-sampling.
        down: int. Factor of the down-sampling. At least one of `up` and `down` is 1.

    Input shape:
        `(batch, height, width, channels)`, height and width multiples of `down`.

    Output shape:
        `(batch, up * height / down, up * width / down, channels)`.

    Example:
    ```python
    keras_gans.layers.FIRResample2D((1, 3, 3, 1), up=2)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 16, 16, 3)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), section 4.2 and appendix B; the blur
        [1812.04948](https://arxiv.org/abs/1812.04948), section 2.
    """

    def __init__(self, taps=(1, 3, 3, 1), *, up=1, down=1, **kwargs):
        super().__init__(**kwargs)
        self.keep(taps=check_taps(taps))
        if up < 1 or down < 1 or min(up, down) > 1 or len(self.taps) < max(up, down):
            raise ValueError(
                "`up` and `down` must be at least 1, one of them 1, and `taps` as many as the other or more. "
                f"Received: up={up}, down={down}, taps={self.taps}"
            )

    def call(self, inputs):
        count = len(self.taps)
        if self.down > 1:
            padding = (count - self.down + 1) // 2, (count - self.down) // 2
        else:
            padding = (count + self.up - 1) // 2, (count - self.up) // 2
        gain = float(self.up**2)
        return upfirdn2d(inputs, self.taps, up=self.up, down=self.down, padding=padding, gain=gain)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height * self.up // self.down, width * self.up // self.down, channels)


@register
class FIRDownsampleConv2D(EqualizedConv2D):
    """`EqualizedConv2D` of filtered images with stride 2.

    The filter stands before the convolution, so that what the stride leaves out is not needed.

    Args:
        filters: int. Channels of the output.
        kernel_size: int, odd. Height and width of the kernel.
        taps: sequence of at least 2 floats, symmetric. The filter of one direction, of any sum.
        gain: float. As in `EqualizedConv2D`.
        use_bias: bool. As in `EqualizedConv2D`.

    Input shape:
        `(batch, height, width, channels)`, height and width even.

    Output shape:
        `(batch, height / 2, width / 2, filters)`.

    Example:
    ```python
    keras_gans.layers.FIRDownsampleConv2D(16)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 4, 4, 16)
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), section 4.2 and appendix B.
    """

    size_factor = 0.5

    def __init__(self, filters, kernel_size=3, *, taps=(1, 3, 3, 1), **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        self.keep(taps=check_taps(taps, least=2))
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd. Received: {kernel_size}")

    def convolve(self, inputs, kernel):
        margin, count = self.kernel_size // 2, len(self.taps)
        padding = margin + (count - 1) // 2, margin + (count - 2) // 2
        # What the stride leaves out is not filtered either where the kernel has one pixel only.
        inner = 2 if self.kernel_size == 1 else 1
        filtered = upfirdn2d(inputs, self.taps, down=inner, padding=padding)
        return ops.conv(filtered, kernel, strides=2 // inner, padding="valid", data_format="channels_last")


def check_taps(taps, least=1):
    """Returns a symmetric filter as a list of floats.

    Raises:
        ValueError: if there are fewer than `least`, they are not symmetric, or their sum is not positive.
    """
    taps = [float(tap) for tap in taps]
    if len(taps) < least or taps != taps[::-1] or not sum(taps) > 0:
        raise ValueError(f"`taps` must be at least {least}, symmetric, with a positive sum. Received: {taps}")
    return taps
