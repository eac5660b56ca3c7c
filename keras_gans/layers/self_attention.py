"""Self-attention over a feature map, with fewer keys than queries and a gate that starts closed."""

from keras import ops

from keras_gans.layers.spectral_norm import _Spectral
from keras_gans.serialization import register


@register
class SelfAttention2D(_Spectral):
    """The attention block of SAGAN and BigGAN.

    With 1x1 convolutions `theta` and `phi` (`channels / 8`), `g` (`channels / 2`) and `o` (`channels`), none
    with a bias, and the maximum of 2x2 pixels taken of keys `phi(x)` and values `g(x)`:

        y = x + gamma * o(softmax(theta(x) phi(x)^T) g(x)).

    The softmax, float32 under every policy, is not scaled. `gamma` starts at zero, so that the block starts
    as the identity and learns what is near before what is far.

    Args:
        spectral_norm: bool. Whether the four kernels are divided by their spectral norms, as those of
            `SpectralConv2D`.
        kernel_initializer: str or `keras.initializers.Initializer`.
        kernel_regularizer: str or `keras.regularizers.Regularizer`. It sees the kernels before division.

    Input shape:
        `(batch, height, width, channels)`; height and width even, at least 8 channels. Fractions of
        channels are rounded down.

    Output shape:
        As the input.

    Example:
    ```python
    keras_gans.layers.SelfAttention2D()(keras.random.normal((2, 8, 8, 16))).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1805.08318](https://arxiv.org/abs/1805.08318), section 3, equations 1 to 3. Fewer channels of the
        values and the pooling of keys and values are the published code's and
        [1809.11096](https://arxiv.org/abs/1809.11096)'s.
    """

    vectors = {f"{name}_kernel": f"{name}_u" for name in ("theta", "phi", "g", "o")}

    def build(self, input_shape):
        _, height, width, channels = input_shape
        if height is None or width is None or height % 2 or width % 2 or channels < 8:
            raise ValueError(
                f"{self.name} needs an even height and width and at least 8 channels. "
                f"Received feature maps of shape {tuple(input_shape)}"
            )
        self.add_kernel((1, 1, channels, channels // 8), name="theta_kernel")
        self.add_kernel((1, 1, channels, channels // 8), name="phi_kernel")
        self.add_kernel((1, 1, channels, channels // 2), name="g_kernel")
        self.add_kernel((1, 1, channels // 2, channels), name="o_kernel")
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def call(self, inputs, training=False):
        _, height, width, channels = inputs.shape

        def convolve(x, name):
            kernel = ops.cast(self.normalized(f"{name}_kernel", training=training), self.compute_dtype)
            return ops.matmul(x, kernel[0, 0])

        def pool(x):
            return ops.max_pool(x, 2, data_format="channels_last")

        queries = ops.reshape(convolve(inputs, "theta"), (-1, height * width, channels // 8))
        keys = ops.reshape(pool(convolve(inputs, "phi")), (-1, height * width // 4, channels // 8))
        values = ops.reshape(pool(convolve(inputs, "g")), (-1, height * width // 4, channels // 2))
        logits = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))  # (batch, h*w, h*w/4)
        weights = ops.cast(ops.softmax(ops.cast(logits, "float32"), axis=-1), self.compute_dtype)
        attended = ops.reshape(ops.matmul(weights, values), (-1, height, width, channels // 2))
        return inputs + self.gamma * convolve(attended, "o")

    def compute_output_shape(self, input_shape):
        return input_shape
