"""Latents: paths between them, truncation, finding that of an image, animations."""

from keras_gans.latent.animation import write, write_gif, write_mp4
from keras_gans.latent.interpolation import hypersphere, slerp, walk
from keras_gans.latent.inversion import invert
from keras_gans.latent.truncation import truncate

__all__ = ["hypersphere", "invert", "slerp", "truncate", "walk", "write", "write_gif", "write_mp4"]
