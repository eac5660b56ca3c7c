"""Group normalisation, with what usually surrounds it."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class GroupNorm(KeptLayer):
    """Normalises each example over groups of channels and all pixels, then scales and shifts every channel.

    `y = (x - mean) / sqrt(var + epsilon) * gamma + beta`, with the mean and the biased variance of a group of
    neighbouring channels of one example. What follows it in a diffusion network is part of it: a scale and a
    shift for each example, `y (1 + scale) + shift`, then SiLU, `y sigmoid(y)`. In training all are one
    function with a gradient of its own, which takes half the time of separate ones; at inference they are
    plain operations, because a SavedModel forgets such gradients. Computed in float32 under every policy.

    Args:
        groups: int. Number of groups; divides the channels.
        epsilon: float. Added to the variance.
        silu: bool. Whether SiLU follows.

    Input and output shape:
        `(batch, height, width, channels)`, and optionally a scale and a shift, as `InstanceNorm`.

    Example:
    ```python
    keras_gans.layers.GroupNorm(groups=4)(keras.random.normal((2, 8, 8, 16))).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1803.08494](https://arxiv.org/abs/1803.08494), equation 7; scale and shift
        [2102.09672](https://arxiv.org/abs/2102.09672), appendix A; SiLU
        [1702.03118](https://arxiv.org/abs/1702.03118).
    """

    def __init__(self, *, groups=32, epsilon=1e-6, silu=False, **kwargs):
        super().__init__(**kwargs)

    def build(self, inputs_shape, scale_shape=None, shift_shape=None):
        channels = inputs_shape[-1]
        if channels % self.groups:
            raise ValueError(
                f"The channels of {self.name} must be a multiple of `groups`. "
                f"Received: groups={self.groups}, channels={channels}"
            )
        self.gamma = self.add_weight(shape=(channels,), initializer="ones", autocast=False, name="gamma")
        self.beta = self.add_weight(shape=(channels,), initializer="zeros", autocast=False, name="beta")

    def call(self, inputs, scale=None, shift=None, training=False):
        batch, height, width, channels = ops.shape(inputs)
        gain = ops.broadcast_to(self.gamma, (batch, 1, channels))
        bias = ops.broadcast_to(self.beta, (batch, 1, channels))
        if scale is not None:
            factor = 1.0 + ops.cast(scale, "float32")[:, None]
            gain = gain * factor
            bias = bias * factor + ops.cast(shift, "float32")[:, None]
        x = ops.reshape(ops.cast(inputs, "float32"), (batch, height * width, channels))
        x = _normalize(x, gain, bias, self.groups, self.epsilon, self.silu, training)
        return ops.cast(ops.reshape(x, (batch, height, width, channels)), self.compute_dtype)

    def compute_output_shape(self, inputs_shape, scale_shape=None, shift_shape=None):
        return inputs_shape


def _normalize(x, gain, bias, groups, epsilon, silu, training):
    """`act((x - mean) / sqrt(var + epsilon) * gain + bias)`.

    Args:
        x: `(batch, pixels, channels)`.
        gain: `(batch, 1, channels)`.
        bias: `(batch, 1, channels)`.
        groups: int.
        epsilon: float.
        silu: bool. Whether `act` is SiLU or the identity.
        training: bool. Whether the gradient is our own.
    """
    _, pixels, channels = ops.shape(x)
    size = channels // groups
    numbers = ops.cast(size * pixels, "float32")  # of a group

    def average(sums):
        """Of sums over pixels, `(batch, 1, channels)`: the mean of each channel's group."""
        means = ops.sum(ops.reshape(sums, (-1, 1, groups, size)), axis=-1, keepdims=True) / numbers
        return ops.reshape(ops.repeat(means, size, axis=-1), (-1, 1, channels))

    def total(x):
        return ops.sum(x, axis=1, keepdims=True)  # (batch, 1, channels)

    def forward(x, gain, bias):
        centred = x - average(total(x))
        variance = average(total(ops.square(centred)))
        inverse = ops.rsqrt(variance + epsilon)
        outputs = centred * (gain * inverse) + bias
        gate = ops.sigmoid(outputs) if silu else 1.0
        return outputs * gate, centred, inverse, gate

    @ops.custom_gradient
    def normalize(x, gain, bias):
        outputs, centred, inverse, gate = forward(x, gain, bias)

        def gradient(*args, upstream=None):
            slope = args[0] if upstream is None else upstream
            if silu:
                slope = slope * (gate + outputs * (1.0 - gate))
            bias_slope = total(slope)
            gain_slope = total(slope * centred) * inverse
            # Through the mean and through the variance of the group.
            mean_part = average(bias_slope * gain) * inverse
            variance_part = average(gain_slope * gain) * ops.square(inverse)
            x_slope = slope * (gain * inverse) - (centred * variance_part + mean_part)
            return x_slope, gain_slope, bias_slope

        return outputs, gradient

    return normalize(x, gain, bias) if training else forward(x, gain, bias)[0]
