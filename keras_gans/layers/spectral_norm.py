"""Layers whose kernel is divided by its largest singular value."""

import keras
from keras import initializers, ops, regularizers

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


def _normalize(vector):
    return vector * ops.rsqrt(ops.maximum(ops.sum(ops.square(vector)), 1e-24))


def _unit_normal(shape, dtype=None):
    """A random direction that depends on nothing but its length, so that it disturbs no other numbers."""
    return _normalize(keras.random.normal(shape, dtype=dtype, seed=0))


class _Spectral(KeptLayer):
    """What the layers below share: kernels that are used divided by their largest singular value.

    With `W` the kernel as a matrix and `u` the stored unit vector, a call takes
    `v = normalize(W^T u)`, in training then `u = normalize(W v)`, one step of the power iteration, and uses
    `kernel / sigma` with `sigma = u^T W v`. The gradient flows through `W`, the one in `sigma` included, and
    takes `u` and `v` for constants. All of it is float32 under every policy.
    """

    # The attribute that holds a kernel -> the attribute that holds its vector.
    vectors = {"kernel": "u"}
    # The axis of a kernel whose length its vector has; the others are the columns of `W`.
    vector_axis = -1

    def __init__(
        self, *, spectral_norm=True, kernel_initializer="glorot_uniform", kernel_regularizer=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.keep(
            kernel_initializer=initializers.get(kernel_initializer),
            kernel_regularizer=regularizers.get(kernel_regularizer),
        )

    def add_kernel(self, shape, *, name="kernel"):
        """Adds a kernel and, with `spectral_norm`, its vector."""
        kernel = self.add_weight(
            shape=shape,
            initializer=self.kernel_initializer.clone(),  # one object would draw the same numbers again
            regularizer=self.kernel_regularizer,
            autocast=False,
            name=name,
        )
        setattr(self, name, kernel)
        if self.spectral_norm:
            vector_name = self.vectors[name]
            # Every replica moves its own copy, by the same numbers; assigned without a word to the others,
            # it can move inside a condition too, where a penalty may call the network.
            vector = keras.Variable(
                _unit_normal,
                shape=(shape[self.vector_axis],),
                dtype="float32",
                trainable=False,
                autocast=False,
                aggregation="only_first_replica",
                synchronization="on_read",
                name=vector_name,
            )
            setattr(self, vector_name, vector)

    def normalized(self, name="kernel", *, training=False):
        """Returns a kernel divided by `sigma`, float32; in training the vector moves."""
        kernel = ops.convert_to_tensor(getattr(self, name))
        if not self.spectral_norm:
            return kernel
        vector = getattr(self, self.vectors[name])
        u = ops.convert_to_tensor(vector)
        matrix = ops.moveaxis(kernel, self.vector_axis, -1)
        matrix = ops.reshape(matrix, (-1, u.shape[0]))  # W^T
        v = _normalize(ops.matmul(ops.stop_gradient(matrix), u))
        product = ops.matmul(v, matrix)
        if training:
            u = _normalize(ops.stop_gradient(product))
            vector.assign(u)
        return kernel / ops.sum(u * product)


class _Linear(_Spectral):
    """What the layers with one kernel and a bias share."""

    def __init__(self, *, use_bias=True, **kwargs):
        super().__init__(**kwargs)

    def add_weights(self, kernel_shape, units):
        self.add_kernel(kernel_shape)
        if self.use_bias:
            self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")

    def call(self, inputs, training=False):
        kernel = ops.cast(self.normalized(training=training), self.compute_dtype)
        outputs = self.apply_kernel(inputs, kernel)
        return outputs + self.bias if self.use_bias else outputs


@register
class SpectralDense(_Linear):
    """A dense layer with spectral normalisation: `y = x kernel / sigma(kernel) + bias`.

    `sigma` is the kernel's largest singular value, so that the layer, without its bias, lengthens no vector:
    its Lipschitz constant is 1. It is tracked by one step of the power iteration in each call in training,
    from a stored vector `u` `(units,)`. At inference `u` stays.

    Args:
        units: int. Width of the output.
        use_bias: bool. Whether a bias is added, which starts at zero and is not normalised.
        spectral_norm: bool. Without, this is `keras.layers.Dense`, and there is no `u`.
        kernel_initializer: str or `keras.initializers.Initializer`.
        kernel_regularizer: str or `keras.regularizers.Regularizer`. It sees the kernel before its division.

    Input and output shape:
        From `(batch, features)` to `(batch, units)`.

    Example:
    ```python
    keras_gans.layers.SpectralDense(16)(keras.ops.ones((2, 8))).shape  # (2, 16)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), equation 8 and algorithm 1.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.add_weights((input_shape[-1], self.units), self.units)

    def apply_kernel(self, inputs, kernel):
        return ops.matmul(inputs, kernel)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


class _Convolution(_Linear):
    """What the two convolutions share."""

    def __init__(self, filters, kernel_size, *, strides=1, padding="same", **kwargs):
        super().__init__(**kwargs)
        if padding not in ("same", "valid"):
            raise ValueError(f"`padding` must be 'same' or 'valid'. Received: {padding!r}")

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        sizes = [None if size is None else self.output_size(size) for size in (height, width)]
        return (batch, *sizes, self.filters)


@register
class SpectralConv2D(_Convolution):
    """A 2D convolution whose kernel is divided by its spectral norm.

    The kernel `(height, width, in, out)` is the matrix `(out, height * width * in)`, whose largest singular
    value divides it, as in `SpectralDense`; `u` has the shape `(out,)`.

    Args:
        filters: int. Channels of the output.
        kernel_size: int. Height and width of the kernel.
        strides: int. Of both directions.
        padding: str. "same", zeros as TensorFlow pads, or "valid".
        use_bias: bool. Whether a bias is added, which starts at zero and is not normalised.
        spectral_norm: bool. Without, this is `keras.layers.Conv2D`, and there is no `u`.
        kernel_initializer: str or `keras.initializers.Initializer`.
        kernel_regularizer: str or `keras.regularizers.Regularizer`. It sees the kernel before its division.

    Input and output shape:
        From `(batch, height, width, channels)` to `(batch, new_height, new_width, filters)`.

    Example:
    ```python
    keras_gans.layers.SpectralConv2D(16, 3)(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), equation 8 and algorithm 1; section 3 says which
        matrix a convolution is.
    """

    def build(self, input_shape):
        size = self.kernel_size
        self.add_weights((size, size, input_shape[-1], self.filters), self.filters)

    def apply_kernel(self, inputs, kernel):
        return ops.conv(
            inputs, kernel, strides=self.strides, padding=self.padding, data_format="channels_last"
        )

    def output_size(self, size):
        covered = self.kernel_size - 1 if self.padding == "valid" else 0
        return -(-(size - covered) // self.strides)


@register
class SpectralConv2DTranspose(_Convolution):
    """A transposed 2D convolution whose kernel is divided by its spectral norm.

    The kernel `(height, width, out, in)` is the matrix `(out, height * width * in)`, whose largest singular
    value divides it, as in `SpectralDense`; `u` has the shape `(out,)`.

    Arguments, input and output are those of `SpectralConv2D`, but `strides` multiply height and width.
    Without `spectral_norm`, this is `keras.layers.Conv2DTranspose`.

    Example:
    ```python
    layer = keras_gans.layers.SpectralConv2DTranspose(16, 4, strides=2)
    layer(keras.ops.ones((2, 8, 8, 3))).shape  # (2, 16, 16, 16)
    ```

    Reference:
        [1802.05957](https://arxiv.org/abs/1802.05957), equation 8 and algorithm 1, with the output's channels
        as rows of the matrix.
    """

    vector_axis = 2

    def build(self, input_shape):
        size = self.kernel_size
        self.add_weights((size, size, self.filters, input_shape[-1]), self.filters)

    def apply_kernel(self, inputs, kernel):
        return ops.conv_transpose(
            inputs, kernel, strides=self.strides, padding=self.padding, data_format="channels_last"
        )

    def output_size(self, size):
        rest = max(self.kernel_size - self.strides, 0) if self.padding == "valid" else 0
        return size * self.strides + rest


@register
class SpectralEmbedding(_Spectral):
    """A table of vectors, one for each class, divided by its spectral norm as a whole.

    The table `(input_dim, output_dim)` is the matrix, and `u` has the shape `(input_dim,)`; otherwise as
    `SpectralDense`, of one-hot inputs and without a bias.

    Args:
        input_dim: int. Number of classes.
        output_dim: int. Width of a vector.
        spectral_norm: bool. Without, this is `keras.layers.Embedding`, and there is no `u`.
        kernel_initializer: str or `keras.initializers.Initializer`. Of the table.
        kernel_regularizer: str or `keras.regularizers.Regularizer`. It sees the table before its division.

    Input and output shape:
        From `(batch,)`, integers in `[0, input_dim)` to `(batch, output_dim)`.

    Example:
    ```python
    keras_gans.layers.SpectralEmbedding(10, 16)(keras.ops.array([3, 7])).shape  # (2, 16)
    ```

    Reference:
        [1802.05637](https://arxiv.org/abs/1802.05637), section 3; its discriminator is spectrally normalised.
    """

    vectors = {"embeddings": "u"}
    vector_axis = 0

    def __init__(self, input_dim, output_dim, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.add_kernel((self.input_dim, self.output_dim), name="embeddings")

    def call(self, inputs, training=False):
        table = ops.cast(self.normalized("embeddings", training=training), self.compute_dtype)
        return ops.take(table, inputs, axis=0)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)
