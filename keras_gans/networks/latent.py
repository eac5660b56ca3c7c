"""What generators from latents have in common."""

import keras
from keras import ops

from keras_gans import images


def latent_endpoints(generator):
    """What the export of a generator from normal latents offers: name -> (function, input signature).

    `default(z)`, or `default(z, y, truncation)` of a generator with classes: latents are multiplied by
    `truncation`, labels are one-hot. Images in `[0, 1]`.

    Args:
        generator: network from latents, or `[latents, labels]`, to images; its `latent_dim` and
            `num_classes` say which.
    """
    z = keras.InputSpec(shape=(None, generator.latent_dim), dtype="float32")
    if not generator.num_classes:
        return {"default": (lambda z: images.to_unit(generator(z)), {"z": z})}

    def default(z, y, truncation):
        z = z * ops.reshape(truncation, (-1, 1))
        return images.to_unit(generator([z, ops.argmax(y, axis=-1)]))

    y = keras.InputSpec(shape=(None, generator.num_classes), dtype="float32")
    truncation = keras.InputSpec(shape=(), dtype="float32")
    return {"default": (default, {"z": z, "y": y, "truncation": truncation})}


def check_sizes(**sizes):
    """Raises ValueError for the first of these numbers that is below 1, by name."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {size}")


def resolutions(resolution):
    """Returns `[4, 8, ..., resolution]`.

    Raises:
        ValueError: if `resolution` is no power of two from 8 to 1024.
    """
    powers = [2**n for n in range(2, 11)]
    if resolution not in powers[1:]:
        raise ValueError(f"`resolution` must be a power of two from 8 to 1024. Received: {resolution}")
    return powers[: powers.index(resolution) + 1]
