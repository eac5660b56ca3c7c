"""Self-attention over the pixels of a feature map."""

import math

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class SpatialAttention(KeptLayer):
    """Multi-head self-attention over all pixels of a feature map.

    `y = (softmax(q k^T / sqrt(head_dim)) v) W + b` with queries `q`, keys `k` and values `v`, each a linear
    map, with bias, of every pixel. Each head has one softmax over all pixels, float32 under every policy.
    Neither normalisation nor the residual connection are part of it. The last kernel `W` starts at zero, so
    that a residual block starts as the identity; the others start as Glorot uniform.

    Args:
        head_dim: int. Width of a head; divides the channels. `None` means one head of all channels.

    Input and output shape:
        `(batch, height, width, channels)`.

    Example:
    ```python
    attention = keras_gans.layers.SpatialAttention(head_dim=8)
    attention(keras.random.normal((2, 4, 4, 16))).shape  # (2, 4, 4, 16)
    ```

    Reference:
        [1706.03762](https://arxiv.org/abs/1706.03762), section 3.2; on pixels as in
        [2006.11239](https://arxiv.org/abs/2006.11239), appendix B.
    """

    def __init__(self, *, head_dim=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        channels = input_shape[-1]
        if self.head_dim is not None and (self.head_dim < 1 or channels % self.head_dim):
            raise ValueError(
                f"`head_dim` of {self.name} must divide the channels. "
                f"Received: head_dim={self.head_dim}, channels={channels}"
            )
        for name in ("query", "key", "value", "output"):
            kernel = self.add_weight(
                shape=(channels, channels),
                initializer="zeros" if name == "output" else "glorot_uniform",
                name=f"{name}_kernel",
            )
            bias = self.add_weight(shape=(channels,), initializer="zeros", name=f"{name}_bias")
            setattr(self, f"{name}_kernel", kernel)
            setattr(self, f"{name}_bias", bias)

    def call(self, inputs):
        _, height, width, channels = ops.shape(inputs)
        head_dim = self.head_dim or channels
        pixels = ops.reshape(inputs, (-1, height * width, channels))

        def heads(kernel, bias):
            x = ops.matmul(pixels, kernel) + bias
            x = ops.reshape(x, (-1, height * width, channels // head_dim, head_dim))
            return ops.transpose(x, (0, 2, 1, 3))  # (batch, heads, h*w, head_dim)

        query = heads(self.query_kernel, self.query_bias) * ops.cast(
            1 / math.sqrt(head_dim), self.compute_dtype
        )
        key = heads(self.key_kernel, self.key_bias)
        value = heads(self.value_kernel, self.value_bias)
        logits = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))  # (batch, heads, h*w, h*w)
        weights = ops.softmax(ops.cast(logits, "float32"), axis=-1)
        x = ops.matmul(ops.cast(weights, self.compute_dtype), value)
        x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, height, width, channels))
        return ops.matmul(x, self.output_kernel) + self.output_bias

    def compute_output_shape(self, input_shape):
        return input_shape
