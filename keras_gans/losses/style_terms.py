"""Terms of translations that are guided by styles."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_gans.losses.reconstruction import absolute_difference
from keras_gans.losses.term import Term
from keras_gans.serialization import register


@dataclass(frozen=True, kw_only=True)
class StyleGuidedView:
    """The step of a generator G that takes styles, and of the encoder E that reads them.

    Attributes:
        images: real images x, `(batch, height, width, channels)`, in `[-1, 1]`.
        fake_images: G(x, s), with gradient.
        other_fake_images: G(x, s'), with another style s' of the same domain.
        cycled_images: G(G(x, s), E(x)), back in the style that x had.
        styles: s, `(batch, style_dim)`, with gradient.
        read_styles: E(G(x, s)), likewise.
        fake_logits: of G(x, s), `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        images_seen: int64 scalar. Images of all steps before.
        draws: `keras_gans.random.Draws` of this step.
    """

    images: Any
    fake_images: Any
    other_fake_images: Any
    cycled_images: Any
    styles: Any
    read_styles: Any
    fake_logits: Any
    images_seen: Any
    draws: Any


@register
class StyleReconstruction(Term):
    """An image should show the style that it was made with: `weight * mean |s - E(G(x, s))|`.

    Args:
        weight: float. Factor in front of the term, lambda_sty.
        interval: int. As in `Term`.
        name: str. As in `Term`.

    Example:
    ```python
    generator_terms = [keras_gans.losses.StyleReconstruction(weight=1.0)]
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), equation 2; the weight: appendix B. The mean over the
        numbers of a style, where the paper writes a norm.
    """

    def __init__(self, *, weight=1.0, interval=1, name="style"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `StyleGuidedView`."""
        return self.weight * absolute_difference(view.styles, view.read_styles)


@register
class StyleDiversity(Term):
    """Two styles should give two images: `-weight * left * mean |G(x, s) - G(x, s')|`.

    It has no optimum, so that it fades out: `left = max(0, 1 - images_seen / decay_images)`.

    Args:
        weight: float. Factor in front of the term at the first step, lambda_ds.
        decay_images: int. Images after which nothing is left of it.
        interval: int. As in `Term`.
        name: str. As in `Term`.

    Example:
    ```python
    generator_terms = [keras_gans.losses.StyleDiversity(weight=2.0, decay_images=800_000)]
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), equation 3; weight and decay: appendix B, which counts
        100,000 steps of 8 images. The mean over pixels, where the paper writes a norm.
    """

    def __init__(self, *, weight=1.0, decay_images=800_000, interval=1, name="diversity"):
        super().__init__(weight=weight, interval=interval, name=name)
        if decay_images < 1:
            raise ValueError(f"`decay_images` must be at least 1. Received: {decay_images}")
        self.decay_images = decay_images

    def value(self, view):
        """Of a `StyleGuidedView`."""
        left = ops.maximum(1.0 - ops.cast(view.images_seen, "float32") / self.decay_images, 0.0)
        return -self.weight * left * absolute_difference(view.fake_images, view.other_fake_images)


@register
class SourceConsistency(Term):
    """An image should keep what is no style: `weight * mean |x - G(G(x, s), E(x))|`.

    Args:
        weight: float. Factor in front of the term, lambda_cyc.
        interval: int. As in `Term`.
        name: str. As in `Term`.

    Example:
    ```python
    generator_terms = [keras_gans.losses.SourceConsistency(weight=1.0)]
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), equation 4; the weight: appendix B. The mean over
        pixels, where the paper writes a norm.
    """

    def __init__(self, *, weight=1.0, interval=1, name="cycle"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `StyleGuidedView`."""
        return self.weight * absolute_difference(view.images, view.cycled_images)
