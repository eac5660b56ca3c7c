"""`check_network`: what every network goes through, and how its parameters are counted."""

import contextlib
import inspect

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state

from harness import (
    POLICIES,
    assert_close,
    check_config,
    check_modes,
    gradients,
    policy,
)
from keras_gans.serialization import parameters_of


def count(network):
    """The number of trainable parameters."""
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@contextlib.contextmanager
def without_weights():
    """Networks that are made inside have shapes, and weights that are never drawn.

    Keras notes the weights and would draw those of all networks at the end of the next scope, whosever it is:
    minutes and gigabytes for networks of published sizes. There is no public way to forget them.
    """
    with keras.StatelessScope(initialize_variables=False):
        yield
    global_state.set_global_attribute("uninitialized_variables", [])


def counted(network_class, arguments):
    """The number of trainable parameters, of a network whose weights are never drawn."""
    with without_weights():
        return count(network_class(**arguments))


def vary(network, seed=0):
    """Gives weights values of which each matters, about as large as training would leave them.

    What starts as one number, such as biases, gains and kernels of zeros, varies; kernels that start small
    have unit gain; statistics are in (0.3, 0.7), and two resolutions are half faded.
    """
    random = np.random.default_rng(seed)
    for weight in network.weights:
        value = weight.numpy()
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 1.0
        if not weight.trainable:
            if weight.name in ("moving_mean", "moving_variance", "alpha"):
                weight.assign(random.uniform(0.3, 0.7, weight.shape))
        elif len(weight.shape) == 0:
            weight.assign(0.1)
        elif len(weight.shape) == 1:
            weight.assign(value + 0.3 * random.standard_normal(weight.shape))
        elif value.std() * fan_in**0.5 < 0.5:
            weight.assign(random.standard_normal(weight.shape) / fan_in**0.5)


def randomized(network, spread=0.3):
    """Normal weights, gains around 1, which leave no rectifier without work; statistics in (0.3, 0.7)."""
    random = np.random.default_rng(0)
    for weight in network.weights:
        if weight.trainable:
            gain = weight.name == "gamma" or "_gain/" in weight.path
            weight.assign(1.0 * gain + spread * random.standard_normal(weight.shape))
        elif keras.backend.is_float_dtype(weight.dtype):
            weight.assign(random.uniform(0.3, 0.7, weight.shape))
    return network


def make(network_class, arguments):
    """A network with the same weights every time."""
    keras.utils.set_random_seed(0)
    network = network_class(**arguments)
    vary(network)
    return network


def joined(outputs):
    """All outputs of an example in one row."""
    return tf.concat([tf.reshape(one, (len(one), -1)) for one in tf.nest.flatten(outputs)], axis=1)


def shapes_of(outputs):
    return [tuple(one.shape[1:]) for one in tf.nest.flatten(outputs)]


def check_network(network_class, case, *, folder, precision="mixed_bfloat16"):
    """Checks a network.

    Keyword-only constructor, whose arguments are the configuration; the number of trainable parameters;
    gradients; `.keras` gives the class, the configuration and the outputs back without
    hints; an example has the same outputs alone as in a batch; float32 outputs and variables, finite and
    close, in lower precision.

    Args:
        network_class: the class.
        case: `descriptors.Network`.
        folder: path of a folder to save in.
        precision: str. The policy of lower precision.
    """
    inputs, network = case.as_taken(), make(network_class, case.arguments)
    declared = parameters_of(network_class)
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in declared.values())
    assert set(network.get_config()) - {"trainable"} == set(declared)
    assert count(network) == case.parameters
    check_weights_differ(network)

    outputs = network(inputs)
    expected = case.output_shape if isinstance(case.output_shape, list) else [case.output_shape]
    assert shapes_of(outputs) == shapes_of(network.outputs) == expected
    assert all(one.dtype == "float32" for one in tf.nest.flatten(outputs))
    outputs = joined(outputs).numpy()
    assert np.std(outputs) > 1e-2  # or comparisons would say nothing
    if case.per_example:
        second = tf.nest.map_structure(lambda array: array[1:2], inputs)
        assert_close(joined(network(second)), outputs[1:2], case.tolerance)
    check_weights_take_part(network, inputs, case)
    check_saving(network, inputs, outputs, folder)
    check_low_precision(network, inputs, outputs, case, precision)


def check_weights_differ(network):
    """No two weights begin alike: an initializer of Keras gives the same numbers whenever it is called."""
    seen = {}
    for weight in network.trainable_weights:
        numbers = weight.numpy().ravel()[:8].tobytes()
        if np.std(weight.numpy()) > 0.0:
            assert numbers not in seen, (weight.path, seen[numbers])
            seen[numbers] = weight.path


def check_weights_take_part(network, inputs, case):
    """Every weight gets a gradient, but those of the layers that are named."""
    weights = {weight.path: weight for weight in network.trainable_weights}
    silent = {path for path in weights if path.split("/")[-2] in case.without_gradient}
    assert {path.split("/")[-2] for path in silent} == set(case.without_gradient)

    names = list(weights)
    slopes = gradients(lambda x: joined(network(x)), inputs, list(weights.values()))[1]
    for name, slope in zip(names, slopes, strict=True):
        assert (slope is None) == (name in silent), name
        if slope is not None:
            slope = tf.convert_to_tensor(slope).numpy()
            assert np.isfinite(slope).all() and np.any(slope != 0), name


def check_saving(network, inputs, outputs, folder):
    """A file gives class, configuration, weights and outputs back; the configuration survives JSON."""
    config = network.get_config()
    network.save(folder / "network.keras")
    loaded = keras.saving.load_model(folder / "network.keras")
    assert type(loaded) is type(network)
    assert loaded.get_config() == config
    assert [w.path for w in loaded.weights] == [w.path for w in network.weights]
    np.testing.assert_array_equal(joined(loaded(inputs)), outputs)


def check_low_precision(network, inputs, outputs, case, name):
    """Outputs and variables are float32; outputs are finite and close to those of a network of float32."""
    with policy(name):
        low = make(type(network), case.arguments)
    assert low.get_config()["dtype"] == name
    assert all(weight.dtype == "float32" for weight in low.weights)
    again = low(inputs)
    assert all(one.dtype == "float32" for one in tf.nest.flatten(again))
    assert_close(joined(again), outputs, case.tolerances.get(name, POLICIES[name]))
    return low


def check_all_ways(network_class, case):
    """The full matrix: a graph and XLA, both lower precisions and their gradients, a batch of 1 and of 3."""
    inputs, network = case.as_taken(), make(network_class, case.arguments)
    outputs = joined(network(inputs)).numpy()
    check_modes(lambda x: joined(network(x, training=False)), inputs, outputs, case.tolerance)
    check_config(network, case.arguments)
    for name in ("mixed_float16", "mixed_bfloat16"):
        low = check_low_precision(network, inputs, outputs, case, name)
        check_weights_take_part(low, inputs, case)
    if case.per_example:
        three = joined(network(tf.nest.map_structure(lambda array: array[:3], inputs)))
        assert_close(three, outputs[:3], case.tolerance)
