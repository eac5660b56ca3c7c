"""Normalisation of every pixel's feature vector."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class PixelNorm(KeptLayer):
    """Scales the last axis to unit mean square: `x / sqrt(mean(x^2) + epsilon)`.

    Applied to latents it puts them on the hypersphere of radius `sqrt(latent_dim)`. Computed in float32
    whatever the policy: the square of a float16 overflows.

    Args:
        epsilon: float. Added to the mean square.

    Input and output shape:
        `(batch, ..., channels)`.

    Example:
    ```python
    keras_gans.layers.PixelNorm()(keras.ops.array([[3.0, 4.0]]))  # [[0.85, 1.13]]
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), section 4.2.
    """

    def __init__(self, *, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        mean_square = ops.mean(ops.square(x), axis=-1, keepdims=True)
        return ops.cast(x * ops.rsqrt(mean_square + self.epsilon), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
