"""What generators with styles have in common: truncation, mixing, and what they export."""

import functools

from keras import Input, InputSpec, initializers, ops

from keras_gans import images
from keras_gans.endpoints import Argument
from keras_gans.layers import Constant
from keras_gans.networks.class_conditioning import label_input, one_hot
from keras_gans.once import Once
from keras_gans.random import counter_normal
from keras_gans.resolution import at_level, pair

# Truncations that an export takes: below 0 lie the opposites of styles (1812.04948, figure 8).
LEAST_TRUNCATION, MOST_TRUNCATION = -2.0, 2.0
MOST_NOISE = 10.0


def truncate_styles(styles, average, truncation, cutoff=None):
    """Moves styles towards their average: `average + truncation * (style - average)`.

    Args:
        styles: float tensor, `(batch, num_styles, style_dim)`.
        average: float tensor, `(style_dim,)`.
        truncation: float, or float tensor `(batch, 1)`. psi: 1 changes nothing, 0 leaves the average.
        cutoff: int. Number of styles, from the coarsest, that are moved. `None` means all.

    Returns:
        Tensor like `styles`.

    Raises:
        ValueError: if `cutoff` is negative.

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), appendix B.
    """
    if cutoff is not None and cutoff < 0:
        raise ValueError(f"`cutoff` must be a number of styles, or None. Received: {cutoff}")
    truncation = ops.reshape(ops.convert_to_tensor(truncation, "float32"), (-1, 1, 1))
    moved = average + truncation * (styles - average)
    count = styles.shape[1]
    if cutoff is None or cutoff >= count:
        return moved
    return ops.where(ops.arange(count)[None, :, None] < cutoff, moved, styles)


def mix_styles(first, second, crossover):
    """Takes the coarse styles from one example and the fine ones from another.

    Args:
        first: float tensor, `(batch, num_styles, style_dim)`.
        second: likewise.
        crossover: int, or int tensor `(batch,)`. Number of styles, from the coarsest, that are `first`'s.

    Returns:
        Tensor like `first`.

    Raises:
        ValueError: if a `crossover` that is an int lies outside `[0, num_styles]`.

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 3.1.
    """
    if isinstance(crossover, int) and not 0 <= crossover <= first.shape[1]:
        raise ValueError(f"`crossover` must be from 0 to {first.shape[1]}. Received: {crossover}")
    crossover = ops.reshape(ops.convert_to_tensor(crossover, "int32"), (-1, 1, 1))
    return ops.where(ops.arange(first.shape[1])[None, :, None] < crossover, first, second)


def stored_noise(places, resolution):
    """Returns the layers that hold the noise of an image, drawn once.

    Args:
        places: iterable of (size, number): the level of a feature map, and which of its noises it is.
        resolution: int, or (height, width). Of the images.
    """
    return [
        Constant(
            (*pair(at_level(resolution, size)), 1),
            initializer=initializers.RandomNormal(stddev=1.0),
            learned=False,
            dtype="float32",
            name=f"{size}x{size}_stored_noise{number}",
        )
        for size, number in places
    ]


def styles_from_latents(latent_dim, num_classes, mapping, style_average, num_styles):
    """Returns the inputs of a generator, latents and maybe labels, and the style of each of its layers."""
    latents = Input((latent_dim,), name="latents")
    inputs, labels = label_input(latents, num_classes)
    mapped = latents if labels is None else [latents, one_hot(labels, num_classes)]
    return inputs, ops.repeat(style_average(mapping(mapped))[:, None], num_styles, axis=1)


class StyleGenerator:
    """From latents to styles, from styles to images, and the exports of both.

    For a network with `latent_dim`, `num_classes`, `style_dim` and `num_styles`; `mapping`, from latents, or
    `[latents, classes]` (one-hot), to styles `(batch, style_dim)`; `style_average`, a
    `keras_gans.layers.StyleAverage`; `noise_constants`, a list of layers; `synthesis`, from `[styles,
    *noise]` to images.
    """

    # Number of styles that truncation moves; `None` means all.
    truncation_cutoff = None

    @property
    def noise_shapes(self):
        """Shapes `(height, width, 1)` of the noise that `synthesis` takes."""
        return [layer.shape for layer in self.noise_constants]

    def styles(self, latents, classes=None, *, training=False):
        """Returns one style for every layer, the same for all: `(batch, num_styles, style_dim)`.

        Args:
            latents: float tensor, `(batch, latent_dim)`, standard normal.
            classes: float tensor, `(batch, num_classes)`, one-hot; `None` for a network without classes.
            training: bool. Whether the average style follows.
        """
        inputs = [latents] if classes is None else [latents, classes]
        inputs = [ops.convert_to_tensor(tensor, "float32") for tensor in inputs]
        styles = self.mapping(inputs if len(inputs) > 1 else inputs[0])
        styles = self.style_average(styles, training=training)
        return ops.repeat(styles[:, None], self.num_styles, axis=1)

    @functools.cached_property
    def _infer(self):
        return Once(lambda inputs: self.synthesis(inputs), self.synthesis)

    def truncate(self, styles, truncation, cutoff=None):
        """Moves the first styles towards the average; see `truncate_styles`.

        Args:
            styles: float tensor, `(batch, num_styles, style_dim)`.
            truncation: float, or float tensor `(batch, 1)`.
            cutoff: int. Number of styles that are moved. `None` means `truncation_cutoff`.
        """
        average = ops.convert_to_tensor(self.style_average.average)
        cutoff = self.truncation_cutoff if cutoff is None else cutoff
        return truncate_styles(styles, average, truncation, cutoff)

    def synthesize(self, styles, noise=None):
        """Returns images in `[-1, 1]`, not clipped.

        Args:
            styles: float tensor, `(batch, num_styles, style_dim)`.
            noise: list of float tensors `(batch, *shape)`, of `noise_shapes`; see `noise_of`. `None` means
                the stored noise, the same for every example.

        Raises:
            ValueError: if there is another number of noises than layers.
        """
        if noise is not None and len(noise) != len(self.noise_shapes):
            raise ValueError(f"`noise` needs {len(self.noise_shapes)} tensors. Received: {len(noise)}")
        if noise is None:
            noise = [layer(styles) for layer in self.noise_constants]
        return self._infer([ops.convert_to_tensor(tensor, "float32") for tensor in (styles, *noise)])

    def noise_of(self, seeds, strength=1.0):
        """Returns noise for `synthesize`: normal numbers that follow from seeds.

        Args:
            seeds: int64 tensor, `(batch,)`. An image's noise depends on its own seed alone.
            strength: float, or float tensor `(batch, 1)`. Factor of the noise: 1 as in training, 0 for none.

        Returns:
            list of float32 tensors `(batch, *shape)`, of `noise_shapes`.
        """
        seeds = ops.convert_to_tensor(seeds, "int64")
        strength = ops.reshape(ops.convert_to_tensor(strength, "float32"), (-1, 1, 1, 1))
        return [
            strength * counter_normal(seeds, ops.zeros_like(seeds), shape, stream=1 + i)
            for i, shape in enumerate(self.noise_shapes)
        ]

    def endpoints(self):
        """What an export offers: name -> (function, input signature).

        Images are in `[0, 1]`, made with the stored noise where nothing else is said; `y`, one-hot, is an
        argument of networks with classes. `truncation` in `[-2, 2]` moves the first `truncation_cutoff`
        styles towards the average: 1 leaves them, 0 is the average.

        - `default(z)`, or `default(z, y, truncation)`: images.
        - `sample(z, [y,] truncation)`: likewise.
        - `mapping(z, [y,] truncation)`: styles, `(batch, num_styles, style_dim)`.
        - `synthesis(w)`: images from styles.
        - `synthesis_with_noise(w, seeds, strength)`: likewise with noise that follows from int64 seeds,
          `(batch,)`, times a strength in `[0, 10]`; 0 means no noise.
        - `mix(z1, z2, [y,] crossover)`: images whose first `crossover` styles come from `z1`, the others
          from `z2`.
        """
        latents = InputSpec(shape=(None, self.latent_dim), dtype="float32")
        truncation = {"truncation": Argument((), minimum=LEAST_TRUNCATION, maximum=MOST_TRUNCATION)}
        seeds = InputSpec(shape=(None,), dtype="int64")
        strength = Argument((), minimum=0.0, maximum=MOST_NOISE)
        crossover = Argument((), "int32", minimum=0, maximum=self.num_styles)
        w = InputSpec(shape=(None, self.num_styles, self.style_dim), dtype="float32")
        y = InputSpec(shape=(None, self.num_classes), dtype="float32")
        labels = {"y": y} if self.num_classes else {}

        styles = Once(self.styles, self.mapping, self.style_average)

        def synthesis(w):
            return images.to_unit(self.synthesize(w))

        def synthesis_with_noise(w, seeds, strength):
            return images.to_unit(self.synthesize(w, self.noise_of(seeds, strength)))

        def mapping(z, truncation, y=None):
            return self.truncate(styles(z, y), truncation)

        def sample(z, truncation, y=None):
            return synthesis(mapping(z, truncation, y))

        def mix(z1, z2, crossover, y=None):
            return synthesis(mix_styles(styles(z1, y), styles(z2, y), crossover))

        if labels:
            default = sample, {"z": latents, **labels, **truncation}
        else:
            default = (lambda z: synthesis(styles(z))), {"z": latents}
        return {
            "default": default,
            "sample": (sample, {"z": latents, **labels, **truncation}),
            "mapping": (mapping, {"z": latents, **labels, **truncation}),
            "synthesis": (synthesis, {"w": w}),
            "synthesis_with_noise": (synthesis_with_noise, {"w": w, "seeds": seeds, "strength": strength}),
            "mix": (mix, {"z1": latents, "z2": latents, **labels, "crossover": crossover}),
        }
