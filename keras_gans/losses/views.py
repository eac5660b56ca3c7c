"""What a loss term may see. Frozen: a misspelt attribute raises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DiscriminatorView:
    """The discriminator's step.

    Attributes:
        real_images: `(batch, height, width, channels)`, in `[-1, 1]`.
        fake_images: likewise, from the generator, without gradient.
        labels: int32 `(batch,)`, or `None`.
        real_logits: `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        fake_logits: likewise.
        real_class_logits: `(batch, num_classes)`, of an auxiliary classifier; `num_classes` is 0 without one.
        fake_class_logits: likewise.
        discriminate: (images, draws) -> logits, with all that the discriminator sees (labels, augmentation).
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    real_images: Any
    fake_images: Any
    labels: Any
    real_logits: Any
    fake_logits: Any
    real_class_logits: Any
    fake_class_logits: Any
    discriminate: Callable
    draws: Any


@dataclass(frozen=True, kw_only=True)
class GeneratorView:
    """The generator's step.

    Attributes:
        fake_images: `(batch, height, width, channels)`, with gradient.
        labels: int32 `(batch,)`, or `None`.
        fake_logits: `(batch, 1)` or a patch map `(batch, h, w, 1)`.
        fake_class_logits: `(batch, num_classes)`, of an auxiliary classifier; `num_classes` is 0 without one.
        generate: latents -> images, with this step's labels.
        latents: `(batch, latent_dim)`.
        draws: `keras_gans.random.Draws` of the term that gets the view.
    """

    fake_images: Any
    labels: Any
    fake_logits: Any
    fake_class_logits: Any
    generate: Callable
    latents: Any
    draws: Any
