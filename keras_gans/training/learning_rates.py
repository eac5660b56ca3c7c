"""Learning rates that change with the steps of an optimizer."""

import keras
from keras import ops

from keras_gans.serialization import register


@register
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Constant at first, then linearly to 0 at the last step.

    Args:
        learning_rate: float. Of the first steps.
        steps: int. Steps in all; the rate is 0 from then on.
        constant_share: float in `[0, 1)`. Share of the steps at the full rate.

    Example:
    ```python
    rate = keras_gans.training.LinearDecay(2e-4, steps=1000)
    [float(rate(step)) for step in (0, 500, 750, 1000)]  # [2e-4, 2e-4, 1e-4, 0.0]
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 4: half of the epochs constant.
    """

    def __init__(self, learning_rate, *, steps, constant_share=0.5):
        if steps < 1 or not 0.0 <= constant_share < 1.0:
            raise ValueError(
                "`steps` must be at least 1 and `constant_share` in [0, 1). "
                f"Received: steps={steps}, constant_share={constant_share}"
            )
        self.learning_rate = learning_rate
        self.steps = steps
        self.constant_share = constant_share

    def __call__(self, step):
        left = 1.0 - ops.cast(step, "float32") / self.steps
        return self.learning_rate * ops.clip(left / (1.0 - self.constant_share), 0.0, 1.0)

    def get_config(self):
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "constant_share": self.constant_share,
        }
