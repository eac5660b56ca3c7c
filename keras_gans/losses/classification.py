"""The loss of an auxiliary classifier."""

from keras import ops

from keras_gans.losses.term import Term
from keras_gans.serialization import register


def _cross_entropy(labels, logits):
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


@register
class RealFakeClassification(Term):
    """The discriminator's cross-entropy on the classes of real and of generated images.

    Arguments are those of `Term`.

    Reference:
        [1610.09585](https://arxiv.org/abs/1610.09585), section 3, L_C for D.
    """

    def __init__(self, *, weight=1.0, interval=1, name="classification"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        real = _cross_entropy(view.labels, view.real_class_logits)
        fake = _cross_entropy(view.labels, view.fake_class_logits)
        return real + fake


@register
class FakeClassification(Term):
    """The generator's cross-entropy: its images should be named as they were asked for.

    Arguments are those of `Term`.

    Reference:
        [1610.09585](https://arxiv.org/abs/1610.09585), section 3, L_C for G.
    """

    def __init__(self, *, weight=1.0, interval=1, name="classification"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        return _cross_entropy(view.labels, view.fake_class_logits)
