"""Keras layers, one idea a file."""

from keras_gans.layers.bias import Bias
from keras_gans.layers.equalized import DownsampleConv2D, EqualizedConv2D, EqualizedDense, UpsampleConv2D
from keras_gans.layers.fade_in import FadeIn
from keras_gans.layers.minibatch_stddev import MinibatchStddev
from keras_gans.layers.pixel_norm import PixelNorm

__all__ = [
    "Bias",
    "DownsampleConv2D",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "MinibatchStddev",
    "PixelNorm",
    "UpsampleConv2D",
]
