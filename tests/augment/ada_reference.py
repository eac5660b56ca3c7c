"""The parity fixture of the augmentations, and arguments for the functions that it checks."""

import statistics
from pathlib import Path

import numpy as np
import tensorflow as tf

QUANTILES = (0.3, 0.8)
GEOMETRY = {
    "flip": (),
    "quarter_turns": (),
    "integer_translation": (2,),
    "isotropic_scale": (),
    "pre_rotation": (),
    "anisotropic_scale": (),
    "post_rotation": (),
    "fractional_translation": (2,),
}
COLOUR = ("brightness", "contrast", "luma_flip", "hue", "saturation")


class Fixture:
    """Images, what a published implementation made of them, and its filters.

    Every number that it drew is the quantile `q` of its distribution, the same for all images.
    """

    def __init__(self):
        arrays = np.load(Path(__file__).parents[1] / "reference" / "ada_augment.npz")
        self.images = arrays["inputs/images"].transpose(0, 2, 3, 1)
        self.outputs = {
            name.removeprefix("outputs/"): arrays[name].transpose(0, 2, 3, 1)
            for name in arrays
            if name.startswith("outputs/")
        }
        self.wavelet = arrays["weights/Hz_geom"]
        self.filter_bank = arrays["weights/Hz_fbank"]


def scaled_normal_quantile(q):
    """erfinv(2 q - 1): the normal quantile of the fixture, without the square root of 2."""
    return statistics.NormalDist().inv_cdf(q) / np.sqrt(2.0)


def geometry(batch=1, **given):
    """Arguments of `geometric_matrix`: 0 unless they are given."""
    zeros = {name: np.zeros((batch, *shape)) for name, shape in GEOMETRY.items()}
    return {name: tf.constant(value, "float32") for name, value in {**zeros, **given}.items()}


def colour(batch=1, **given):
    """Arguments of `colour_matrix`: 0 unless they are given."""
    zeros = dict.fromkeys(COLOUR, np.zeros(batch))
    return {name: tf.constant(value, "float32") for name, value in {**zeros, **given}.items()}
