"""A bias by itself."""

import keras

from keras_gans.serialization import register


@register
class Bias(keras.layers.Layer):
    """Adds one trainable number, initialised to zero, to every channel.

    For places where something stands between a kernel and its bias: a reshape, a blur, noise.

    Input and output shape:
        `(batch, ..., channels)`.

    Example:
    ```python
    keras_gans.layers.Bias()(keras.ops.ones((2, 4, 4, 8))).shape  # (2, 4, 4, 8)
    ```
    """

    def build(self, input_shape):
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias

    def compute_output_shape(self, input_shape):
        return input_shape
