"""Weights between two bounds."""

import keras
from keras import ops

from keras_gans.serialization import register


@register
class Clip(keras.constraints.Constraint):
    """Keeps every entry of a weight in `[-limit, limit]`: the clipping that makes a critic Lipschitz.

    An optimizer applies it after each of its updates, on every replica.

    Args:
        limit: float. c, the largest absolute value; positive.

    Raises:
        ValueError: if `limit` is not positive.

    Example:
    ```python
    keras_gans.layers.Clip(0.01)(keras.ops.array([-1.0, 0.005, 2.0]))  # [-0.01, 0.005, 0.01]
    ```

    Reference:
        [1701.07875](https://arxiv.org/abs/1701.07875), algorithm 1.
    """

    def __init__(self, limit):
        if not limit > 0:
            raise ValueError(f"`limit` must be positive. Received: {limit}")
        self.limit = limit

    def __call__(self, w):
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}
