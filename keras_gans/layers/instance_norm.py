"""Instance normalisation, plain and adaptive."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class InstanceNorm(KeptLayer):
    """Normalises every channel of every example over its own pixels.

    `y = (x - mean) / sqrt(var + epsilon)` with the mean and the biased variance of one feature map, in
    training and at inference alike; then `y * gamma + beta`, trained here (`affine`). A call may bring a
    scale and a shift for each example, `y * (1 + scale) + shift`: adaptive instance normalisation (AdaIN),
    whose two come from a style. Computed in float32 under every policy.

    Args:
        epsilon: float. Added to the variance.
        affine: bool. Whether `gamma` and `beta` are weights.

    Input shape:
        `(batch, height, width, channels)`. Optionally, as further arguments of a call, `scale` and `shift`,
        both `(batch, channels)`.

    Output shape:
        As the input.

    Example:
    ```python
    norm = keras_gans.layers.InstanceNorm(affine=False)
    x, scale, shift = (keras.random.normal(shape) for shape in ((2, 8, 8, 16), (2, 16), (2, 16)))
    norm(x, scale=scale, shift=shift).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1607.08022](https://arxiv.org/abs/1607.08022), equation 3; adaptive
        [1703.06868](https://arxiv.org/abs/1703.06868), equation 8, with the scale around one.
    """

    def __init__(self, *, epsilon=1e-5, affine=True, **kwargs):
        super().__init__(**kwargs)

    def build(self, inputs_shape, scale_shape=None, shift_shape=None):
        if self.affine:
            shape = (inputs_shape[-1],)
            self.gamma = self.add_weight(shape=shape, initializer="ones", autocast=False, name="gamma")
            self.beta = self.add_weight(shape=shape, initializer="zeros", autocast=False, name="beta")

    def call(self, inputs, scale=None, shift=None):
        x = ops.cast(inputs, "float32")
        x = x - _mean(x)
        gain = ops.rsqrt(_mean(ops.square(x)) + self.epsilon)
        # Everything that is one number a channel meets before it meets the pixels.
        bias = 0.0
        if self.affine:
            gain, bias = gain * self.gamma, self.beta
        if scale is not None:
            factor = 1.0 + ops.cast(scale, "float32")[:, None, None]  # (batch, 1, 1, channels)
            gain, bias = gain * factor, bias * factor + ops.cast(shift, "float32")[:, None, None]
        return ops.cast(x * gain + bias, self.compute_dtype)

    def compute_output_shape(self, inputs_shape, scale_shape=None, shift_shape=None):
        return inputs_shape


def _mean(x):
    """Over the pixels, `(batch, 1, 1, channels)`.

    Rows first: one float32 sum over all pixels of a large map would lose its last digits.
    """
    return ops.mean(ops.mean(x, axis=2, keepdims=True), axis=1, keepdims=True)
