"""Latents: paths between them, truncation, finding that of an image, animations."""

from keras_gans.latent.animation import write, write_gif, write_mp4
from keras_gans.latent.interpolation import hypersphere, linear, slerp, walk
from keras_gans.latent.inversion import invert
from keras_gans.latent.truncation import truncate

__all__ = ["hypersphere", "invert", "linear", "slerp", "truncate", "walk", "write", "write_gif", "write_mp4"]
