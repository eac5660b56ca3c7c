"""StyleGAN2 weights of the published TensorFlow 1 networks, as tensors of the PyTorch ones.

The published weights are for non-commercial use (NVIDIA's licence); importing them does not change that.
"""

import dataclasses
import re

import numpy as np

from keras_gans.importers.assign import read_config
from keras_gans.importers.family import Family
from keras_gans.importers.progan import find_growing
from keras_gans.importers.stylegan import HARMLESS, component_names
from keras_gans.importers.stylegan2 import networks_from_tensors

# Arguments of the reference's functions, with their defaults.
SHARED = {
    "num_channels": 3,
    "resolution": 1024,
    "label_size": 0,
    "fmap_base": 16 << 10,
    "fmap_max": 512,
    "resample_kernel": (1, 3, 3, 1),
    "num_fp16_res": 0,
    "conv_clamp": None,
}
GENERATOR = {
    **SHARED,
    "latent_size": 512,
    "dlatent_size": 512,
    "mapping_layers": 8,
    "mapping_fmaps": 512,
    "mapping_lrmul": 0.01,
    "dlatent_avg_beta": 0.995,
    "architecture": "skip",
}
DISCRIMINATOR = {**SHARED, "architecture": "resnet", "mbstd_group_size": 4, "mbstd_num_features": 1}
FIXED = {
    "fmap_decay": (1.0,),
    "fmap_min": (1,),
    "normalize_latents": (True,),
    "nonlinearity": ("lrelu",),
    "mapping_nonlinearity": ("lrelu",),
}
NOT_USED = (*HARMLESS, "fused_modconv", "structure")


def find(checkpoint):
    """Finds the networks of a pickle, Gs before G, and renames their tensors."""
    found = find_growing(checkpoint, "G_synthesis/4x4/Conv/mod_weight", component_names)
    if found is None:
        return None
    tensors = {}
    for name, array in found.tensors.items():
        part, _, rest = name.partition("/")
        new, value = renamed(part, rest, np.asarray(array))
        tensors[f"{part}/{new}"] = value
    configs, taps = {}, [1, 3, 3, 1]
    for part, stored in found.stored.items():
        options = {**found.derived[part], **stored}
        known = GENERATOR if part == "G" else DISCRIMINATOR
        options = read_config(options, known, FIXED, NOT_USED)
        taps = list(options["resample_kernel"] or [1])
        configs[part] = _generator(options) if part == "G" else _discriminator(options)
    return dataclasses.replace(
        found, tensors=tensors, stored={**configs, "resample_filter": taps}, derived={}
    )


def _shared(options):
    return {
        "c_dim": options["label_size"],
        "img_resolution": options["resolution"],
        "img_channels": options["num_channels"],
    }


def _blocks(options):
    return {
        "channel_base": 2 * options["fmap_base"],  # that of 2 px is `fmap_base`
        "channel_max": options["fmap_max"],
        "num_fp16_res": options["num_fp16_res"],
        "conv_clamp": options["conv_clamp"],
        "architecture": options["architecture"],
    }


def _generator(options):
    return {
        **_shared(options),
        "z_dim": options["latent_size"],
        "w_dim": options["dlatent_size"],
        "mapping_kwargs": {
            "num_layers": options["mapping_layers"],
            "layer_features": options["mapping_fmaps"],
            "lr_multiplier": options["mapping_lrmul"],
            "w_avg_beta": options["dlatent_avg_beta"],
        },
        "synthesis_kwargs": _blocks(options),
    }


def _discriminator(options):
    return {
        **_shared(options),
        **_blocks(options),
        "epilogue_kwargs": {
            "mbstd_group_size": options["mbstd_group_size"],
            "mbstd_num_channels": options["mbstd_num_features"],
        },
    }


# Last part of a name -> last part in the other code.
LAST = {
    "weight": "weight",
    "bias": "bias",
    "noise_strength": "noise_strength",
    "mod_weight": "affine.weight",
    "mod_bias": "affine.bias",
}
LAYERS = {
    **{"Conv": "conv1", "Conv0_up": "conv0", "Conv0": "conv0", "Conv1": "conv1", "Conv1_down": "conv1"},
    **{"ToRGB": "torgb", "FromRGB": "fromrgb", "Skip": "skip"},
}
ENDS = {"4x4/Dense0": "b4.fc", "Output": "b4.out", "4x4/Conv": "b4.conv", "LabelEmbed": "mapping.embed"}


def renamed(part, name, array):
    """Returns a tensor's name and values in the other code's layout.

    Args:
        part: str. "G" or "D".
        name: str. In the pickle, without the network.
        array: array.

    Raises:
        ValueError: if there is no such name.
    """
    if name == "dlatent_avg":
        return "mapping.w_avg", array
    if match := re.fullmatch(r"G_mapping/(?:Dense(\d+)|LabelEmbed)/(weight|bias)", name):
        layer = "embed" if match[1] is None else f"fc{match[1]}"
        return f"mapping.{layer}.{match[2]}", array.T
    if match := re.fullmatch(r"G_synthesis/noise(\d+)", name):
        number = int(match[1])
        size = 4 << (number + 1) // 2
        return f"synthesis.b{size}.conv{1 - number % 2}.noise_const", array[0, 0]
    if name == "G_synthesis/4x4/Const/const":
        return "synthesis.b4.const", array[0]
    place, _, last = name.removeprefix("G_synthesis/").rpartition("/")
    if part == "D" and place in ENDS:
        return f"{ENDS[place]}.{LAST[last]}", _kernel(array)
    if part == "D" and (match := re.fullmatch(r"Mapping(\d+)", place)):
        return f"mapping.fc{match[1]}.{last}", array.T
    match = re.fullmatch(r"(\d+)x\1/(\w+)", place)
    if match is None or match[2] not in LAYERS or last not in LAST:
        raise ValueError(f"StyleGAN2 has no tensor with the name '{part}/{name}'")
    prefix = "synthesis." if part == "G" else ""
    new = f"{prefix}b{match[1]}.{LAYERS[match[2]]}.{LAST[last]}"
    if last == "mod_bias":
        return new, array + 1.0
    if last == "weight" and part == "G" and match[2] in ("Conv0_up", "Skip"):
        array = array[::-1, ::-1]  # the reference's transposed convolution runs over it backwards
    return new, _kernel(array)


def _kernel(array):
    """`(in, out)` to `(out, in)`, `(height, width, in, out)` to `(out, in, height, width)`."""
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T


FAMILY = Family("stylegan2_tensorflow", "StyleGAN2", "1912.04958", find, networks_from_tensors)
