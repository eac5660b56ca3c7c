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


@register
class StepWeight(ChangingWeight):
    """A weight that is 0 at first and then a number.

    Args:
        weight: float from 0.
        start: int from 0. Images seen before it counts.

    Example:
    ```python
    weight = keras_gans.losses.StepWeight(weight=0.5, start=100_000)
    float(weight(99_999)), float(weight(100_000))  # 0.0, 0.5
    ```
    """

    def __init__(self, *, weight, start):
        if not 0.0 <= weight < float("inf"):
            raise ValueError(f"`weight` must be a number from 0. Received: {weight}")
        if start < 0:
            raise ValueError(f"`start` must be a number of images from 0. Received: {start}")

    def __call__(self, images_seen):
        return self.weight * ops.cast(images_seen >= self.start, "float32")

    def scaled(self, factor):
        return StepWeight(weight=self.weight, start=round(self.start * factor))
