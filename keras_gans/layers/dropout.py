"""Dropout that is right on several replicas."""

import keras

from keras_gans.layers.kept import KeptLayer
from keras_gans.random import ReplicaSeedGenerator
from keras_gans.serialization import register


@register
class Dropout(KeptLayer):
    """Keras' dropout with other masks on every replica.

    Under a `tf.distribute` strategy Keras' own layer drops the same units on all replicas. The state of the
    random numbers is a weight, which a run saves and restores.

    Args:
        rate: float in `[0, 1)`. Share of the units that are dropped in training; the others are scaled by
            `1 / (1 - rate)`.
        seed: int. `None` means a random one.

    Input and output shape:
        Any, float.

    Raises:
        ValueError: if `rate` is not in `[0, 1)`.

    Example:
    ```python
    keras_gans.layers.Dropout(0.5)(keras.ops.ones((2, 3)), training=True)  # zeros and twos
    ```

    Reference:
        [1207.0580](https://arxiv.org/abs/1207.0580).
    """

    def __init__(self, rate, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"`rate` must be in [0, 1). Received: {rate}")
        if rate:
            self.seed_generator = ReplicaSeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return input_shape
