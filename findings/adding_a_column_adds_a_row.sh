#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0: adding a column to a square matrix adds a row, without a word.
#
# A good guess: `keras.ops.add` broadcasts as NumPy and TensorFlow do. Seen: where the second operand has one axis longer
# than 1, and that is as long as the second or the last axis of the first operand, it is taken for a bias and added
# along that axis of the first one, wherever it stands in its own shape. (3, 3) + (3, 1) adds along the columns, and a
# value for each row of an image goes to its columns or channels. `keras.layers.Add` and `+` on symbolic tensors do the
# same; the operands the other way round, or `+` on plain tensors, are right. An image that is as high as it has
# classes, a map of noise by rows, or a mask of a square picture is silently wrong; one pixel more and it is right.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 <<'PROGRAM'
import keras
import numpy as np
import tensorflow as tf


def is_numpy_s(add, shape, other):
    """Whether a sum is that of NumPy."""
    first = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    second = 100.0 * (1.0 + np.arange(np.prod(other), dtype="float32")).reshape(other)
    return bool(np.array_equal(add(first, second), first + second))


def symbolic(first, second):
    """The sum by a functional model."""
    inputs = [keras.Input(first.shape[1:]), keras.Input(second.shape[1:])]
    return keras.Model(inputs, inputs[0] + inputs[1])([first, second])


seen = {
    "ops.add, (3, 3) + (3, 1)": is_numpy_s(keras.ops.add, (3, 3), (3, 1)),
    "ops.add, (4, 3) + (4, 1)": is_numpy_s(keras.ops.add, (4, 3), (4, 1)),
    "ops.add, (3, 1) + (3, 3)": is_numpy_s(lambda x, y: keras.ops.add(y, x), (3, 3), (3, 1)),
    "ops.add, images (1, 2, 5, 2) + (1, 2, 1, 1), a value for each row": is_numpy_s(
        keras.ops.add, (1, 2, 5, 2), (1, 2, 1, 1)
    ),
    "a functional model, (1, 3, 3) + (1, 3, 1)": is_numpy_s(symbolic, (1, 3, 3), (1, 3, 1)),
    "tensors of TensorFlow, (3, 3) + (3, 1)": is_numpy_s(
        lambda x, y: tf.constant(x) + tf.constant(y), (3, 3), (3, 1)
    ),
}
print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}")
for name, right in seen.items():
    print(f"{name}: {'as NumPy' if right else 'NOT as NumPy'}")
assert list(seen.values()) == [False, True, True, False, False, True], seen
print("as described")
PROGRAM
