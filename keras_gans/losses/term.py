"""The base class of what is added to an adversarial loss."""

import numbers

from keras import ops

from keras_gans.losses.weights import ChangingWeight
from keras_gans.serialization import Configurable


class Term(Configurable):
    """A named part of a player's loss, one number an example, which the trainer weights.

    Args:
        weight: float from 0, or `ChangingWeight` of the images seen. The trainer's factor in front of the
            term.
        interval: int. The trainer evaluates the term every `interval` steps and multiplies it by `interval`
            there (lazy regularisation, [1912.04958](https://arxiv.org/abs/1912.04958), section 3.1); 1 means
            always.
        name: str. Its name in the logs, which show the term without weight and interval.
    """

    def __init__(self, *, weight, interval=1, name):
        if interval < 1:
            raise ValueError(f"`interval` must be at least 1. Received: {interval}")
        number = isinstance(weight, numbers.Real) and 0.0 <= weight < float("inf")
        if not number and not isinstance(weight, ChangingWeight):
            raise ValueError(f"`weight` must be a number from 0 or a `ChangingWeight`. Received: {weight!r}")

    def weight_at(self, images_seen):
        """Returns the weight after that many images: float, or float32 scalar tensor."""
        return self.weight(images_seen) if isinstance(self.weight, ChangingWeight) else self.weight

    def value(self, view):
        """Returns the term, float32 `(batch,)`, without weight and interval.

        Args:
            view: what the term may see, such as a `DiscriminatorView` or a `GeneratorView`.
        """
        raise NotImplementedError


def per_example(logits):
    """Averages over an example's patches: `(batch, 1)` or `(batch, h, w, 1)` to float32 `(batch,)`."""
    logits = ops.cast(logits, "float32")
    return ops.mean(logits, axis=tuple(range(1, len(logits.shape))))
