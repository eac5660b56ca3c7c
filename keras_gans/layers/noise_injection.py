"""Noise with a learned strength."""

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class NoiseInjection(KeptLayer):
    """Adds one noise image to all channels: `x + strength * noise`.

    The noise is an input. Training draws it, an export of a network stores it.

    Args:
        per_channel: bool. Whether every channel has a strength of its own, or all have the same. Strengths
            start at zero.

    Input shape:
        A list `[features, noise]`: `(batch, height, width, channels)` and `(batch, height, width, 1)`,
        standard normal.

    Output shape:
        As the features.

    Example:
    ```python
    layer = keras_gans.layers.NoiseInjection()
    layer([keras.ops.ones((2, 8, 8, 16)), keras.random.normal((2, 8, 8, 1))]).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 2 (a strength per channel);
        [1912.04958](https://arxiv.org/abs/1912.04958), section 2 and appendix B (one strength).
    """

    def __init__(self, *, per_channel=False, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        shape = (input_shape[0][-1],) if self.per_channel else ()
        self.strength = self.add_weight(shape=shape, initializer="zeros", name="strength")

    def call(self, inputs):
        features, noise = inputs
        return features + noise * self.strength

    def compute_output_shape(self, input_shape):
        return input_shape[0]
