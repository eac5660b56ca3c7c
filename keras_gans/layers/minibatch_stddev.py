"""Minibatch standard deviation."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class MinibatchStddev(KeptLayer):
    """Appends channels with the average standard deviation of a group of examples.

    It shows the discriminator how much a batch varies. The batch is cut into groups of `group_size` examples,
    whose members are `batch / group_size` apart. In each group every feature has a standard deviation over
    the members, `sqrt(var + 1e-8)` with the biased variance. Each appended channel holds the average of these
    over the pixels and over its share of the channels. Computed in float32.

    Under a `tf.distribute` strategy groups are formed within a replica, as in the paper.

    Args:
        group_size: int. Examples in a group. A smaller batch is one group; otherwise it must divide the
            batch.
        num_channels: int. Channels that are appended. It must divide those of the input.

    Input and output shape:
        From `(batch, height, width, channels)` to `(batch, height, width, channels + num_channels)`.

    Example:
    ```python
    keras_gans.layers.MinibatchStddev()(keras.random.normal((8, 4, 4, 16))).shape  # (8, 4, 4, 17)
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 3. The groups are the public implementation's;
        the paper takes the whole batch.
    """

    def __init__(self, *, group_size=4, num_channels=1, **kwargs):
        super().__init__(**kwargs)
        if group_size < 1 or num_channels < 1:
            raise ValueError(
                "`group_size` and `num_channels` must be positive. "
                f"Received: group_size={group_size}, num_channels={num_channels}"
            )

    def build(self, input_shape):
        if input_shape[-1] % self.num_channels:
            raise ValueError(
                f"`num_channels` of {self.name} must divide the channels of its input. "
                f"Received: num_channels={self.num_channels}, channels={input_shape[-1]}"
            )

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
        parts = self.num_channels
        x = ops.reshape(
            x, (group, -1, height, width, parts, channels // parts)
        )  # (group, groups, h, w, p, c)
        stddev = ops.sqrt(ops.var(x, axis=0) + 1e-8)
        stddev = ops.mean(stddev, axis=(1, 2, 4))  # (groups, p)
        stddev = ops.cast(ops.tile(stddev, (group, 1)), self.compute_dtype)  # (batch, p)
        stddev = ops.broadcast_to(stddev[:, None, None], (batch, height, width, parts))
        return ops.concatenate([inputs, stddev], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)
