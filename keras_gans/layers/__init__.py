"""Keras layers, one idea a file."""

from keras_gans.layers.bias import Bias
from keras_gans.layers.clip import Clip
from keras_gans.layers.constant import Constant
from keras_gans.layers.dropout import Dropout
from keras_gans.layers.equalized import DownsampleConv2D, EqualizedConv2D, EqualizedDense, UpsampleConv2D
from keras_gans.layers.fade_in import FadeIn
from keras_gans.layers.fir import FIRDownsampleConv2D, FIRResample2D, upfirdn2d
from keras_gans.layers.group_norm import GroupNorm
from keras_gans.layers.high_pass import HighPassSkip
from keras_gans.layers.instance_norm import InstanceNorm
from keras_gans.layers.minibatch_stddev import MinibatchStddev
from keras_gans.layers.modulated_conv import ModulatedConv2D
from keras_gans.layers.nearest_upsample_conv import NearestUpsampleConv2D
from keras_gans.layers.noise_injection import NoiseInjection
from keras_gans.layers.orthogonal import OrthogonalRegularizer, OrthonormalRows
from keras_gans.layers.pixel_norm import PixelNorm
from keras_gans.layers.reflection_padding import ReflectionPadding2D
from keras_gans.layers.seeded_dropout import SeededDropout
from keras_gans.layers.self_attention import SelfAttention2D
from keras_gans.layers.sinusoidal_embedding import SinusoidalEmbedding
from keras_gans.layers.size_check import SizeCheck
from keras_gans.layers.spatial_attention import SpatialAttention
from keras_gans.layers.spectral_norm import (
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralDense,
    SpectralEmbedding,
)
from keras_gans.layers.standing_batch_norm import StandingBatchNorm
from keras_gans.layers.style_average import StyleAverage
from keras_gans.layers.vector_quantizer import VectorQuantizer

__all__ = [
    "Bias",
    "Clip",
    "Constant",
    "DownsampleConv2D",
    "Dropout",
    "EqualizedConv2D",
    "EqualizedDense",
    "FIRDownsampleConv2D",
    "FIRResample2D",
    "FadeIn",
    "GroupNorm",
    "HighPassSkip",
    "InstanceNorm",
    "MinibatchStddev",
    "ModulatedConv2D",
    "NearestUpsampleConv2D",
    "NoiseInjection",
    "OrthogonalRegularizer",
    "OrthonormalRows",
    "PixelNorm",
    "ReflectionPadding2D",
    "SeededDropout",
    "SelfAttention2D",
    "SinusoidalEmbedding",
    "SizeCheck",
    "SpatialAttention",
    "SpectralConv2D",
    "SpectralConv2DTranspose",
    "SpectralDense",
    "SpectralEmbedding",
    "StandingBatchNorm",
    "StyleAverage",
    "UpsampleConv2D",
    "VectorQuantizer",
    "upfirdn2d",
]
