"""The object that is saved: a network's endpoints as traced functions, without any Keras in it."""

import dataclasses

import tensorflow as tf

from keras_gans.export import guards, signatures


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
    calls, traced = _calls(offered)
    endpoints = {name: (_through(traced[name], specs), specs) for name, (_, specs) in calls.items()}
    for name, (function, _) in endpoints.items():
        setattr(module, name, function)
    _add_call(module, *endpoints["default"])
    return Exportable(
        module=module, calls=calls, signatures=_signatures(network, endpoints, *offered["default"])
    )


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
    """Returns the endpoints with guards, and the same as concrete functions: two dicts.

    If `default` turns latents into images, two endpoints are added: `latents` turns seeds into latents, and
    `sample` draws the arguments `z` and `key` of `default`, or of the network's own function `sample`.
    """
    base = offered.get("sample", offered["default"])
    calls = {
        name: (signatures.guarded(function, specs), specs)
        for name, (function, specs) in offered.items()
        if name != "sample" or "z" not in specs
    }
    traced = {"default": signatures.as_function(*calls["default"]).get_concrete_function()}
    images, (_, specs) = traced["default"].structured_outputs, calls["default"]
    if "z" in specs and not isinstance(images, dict):
        latents, latents_specs = signatures.latents_endpoint(specs["z"])
        calls.setdefault("latents", (signatures.guarded(latents, latents_specs), latents_specs))
        if "sample" not in calls:
            calls["sample"] = signatures.sample_endpoint(*base, images.shape[1:])
    for name, call in calls.items():
        if name not in traced:
            traced[name] = signatures.as_function(*call).get_concrete_function()
    return calls, traced


def _through(traced, specs):
    """Returns a `tf.function` that calls a concrete one.

    Saving a `tf.function` traces it again, and so does every function that calls it. Around a concrete
    function that costs nothing, and the file holds the graph once.
    """
    return signatures.as_function(lambda **tensors: traced(**tensors), specs)


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


def _signatures(network, endpoints, function, specs):
    """Returns the concrete functions that the file names as signatures."""

    def concrete(call, specs):
        return signatures.as_function(call, specs).get_concrete_function(), specs

    default = endpoints["default"][0]
    constant = signatures.with_constants(network, signatures.guarded(function, specs))
    found = {
        name: concrete(signatures.named_outputs(endpoint, name), endpoint_specs)
        for name, (endpoint, endpoint_specs) in endpoints.items()
    }
    found["default"] = concrete(signatures.named_outputs(constant, "default"), specs)
    found["serving_default"] = concrete(signatures.named_outputs(default, "default"), specs)
    if signatures.is_image_batch(default.get_concrete_function().structured_outputs):
        found["image_bytes"] = concrete(
            lambda **tensors: {"image_bytes": signatures.png_bytes(default(**tensors))}, specs
        )
    return found
