"""What a preset adds where the discriminator also names classes (AC-GAN, arXiv 1610.09585)."""

from dataclasses import dataclass
from typing import Any

from keras_gans import losses
from keras_gans.presets import base


@dataclass(frozen=True, kw_only=True)
class AuxiliaryClassifier(base.Preset):
    """A preset whose trainer has further terms if, and only if, the data have classes.

    Attributes:
        discriminator_class_terms: sequence of `keras_gans.losses.Term`.
        generator_class_terms: likewise.
    """

    discriminator_class_terms: tuple[losses.Term, ...] = ()
    generator_class_terms: tuple[losses.Term, ...] = ()

    def options(self, num_classes: int) -> dict[str, Any]:
        """Returns the arguments of the trainer besides its networks, `average` and `seed`."""
        options = super().options(num_classes)
        if num_classes:
            options["discriminator_terms"] += self.discriminator_class_terms
            options["generator_terms"] += self.generator_class_terms
        return options
