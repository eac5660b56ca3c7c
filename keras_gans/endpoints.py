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
        multiple: int. Sizes that `shape` leaves open, the batch aside, must be multiples of it.
        smallest: int. Smallest of these sizes that is allowed; `None` means `multiple`.

    Example:
    ```python
    steps = keras_gans.endpoints.Argument(shape=(), dtype="int64", minimum=1, maximum=1000)
    ```
    """

    def __init__(self, shape, dtype="float32", *, minimum=None, maximum=None, multiple=1, smallest=None):
        super().__init__(shape=shape, dtype=dtype)
        self.minimum = minimum
        self.maximum = maximum
        self.multiple = multiple
        self.smallest = multiple if smallest is None else smallest


def limits(spec):
    """Returns the smallest and the largest value that a `keras.InputSpec` allows, `None` for no limit."""
    return getattr(spec, "minimum", None), getattr(spec, "maximum", None)


def open_sizes(spec):
    """Returns what the open sizes of a `keras.InputSpec` must be: `(multiple, smallest)`, or `None`.

    A size is open if the shape does not fix it; the batch does not count. `None` means that no size is open.
    """
    if None not in spec.shape[1:]:
        return None
    return getattr(spec, "multiple", 1), getattr(spec, "smallest", 1)


def open_size(multiple, smallest, wanted=32):
    """Returns the smallest size allowed that is at least `wanted`."""
    return multiple * -(-max(wanted, smallest) // multiple)
