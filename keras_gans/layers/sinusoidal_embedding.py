"""Sinusoidal embedding of a number."""

import math

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class SinusoidalEmbedding(KeptLayer):
    """Embeds a number, such as a time step, in sines and cosines of geometrically falling frequencies.

    `[sin(t f_0), ..., sin(t f_{h-1}), cos(t f_0), ..., cos(t f_{h-1})]` with `h = features / 2` and
    `f_i = exp(-ln(10000) i / (h - freq_shift))`. The angles are float32 under every policy.

    Args:
        features: int, even. Width of the embedding.
        freq_shift: float, less than `features / 2`. With 1 the last frequency is 1 / 10000, as in DDPM; with
            0 the geometric series would only reach it with the next one.
        flip_sin_to_cos: bool. Whether the cosines come first.

    Input shape:
        `(batch,)`, float or int.

    Output shape:
        `(batch, features)`.

    Example:
    ```python
    keras_gans.layers.SinusoidalEmbedding(16)(keras.ops.arange(4)).shape  # (4, 16)
    ```

    Reference:
        [1706.03762](https://arxiv.org/abs/1706.03762), section 3.5, with all sines before all cosines, as in
        [2006.11239](https://arxiv.org/abs/2006.11239).
    """

    def __init__(self, features, *, freq_shift=1, flip_sin_to_cos=False, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if features < 2 or features % 2:
            raise ValueError(f"`features` must be even and positive. Received: {features}")
        if freq_shift >= features / 2:
            raise ValueError(
                f"`freq_shift` must be less than features / 2 = {features // 2}. Received: {freq_shift}"
            )

    def call(self, inputs):
        half = self.features // 2
        exponents = ops.arange(half, dtype="float32") * (-math.log(10000.0) / (half - self.freq_shift))
        angles = ops.cast(inputs, "float32")[:, None] * ops.exp(exponents)  # (batch, features / 2)
        waves = [ops.sin(angles), ops.cos(angles)]
        waves = waves[::-1] if self.flip_sin_to_cos else waves
        return ops.cast(ops.concatenate(waves, axis=-1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.features)
