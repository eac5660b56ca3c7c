"""The losses of classifiers."""

from keras import ops

from keras_gans.losses.term import Term
from keras_gans.serialization import register


def _cross_entropy(labels, logits):
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


class Classification(Term):
    """Base of the cross-entropies of a classifier. Arguments are those of `Term`."""

    def __init__(self, *, weight=1.0, interval=1, name="classification"):
        super().__init__(weight=weight, interval=interval, name=name)


@register
class RealFakeClassification(Classification):
    """The discriminator's cross-entropy on the classes of real and of generated images.

    Arguments are those of `Term`.

    Reference:
        [1610.09585](https://arxiv.org/abs/1610.09585), section 3, L_C for D.
    """

    def value(self, view):
        real = _cross_entropy(view.labels, view.real_class_logits)
        fake = _cross_entropy(view.labels, view.fake_class_logits)
        return real + fake


@register
class FakeClassification(Classification):
    """The generator's cross-entropy: its images should be named as they were asked for.

    Arguments are those of `Term`.

    Reference:
        [1610.09585](https://arxiv.org/abs/1610.09585), section 3, L_C for G.
    """

    def value(self, view):
        return _cross_entropy(view.labels, view.fake_class_logits)
