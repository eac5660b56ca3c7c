"""Random numbers for training steps: different on every replica, identical after a resume.

Keras' own generators give every replica of a `tf.distribute` strategy the same numbers, and their state is
not part of a `tf.train.Checkpoint`. Here a number is a pure function of (seed, step, position of the draw in
the step, index of the example in the global batch): nothing has to be stored but the step, and the same
global batch gets the same numbers on one replica as on many.
"""

import math

import tensorflow as tf


class Draws:
    """The random numbers of one training step.

    Every call is another draw, numbered while the step is traced. The first axis of `shape` counts the
    examples of this replica; a replica takes its own rows of the numbers of the global batch.

    Args:
        seed: int. Seed of the run.
        step: int or scalar int tensor. Number of the training step.

    Example:
    ```python
    draws = Draws(seed=0, step=trainer.step)
    latents = draws.normal((batch_size, 512))
    ```
    """

    def __init__(self, seed, step):
        self.seed = seed
        self.step = step
        self._count = 0

    def normal(self, shape):
        """Standard normal float32 numbers, `shape`, whose first axis is this replica's batch."""

        def draw(shape, seed):
            # Box and Muller: two uniform numbers make one normal one.
            uniform = _uniform((2, *shape), seed)
            radius = tf.sqrt(-2.0 * tf.math.log(1.0 - uniform[0]))
            return radius * tf.cos(2.0 * math.pi * uniform[1])

        return self._rows(draw, shape)

    def uniform(self, shape):
        """Uniform float32 numbers in `[0, 1)`, `shape`, whose first axis is this replica's batch."""
        return self._rows(_uniform, shape)

    def integers(self, shape, limit):
        """Uniform int32 numbers in `[0, limit)`, `shape`, whose first axis is this replica's batch."""

        def draw(shape, seed):
            return tf.random.stateless_uniform(shape, seed, 0, limit, dtype="int32", alg="philox")

        return self._rows(draw, shape)

    def _rows(self, draw, shape):
        seed = tf.stack([tf.cast(self.seed, "int64"), tf.cast(self.step, "int64")])
        seed = tf.random.experimental.stateless_fold_in(seed, self._count, alg="philox")
        self._count += 1
        replica = tf.distribute.get_replica_context()
        replicas = replica.num_replicas_in_sync
        batch = shape[0]
        numbers = draw((batch * replicas, *shape[1:]), seed)
        start = replica.replica_id_in_sync_group * batch
        return numbers[start : start + batch]


def _uniform(shape, seed):
    # philox by name, and its bits: the default and the floats made of the bits differ between XLA and the
    # op kernels.
    bits = tf.random.stateless_uniform(shape, seed, None, None, dtype="uint32", alg="philox")
    high = tf.bitwise.right_shift(bits, tf.constant(8, "uint32"))
    return tf.cast(tf.cast(high, "int32"), "float32") * 2.0**-24
