"""Phases of a run, counted in images seen."""

from dataclasses import dataclass

import tensorflow as tf

from keras_gans.resolution import Resolution, text
from keras_gans.serialization import Configurable, register


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A time of training at one resolution, batch size and learning rate.

    Attributes:
        resolution: int, or (height, width). Size of the images.
        start: int. Images seen when it begins.
        fade_images: int. Images over which a new resolution fades in; 0 where nothing grows.
        stable_images: int. Images shown afterwards.
        batch_size: int. Global batch size.
        learning_rate: float. Of all players.
    """

    resolution: Resolution
    start: int
    fade_images: int
    stable_images: int
    batch_size: int
    learning_rate: float

    @property
    def end(self):
        """Images seen when it is over."""
        return self.start + self.fade_images + self.stable_images

    def alpha(self, images_seen):
        """Fade-in weight of the new resolution.

        Rises from 0 to 1 while fading, then stays 1. Numbers or tensors.
        """
        if not self.fade_images:
            return tf.ones((), "float32")
        progress = (tf.cast(images_seen, "float32") - self.start) / self.fade_images
        return tf.clip_by_value(progress, 0.0, 1.0)


class Plan(Configurable):
    """Base of the plans: `phases`, and what follows from them.

    Attributes:
        scale: float. Stretches or shortens all phases, to train for another number of images.
    """

    @property
    def phases(self):
        """All `Phase`s in order. Every phase is a whole number of steps."""
        raise NotImplementedError

    @property
    def total_images(self):
        """Images shown in all phases together."""
        return self.phases[-1].end

    def phase_at(self, images_seen):
        """Returns the phase in which the next image falls, or the last one where all is done."""
        for phase in self.phases:
            if images_seen < phase.end:
                return phase
        return self.phases[-1]

    def describe(self, images_seen):
        """What the run does at an image: "32px"."""
        return f"{text(self.phase_at(images_seen - 1).resolution)}px"

    def whole_steps(self, images, batch_size):
        """Returns `images` times `scale`, rounded to whole steps, at least one."""
        return max(1, round(images * self.scale / batch_size)) * batch_size


@register
class ConstantPlan(Plan):
    """One phase: the same resolution, batch size and learning rate from the first image to the last.

    Args:
        resolution: int, or (height, width). Size of the images.
        images: int. Images to show.
        batch_size: int. Global batch size.
        learning_rate: float. Of all players.
        scale: float. Stretches or shortens the phase.

    Example:
    ```python
    plan = ConstantPlan(resolution=32, images=100_000, batch_size=64, learning_rate=2e-4)
    plan.total_images  # 100,032
    ```
    """

    def __init__(self, *, resolution, images, batch_size, learning_rate, scale=1.0):
        pass

    @property
    def phases(self):
        """The one phase."""
        return [
            Phase(
                resolution=self.resolution,
                start=0,
                fade_images=0,
                stable_images=self.whole_steps(self.images, self.batch_size),
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
            )
        ]
