"""Presets: networks, losses, optimizers, length and origin of a training, under one name.

A name is `<model>_<data>_<resolution>`; it is also the folder of its export under `savedmodels/`. The first
preset of a model is its smallest, for the embedded data.
"""

import copy

from keras_gans.presets import (
    autoencoder,
    biggan,
    cyclegan,
    dcgan,
    ddpm,
    gan,
    latent_diffusion,
    optimizers,
    pix2pix,
    progan,
    sagan,
    sngan,
    stargan,
    stargan_v2,
    stylegan,
    stylegan2,
    wgan_gp,
)
from keras_gans.presets.autoencoder import AutoencoderPreset
from keras_gans.presets.base import Data, GrowingPreset, Preset, Score, configured
from keras_gans.presets.cyclegan import CycleGANPreset
from keras_gans.presets.ddpm import DiffusionPreset
from keras_gans.presets.latent_diffusion import LatentDiffusionPreset
from keras_gans.presets.pix2pix import Pix2PixPreset
from keras_gans.presets.progan import ProGANPreset
from keras_gans.presets.stargan import StarGANPreset
from keras_gans.presets.stargan_v2 import StarGANv2Preset
from keras_gans.presets.stylegan import StyleGANPreset
from keras_gans.presets.stylegan2 import StyleGAN2Preset
from keras_gans.presets.typed import suggestion
from keras_gans.presets.wgan_gp import WGANGPPreset

__all__ = [
    "AutoencoderPreset",
    "CycleGANPreset",
    "Data",
    "DiffusionPreset",
    "GrowingPreset",
    "LatentDiffusionPreset",
    "Pix2PixPreset",
    "Preset",
    "ProGANPreset",
    "Score",
    "StarGANPreset",
    "StarGANv2Preset",
    "StyleGAN2Preset",
    "StyleGANPreset",
    "WGANGPPreset",
    "configured",
    "get",
    "models",
    "names",
    "optimizers",
]

# In the order of their papers.
FAMILIES = (
    gan,
    dcgan,
    pix2pix,
    cyclegan,
    wgan_gp,
    progan,
    stargan,
    sngan,
    sagan,
    biggan,
    stylegan,
    stylegan2,
    stargan_v2,
    ddpm,
    autoencoder,
    latent_diffusion,
)
PRESETS = {preset.name: preset for family in FAMILIES for preset in family.PRESETS}


def get(name: str) -> Preset:
    """Returns a preset.

    Args:
        name: str. One of `names()`.

    Raises:
        ValueError: if there is none of that name; suggests similar ones.

    Example:
    ```python
    preset = keras_gans.presets.get("stylegan2_emoji_32")
    print(preset)
    preset = preset.replace(gamma=0.5, images=100_000)
    ```
    """
    if name not in PRESETS:
        raise ValueError(
            f"There is no preset '{name}'.{suggestion(name, PRESETS)} Presets: {', '.join(PRESETS)}"
        )
    return copy.deepcopy(PRESETS[name])


def names(model: str | None = None) -> list[str]:
    """Returns the names of all presets, or of one model's, the smallest of a model first."""
    return [name for name, preset in PRESETS.items() if model in (None, preset.model)]


def models() -> list[str]:
    """Returns the models that have presets, in the order of their papers."""
    return list(dict.fromkeys(preset.model for preset in PRESETS.values()))
