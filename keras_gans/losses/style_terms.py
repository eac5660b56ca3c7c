"""Terms of translations that are guided by styles."""

from dataclasses import dataclass
from typing import Any

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
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    images: Any
    fake_images: Any
    other_fake_images: Any
    cycled_images: Any
    styles: Any
    read_styles: Any
    fake_logits: Any
    draws: Any


@register
class StyleReconstruction(Term):
    """An image should show the style that it was made with: `mean |s - E(G(x, s))|`.

    Arguments are those of `Term`; `weight` is lambda_sty.

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
        return absolute_difference(view.styles, view.read_styles)


@register
class StyleDiversity(Term):
    """Two styles should give two images: `-mean |G(x, s) - G(x, s')|`.

    It has no optimum. The paper therefore lets its weight fall to 0, which a `LinearWeight` does.

    Arguments are those of `Term`; `weight` is lambda_ds.

    Example:
    ```python
    weight = keras_gans.losses.LinearWeight(first=2.0, last=0.0, images=800_000)
    generator_terms = [keras_gans.losses.StyleDiversity(weight=weight)]
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), equation 3; weight and decay: appendix B, which counts
        100,000 steps of 8 images. The mean over pixels, where the paper writes a norm.
    """

    def __init__(self, *, weight=1.0, interval=1, name="diversity"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of a `StyleGuidedView`."""
        return -absolute_difference(view.fake_images, view.other_fake_images)


@register
class SourceConsistency(Term):
    """An image should keep what is no style: `mean |x - G(G(x, s), E(x))|`.

    Arguments are those of `Term`; `weight` is lambda_cyc.

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
        return absolute_difference(view.images, view.cycled_images)
