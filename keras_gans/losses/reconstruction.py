"""Terms by which a translated image is compared with an image that it should be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_gans.losses.term import Term, per_example
from keras_gans.serialization import register


def absolute_difference(images, others):
    """Mean absolute difference over pixels and channels (L1): float32 `(batch,)`.

    Args:
        images: `(batch, height, width, channels)`.
        others: the same shape.
    """
    return per_example(ops.abs(ops.cast(images, "float32") - ops.cast(others, "float32")))


@dataclass(frozen=True, kw_only=True)
class PairView:
    """The generator's step where every image has a target.

    Attributes:
        fake_images: translated images, `(batch, height, width, channels)`, in `[-1, 1]`, with gradient.
        targets: what they should be, likewise.
        fake_logits: `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    fake_images: Any
    targets: Any
    fake_logits: Any
    draws: Any


@dataclass(frozen=True, kw_only=True)
class CycleView:
    """The generators' step of two domains without pairs.

    Attributes:
        images: real images x of the first domain, `(batch, height, width, channels)`, in `[-1, 1]`.
        targets: real images y of the second one.
        cycled_images: F(G(x)), with gradient.
        cycled_targets: G(F(y)), with gradient.
        forward: G, images of the first domain -> images of the second.
        backward: F, the other way.
        fake_logits: of G(x), `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    images: Any
    targets: Any
    cycled_images: Any
    cycled_targets: Any
    forward: Callable
    backward: Callable
    fake_logits: Any
    draws: Any


@register
class TargetReconstruction(Term):
    """Translated images should be their targets: `mean |G(x) - y|`.

    The absolute difference rather than the squared one, which blurs more.

    Arguments are those of `Term`; `weight` is lambda.

    Example:
    ```python
    generator_terms = [keras_gans.losses.TargetReconstruction(weight=100.0)]
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), equation 3; the weight: section 6.2. The mean over
        pixels instead of the sum, as in the public code.
    """

    def __init__(self, *, weight=100.0, interval=1, name="reconstruction"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `PairView`."""
        return absolute_difference(view.fake_images, view.targets)


@register
class CycleConsistency(Term):
    """Images that go there and back should be unchanged, in both domains.

    `mean |F(G(x)) - x| + mean |G(F(y)) - y|`

    Arguments are those of `Term`; `weight` is lambda.

    Example:
    ```python
    generator_terms = [keras_gans.losses.CycleConsistency(weight=10.0)]
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), equation 2; the weight: section 4. The mean over
        pixels, as in the public code.
    """

    def __init__(self, *, weight=10.0, interval=1, name="cycle"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `CycleView`."""
        there_and_back = absolute_difference(view.cycled_images, view.images)
        return there_and_back + absolute_difference(view.cycled_targets, view.targets)


@register
class IdentityMapping(Term):
    """What is in the domain already should stay as it is: `mean |G(y) - y| + mean |F(x) - x|`.

    It keeps colours where a discriminator would accept others as well.

    Arguments are those of `Term`; `weight` is half of the cycle's in the paper.

    Example:
    ```python
    generator_terms = [keras_gans.losses.CycleConsistency(), keras_gans.losses.IdentityMapping()]
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), section 5.2, photo generation from paintings.
    """

    def __init__(self, *, weight=5.0, interval=1, name="identity"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `CycleView`."""
        forward = absolute_difference(view.forward(view.targets), view.targets)
        return forward + absolute_difference(view.backward(view.images), view.images)
