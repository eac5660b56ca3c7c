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

from keras_gans.export import guards

MOST_SAMPLES = 1024
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))  # Threefry-2x32


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


def draw_latents(seeds, indices, shape):
    """Standard normal latents, one for every pair of seed and index.

    A number depends on its own seed, index and place only: never on the batch around it, and not on
    XLA, whose philox gives other numbers than TensorFlow's own.

    Args:
        seeds: int64 tensor, `(batch,)`.
        indices: int64 tensor, `(batch,)`, in `[0, 2**32)`.
        shape: tuple of int. Shape of one latent.

    Returns:
        float32 tensor, `(batch, *shape)`.
    """
    size = math.prod(shape)
    low = tf.bitwise.bitwise_and(seeds, 2**32 - 1)
    high = tf.bitwise.bitwise_and(tf.bitwise.right_shift(seeds, 32), 2**32 - 1)
    key = [tf.cast(half, "uint32")[:, None] for half in (low, high)]  # (batch, 1)
    places = tf.range((size + 1) // 2, dtype="int64")
    counter = tf.meshgrid(indices, places, indexing="ij")  # (batch, pairs)
    first, second = threefry(key, [tf.cast(part, "uint32") for part in counter])
    # Box and Muller: two uniform numbers make two normal ones.
    radius = tf.sqrt(-2.0 * tf.math.log(_uniform(first)))
    angle = 2.0 * math.pi * _uniform(second)
    normal = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)[:, :size]
    return tf.reshape(tf.cast(normal, "float32"), [-1, *shape])


def threefry(key, counter):
    """Threefry-2x32 with 20 rounds: random bits as a pure function of key and counter.

    Args:
        key: two uint32 tensors, broadcastable to those of `counter`.
        counter: two uint32 tensors of the same shape.

    Returns:
        Two uint32 tensors.

    Reference:
        Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", section 3.3.
    """
    parity = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(*key), tf.constant(0x1BD11BDA, "uint32"))
    keys = [*key, parity]
    x, y = counter[0] + key[0], counter[1] + key[1]
    for group in range(5):
        for bits in ROTATIONS[group % 2]:
            x = x + y
            turned = tf.bitwise.left_shift(y, tf.constant(bits, "uint32"))
            rest = tf.bitwise.right_shift(y, tf.constant(32 - bits, "uint32"))
            y = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_or(turned, rest), x)
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + tf.constant(group + 1, "uint32")
    return x, y


def _uniform(bits):
    """Maps uint32 to float64 in (0, 1), without either end.

    In float64, the last digits by which devices differ do not reach the latents.
    """
    return (tf.cast(bits, "float64") + 0.5) * 2.0**-32


def latents_endpoint(latent_spec):
    """Endpoint `latents(seeds)`: the latents of index 0 of each seed."""
    shape = tuple(latent_spec.shape[1:])
    specs = {"seeds": keras.InputSpec(shape=(None,), dtype="int64")}

    def latents(seeds):
        return draw_latents(seeds, tf.zeros_like(seeds), shape)

    return latents, specs


def sample_endpoint(function, specs, image_shape):
    """Endpoint `sample(num, seed, ...)`: images for the indices `0 .. num - 1` of one seed.

    Args:
        function: callable. The unguarded `default` endpoint.
        specs: dict, name -> `keras.InputSpec`. Its arguments; those other than `z` are arguments of
            `sample` as well, with one row or `num` rows.
        image_shape: tuple. Static shape of one image, from which the largest `num` follows.

    Returns:
        Tuple `(call, specs, cap)`.
    """
    shape = tuple(specs["z"].shape[1:])
    others = {name: spec for name, spec in specs.items() if name != "z"}
    scalar = keras.InputSpec(shape=(), dtype="int64")
    cap = samples_cap(image_shape)

    def sample(num, seed, **tensors):
        shared = {"num": scalar, "seed": scalar}
        shared, _, _ = guards.read_arguments(shared, {"num": num, "seed": seed})
        num, seed = shared["num"], shared["seed"]
        message = f"`num` must lie in [0, {cap}]. Received:"
        num = guards.after([guards.require((num >= 0) & (num <= cap), message, num)], num)
        num = tf.clip_by_value(num, 0, cap)  # XLA drops the assertion
        indices = tf.range(num)
        z = draw_latents(tf.fill([num], seed), indices, shape)
        batch = tf.cast(num, "int32")
        arguments, batch, valid = guards.read_arguments(specs, {"z": z, **tensors}, batch=batch)
        return guards.finish(function(**arguments), batch, valid)

    return sample, {"num": scalar, "seed": scalar, **others}, cap


def samples_cap(image_shape):
    """Most images of one call of `sample`: 2**25 numbers in all, and at most 1024."""
    values = math.prod(size or 256 for size in image_shape)
    return max(1, min(MOST_SAMPLES, 2**25 // values))


def is_image_batch(tensor):
    """Whether a tensor can be a batch of pictures: `(batch, height, width, 1, 3 or 4)`."""
    return not isinstance(tensor, dict) and tensor.shape.rank == 4 and tensor.shape[-1] in (1, 3, 4)


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
        dict, name -> array: normal numbers for floats, class `row % num_classes` for `y`, 1 for
        scalars.
    """
    generator = np.random.default_rng(seed)
    arguments = {}
    for name, spec in specs.items():
        shape = tuple(size or 32 for size in spec.shape[1:])
        if not spec.shape:
            arguments[name] = np.ones([], guards.dtype_of(spec))
        elif name == "y":
            arguments[name] = np.eye(shape[0], dtype="float32")[np.arange(rows) % shape[0]]
        elif keras.backend.is_float_dtype(guards.dtype_of(spec)):
            arguments[name] = generator.standard_normal((rows, *shape)).astype("float32")
        else:
            arguments[name] = np.broadcast_to(np.arange(rows), (*shape, rows)).T
            arguments[name] = arguments[name].astype(guards.dtype_of(spec))
    return arguments
