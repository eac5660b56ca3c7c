"""What an export offers: a network's endpoints with guards, and what follows from them.

Two endpoints are derived from `default` where it takes latents `z`: `latents` turns seeds into
latents, `sample` turns one seed into images. Both are pure functions of (seed, index), so nothing
random lives inside an export.
"""

import inspect
import math

import keras
import numpy as np
import tensorflow as tf

from keras_gans.endpoints import Argument, limits, open_size, open_sizes
from keras_gans.export import guards
from keras_gans.random import counter_normal

MOST_SAMPLES = 1024


def as_function(call, specs):
    """Wraps `call(**tensors)` as a `tf.function` that takes arguments by position or by keyword.

    Ranks are left open in the trace: a guard can then say more than TensorFlow's own shape error.
    """
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(name, kind) for name in specs])

    def traced(*args, **kwargs):
        return call(**signature.bind(*args, **kwargs).arguments)

    traced.__signature__ = signature
    tensor_specs = [tf.TensorSpec(None, guards.dtype_of(spec), name=name) for name, spec in specs.items()]
    return tf.function(traced, input_signature=tensor_specs, autograph=False)


def guarded(function, specs):
    """Adds to `function` the guards of its arguments, single examples and empty batches.

    Args:
        function: callable. Takes batched tensors by keyword, returns a tensor or a dict of tensors.
        specs: dict, name -> `keras.InputSpec`.
    """

    def call(**tensors):
        arguments, batch, valid = guards.read_arguments(specs, tensors)
        return guards.finish(function(**arguments), batch, valid)

    return call


def with_constants(network, call):
    """Returns `call` with the network's weights as constants of the graph.

    A restored signature holds variables only weakly, so that
    `hub.load(path).signatures["default"](z)`, in one expression, would find them deleted. Constants
    it holds for good.
    """
    mapping = [(variable, tf.constant(variable.numpy())) for variable in network.variables]

    def constant_call(**tensors):
        with keras.StatelessScope(state_mapping=mapping):
            return call(**tensors)

    return constant_call


def named_outputs(call, name):
    """Returns `call` with a dict as result: a single tensor gets the endpoint's name."""

    def named_call(**tensors):
        outputs = call(**tensors)
        return outputs if isinstance(outputs, dict) else {name: outputs}

    return named_call


def latents_endpoint(latent_spec):
    """Endpoint `latents(seeds)`: the latents of index 0 of each seed."""
    shape = tuple(latent_spec.shape[1:])
    specs = {"seeds": keras.InputSpec(shape=(None,), dtype="int64")}

    def latents(seeds):
        return counter_normal(seeds, tf.zeros_like(seeds), shape)

    return latents, specs


def sample_endpoint(function, specs, image_shape):
    """Endpoint `sample(num, seed, ...)`: images for the indices `0 .. num - 1` of one seed.

    Args:
        function: callable. The unguarded endpoint that it is made of.
        specs: dict, name -> `keras.InputSpec`. Its arguments. `z` is drawn here; so is `key`, int64 `(None,
            2)`, for a function that draws further numbers: seed and index of every row. All others are
            arguments of `sample` as well, with one row or `num` rows.
        image_shape: tuple. Static shape of one image, from which the largest `num` follows.

    Returns:
        Tuple `(call, specs)`.
    """
    shape = tuple(specs["z"].shape[1:])
    others = {name: spec for name, spec in specs.items() if name not in ("z", "key")}
    shared = {
        "num": Argument((), "int64", minimum=0, maximum=samples_cap(image_shape)),
        "seed": keras.InputSpec(shape=(), dtype="int64"),
    }

    def sample(num, seed, **tensors):
        scalars, _, _ = guards.read_arguments(shared, {"num": num, "seed": seed})
        num, seed = scalars["num"], scalars["seed"]
        indices = tf.range(num)
        seeds = tf.fill([num], seed)
        drawn = {"z": counter_normal(seeds, indices, shape), "key": tf.stack([seeds, indices], axis=1)}
        tensors.update({name: drawn[name] for name in drawn if name in specs})
        batch = tf.cast(num, "int32")
        arguments, batch, valid = guards.read_arguments(specs, tensors, batch=batch)
        return guards.finish(function(**arguments), batch, valid)

    return sample, {**shared, **others}


def samples_cap(image_shape):
    """Most images of one call of `sample`: 2**25 numbers in all, and at most 1024."""
    values = math.prod(size or 256 for size in image_shape)
    return max(1, min(MOST_SAMPLES, 2**25 // values))


def is_image_batch(tensor):
    """Whether a tensor can be a batch of pictures: `(batch, height, width, 1, 3 or 4)`."""
    return tensor.shape.rank == 4 and tensor.shape[-1] in (1, 3, 4)


def png_bytes(images):
    """Encodes float images in `[0, 1]`, `(batch, height, width, channels)`, as PNG strings."""
    pixels = tf.cast(tf.round(tf.clip_by_value(images, 0.0, 1.0) * 255.0), "uint8")
    return tf.io.encode_png(pixels)


def example_arguments(specs, rows, *, seed=0):
    """Valid arguments for a trial call, as NumPy arrays with `rows` rows.

    Args:
        specs: dict, name -> `keras.InputSpec`.
        rows: int.
        seed: int.

    Returns:
        dict, name -> array: normal numbers for floats, uniform ones between limits, class `row %
        num_classes` for `y`, `rows` for `num`, 1 for other scalars.
    """
    generator = np.random.default_rng(seed)
    arguments = {}
    for name, spec in specs.items():
        shape = tuple(size or open_size(*open_sizes(spec)) for size in spec.shape[1:])
        minimum, maximum = limits(spec)
        if not spec.shape:
            arguments[name] = np.array(rows if name == "num" else 1, guards.dtype_of(spec))
        elif name == "y":
            arguments[name] = np.eye(shape[0], dtype="float32")[np.arange(rows) % shape[0]]
        elif keras.backend.is_float_dtype(guards.dtype_of(spec)):
            if minimum is None:
                arguments[name] = generator.standard_normal((rows, *shape)).astype("float32")
            else:
                arguments[name] = generator.uniform(minimum, maximum, (rows, *shape)).astype("float32")
        else:
            counted = np.clip(np.arange(rows), minimum, maximum)
            arguments[name] = np.broadcast_to(counted, (*shape, rows)).T.astype(guards.dtype_of(spec))
    return arguments
