"""Terms of a translation between several domains by one generator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_gans.losses.classification import Classification
from keras_gans.losses.reconstruction import absolute_difference
from keras_gans.losses.term import Term
from keras_gans.serialization import register


def domain_cross_entropy(labels, logits):
    """Cross-entropy of a classifier of domains: float32 `(batch,)`.

    Of domains that exclude each other that of a softmax; of attributes that of a sigmoid of each, summed over
    the attributes.

    Args:
        labels: int32 `(batch,)`, or of attributes float32 `(batch, attributes)`, of 0 and 1.
        logits: `(batch, domains or attributes)`.
    """
    logits = ops.cast(logits, "float32")
    if len(labels.shape) == 1:
        return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return ops.sum(ops.binary_crossentropy(labels, logits, from_logits=True), axis=-1)


@dataclass(frozen=True, kw_only=True)
class DomainView:
    """The generator's step between several domains.

    Attributes:
        images: real images x, `(batch, height, width, channels)`, in `[-1, 1]`.
        labels: their domains c', as `target_labels`.
        target_labels: the domains asked for, c: int32 `(batch,)`, or float32 `(batch, attributes)`.
        fake_images: G(x, c), with gradient.
        reconstructed_images: G(G(x, c), c'), with gradient.
        generate: G, (images, labels) -> images.
        fake_logits: of G(x, c), `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        fake_class_logits: likewise, `(batch, domains or attributes)`.
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    images: Any
    labels: Any
    target_labels: Any
    fake_images: Any
    reconstructed_images: Any
    generate: Callable
    fake_logits: Any
    fake_class_logits: Any
    draws: Any


@register
class RealDomainClassification(Classification):
    """The discriminator's cross-entropy on the domains of real images, see `domain_cross_entropy`.

    Generated images are left out, because their domain may be wrong.

    Arguments are those of `Term`; `weight` is lambda_cls.

    Example:
    ```python
    discriminator_terms = [keras_gans.losses.RealDomainClassification()]
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), equation 2. The sum over attributes and the mean over
        the batch, as in the public code.
    """

    def value(self, view):
        """Of a `DiscriminatorView`."""
        return domain_cross_entropy(view.labels, view.real_class_logits)


@register
class TargetDomainClassification(Classification):
    """The generator's cross-entropy: its images should be named as they were asked for.

    Arguments are those of `Term`; `weight` is lambda_cls.

    Example:
    ```python
    generator_terms = [keras_gans.losses.TargetDomainClassification()]
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), equation 3, as `RealDomainClassification`.
    """

    def value(self, view):
        """Of a `DomainView`."""
        return domain_cross_entropy(view.target_labels, view.fake_class_logits)


@register
class DomainReconstruction(Term):
    """Images that go to another domain and back should be unchanged.

    `mean |G(G(x, c), c') - x|`

    Arguments are those of `Term`; `weight` is lambda_rec.

    Example:
    ```python
    generator_terms = [keras_gans.losses.DomainReconstruction(weight=10.0)]
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), equation 4; the weight: section 3.2. The mean over
        pixels, as in the public code.
    """

    def __init__(self, *, weight=10.0, interval=1, name="reconstruction"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `DomainView`."""
        return absolute_difference(view.reconstructed_images, view.images)


@register
class DomainIdentity(Term):
    """What is in the domain already should stay as it is: `mean |G(x, c') - x|`.

    Without it, translating there and back may swap colours that no domain depends on.

    Arguments are those of `Term`.

    Example:
    ```python
    generator_terms = [keras_gans.losses.DomainReconstruction(), keras_gans.losses.DomainIdentity()]
    ```

    Reference:
        Not in [1711.09020](https://arxiv.org/abs/1711.09020); for two domains
        [1703.10593](https://arxiv.org/abs/1703.10593), section 5.2.
    """

    def __init__(self, *, weight=5.0, interval=1, name="identity"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `DomainView`."""
        return absolute_difference(view.generate(view.images, view.labels), view.images)
