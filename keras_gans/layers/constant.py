"""A tensor that does not depend on the input."""

import keras
from keras import initializers, ops

from keras_gans.serialization import register


@register
class Constant(keras.layers.Layer):
    """Gives every example the same stored tensor.

    Args:
        shape: tuple of int. Without the batch.
        initializer: str or `keras.initializers.Initializer`.
        learned: bool. Whether it is a trainable weight.

    Input shape:
        `(batch, ...)`, of which only the number of examples matters.

    Output shape:
        `(batch, *shape)`.

    Example:
    ```python
    keras_gans.layers.Constant((4, 4, 8))(keras.ops.ones((3, 5))).shape  # (3, 4, 4, 8)
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 2: the input of the synthesis network.
    """

    def __init__(self, shape, *, initializer="ones", learned=True, **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.initializer = initializers.get(initializer)
        self.learned = learned

    def build(self, input_shape):
        self.constant = self.add_weight(
            shape=self.shape, initializer=self.initializer, trainable=self.learned, name="constant"
        )

    def call(self, inputs):
        constant = ops.cast(self.constant, self.compute_dtype)
        return ops.broadcast_to(constant, (ops.shape(inputs)[0], *self.shape))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.shape)

    def get_config(self):
        return {
            **super().get_config(),
            "shape": list(self.shape),
            "initializer": initializers.serialize(self.initializer),
            "learned": self.learned,
        }
