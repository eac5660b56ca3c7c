"""Presets: name -> networks, training configuration and provenance.

A name is `<model>_<data>_<resolution>`; it is also the folder of its export under `savedmodels/`. The first
entry of a model is its smallest, for the embedded data. Scores marked "paper" are the paper's.
"""

import copy
import difflib

from keras_gans.presets import (
    biggan,
    cyclegan,
    dcgan,
    ddpm,
    gan,
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
)
PRESETS = {name: preset for family in FAMILIES for name, preset in family.PRESETS.items()}


def get_preset(name):
    """Returns a copy of a preset.

    Args:
        name: str. One of `preset_names()`.

    Raises:
        ValueError: if there is none of that name; suggests similar ones.
    """
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ValueError(f"There is no preset '{name}'.{hint} Presets: {', '.join(PRESETS)}")
    return copy.deepcopy(PRESETS[name])


def preset_names(model=None):
    """Returns the names of all presets, or of one model's."""
    return [name for name, preset in PRESETS.items() if model in (None, preset["model"])]
