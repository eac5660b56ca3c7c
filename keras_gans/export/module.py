"""The object that is saved: a network's endpoints as traced functions, without any Keras in it."""

import dataclasses

import tensorflow as tf

from keras_gans.export import guards, signatures
from keras_gans.once import held_once


class ReusableModule(tf.train.Checkpoint):
    """What `hub.load` gives back: a TF-Hub "Reusable SavedModel" that also carries signatures.

    A `tf.train.Checkpoint`, because a `tf.Module` loses its `variables` when it is loaded, and a
    Keras model loads as something that cannot be called. Every endpoint is an attribute, a
    `tf.function`.
    """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exportable:
    """Everything that one SavedModel needs.

    Attributes:
        module: `ReusableModule`.
        calls: dict, name -> `(function with guards, specs)`, the derived ones included.
        signatures: dict, name -> `(concrete function, specs)`.
    """

    module: ReusableModule
    calls: dict
    signatures: dict


def build(network):
    """Traces all endpoints and signatures of a network.

    Args:
        network: `keras.Model` with `endpoints() -> {name: (function, {argument: keras.InputSpec})}`, one of
            them `default`; `keras_gans.endpoints.Argument` is an `InputSpec` with limits. A function takes
            batched arguments by keyword and returns a tensor or a dict of tensors. A float argument with the
            shape `()` reaches it as `(batch, 1)`.

    Returns:
        `Exportable`.
    """
    offered = network.endpoints()
    _check_names(offered)
    module = ReusableModule()
    module.variables = [variable.value for variable in network.variables]
    module.trainable_variables = [variable.value for variable in network.trainable_variables]
    module.regularization_losses = _regularization_losses(network)
    with held_once():
        calls, traced = _calls(offered)
        endpoints = {name: (_through(traced[name], name, specs), specs) for name, (_, specs) in calls.items()}
        for name, (function, _) in endpoints.items():
            setattr(module, name, function)
        _add_call(module, *endpoints["default"])
        named = _signatures(network, traced, calls, *offered["default"])
    return Exportable(module=module, calls=calls, signatures=named)


def _check_names(offered):
    if "default" not in offered:
        raise ValueError(f"`network.endpoints()` must hold 'default'. Received: {list(offered)}")
    taken = {"variables", "trainable_variables", "regularization_losses", "serving_default"}
    wrong = [name for name in offered if hasattr(tf.train.Checkpoint, name) or name in taken]
    if wrong:
        raise ValueError(f"Names of endpoints must not be those of a checkpoint's own: {wrong}")


def _regularization_losses(network):
    """One function without arguments for every regularised weight, as TF-Hub asks for."""

    def loss(variable):
        regularizer = variable.regularizer
        return tf.function(lambda: regularizer(variable), input_signature=[], autograph=False)

    weights = network.trainable_variables
    return [loss(variable) for variable in weights if variable.regularizer is not None]


def _calls(offered):
    """Returns the endpoints with guards, and the same as concrete functions with dicts as results: two dicts.

    If `default` turns latents into images, two endpoints are added: `latents` turns seeds into latents, and
    `sample` draws the arguments `z` and `key` of `default`, or of the network's own function `sample`.
    """
    base = offered.get("sample", offered["default"])
    calls = {
        name: (signatures.guarded(function, specs), specs)
        for name, (function, specs) in offered.items()
        if name != "sample" or "z" not in specs
    }
    traced = {"default": _concrete("default", *calls["default"])}
    _, specs = calls["default"]
    images = traced["default"].structured_outputs.get("default")
    if "z" in specs and images is not None:
        latents, latents_specs = signatures.latents_endpoint(specs["z"])
        calls.setdefault("latents", (signatures.guarded(latents, latents_specs), latents_specs))
        if "sample" not in calls:
            calls["sample"] = signatures.sample_endpoint(*base, images.shape[1:])
    for name, call in calls.items():
        if name not in traced:
            traced[name] = _concrete(name, *call)
    return calls, traced


def _concrete(name, call, specs):
    return signatures.as_function(signatures.named_outputs(call, name), specs).get_concrete_function()


def _through(traced, name, specs):
    """Returns a `tf.function` that calls a concrete one, and gives a single tensor as it is.

    Saving a `tf.function` traces it again, and so does every function that calls it. Around a concrete
    function that costs nothing, and the file holds the graph once.
    """

    def call(**tensors):
        outputs = traced(**tensors)
        return outputs[name] if list(outputs) == [name] else outputs

    return signatures.as_function(call, specs)


def _add_call(module, function, specs):
    """Gives the module `__call__(inputs, training=False)`: its `default` endpoint.

    The network runs in inference mode for both values of `training`: fine-tuning moves the weights
    and leaves the moving statistics of normalisation layers alone.
    """
    inputs_spec = {
        name: tf.TensorSpec(None, guards.dtype_of(spec), name=name) for name, spec in specs.items()
    }
    if len(specs) == 1:
        (inputs_spec,) = inputs_spec.values()

    def call(inputs, training=False):
        return function(**inputs) if isinstance(inputs, dict) else function(inputs)

    module.__call__ = tf.function(call, autograph=False)
    for training in (False, True):
        module.__call__.get_concrete_function(inputs_spec, training=training)


def _signatures(network, traced, calls, function, specs):
    """Returns the concrete functions that the file names as signatures."""
    found = {name: (traced[name], specs) for name, (_, specs) in calls.items()}
    constant = signatures.with_constants(network, signatures.guarded(function, specs))
    found["serving_default"] = found["default"]
    found["default"] = _concrete("default", constant, specs), specs
    images = traced["default"].structured_outputs.get("default")
    if images is not None and signatures.is_image_batch(images):

        def image_bytes(**tensors):
            return signatures.png_bytes(traced["default"](**tensors)["default"])

        found["image_bytes"] = _concrete("image_bytes", image_bytes, specs), specs
    return found
