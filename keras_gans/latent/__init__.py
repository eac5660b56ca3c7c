"""Latents: paths between them, directions, mixing, truncation, finding that of an image, animations."""

from keras_gans.latent.animation import GIF_FPS, gif_timing, write, write_gif, write_mp4
from keras_gans.latent.directions import (
    boundary_normal,
    conditional,
    feature_directions,
    principal_components,
    shift,
    singular_directions,
)
from keras_gans.latent.interpolation import hypersphere, linear, slerp, walk
from keras_gans.latent.mixing import mix, style_bands
from keras_gans.latent.projection import Projection, Search, project
from keras_gans.latent.truncation import truncate

__all__ = [
    "GIF_FPS",
    "Projection",
    "Search",
    "boundary_normal",
    "conditional",
    "feature_directions",
    "gif_timing",
    "hypersphere",
    "linear",
    "mix",
    "principal_components",
    "project",
    "shift",
    "singular_directions",
    "slerp",
    "style_bands",
    "truncate",
    "walk",
    "write",
    "write_gif",
    "write_mp4",
]
