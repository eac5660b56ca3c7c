"""Orthogonal weights: a regularizer for the filters of a kernel, a constraint for the rows of a matrix."""

import keras
from keras import ops

from keras_gans.serialization import register


@register
class OrthogonalRegularizer(keras.regularizers.Regularizer):
    """Penalises the cosines between filters and leaves their lengths free.

    `R(W) = weight * |W^T W * (1 - I)|_F^2`, where `W` is the kernel as a matrix with a filter in every column
    and `1 - I` removes the diagonal. It makes a generator take latents of other lengths than those it was
    trained with, which is what truncation gives it.

    Args:
        weight: float. beta.

    Example:
    ```python
    layer = keras.layers.Dense(16, kernel_regularizer=keras_gans.layers.OrthogonalRegularizer(weight=1e-4))
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), equation 4.
    """

    def __init__(self, weight=1e-4):
        self.weight = weight

    def __call__(self, kernel):
        filters = kernel.shape[-1]
        matrix = ops.reshape(kernel, (-1, filters))
        if filters <= matrix.shape[0]:
            products = ops.matmul(ops.transpose(matrix), matrix)
            products *= 1.0 - ops.eye(filters, dtype=products.dtype)
            return self.weight * ops.sum(ops.square(products))
        # |W^T W| = |W W^T|, which is the smaller matrix here; the diagonal holds the squared lengths.
        products = ops.matmul(matrix, ops.transpose(matrix))
        lengths = ops.sum(ops.square(matrix), axis=0)
        return self.weight * (ops.sum(ops.square(products)) - ops.sum(ops.square(lengths)))

    def get_config(self):
        return {"weight": self.weight}


@register
class OrthonormalRows(keras.constraints.Constraint):
    """Keeps the rows of a matrix of full rank orthonormal, by the Gram-Schmidt process.

    An optimizer applies it after each of its updates, on every replica. The matrix has no more rows than
    columns.

    Example:
    ```python
    matrix = keras_gans.layers.OrthonormalRows()(keras.random.normal((3, 8)))
    keras.ops.matmul(matrix, matrix.T)  # the unit matrix
    ```
    """

    def __call__(self, w):
        if w.shape[0] > w.shape[1]:
            raise ValueError(f"More rows than columns cannot be orthonormal. Received: {tuple(w.shape)}")
        q, r = ops.qr(ops.transpose(w))
        # The factors are unique only up to signs: a row must not turn round.
        return ops.transpose(q * ops.sign(ops.diagonal(r)))

    def get_config(self):
        return {}
