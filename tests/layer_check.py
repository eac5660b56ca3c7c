"""`check_layer`: the numbers of a layer; `check_ways`: that they do not depend on how it is run."""

import keras
import numpy as np
import tensorflow as tf

from harness import (
    assert_close,
    check_config,
    check_gradients,
    check_modes,
    policy,
    random_inputs,
    randomize,
)


def built(layer_class, arguments, inputs):
    """Returns a layer with random weights."""
    layer = layer_class(**arguments)
    shapes = [(None, *array.shape[1:]) for array in inputs]
    layer.build(shapes if len(shapes) > 1 else shapes[0])
    randomize(layer)
    return layer


def check_layer(
    layer_class, *, arguments=None, shapes, weights=None, non_trainable=None, reference, tolerance=1e-5
):
    """Checks a layer's numbers, and those of its configuration.

    Configuration through JSON; exact names and shapes of weights; equal to NumPy, and to itself for a batch
    whose size is not known; the shape that it says it has; every trainable weight gets a gradient.

    Args:
        layer_class: the class.
        arguments: dict. Of its constructor.
        shapes: list of shapes of its inputs.
        weights: dict of str to shape. Trainable weights.
        non_trainable: dict of str to shape.
        reference: `reference(*inputs, **weights) -> array`, independent NumPy.
        tolerance: float. As in `assert_close`.
    """
    arguments, weights, non_trainable = arguments or {}, weights or {}, non_trainable or {}
    inputs = random_inputs(shapes)
    listed = inputs if len(shapes) > 1 else [inputs]
    layer = built(layer_class, arguments, listed)
    assert {w.name: tuple(w.shape) for w in layer.trainable_weights} == weights
    assert {w.name: tuple(w.shape) for w in layer.non_trainable_weights} == non_trainable

    values = {weight.name: weight.numpy().astype("float64") for weight in layer.weights}
    outputs = np.asarray(layer(inputs))
    assert_close(outputs, reference(*[array.astype("float64") for array in listed], **values), tolerance)
    shape = layer.compute_output_shape([a.shape for a in listed] if len(shapes) > 1 else inputs.shape)
    assert tuple(shape) == outputs.shape
    check_gradients(layer, inputs, layer.trainable_weights)

    again = check_config(layer, arguments)
    symbols = [keras.Input(shape[1:]) for shape in shapes]
    model = keras.Model(symbols, again(symbols if len(shapes) > 1 else symbols[0]))
    assert model.output_shape == (None, *outputs.shape[1:])
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(model(listed), outputs)


def check_ways(layer_class, arguments, inputs, *, separate=False, tolerance=1e-5):
    """Checks that a graph and XLA give what eager gives, and twice the same to the bit.

    Args:
        layer_class: the class.
        arguments: dict. Of its constructor.
        inputs: list of arrays.
        separate: bool. Whether a call takes several inputs as arguments instead of one list.
        tolerance: float. As in `assert_close`.
    """
    call, inputs = callable_and_inputs(layer_class, arguments, inputs, separate)
    check_modes(call, inputs, np.asarray(call(inputs), "float32"), tolerance)


def check_precision(layer_class, arguments, inputs, name, closeness, *, separate=False):
    """Checks a policy: its dtype out, float32 variables, finite and close outputs, gradients."""
    exact, tensors = callable_and_inputs(layer_class, arguments, inputs, separate)
    with policy(name):
        low, tensors = callable_and_inputs(layer_class, arguments, inputs, separate)
    outputs = low(tensors)
    assert all(weight.dtype == "float32" for weight in low.layer.weights)
    assert outputs.dtype == keras.dtype_policies.get(name).compute_dtype
    assert_close(tf.cast(outputs, "float32"), exact(tensors), closeness)
    check_gradients(low, tensors, low.layer.trainable_weights)


def callable_and_inputs(layer_class, arguments, inputs, separate):
    """Returns a function of one argument, whose `layer` has random weights, and that argument."""
    layer = built(layer_class, arguments, inputs[:1] if separate else inputs)

    def call(x):
        return layer(*x, training=False) if separate else layer(x, training=False)

    call.layer = layer
    return call, inputs if len(inputs) > 1 else inputs[0]
