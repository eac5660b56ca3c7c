"""The average style, towards which styles are truncated."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class StyleAverage(KeptLayer):
    """Passes styles through and, in training, remembers their moving average.

    `average = decay * average + (1 - decay) * mean over the batch`, over the batches of all replicas. It is
    the centre of truncation: `average + truncation * (style - average)`. Styles that are not finite leave it
    as it is.

    Args:
        decay: float in `[0, 1)`. Share of the average that one training call keeps.

    Input shape:
        `(batch, style_dim)`.

    Output shape:
        As the input, with the same values.

    Example:
    ```python
    layer = keras_gans.layers.StyleAverage(decay=0.5)
    layer(keras.ops.ones((4, 2)), training=True)
    layer.average  # 0.5, 0.5
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), appendix B, which leaves open how the centre of mass
        is estimated; the moving average and its decay are the published networks'.
    """

    def __init__(self, *, decay=0.995, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"`decay` of an average style must be in [0, 1). Received: {decay}")

    def build(self, input_shape):
        self.average = self.add_weight(
            shape=(input_shape[-1],),
            initializer="zeros",
            trainable=False,
            aggregation="mean",  # every replica assigns what its own batch makes of it
            name="average",
        )

    def call(self, inputs, training=False):
        if training:
            batch = ops.mean(ops.cast(ops.stop_gradient(inputs), "float32"), axis=0)
            average = ops.convert_to_tensor(self.average, "float32")
            moved = average * self.decay + batch * (1.0 - self.decay)
            self.average.assign(ops.where(ops.isfinite(moved), moved, average))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape
