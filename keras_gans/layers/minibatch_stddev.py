"""Minibatch standard deviation."""

import keras
from keras import ops

from keras_gans.serialization import register


@register
class MinibatchStddev(keras.layers.Layer):
    """Appends one channel with the average standard deviation of a group of examples.

    It shows the discriminator how much a batch varies. The batch is cut into groups of `group_size` examples,
    whose members are `batch / group_size` apart; per group the standard deviation of every feature over its
    members, `sqrt(var + 1e-8)` with the biased variance, is averaged over pixels and channels. Computed in
    float32.

    Under a `tf.distribute` strategy groups are formed within a replica, as in the paper.

    Args:
        group_size: int. Examples a group. The whole batch where it is smaller; otherwise it must divide the
            batch.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, channels + 1)`.

    Example:
    ```python
    keras_gans.layers.MinibatchStddev()(keras.random.normal((8, 4, 4, 16))).shape  # (8, 4, 4, 17)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 3. The groups are the public implementation's;
        the paper takes the whole batch.
    """

    def __init__(self, *, group_size=4, **kwargs):
        super().__init__(**kwargs)
        self.group_size = group_size

    def call(self, inputs):
        batch, height, width, channels = ops.shape(inputs)
        static = isinstance(batch, int)
        if static and batch > self.group_size and batch % self.group_size:
            raise ValueError(
                f"`group_size` of {self.name} must divide the batch of one replica, or be larger. "
                f"Received: group_size={self.group_size}, batch={batch}"
            )
        group = (min if static else ops.minimum)(self.group_size, batch)
        x = ops.cast(inputs, "float32")
        x = ops.reshape(x, (group, -1, height, width, channels))  # (group, groups, h, w, c)
        stddev = ops.sqrt(ops.var(x, axis=0) + 1e-8)
        stddev = ops.mean(stddev, axis=(1, 2, 3))  # (groups,)
        stddev = ops.cast(ops.tile(stddev, (group,)), self.compute_dtype)  # (batch,)
        stddev = ops.broadcast_to(ops.reshape(stddev, (-1, 1, 1, 1)), (batch, height, width, 1))
        return ops.concatenate([inputs, stddev], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
