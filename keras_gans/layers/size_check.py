"""The sizes that a fully convolutional network can take."""

from keras import ops

from keras_gans.layers.kept import KeptLayer
from keras_gans.serialization import register


@register
class SizeCheck(KeptLayer):
    """Passes images through, but refuses sizes that are no multiple of a number, or too small.

    A network that halves and doubles would give images of another size back, or none. Sizes that are known
    when a graph is made are checked there. Open ones are checked by the graph itself, with TensorFlow's
    error and this layer's name in it: "... requires a multiple of ...", or of small ones "slice index 7 of
    dimension 0 out of bounds", where the smallest is 8.

    Args:
        multiple: int. Height and width must be multiples of it.
        minimum: int. The smallest height and width.

    Input and output shape:
        `(batch, height, width, channels)`.

    Raises:
        ValueError: if the height or the width is not one that is allowed.

    Example:
    ```python
    keras_gans.layers.SizeCheck(multiple=4)(keras.ops.ones((2, 8, 12, 3))).shape  # (2, 8, 12, 3)
    ```
    """

    def __init__(self, *, multiple=1, minimum=1, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        _, height, width, channels = self.compute_output_shape(inputs.shape)
        if height is not None and width is not None:
            return inputs
        batch, height, width, _ = ops.shape(inputs)
        return ops.reshape(inputs, (batch, self._checked(height), self._checked(width), channels))

    def _checked(self, size):
        # An assertion would be TensorFlow's alone, and XLA would drop it.
        numbers = ops.arange(size, dtype="int32")
        rows = ops.reshape(numbers, (-1, self.multiple))
        last = self._smallest - 1
        return ops.shape(rows)[0] * self.multiple + numbers[last] - last

    @property
    def _smallest(self):
        return self.multiple * -(-self.minimum // self.multiple)

    def compute_output_shape(self, input_shape):
        _, height, width, _ = input_shape
        for size in (height, width):
            if size is not None and (size % self.multiple or size < self.minimum):
                raise ValueError(
                    f"Height and width must be multiples of {self.multiple}, at least {self._smallest}. "
                    f"Received: {height}x{width}"
                )
        return input_shape
