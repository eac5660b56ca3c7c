"""Differentiable augmentation of what a discriminator sees."""

from keras_gans.augment.adaptive import AdaptiveAugmentation, FixedAugmentation, NoAugmentation
from keras_gans.augment.colour import recolour
from keras_gans.augment.corruptions import band_gains, cut_out, filter_bands, filter_bank
from keras_gans.augment.matrices import colour_matrix, geometric_matrix
from keras_gans.augment.pipeline import AugmentationPipeline
from keras_gans.augment.resampling import warp

__all__ = [
    "AdaptiveAugmentation",
    "AugmentationPipeline",
    "FixedAugmentation",
    "NoAugmentation",
    "band_gains",
    "colour_matrix",
    "cut_out",
    "filter_bands",
    "filter_bank",
    "geometric_matrix",
    "recolour",
    "warp",
]
