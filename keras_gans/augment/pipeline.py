"""The augmentations of adaptive discriminator augmentation, each with the same probability."""

import math

from keras import ops

from keras_gans.augment.colour import recolour
from keras_gans.augment.corruptions import BANDS, band_gains, cut_out, filter_bands
from keras_gans.augment.matrices import colour_matrix, geometric_matrix
from keras_gans.augment.resampling import warp
from keras_gans.serialization import Configurable, register

# What the letters of a pipeline's name stand for, with the strengths of the paper.
GROUPS = (
    ("b", {"flip": True, "quarter_turns": True, "integer_translation": 0.125}),
    (
        "g",
        {
            "isotropic_scale": 0.2,
            "rotation": 1.0,
            "anisotropic_scale": 0.2,
            "fractional_translation": 0.125,
        },
    ),
    ("c", {"brightness": 0.2, "contrast": 0.5, "luma_flip": True, "hue": 1.0, "saturation": 1.0}),
    ("f", {"image_filter": 1.0}),
    ("n", {"noise": 0.1}),
    ("c", {"cutout": 0.5}),
)


@register
class AugmentationPipeline(Configurable):
    """Transforms of images; each image undergoes each of them with the same probability.

    They are applied in the order of the arguments, with rotations before and after the anisotropic scaling,
    and can be differentiated twice. An argument of 0 or `False` turns a transform off. The default is the
    paper's pipeline "bgc".

    Args:
        flip: bool. Left and right change places in half of the cases.
        quarter_turns: bool. Turns by 0, 90, 180 or 270 degrees, of square images.
        integer_translation: float. Largest shift along x and y, as a share of the image's size; whole pixels.
        isotropic_scale: float. Standard deviation of the logarithm, of base 2, of the factor.
        rotation: float in `[0, 1]`. Largest angle, in half turns.
        anisotropic_scale: float. Like `isotropic_scale`; x has the factor and y its inverse.
        fractional_translation: float. Standard deviation of the shift along x and y, likewise as a share.
        brightness: float. Standard deviation of what is added.
        contrast: float. Standard deviation of the logarithm, of base 2, of the factor.
        luma_flip: bool. Luma changes its sign in half of the cases.
        hue: float in `[0, 1]`. Largest angle around the grey axis, in half turns.
        saturation: float. Standard deviation of the logarithm, of base 2, of the factor.
        image_filter: float. Standard deviation of the logarithm, of base 2, of the gain of an octave; each of
            the four octaves is amplified with the probability.
        noise: float. Scale of the half-normal distribution that the noise's standard deviation is drawn from.
        cutout: float in `[0, 1]`. Side of the square that is set to 0, as a share of the image's size.

    Raises:
        ValueError: if a strength is negative, or more than 1 where it must not be.

    Example:
    ```python
    pipeline = keras_gans.augment.AugmentationPipeline()
    draws = keras_gans.random.Draws(seed=0, step=0)
    pipeline(keras.ops.zeros((4, 32, 32, 3)), 0.5, draws).shape  # (4, 32, 32, 3)
    ```

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B, algorithm 1. An image that no geometric
        transform moves is not resampled: the paper's filters would change its last digits.
    """

    def __init__(
        self,
        *,
        flip=True,
        quarter_turns=True,
        integer_translation=0.125,
        isotropic_scale=0.2,
        rotation=1.0,
        anisotropic_scale=0.2,
        fractional_translation=0.125,
        brightness=0.2,
        contrast=0.5,
        luma_flip=True,
        hue=1.0,
        saturation=1.0,
        image_filter=0.0,
        noise=0.0,
        cutout=0.0,
    ):
        for name, strength in self.arguments.items():
            most = 1.0 if name in ("rotation", "hue", "cutout") else math.inf
            if name in ("flip", "quarter_turns", "luma_flip"):
                if strength not in (False, True):
                    raise ValueError(f"`{name}` must be True or False. Received: {strength!r}")
            elif not 0.0 <= strength <= most or math.isinf(strength):
                allowed = "at least 0 and finite" if math.isinf(most) else "between 0 and 1"
                raise ValueError(f"`{name}` must be {allowed}. Received: {strength!r}")

    @classmethod
    def groups(cls, name):
        """Returns the pipeline that the paper calls `name`.

        Args:
            name: str. The first letters of "bgcfnc": pixel blitting, geometry, colour, image-space filtering,
                noise, cutout.

        Raises:
            ValueError: if `name` is none of these.

        Example:
        ```python
        keras_gans.augment.AugmentationPipeline.groups("bg")  # no colour transforms
        ```
        """
        letters = "".join(letter for letter, _ in GROUPS)
        if not name or not letters.startswith(name):
            names = [letters[: count + 1] for count in range(len(letters))]
            raise ValueError(f"`name` must be one of {names}. Received: {name!r}")
        strengths = {}
        for number, (_, group) in enumerate(GROUPS):
            on = number < len(name)
            strengths |= {key: value if on else type(value)(0) for key, value in group.items()}
        return cls(**strengths)

    def __call__(self, images, probability, draws):
        """Returns augmented images.

        Args:
            images: float tensor, `(batch, height, width, 1 or 3)`, in `[-1, 1]`, all sizes known.
            probability: float or scalar tensor, in `[0, 1]`. Of each transform; 0 returns the images.
            draws: `keras_gans.random.Draws` of the step.

        Returns:
            float32 tensor like `images`, which may leave `[-1, 1]`.

        Raises:
            ValueError: if the number of channels is neither 1 nor 3, or a size is not known.
        """
        shape = tuple(images.shape)
        if len(shape) != 4 or None in shape or shape[-1] not in (1, 3):
            raise ValueError(
                "Images must have a known shape, `(batch, height, width, channels)`, of 1 or 3 channels. "
                f"Received: {shape}"
            )
        batch, height, width, _ = shape
        images = ops.cast(images, "float32")
        chances = _Chances(batch, probability, draws)
        moves, colours = self._moves(chances, square=height == width), self._colours(chances)
        blitting, geometry, colour = (any(getattr(self, name) for name in group) for _, group in GROUPS[:3])
        if blitting or geometry:
            images = warp(images, geometric_matrix(height, width, **moves))
        if colour:
            images = recolour(images, colour_matrix(**colours))
        if self.image_filter:
            bands = [chances.apply(self.image_filter * chances.normal()) for _ in range(BANDS)]
            images = filter_bands(images, band_gains(ops.stack(bands, axis=1)))
        if self.noise:
            deviation = chances.apply(self.noise * ops.abs(chances.normal()))
            images = images + deviation[:, None, None, None] * draws.normal("pixels", shape)
        if self.cutout:
            centre = ops.stack([chances.uniform(), chances.uniform()], axis=1)
            size = chances.apply(ops.full((batch,), self.cutout))
            images = cut_out(images, centre=centre, size=size)
        return images

    def _moves(self, chances, *, square):
        """Arguments of `geometric_matrix`; a quarter turn of a rectangle would leave most of it empty."""
        turns = float(self.quarter_turns and square)
        # Before or after the anisotropic scaling, or both: together with the probability of the others.
        rotated = 1.0 - ops.sqrt(1.0 - chances.probability)
        parameters = {
            "flip": chances.apply(float(self.flip) * ops.floor(2.0 * chances.uniform())),
            "quarter_turns": chances.apply(turns * ops.floor(4.0 * chances.uniform())),
        }
        way = ops.stack([chances.symmetric(), chances.symmetric()], axis=1)
        parameters["integer_translation"] = chances.apply(self.integer_translation * way)
        parameters["isotropic_scale"] = chances.apply(self.isotropic_scale * chances.normal())
        angle = self.rotation * math.pi
        parameters["pre_rotation"] = chances.apply(angle * chances.symmetric(), rotated)
        parameters["anisotropic_scale"] = chances.apply(self.anisotropic_scale * chances.normal())
        parameters["post_rotation"] = chances.apply(angle * chances.symmetric(), rotated)
        way = ops.stack([chances.normal(), chances.normal()], axis=1)
        parameters["fractional_translation"] = chances.apply(self.fractional_translation * way)
        return parameters

    def _colours(self, chances):
        """Arguments of `colour_matrix`."""
        return {
            "brightness": chances.apply(self.brightness * chances.normal()),
            "contrast": chances.apply(self.contrast * chances.normal()),
            "luma_flip": chances.apply(float(self.luma_flip) * ops.floor(2.0 * chances.uniform())),
            "hue": chances.apply(self.hue * math.pi * chances.symmetric()),
            "saturation": chances.apply(self.saturation * chances.normal()),
        }


class _Chances:
    """Random numbers for every image of a batch, handed out one after the other.

    All are drawn at once: a draw for each number would take longer than the transforms of small images.
    """

    def __init__(self, batch, probability, draws):
        self.probability = ops.cast(probability, "float32")
        self._gates = iter(ops.unstack(draws.uniform("gates", (batch, 19)), axis=1))
        self._uniform = iter(ops.unstack(draws.uniform("uniform", (batch, 10)), axis=1))
        self._normal = iter(ops.unstack(draws.normal("normal", (batch, 12)), axis=1))

    def uniform(self):
        """Uniform in `[0, 1)`."""
        return next(self._uniform)

    def symmetric(self):
        """Uniform in `[-1, 1)`."""
        return 2.0 * next(self._uniform) - 1.0

    def normal(self):
        """Standard normal."""
        return next(self._normal)

    def apply(self, parameter, probability=None):
        """A transform's parameter where it applies, by default with the pipeline's probability, else 0."""
        applies = next(self._gates) < (self.probability if probability is None else probability)
        applies = ops.reshape(applies, (-1,) + (1,) * (len(parameter.shape) - 1))
        return ops.where(applies, parameter, 0.0)
