"""The base class of what is added to an adversarial loss."""

from keras import ops

from keras_gans.serialization import Configurable


class Term(Configurable):
    """A named, weighted part of a player's loss, one number an example.

    Args:
        weight: float, not negative. Factor in front of the term.
        interval: int. The term is evaluated every `interval` steps and multiplied by `interval` there (lazy
            regularisation, [1912.04958](https://arxiv.org/abs/1912.04958), section 3.1); 1 means always.
        name: str. Its name in the logs.
    """

    def __init__(self, *, weight, interval=1, name):
        if interval < 1:
            raise ValueError(f"`interval` must be at least 1. Received: {interval}")
        if not 0.0 <= weight < float("inf"):
            raise ValueError(f"`weight` must be a number from 0. Received: {weight}")
        self.weight = weight
        self.interval = interval
        self.name = name

    def value(self, view):
        """Returns the weighted term, float32 `(batch,)`.

        Args:
            view: `DiscriminatorView` or `GeneratorView`.
        """
        raise NotImplementedError


def per_example(logits):
    """Averages over an example's patches: `(batch, 1)` or `(batch, h, w, 1)` to float32 `(batch,)`."""
    logits = ops.cast(logits, "float32")
    return ops.mean(logits, axis=tuple(range(1, len(logits.shape))))
