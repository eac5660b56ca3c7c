"""The blend of two resolutions while a progressive network grows."""

import keras

from keras_gans.serialization import register


@register
class FadeIn(keras.layers.Layer):
    """Blends the old path of a growing network into the new one: `old + alpha * (new - old)`.

    `alpha` is a non-trainable weight, a scalar in `[0, 1]`: 0 shows the old path alone, 1, its initial value,
    the new one. Being a weight, it is saved and restored with the network.

    Input shape:
        A list of two tensors of one shape, `[old, new]`.

    Output shape:
        As each of the inputs.

    Example:
    ```python
    fade_in = keras_gans.layers.FadeIn()
    fade_in.build([(None, 8, 8, 3)] * 2)
    fade_in.alpha.assign(0.25)
    fade_in([keras.ops.zeros((1, 8, 8, 3)), keras.ops.ones((1, 8, 8, 3))])  # all 0.25
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), figure 2.
    """

    def build(self, input_shape):
        self.alpha = self.add_weight(
            shape=(),
            initializer="ones",
            trainable=False,
            dtype="float32",
            aggregation="only_first_replica",
            name="alpha",
        )

    def call(self, inputs):
        old, new = inputs
        return old + keras.ops.cast(self.alpha, old.dtype) * (new - old)

    def compute_output_shape(self, input_shape):
        return input_shape[0]
