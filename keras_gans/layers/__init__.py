"""Keras layers, one idea a file."""

from keras_gans.layers.bias import Bias
from keras_gans.layers.clip import Clip
from keras_gans.layers.dropout import Dropout
from keras_gans.layers.equalized import DownsampleConv2D, EqualizedConv2D, EqualizedDense, UpsampleConv2D
from keras_gans.layers.fade_in import FadeIn
from keras_gans.layers.group_norm import GroupNorm
from keras_gans.layers.minibatch_stddev import MinibatchStddev
from keras_gans.layers.nearest_upsample_conv import NearestUpsampleConv2D
from keras_gans.layers.orthogonal import OrthogonalRegularizer
from keras_gans.layers.pixel_norm import PixelNorm
from keras_gans.layers.self_attention import SelfAttention2D
from keras_gans.layers.sinusoidal_embedding import SinusoidalEmbedding
from keras_gans.layers.spatial_attention import SpatialAttention
from keras_gans.layers.spectral_norm import (
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralDense,
    SpectralEmbedding,
)
from keras_gans.layers.standing_batch_norm import StandingBatchNorm

__all__ = [
    "Bias",
    "Clip",
    "DownsampleConv2D",
    "Dropout",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "GroupNorm",
    "MinibatchStddev",
    "NearestUpsampleConv2D",
    "OrthogonalRegularizer",
    "PixelNorm",
    "SelfAttention2D",
    "SinusoidalEmbedding",
    "SpatialAttention",
    "SpectralConv2D",
    "SpectralConv2DTranspose",
    "SpectralDense",
    "SpectralEmbedding",
    "StandingBatchNorm",
    "UpsampleConv2D",
]
