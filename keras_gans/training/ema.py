"""Moving average of a network's weights."""

import math

import tensorflow as tf

from keras_gans.serialization import Configurable, register
from keras_gans.training.distribution import update_variables


def averaged_copy(network):
    """Returns a float32 network of the same class with the same weights, the start of an average."""
    config = {**network.get_config(), "dtype": "float32", "name": f"{network.name}_ema"}
    copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    return copy


@register
class ExponentialMovingAverage(Configurable):
    """Keeps `average = decay * average + (1 - decay) * weight` for trainable weights and copies all others.

    Args:
        decay: float. Decay per step, whatever the batch; or
        half_life: float. Number of images after which a weight's share in the average has halved: `decay =
            0.5^(batch / half_life)`. Exactly one of both is given.
        ramp_up: float. The half-life is at most this share of the images seen so far, so that the average
            does not remember the first, random weights: 0.05 is usual. `None` means no ramp-up.

    Example:
    ```python
    keras_gans.training.ExponentialMovingAverage(half_life=10_000).decay_of(batch_size=32)  # 0.9978
    ```

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), appendix A.1 (decay 0.999); in images:
        [1912.04958](https://arxiv.org/abs/1912.04958), appendix B.
    """

    def __init__(self, *, decay=None, half_life=None, ramp_up=None):
        if (decay is None) == (half_life is None):
            raise ValueError(
                f"Give either `decay` or `half_life`. Received: decay={decay}, half_life={half_life}"
            )
        if decay is not None and not 0.0 <= decay < 1.0:
            raise ValueError(f"`decay` must be in [0, 1). Received: {decay}")
        if half_life is not None and not half_life > 0:
            raise ValueError(f"`half_life` must be a positive number of images. Received: {half_life}")
        if ramp_up is not None and not ramp_up > 0:
            raise ValueError(f"`ramp_up` must be positive, or None. Received: {ramp_up}")

    def decay_of(self, batch_size, images_seen=math.inf):
        """Returns the decay of one step.

        Args:
            batch_size: int. Images of the step over all replicas.
            images_seen: number or tensor. Images of all steps before.

        Returns:
            float, or float32 tensor with `ramp_up`.
        """
        decay = self.decay if self.half_life is None else 0.5 ** (batch_size / self.half_life)
        if self.ramp_up is None:
            return decay
        early = tf.math.divide(float(batch_size), self.ramp_up * tf.cast(images_seen, "float32"))
        return tf.minimum(decay, tf.pow(0.5, early))

    def update(self, network, average, batch_size, finite, images_seen):
        """Moves `average` towards `network`, two networks of one structure, by one step.

        Args:
            network: the source.
            average: the target.
            batch_size: int. Images of the step over all replicas.
            finite: boolean scalar. Where false, the step was skipped and the average stays.
            images_seen: int or tensor. Images of all steps before.
        """
        share = tf.where(finite, 1.0 - self.decay_of(batch_size, images_seen), 0.0)
        update_variables(_move, average.trainable_variables, network.trainable_variables, share)
        update_variables(_copy, average.non_trainable_variables, network.non_trainable_variables)


def _move(target, source, share):
    """`target -= share (target - source)`, with one kernel for the product, the sum and the assignment."""
    difference = target - tf.cast(source, target.dtype)
    return tf.raw_ops.ResourceApplyGradientDescent(
        var=target.handle, alpha=tf.cast(share, target.dtype), delta=difference
    )


def _copy(target, source):
    return target.assign(tf.cast(source, target.dtype))
