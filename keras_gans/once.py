"""Functions whose graph an export holds once."""

import contextlib
import contextvars

import keras
import tensorflow as tf

_graphs = contextvars.ContextVar("graphs of this export, by what is held once", default=None)


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
    call = keras_gans.once.Once(network, network)
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
