"""Vector quantisation: the nearest of a set of learned vectors."""

import keras
from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class VectorQuantizer(KeptLayer):
    """Replaces every vector by the nearest row of a learned table, the codebook.

    `y = e_k` with `k = argmin_j |x - e_j|^2`, the first of equal ones. The gradient reaches the codebook, not
    the input; a straight-through gradient is the caller's to add. Computed in float32 under every policy; the
    distances of `n` vectors take `4 n num_codes` bytes.

    Args:
        num_codes: int. Rows of the codebook, which start uniform in `[-1, 1] / num_codes`.

    Input and output shape:
        `(batch, ..., channels)`.

    Example:
    ```python
    quantizer = keras_gans.layers.VectorQuantizer(16)
    latents = keras.random.normal((2, 4, 4, 3))
    quantizer(latents).shape  # (2, 4, 4, 3)
    quantizer.indices(latents).shape  # (2, 4, 4), int32 in [0, 16)
    ```

    Reference:
        [1711.00937](https://arxiv.org/abs/1711.00937), section 3.1, equation 2.
    """

    def __init__(self, num_codes, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if num_codes < 1:
            raise ValueError(f"`num_codes` must be at least 1. Received: {num_codes}")

    def build(self, input_shape):
        bound = 1.0 / self.num_codes
        self.codebook = self.add_weight(
            shape=(self.num_codes, input_shape[-1]),
            initializer=keras.initializers.RandomUniform(-bound, bound),
            autocast=False,
            name="codebook",
        )

    def call(self, inputs):
        return ops.cast(self.codes(self.indices(inputs)), self.compute_dtype)

    def indices(self, inputs):
        """Returns the number of the nearest row for every vector: `(batch, ...)`, int32."""
        table = ops.convert_to_tensor(self.codebook)
        vectors = ops.reshape(ops.cast(inputs, "float32"), (-1, table.shape[1]))
        # |x - e|^2 without |x|^2, which is the same for all rows: (vectors, num_codes)
        distances = ops.sum(ops.square(table), axis=1) - 2.0 * ops.matmul(vectors, ops.transpose(table))
        nearest = ops.argmin(distances, axis=1)
        return ops.reshape(ops.cast(nearest, "int32"), ops.shape(inputs)[:-1])

    def codes(self, indices):
        """Returns the rows of these numbers: `(batch, ..., channels)`, float32, with a gradient."""
        # The product makes the gradient a dense one, as optimizers and strategies take any other.
        return ops.take(1.0 * ops.convert_to_tensor(self.codebook), indices, axis=0)

    def compute_output_shape(self, input_shape):
        return input_shape
