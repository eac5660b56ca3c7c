"""An export as a Python object: pictures of latents, translated pictures, latents as files."""

from keras_gans.hub.diffusion_generator import DiffusionGenerator
from keras_gans.hub.direction_files import (
    Direction,
    Directions,
    load_directions,
    name_directions,
    read_directions,
    save_directions,
)
from keras_gans.hub.generator import Generator
from keras_gans.hub.latent_files import Latents, load_latents, read_latents, save_latents
from keras_gans.hub.locate import load, locate
from keras_gans.hub.saved import Saved
from keras_gans.hub.translator import Translator

__all__ = [
    "DiffusionGenerator",
    "Direction",
    "Directions",
    "Generator",
    "Latents",
    "Saved",
    "Translator",
    "load",
    "load_directions",
    "load_latents",
    "locate",
    "name_directions",
    "read_directions",
    "read_latents",
    "save_directions",
    "save_latents",
]
