"""Padding with the image's own reflection."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class ReflectionPadding2D(KeptLayer):
    """Continues feature maps by their mirror image, without repeating the border: `c b | a b c | b a`.

    A convolution behind it sees no edge where there is none, which zeros would give it.

    Args:
        padding: int. Pixels on each of the four sides; fewer than the height and the width.

    Input and output shape:
        From `(batch, height, width, channels)` to
        `(batch, height + 2 * padding, width + 2 * padding, channels)`.

    Raises:
        ValueError: if an image has no more than `padding` pixels in a direction.

    Example:
    ```python
    keras_gans.layers.ReflectionPadding2D(3)(keras.ops.ones((2, 8, 8, 16))).shape  # (2, 14, 14, 16)
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 7.2.
    """

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        if padding < 1:
            raise ValueError(f"`padding` must be at least 1. Received: {padding}")

    def call(self, inputs):
        self.compute_output_shape(inputs.shape)  # which refuses small images
        sides = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        if any(size is not None and size <= self.padding for size in (height, width)):
            raise ValueError(
                f"Reflection by {self.padding} pixels needs images of at least {self.padding + 1}. "
                f"Received: {height}x{width}"
            )
        padded = [None if size is None else size + 2 * self.padding for size in (height, width)]
        return (batch, *padded, channels)
