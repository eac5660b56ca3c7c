"""Weights of terms that change while a run goes on."""

from keras import ops

from keras_gans.serialization import Configurable, register


class ChangingWeight(Configurable):
    """A weight as a function of the images seen."""

    def __call__(self, images_seen):
        """Returns the weight, float32 scalar.

        Args:
            images_seen: int or int scalar tensor. Images of all steps before.
        """
        raise NotImplementedError

    def scaled(self, factor):
        """Returns the same course over `factor` times as many images."""
        raise NotImplementedError


@register
class LinearWeight(ChangingWeight):
    """A weight that goes from one number to another in a straight line, and stays there.

    Args:
        first: float from 0. At the first step.
        last: float from 0. After `images`.
        images: int. Images after which it has arrived.

    Example:
    ```python
    weight = keras_gans.losses.LinearWeight(first=2.0, last=0.0, images=800_000)
    float(weight(200_000))  # 1.5
    ```
    """

    def __init__(self, *, first, last, images):
        if not (0.0 <= first < float("inf") and 0.0 <= last < float("inf")):
            raise ValueError(f"`first` and `last` must be numbers from 0. Received: {first} and {last}")
        if images < 1:
            raise ValueError(f"`images` must be at least 1. Received: {images}")

    def __call__(self, images_seen):
        share = ops.minimum(ops.cast(images_seen, "float32") / self.images, 1.0)
        return self.first + (self.last - self.first) * share

    def scaled(self, factor):
        return LinearWeight(first=self.first, last=self.last, images=max(1, round(self.images * factor)))
