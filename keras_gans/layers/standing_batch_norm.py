"""Batch normalisation whose statistics at inference may depend on the truncation."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register

ON_A_ROW = 1e-4  # rows; farther than float32 rounds a truncation


@register
class StandingBatchNorm(KeptLayer):
    """Normalises channels over the batch; at inference by stored statistics, a row of them per truncation.

    `y = (x - mean) / sqrt(var + epsilon) * (1 + scale) + shift`, scale and shift for each example, or
    `... * gamma + beta`, trained here (`affine`). In training, mean and biased variance are the batch's, over
    all replicas, and every row of the stored ones moves towards them. At inference they are the stored ones:
    row `i` of `rows` belongs to the truncation `i / (rows - 1)`, between rows they are interpolated linearly,
    and without a truncation the last row is taken. `keras_gans.networks.standing_statistics` gives every row
    values of its own. Computed in float32 under every policy.

    Args:
        rows: int. Number of truncations with statistics of their own; 1 means the same for all.
        exchanged: bool. Whether between two rows each has the other's weight, as in the public PyTorch
            re-release of BigGAN-deep. Truncations within 1e-4 rows of a row still have that row.
        affine: bool. Whether `gamma` and `beta` are weights; then a call takes no scale and shift.
        momentum: float. Share of the stored statistics that one training step keeps.
        epsilon: float. Added to the variance.

    Input shape:
        `(batch, height, width, channels)`. As further arguments of a call, `scale` and `shift`, both
        `(batch, channels)`, unless `affine`; and optionally `truncation`, `(batch, 1)`, in `[0, 1]`.

    Output shape:
        As the input.

    Example:
    ```python
    norm = keras_gans.layers.StandingBatchNorm(rows=51)
    x, scale, shift = (keras.random.normal(shape) for shape in ((2, 8, 8, 16), (2, 16), (2, 16)))
    norm(x, scale, shift, truncation=keras.ops.full((2, 1), 0.5)).shape  # (2, 8, 8, 16)
    ```

    Reference:
        [1502.03167](https://arxiv.org/abs/1502.03167), algorithm 1; conditional as in
        [1809.11096](https://arxiv.org/abs/1809.11096), appendix B; 51 rows as in its published modules.
    """

    def __init__(self, *, rows=1, exchanged=False, affine=False, momentum=0.9, epsilon=1e-4, **kwargs):
        # The truncation picks rows: it must not be rounded to half precision on its way in.
        super().__init__(autocast=False, **kwargs)
        if rows < 1:
            raise ValueError(f"`rows` must be at least 1. Received: {rows}")

    def build(self, inputs_shape, scale_shape=None, shift_shape=None, truncation_shape=None):
        def add(name, shape, initializer, **options):
            # Never rounded to half precision on its way out, either.
            weight = self.add_weight(
                shape=shape, initializer=initializer, autocast=False, name=name, **options
            )
            setattr(self, name, weight)

        channels = inputs_shape[-1]
        if self.affine:
            add("gamma", (channels,), "ones")
            add("beta", (channels,), "zeros")
        add("moving_mean", (self.rows, channels), "zeros", trainable=False)
        add("moving_variance", (self.rows, channels), "ones", trainable=False)

    def call(self, inputs, scale=None, shift=None, truncation=None, training=False):
        if (scale is None, shift is None) != (self.affine, self.affine):
            raise ValueError(
                f"A call of {self.name} takes {'neither' if self.affine else 'both'} `scale` "
                f"{'nor' if self.affine else 'and'} `shift`. Received: scale={scale}, shift={shift}"
            )
        if self.affine:
            gain, bias = self.gamma[None], self.beta[None]
        else:
            gain, bias = 1.0 + ops.cast(scale, "float32"), ops.cast(shift, "float32")
        x = ops.cast(inputs, "float32")
        if training and self.trainable:
            mean, variance = self._batch_statistics(x)
        else:
            mean, variance = self._stored_statistics(truncation)
        # One product and one sum for each number of a feature map.
        gain = gain * ops.rsqrt(variance + self.epsilon)
        bias = bias - mean * gain
        return ops.cast(x * gain[:, None, None] + bias[:, None, None], self.compute_dtype)

    def _batch_statistics(self, x):
        """Returns mean and variance over the batches of all replicas, `(1, channels)`, and stores them."""
        channels = x.shape[-1]
        # Pixels first, then examples: in one go it takes several times as long.
        moments = [ops.mean(ops.mean(part, axis=(1, 2)), axis=0) for part in (x, ops.square(x))]
        # The mean of one row on each replica is the mean over replicas.
        moments, _ = ops.moments(ops.concatenate(moments)[None], axes=[0], synchronized=True)
        mean = moments[:channels]
        variance = ops.maximum(moments[channels:] - ops.square(mean), 0.0)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + ops.stop_gradient(batch) * (1.0 - self.momentum))
        return mean[None], variance[None]

    def _stored_statistics(self, truncation):
        """Returns mean and variance, `(batch, channels)` or `(1, channels)`."""
        tables = self.moving_mean, self.moving_variance
        if truncation is None or self.rows == 1:
            return [table[-1:] for table in tables]
        position = ops.cast(truncation, "float32") * (self.rows - 1)
        row = ops.minimum(ops.floor(position), self.rows - 2)
        share = position - row
        if self.exchanged:
            between = ops.abs(share - ops.round(share)) > ON_A_ROW
            share = ops.where(between, 1.0 - share, ops.round(share))
        row = ops.cast(row[:, 0], "int32")
        pairs = [(ops.take(table, row, axis=0), ops.take(table, row + 1, axis=0)) for table in tables]
        return [below + share * (above - below) for below, above in pairs]

    def compute_output_shape(self, inputs_shape, scale_shape=None, shift_shape=None, truncation_shape=None):
        return inputs_shape
