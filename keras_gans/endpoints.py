"""What a network says about the arguments of the endpoints that it exports."""

import keras


class Argument(keras.InputSpec):
    """A `keras.InputSpec` with a range, which the exported graph enforces.

    Args:
        shape: tuple. `(None, ...)` for one row per example; `()` for a scalar. A float scalar may come with
            one value per example and reaches the function as `(batch, 1)`; an integer scalar is one for the
            whole call.
        dtype: str.
        minimum: number. Smallest value allowed; `None` means none.
        maximum: number. Largest value allowed; `None` means none.

    Example:
    ```python
    steps = keras_gans.endpoints.Argument(shape=(), dtype="int64", minimum=1, maximum=1000)
    ```
    """

    def __init__(self, shape, dtype="float32", *, minimum=None, maximum=None):
        super().__init__(shape=shape, dtype=dtype)
        self.minimum = minimum
        self.maximum = maximum


def limits(spec):
    """Returns the smallest and the largest value that a `keras.InputSpec` allows, `None` for no limit."""
    return getattr(spec, "minimum", None), getattr(spec, "maximum", None)
