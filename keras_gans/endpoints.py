"""What a network says about the endpoints that it exports: their arguments, and what they share."""

import contextlib
import contextvars

import keras
import tensorflow as tf

_graphs = contextvars.ContextVar("graphs of this export, by what is held once", default=None)


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


class Once:
    """A function of tensors whose graph an export holds once, whichever endpoints call it.

    Without it every endpoint has a copy of the network, and one more with constants in the place of weights.
    Here the weights are arguments of the one graph. Outside of `held_once` it is the function itself.

    Args:
        function: callable. Takes tensors with a batch axis, or lists of them, and returns such. It reads no
            other tensors, and changes no weights.
        *layers: `keras.Layer`. All whose weights it reads.

    Example:
    ```python
    network = keras_gans.networks.DCGANGenerator(resolution=16)
    call = keras_gans.endpoints.Once(network, network)
    call(keras.random.normal((2, 100))).shape  # (2, 16, 16, 3)
    ```
    """

    def __init__(self, function, *layers):
        self.function = function
        self.layers = layers

    def __call__(self, *inputs):
        graphs = _graphs.get()
        if graphs is None:
            return self.function(*inputs)
        tensors = [tf.convert_to_tensor(one) for one in tf.nest.flatten(inputs) if one is not None]
        specs = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]
        present = tuple(one is not None for one in tf.nest.flatten(inputs))
        # `self` in the key keeps it alive: a number of another object may be that of one that is gone.
        key = (self, present, *((spec.dtype, tuple(spec.shape)) for spec in specs))
        if key not in graphs:
            graphs[key] = self._trace(inputs, specs)
        return graphs[key](*tensors, *(variable.value for variable in self._variables()))

    def _variables(self):
        return [variable for layer in self.layers for variable in layer.variables]

    def _trace(self, inputs, specs):
        """The concrete function from tensors and weights to what the function returns."""
        variables = self._variables()

        def traced(*tensors):
            given, weights = iter(tensors[: len(specs)]), tensors[len(specs) :]
            arguments = tf.nest.map_structure(lambda one: None if one is None else next(given), inputs)
            with keras.StatelessScope(state_mapping=list(zip(variables, weights, strict=True))):
                return self.function(*arguments)

        weights = [tf.TensorSpec(variable.shape, variable.dtype) for variable in variables]
        return tf.function(traced, autograph=False).get_concrete_function(*specs, *weights)


@contextlib.contextmanager
def held_once():
    """While it lasts, each `Once` is traced at its first call, and every call is one of that graph."""
    token = _graphs.set({})
    try:
        yield
    finally:
        _graphs.reset(token)
