"""Terms of an autoencoder: how close a reconstruction is, and what keeps its latents in shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_gans.losses.term import Term, per_example
from keras_gans.serialization import register


@dataclass(frozen=True, kw_only=True)
class AutoencoderView:
    """The autoencoder's step.

    Attributes:
        fake_images: reconstructions, `(batch, height, width, channels)`, in `[-1, 1]`, with gradient.
        targets: the images, likewise.
        divergence: divergence of the latents' distribution from the standard normal one, in nats an image,
            float32 `(batch,)`, with gradient; `None` where they have none.
        encoded: latents before they become codes, `(batch, h, w, latent_channels)`, with gradient; `None`
            where they do not, as the next three.
        codebook: all codes, `(codes, latent_channels)`, with gradient.
        codes: int32 `(batch, h, w)`, the number of the code nearest to each latent.
        chosen: these codes, `(batch, h, w, latent_channels)`, with gradient.
        distance: callable (images, others) -> `(batch,)`, how different they look.
        total: callable that sums a tensor over all replicas.
        fake_logits: of the reconstructions, `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    fake_images: Any
    targets: Any
    divergence: Any
    encoded: Any
    codebook: Any
    codes: Any
    chosen: Any
    distance: Callable
    total: Callable
    fake_logits: Any
    draws: Any


@register
class PerceptualDistance(Term):
    """Reconstructions should look like the images to a network that was trained to see.

    Which network is the trainer's choice.

    Arguments are those of `Term`.

    Example:
    ```python
    generator_terms = [
        keras_gans.losses.TargetReconstruction(weight=1.0),
        keras_gans.losses.PerceptualDistance(weight=1.0),
    ]
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), section 3.1, there with the distance of
        [1801.03924](https://arxiv.org/abs/1801.03924).
    """

    def __init__(self, *, weight=1.0, interval=1, name="perceptual"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of an `AutoencoderView`."""
        return view.distance(view.fake_images, view.targets)


@register
class PosteriorDivergence(Term):
    """Latents should be near standard normal ones: `KL(N(mean, variance) || N(0, 1))`.

    In nats for each number of the image, so that the weight compares with a mean over the image: the public
    code sums both.

    Arguments are those of `Term`.

    Example:
    ```python
    generator_terms = [keras_gans.losses.PosteriorDivergence(weight=1e-6)]
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), appendix G; the closed form:
        [1312.6114](https://arxiv.org/abs/1312.6114), appendix B.
    """

    def __init__(self, *, weight=1e-6, interval=1, name="divergence"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of an `AutoencoderView`."""
        _, height, width, channels = view.targets.shape
        return view.divergence / (height * width * channels)


class _CodeTerm(Term):
    """Base of the terms that compare latents with their codes."""

    def value(self, view):
        """Of an `AutoencoderView` with codes."""
        return per_example(ops.square(self.difference(view.encoded, view.chosen)))

    def difference(self, latents, chosen):
        """Returns latents minus codes, of which one has no gradient."""
        raise NotImplementedError


@register
class Codebook(_CodeTerm):
    """Codes should be where the latents are that choose them: `mean (sg(latent) - code)^2`.

    `sg` stops the gradient.

    Arguments are those of `Term`.

    Example:
    ```python
    terms = keras_gans.losses.Codebook(), keras_gans.losses.Commitment(), keras_gans.losses.CodeRevival()
    ```

    Reference:
        [1711.00937](https://arxiv.org/abs/1711.00937), equation 3, second term.
    """

    def __init__(self, *, weight=1.0, interval=1, name="codebook"):
        super().__init__(weight=weight, interval=interval, name=name)

    def difference(self, latents, chosen):
        return ops.stop_gradient(latents) - chosen


@register
class Commitment(_CodeTerm):
    """Latents should stay at the codes that they chose: `mean (latent - sg(code))^2`.

    Arguments are those of `Term`; `weight` is beta.

    Example:
    ```python
    generator_terms = [keras_gans.losses.Codebook(), keras_gans.losses.Commitment(weight=0.25)]
    ```

    Reference:
        [1711.00937](https://arxiv.org/abs/1711.00937), equation 3, third term. The public code of latent
        diffusion gives beta to the other term.
    """

    def __init__(self, *, weight=0.25, interval=1, name="commitment"):
        super().__init__(weight=weight, interval=interval, name=name)

    def difference(self, latents, chosen):
        return latents - ops.stop_gradient(chosen)


@register
class CodeRevival(Term):
    """Codes that no latent of the batch chose are pulled to one of its latents, drawn at random.

    A code far from all latents is never chosen, so that `Codebook` never moves it: it is dead. The term is
    the squared distance of each such code from its latent, averaged over all codes: `1 / K sum_unused mean
    (sg(latent) - code)^2`. It is 0 where all codes are in use.

    Arguments are those of `Term`; a run needs it besides `Codebook`:

    ```python
    generator_terms = [keras_gans.losses.Codebook(), keras_gans.losses.CodeRevival()]
    ```

    Reference:
        This project's. Random latents as anchors: [2307.15139](https://arxiv.org/abs/2307.15139), section 3,
        which moves codes by a running average.
    """

    def __init__(self, *, weight=1.0, interval=1, name="revival"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        """Of an `AutoencoderView` with codes."""
        codebook = view.codebook
        count, channels = codebook.shape
        latents = ops.reshape(ops.stop_gradient(view.encoded), (-1, channels))
        anchors = ops.take(latents, view.draws.integers("anchors", (count,), latents.shape[0]), axis=0)
        used = view.total(ops.cast(ops.bincount(ops.reshape(view.codes, (-1,)), minlength=count), "float32"))
        unused = ops.cast(ops.equal(used, 0.0), "float32")  # (codes,)
        distance = ops.mean(ops.square(anchors - codebook), axis=-1)
        return ops.broadcast_to(ops.mean(unused * distance), (view.codes.shape[0],))
