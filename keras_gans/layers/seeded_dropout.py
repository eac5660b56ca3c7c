"""Dropout as a function of a seed, at inference too."""

import math

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.random import threefry
from keras_gans.serialization import register


@register
class SeededDropout(KeptLayer):
    """Drops units of every example by the numbers of the example's own seed, in training and at inference.

    For networks whose only source of noise is dropout. What is dropped depends on the seed, on `stream` and
    on the place in the example, on nothing else: not on the batch, the device or earlier calls. So a network
    stays a pure function, also when it is exported. The units that are kept are scaled by `1 / (1 - rate)`.

    Args:
        rate: float in `[0, 1)`. Share of the units that are dropped.
        stream: int, not negative. Layers that share seeds drop other units if their streams differ.

    Input shape:
        `(batch, ...)`, float. As second argument of a call `seeds`, `(batch,)`, integers of at most 64 bits;
        without them nothing is dropped.

    Output shape:
        As the input.

    Raises:
        ValueError: if `rate` is not in `[0, 1)` or `stream` is negative.

    Example:
    ```python
    dropout = keras_gans.layers.SeededDropout(0.5)
    dropout(keras.ops.ones((2, 3)), keras.ops.array([7, 8]))  # zeros and twos, always the same
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), section 3.2.1, where the generator's dropout is its
        noise; dropout [1207.0580](https://arxiv.org/abs/1207.0580).
    """

    def __init__(self, rate, *, stream=0, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"`rate` must be in [0, 1). Received: {rate}")
        if stream < 0:
            raise ValueError(f"`stream` must not be negative. Received: {stream}")

    def call(self, inputs, seeds=None):
        if seeds is None:
            return inputs
        shape = ops.shape(inputs)
        size = math.prod(shape[1:])
        seeds = ops.cast(seeds, "int64")[:, None]
        words = [ops.bitwise_and(word, 2**32 - 1) for word in (seeds, ops.right_shift(seeds, 32))]
        key = [ops.cast(word, "uint32") for word in words]  # (batch, 1)
        pairs = ops.cast(ops.arange((size + 1) // 2, dtype="int32"), "uint32")[None]
        stream = ops.cast(ops.full((1, 1), self.stream, dtype="int32"), "uint32")
        bits = ops.concatenate(threefry(key, (pairs, stream)), axis=1)[:, :size]
        # 24 bits are what a float32 in [0, 1) holds.
        uniform = ops.cast(ops.cast(ops.right_shift(bits, 8), "int32"), "float32") * 2.0**-24
        keep = ops.reshape(uniform >= self.rate, shape)
        return ops.where(keep, inputs / (1.0 - self.rate), ops.zeros_like(inputs))

    def compute_output_shape(self, inputs_shape, seeds_shape=None):
        return inputs_shape
