"""Learning rates that change with the steps of an optimizer."""

import keras
from keras import ops

from keras_gans.serialization import register


@register
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Keeps the rate constant for half of the steps, then lowers it linearly to 0.

    Args:
        learning_rate: float. Of the first steps.
        steps: int. Steps in all; the rate is 0 from then on.

    Example:
    ```python
    rate = keras_gans.training.LinearDecay(2e-4, steps=1000)
    [float(rate(step)) for step in (0, 500, 750, 1000)]  # [2e-4, 2e-4, 1e-4, 0.0]
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 4: half of the epochs constant.
    """

    def __init__(self, learning_rate, *, steps):
        if steps < 1:
            raise ValueError(f"`steps` must be at least 1. Received: {steps}")
        self.learning_rate = learning_rate
        self.steps = steps

    def __call__(self, step):
        left = 1.0 - ops.cast(step, "float32") / self.steps
        return self.learning_rate * ops.clip(2.0 * left, 0.0, 1.0)

    def get_config(self):
        return {"learning_rate": self.learning_rate, "steps": self.steps}
