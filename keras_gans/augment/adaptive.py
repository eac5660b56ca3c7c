"""Augmentations as a trainer holds them: none, of a fixed probability, or of one that adapts."""

import keras
from keras import ops

from keras_gans.serialization import register


class Augmentation(keras.layers.Layer):
    """What a trainer asks of an augmentation, for one whose probability never changes.

    `call(images, draws)` returns what the discriminator sees, with the `keras_gans.random.Draws` of the step.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def observe(self, real_logits, total=None):
        """Does nothing: the probability does not depend on logits."""

    def adjust(self, step, batch_size):
        """Changes nothing."""

    def logs(self):
        """Returns nothing to report."""
        return {}


@register
class NoAugmentation(Augmentation):
    """Shows the discriminator images as they are.

    Attributes:
        probability: float. 0.

    Example:
    ```python
    draws = keras_gans.random.Draws(seed=0, step=0)
    keras_gans.augment.NoAugmentation()(keras.ops.ones((4, 32, 32, 3)), draws=draws)  # ones
    ```
    """

    probability = 0.0

    def call(self, images, draws):
        return images


@register
class FixedAugmentation(Augmentation):
    """Augments images with a fixed probability.

    Args:
        pipeline: `keras_gans.augment.AugmentationPipeline`.
        probability: float in `[0, 1]`. The probability of each transform.

    Input shape:
        `(batch, height, width, 1 or 3)`, in `[-1, 1]`; in `call` with `keras_gans.random.Draws` of the step.

    Output shape:
        As the input, float32.

    Example:
    ```python
    pipeline = keras_gans.augment.AugmentationPipeline.groups("bg")
    augmentation = keras_gans.augment.FixedAugmentation(pipeline, probability=0.2)
    draws = keras_gans.random.Draws(seed=0, step=0)
    augmentation(keras.ops.ones((4, 32, 32, 3)), draws=draws).shape  # (4, 32, 32, 3)
    ```

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), section 2.2.
    """

    def __init__(self, pipeline, *, probability, **kwargs):
        super().__init__(**kwargs)
        check_probability("probability", probability)
        self.pipeline = pipeline
        self.probability = probability

    def call(self, images, draws):
        return self.pipeline(images, self.probability, draws)

    def get_config(self):
        pipeline = keras.saving.serialize_keras_object(self.pipeline)
        return {**super().get_config(), "pipeline": pipeline, "probability": self.probability}

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))


@register
class AdaptiveAugmentation(Augmentation):
    """Augments images with a probability that follows the discriminator's overfitting.

    Where the discriminator overfits, it tells real images of the training set from all others, and its logits
    of them are positive: `r = mean(sign(D(real)))` approaches 1. Every `interval` steps the probability takes
    a step up where `r > target` and a step down where `r < target`, of a size that would lead from 0 to 1 in
    `images` images.

    A trainer calls `observe` with the logits of real images and `adjust` at the end of every step.

    Args:
        pipeline: `keras_gans.augment.AugmentationPipeline`.
        target: float in `(-1, 1)`. The value of r that the probability is steered towards.
        interval: int. Steps between two changes.
        images: int. Real images shown, on all replicas, in which the probability can go from 0 to 1.
        initial_probability: float in `[0, 1]`.

    Attributes:
        probability: float32 variable, equal on all replicas. The probability of each transform.
        sign_sum: float32 variable. Sum of signs since the last change, over all replicas.
        count: float32 variable. Number of these signs.

    Input and output are those of `FixedAugmentation`.

    Example:
    ```python
    augmentation = keras_gans.augment.AdaptiveAugmentation(keras_gans.augment.AugmentationPipeline())
    draws = keras_gans.random.Draws(seed=0, step=0)
    augmentation(keras.ops.ones((4, 32, 32, 3)), draws=draws).shape  # (4, 32, 32, 3)
    augmentation.observe(keras.ops.ones((4, 1)))  # the discriminator's logits of them
    augmentation.adjust(step=3, batch_size=4)
    augmentation.probability  # 3.2e-5, after four steps of four images
    ```

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), section 3.1, equation 1 (r_t).
    """

    def __init__(
        self,
        pipeline,
        *,
        target=0.6,
        interval=4,
        images=500_000,
        initial_probability=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not -1 < target < 1:
            raise ValueError(f"`target` must be between -1 and 1, exclusive. Received: {target}")
        if interval < 1:
            raise ValueError(f"`interval` must be at least 1. Received: {interval}")
        if images < 1:
            raise ValueError(f"`images` must be at least 1. Received: {images}")
        check_probability("initial_probability", initial_probability)
        self.pipeline = pipeline
        self.target = target
        self.interval = interval
        self.images = images
        self.initial_probability = initial_probability
        self.probability = self._number("probability", initial_probability)
        self.sign_sum = self._number("sign_sum", 0.0)
        self.count = self._number("count", 0.0)

    def _number(self, name, value):
        return self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(value),
            trainable=False,
            aggregation="only_first_replica",  # every replica assigns the same
            name=name,
        )

    def call(self, images, draws):
        return self.pipeline(images, ops.convert_to_tensor(self.probability), draws)

    def observe(self, real_logits, total=None):
        """Adds the signs of logits; those that are not finite do not count.

        Args:
            real_logits: `(batch, 1)` or a patch map `(batch, h, w, 1)`, whose mean counts. Of augmented real
                images on this replica; every replica has to call this.
            total: callable that sums a tensor over the replicas; `None` where there is one.
        """
        logits = ops.cast(ops.stop_gradient(real_logits), "float32")
        logits = ops.mean(logits, axis=tuple(range(1, len(logits.shape))))
        finite = ops.isfinite(logits)
        signs = ops.where(finite, ops.sign(logits), 0.0)
        seen = ops.stack([ops.sum(signs), ops.sum(ops.cast(finite, "float32"))])
        seen = seen if total is None else total(seen)
        self.sign_sum.assign(self.sign_sum + seen[0])
        self.count.assign(self.count + seen[1])

    def adjust(self, step, batch_size):
        """Changes the probability on every `interval`-th step, and starts to count signs anew.

        The probability stays as it is where no logits were observed.

        Args:
            step: int or scalar int tensor. Number of the step that ends, from 0: the first change ends step
                `interval - 1`.
            batch_size: int. Real images that a step shows on all replicas.
        """
        due = ops.equal((step + 1) % self.interval, 0)
        sign_sum, count = ops.convert_to_tensor(self.sign_sum), ops.convert_to_tensor(self.count)
        excess = sign_sum / ops.maximum(count, 1e-6) - self.target
        moves = ops.logical_and(due, count > 0)
        way = ops.where(moves, ops.sign(excess), 0.0) * (self.interval * batch_size / self.images)
        self.probability.assign(ops.clip(self.probability + way, 0.0, 1.0))
        self.sign_sum.assign(ops.where(due, 0.0, sign_sum))
        self.count.assign(ops.where(due, 0.0, count))

    def logs(self):
        """Returns what a training step reports: `{name: scalar tensor}`."""
        return {"augmentation/probability": ops.convert_to_tensor(self.probability)}

    def get_config(self):
        return {
            **super().get_config(),
            "pipeline": keras.saving.serialize_keras_object(self.pipeline),
            "target": self.target,
            "interval": self.interval,
            "images": self.images,
            "initial_probability": self.initial_probability,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**keras.saving.deserialize_keras_object(config))


def check_probability(name, value):
    """Raises a ValueError if `value` is not in `[0, 1]`."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"`{name}` must be between 0 and 1. Received: {value}")
