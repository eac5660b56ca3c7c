"""Random numbers for training steps: different on every replica, identical after a resume.

Keras' own generators give every replica of a `tf.distribute` strategy the same numbers, and their state is
not part of a `tf.train.Checkpoint`. Here a number is a pure function of (seed, step, name of the draw, index
of the example in the global batch): nothing has to be stored but the step, and the same global batch gets the
same numbers on one replica as on many.

Exports draw from (seed, index) of an image instead, with `counter_normal`.
"""

import collections
import math
import zlib

import keras
import tensorflow as tf

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))  # Threefry-2x32
MOST_PAIRS = 2**20  # of one array of an export; 2**12 streams fit beside them in a word


class Draws:
    """The random numbers of one training step.

    A draw has a name, and its numbers depend on that name and on the names of the scopes around it: a draw
    that is added or removed changes no other. The second use of one name in a scope is another draw. The
    first axis of `shape` counts the examples of this replica; a replica takes its own rows of the numbers of
    the global batch.

    Args:
        seed: int. Seed of the run.
        step: int or scalar int tensor. Number of the training step.
        scope: str. Names of the scopes around, each followed by `/`.

    Example:
    ```python
    draws = Draws(seed=0, step=trainer.step)
    latents = draws.normal("latents", (batch_size, 512))
    mix = draws.scoped("gradient_penalty").uniform("mix", (batch_size, 1, 1, 1))
    ```
    """

    def __init__(self, seed, step, scope=""):
        self.seed = seed
        self.step = step
        self.scope = scope
        self._uses = collections.Counter()

    def scoped(self, name):
        """Returns the draws of a part of the step, which share no number with those outside it."""
        return Draws(self.seed, self.step, f"{self._path(name)}/")

    def normal(self, name, shape):
        """Standard normal float32 numbers, `shape`, whose first axis is this replica's batch."""

        def draw(shape, seed):
            # Box and Muller: two uniform numbers make one normal one.
            uniform = _uniform((2, *shape), seed)
            radius = tf.sqrt(-2.0 * tf.math.log(1.0 - uniform[0]))
            return radius * tf.cos(2.0 * math.pi * uniform[1])

        return self._rows(draw, name, shape)

    def uniform(self, name, shape):
        """Uniform float32 numbers in `[0, 1)`, `shape`, whose first axis is this replica's batch."""
        return self._rows(_uniform, name, shape)

    def integers(self, name, shape, limit):
        """Uniform int32 numbers in `[0, limit)`, `shape`, whose first axis is this replica's batch."""

        def draw(shape, seed):
            return tf.random.stateless_uniform(shape, seed, 0, limit, dtype="int32", alg="philox")

        return self._rows(draw, name, shape)

    def _path(self, name):
        uses = self._uses[name]
        self._uses[name] += 1
        return f"{self.scope}{name}" + (f"#{uses}" if uses else "")

    def _rows(self, draw, name, shape):
        seed = tf.stack([tf.cast(self.seed, "int64"), tf.cast(self.step, "int64")])
        number = tf.constant(zlib.crc32(self._path(name).encode()), "int64")
        seed = tf.random.experimental.stateless_fold_in(seed, number, alg="philox")
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


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """Keras' seed generator with other seeds on every replica of a `tf.distribute` strategy.

    Its state counts the calls, equally on all replicas; the replica's number goes into what is returned.

    Args:
        seed: int. `None` means a random one.

    Example:
    ```python
    keras.random.uniform((2, 3), seed=keras_gans.random.ReplicaSeedGenerator(0))
    ```
    """

    def next(self, ordered=True):
        """Returns the next seed of this replica, uint32 `(2,)`."""
        seed = super().next(ordered)
        context = tf.distribute.get_replica_context()
        if context is None:  # outside of the replicas
            return seed
        replica = tf.cast(context.replica_id_in_sync_group, seed.dtype)
        # An odd factor spreads small numbers over all of 2**32; replica 0 keeps Keras' seeds.
        return seed + tf.stack([tf.zeros_like(replica), replica * tf.constant(0x9E3779B1, seed.dtype)])


def counter_normal(seeds, indices, shape, *, stream=0):
    """Standard normal numbers, one array for every pair of seed and index: those of an export.

    A number depends on its own seed, index and place only: never on the batch around it, and not on
    XLA, whose philox gives other numbers than TensorFlow's own.

    Args:
        seeds: int64 tensor, `(batch,)`.
        indices: int64 tensor, `(batch,)`, in `[0, 2**32)`.
        shape: tuple of int. Shape of one array.
        stream: int or scalar int tensor, in `[0, 2**12)`. Other numbers for the same seed and index.

    Returns:
        float32 tensor, `(batch, *shape)`.

    Raises:
        ValueError: if an array would have more than 2**21 numbers.
    """
    size = math.prod(shape)
    if size > 2 * MOST_PAIRS:
        raise ValueError(f"An array may have {2 * MOST_PAIRS:,} numbers. Received: `shape={shape}`")
    low = tf.bitwise.bitwise_and(seeds, 2**32 - 1)
    high = tf.bitwise.bitwise_and(tf.bitwise.right_shift(seeds, 32), 2**32 - 1)
    key = [tf.cast(half, "uint32")[:, None] for half in (low, high)]  # (batch, 1)
    places = tf.range((size + 1) // 2, dtype="int64")
    places += tf.cast(stream, "int64") * MOST_PAIRS
    counter = tf.meshgrid(indices, places, indexing="ij")  # (batch, pairs)
    first, second = threefry(key, [tf.cast(part, "uint32") for part in counter])
    # Box and Muller: two uniform numbers make two normal ones.
    radius = tf.sqrt(-2.0 * tf.math.log(_open_uniform(first)))
    angle = 2.0 * math.pi * _open_uniform(second)
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


def _open_uniform(bits):
    """Maps uint32 to float64 in (0, 1), without either end.

    In float64, the last digits by which devices differ do not reach the latents.
    """
    return (tf.cast(bits, "float64") + 0.5) * 2.0**-32
