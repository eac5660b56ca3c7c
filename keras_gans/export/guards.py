"""Checks inside an exported graph: wrong input is an error that names the argument.

XLA drops assertions. So an invalid row is also remembered, and its images come out as NaN.

What an argument may hold follows from its `keras.InputSpec` or `keras_gans.endpoints.Argument` and, for
the two arguments that TF-Hub's BigGAN modules gave a meaning, from its name: `y` is a distribution over
classes, `truncation` lies in `(0, 1]` where nothing else is said.
"""

import keras
import tensorflow as tf

from keras_gans.endpoints import limits, open_sizes

# Larger numbers are no sensible input, and their squares and sums would soon overflow float32.
LARGEST = 1e6


def value_range(name, spec):
    """Says in words what an argument may hold."""
    minimum, maximum = limits(spec)
    if minimum is not None or maximum is not None:
        return f"[{'any' if minimum is None else minimum}, {'any' if maximum is None else maximum}]"
    if not keras.backend.is_float_dtype(dtype_of(spec)):
        return "any integer"
    if name == "y":
        return "[0, 1], every row with the sum 1 (one-hot, or a mixture of classes)"
    if name == "truncation":
        return "(0, 1]"
    return f"[-{LARGEST:.0e}, {LARGEST:.0e}]"


def dtype_of(spec):
    """The dtype of an argument as a string; float32 if its spec leaves it open."""
    return spec.dtype or "float32"


def is_shared(spec):
    """Whether an argument is one integer for the whole call, as `num` and `seed` are."""
    return len(spec.shape) == 0 and not keras.backend.is_float_dtype(dtype_of(spec))


def require(condition, message, *tensors):
    """Returns an operation that fails with `message` unless the scalar `condition` holds."""
    return tf.debugging.Assert(condition, [message, *tensors])


def after(checks, *tensors):
    """Returns `tensors`, computed only once the checks have passed."""
    with tf.control_dependencies([check for check in checks if check is not None]):
        tensors = tuple(tf.identity(tensor) for tensor in tensors)
    return tensors if len(tensors) > 1 else tensors[0]


def read_arguments(specs, tensors, *, batch=None):
    """Checks the arguments of one call and gives them all the same number of rows.

    A batched argument may come without its batch axis, as a batch of one; one row is repeated for
    all the others. A float scalar may come as a scalar or as `(batch,)`. An empty batch is padded
    to one row, because convolutions fail on none.

    Args:
        specs: dict, name -> `keras.InputSpec`. The shape is `(None, ...)`, or `()` for scalars.
        tensors: dict, name -> tensor of unknown rank.
        batch: scalar int tensor. Number of rows, `None` means that of the arguments.

    Returns:
        Tuple `(arguments, batch, valid)`: dict of tensors `(rows, ...)`, where a float scalar has
        become `(rows, 1)` and an integer scalar remains one; number of rows asked for, or `None` if
        no argument has rows; bool `(rows,)`.
    """
    arguments, rows, valid = {}, {}, {}
    shared_valid = tf.constant(True)
    for name, spec in specs.items():
        if is_shared(spec):
            arguments[name], good = _read_shared(name, spec, tensors[name])
            shared_valid &= good
        else:
            rows[name], valid[name] = _read_rows(name, spec, tensors[name])
    if not rows:
        return arguments, None, None
    sizes = {name: tf.shape(value)[0] for name, value in rows.items()}
    batch, checks = _common_batch(sizes, batch)
    padded = tf.maximum(batch, 1)
    everything_valid = tf.fill([padded], shared_valid)
    for name, value in rows.items():
        value, row_valid = after(checks, value, valid[name])
        arguments[name] = _repeat(value, padded)
        everything_valid &= _repeat(row_valid, padded)
    return arguments, batch, everything_valid


def finish(outputs, batch, valid):
    """Turns a network's outputs into those of a call: float32, NaN in invalid rows, no padding."""

    def each(tensor):
        tensor = tf.convert_to_tensor(tensor)
        if batch is None:
            return tf.cast(tensor, "float32") if tensor.dtype.is_floating else tensor
        if tensor.dtype.is_floating:
            mask = tf.reshape(valid, [-1] + [1] * (tensor.shape.rank - 1))
            tensor = tf.where(mask, tf.cast(tensor, "float32"), float("nan"))
        return tensor[:batch]

    return tf.nest.map_structure(each, outputs)


def _read_shared(name, spec, tensor):
    """Checks an integer of the whole call. Returns it, within its limits, and whether it was."""
    check = require(
        tf.equal(tf.size(tensor), 1),
        f"`{name}` must be a scalar. Received shape:",
        tf.shape(tensor),
    )
    value = tf.reshape(after([check], tensor), [])
    valid = _within(value, spec)
    check = require(valid, f"`{name}` must lie in {value_range(name, spec)}. Received:", value)
    return _clip(after([check], value), spec), valid


def _within(tensor, spec):
    """Whether the numbers of a tensor keep to the limits of their argument, elementwise."""
    minimum, maximum = limits(spec)
    good = tf.ones_like(tensor, "bool")
    good = good if minimum is None else good & (tensor >= minimum)
    return good if maximum is None else good & (tensor <= maximum)


def _clip(tensor, spec):
    """Keeps numbers within limits where XLA has dropped the assertion: a loop must end."""
    minimum, maximum = limits(spec)
    tensor = tensor if minimum is None else tf.maximum(tensor, tf.cast(minimum, tensor.dtype))
    return tensor if maximum is None else tf.minimum(tensor, tf.cast(maximum, tensor.dtype))


def _read_rows(name, spec, tensor):
    """Checks one argument and gives it a batch axis. Returns it with a bool for every row."""
    expected = tuple(spec.shape) or (None,)  # a float scalar may have one value per example
    inner, shape = expected[1:], tf.shape(tensor)
    batched = tf.equal(tf.rank(tensor), len(expected))
    single = tf.equal(tf.rank(tensor), len(expected) - 1)
    # Leading zeros, so that there are enough numbers to compare whatever the rank.
    trailing = tf.concat([tf.zeros([len(expected)], "int32"), shape], 0)
    trailing = trailing[tf.size(trailing) - len(inner) :]
    fits = batched | single
    for axis, size in enumerate(inner):
        fits &= tf.equal(trailing[axis], size) if size is not None else True
    one, many = _words(inner), _words(inner, "batch")
    check = require(fits, f"`{name}` must have the shape {many} or {one}. Received shape:", shape)
    tensor, trailing = after([check], tensor, trailing)
    tensor, trailing = after([_check_open_sizes(name, spec, trailing)], tensor, trailing)
    rows = tf.where(batched, tf.concat([shape, [1]], 0)[0], 1)
    tensor = tf.reshape(tensor, tf.concat([[rows], trailing], 0))
    tensor = tf.ensure_shape(tensor, (None, *inner))
    valid = _valid_rows(name, spec, tensor)
    check = require(
        tf.reduce_all(valid), f"`{name}` must lie in {value_range(name, spec)}. Received:", tensor
    )
    tensor, valid = after([check], tensor, valid)
    tensor = _clip(tensor, spec)
    return (tensor if spec.shape else tensor[:, None]), valid


def _check_open_sizes(name, spec, sizes):
    """Checks the sizes of an argument that its shape leaves open: height and width of images."""
    allowed = open_sizes(spec)
    if allowed is None:
        return None
    multiple, smallest = allowed
    fits = [
        (sizes[axis] % multiple == 0) & (sizes[axis] >= smallest)
        for axis, size in enumerate(spec.shape[1:])
        if size is None
    ]
    return require(
        tf.reduce_all(fits),
        f"`{name}` must have sizes that are multiples of {multiple}, at least {smallest}, where its shape is "
        f"open, {_words(spec.shape[1:])}. Received shape:",
        sizes,
    )


def _valid_rows(name, spec, tensor):
    """Returns a bool for every row."""
    good = _within(tensor, spec)
    inner = list(range(1, tensor.shape.rank))
    if not tensor.dtype.is_floating:
        return tf.reduce_all(good, axis=inner)
    if name == "y":
        total = tf.reduce_sum(tensor, axis=-1)
        return tf.reduce_all(tensor >= 0.0, axis=-1) & (tf.abs(total - 1.0) < 1e-3)
    good &= tf.abs(tensor) <= LARGEST  # false for NaN
    if name == "truncation" and limits(spec) == (None, None):
        good = (tensor > 0.0) & (tensor <= 1.0)
    return tf.reduce_all(good, axis=inner)


def _common_batch(sizes, batch):
    """Returns the number of rows of the call, and checks that all arguments have it, or one."""
    names = " and ".join(f"`{name}`" for name in sizes)
    counts = tf.stack(list(sizes.values()))
    if batch is None and len(sizes) == 1:
        return counts[0], []
    if batch is None:
        several = tf.not_equal(counts, 1)
        batch = tf.where(tf.reduce_any(several), tf.reduce_max(tf.where(several, counts, 0)), 1)
        message = f"{names} must have the same number of rows, or one row. Received rows:"
    else:
        message = f"{names} must have one row, or as many as asked for. Received rows:"
    agree = tf.reduce_all(tf.equal(counts, batch) | tf.equal(counts, 1))
    return batch, [require(agree, message, counts)]


def _repeat(tensor, padded):
    """Brings a tensor of `padded` rows, one row or none to `padded` rows."""
    missing = tf.cast(tf.equal(tf.shape(tensor)[0], 0), "int32")
    tensor = tf.pad(tensor, [[0, missing]] + [[0, 0]] * (tensor.shape.rank - 1))
    return tf.broadcast_to(tensor, tf.concat([[padded], tf.shape(tensor)[1:]], 0))


def _words(inner, *batch):
    return str((*batch, *("any" if size is None else size for size in inner))).replace("'", "")
