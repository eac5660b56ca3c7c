"""Weights of latent diffusion's autoencoders under the names of Diffusers' `AutoencoderKL` and `VQModel`."""

import numpy as np

from keras_gans.importers.assign import Assigner, layers_of, read_config
from keras_gans.importers.family import Family, Found
from keras_gans.importers.unet import Parts, check_values, multipliers
from keras_gans.networks import KLAutoencoder, VQAutoencoder

SHARED = {
    "_class_name": None,
    "_diffusers_version": None,
    "_name_or_path": None,
    "sample_size": 32,
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ("DownEncoderBlock2D",),
    "up_block_types": ("UpDecoderBlock2D",),
    "block_out_channels": (64,),
    "layers_per_block": 1,
    "act_fn": "silu",
    "norm_num_groups": 32,
    "scaling_factor": 0.18215,
    "mid_block_add_attention": True,
}
# By class: its keys and their defaults.
CONFIGS = {
    "AutoencoderKL": {
        **SHARED,
        "latent_channels": 4,
        "shift_factor": None,
        "latents_mean": None,
        "latents_std": None,
        "force_upcast": True,
        "use_quant_conv": True,
        "use_post_quant_conv": True,
    },
    "VQModel": {
        **SHARED,
        "latent_channels": 3,
        "num_vq_embeddings": 256,
        "vq_embed_dim": None,
        "norm_type": "group",
        "lookup_from_codebook": False,
        "force_upcast": False,
    },
}
# What a key must be for the reference's network to be ours.
ONLY = {
    "act_fn": ("silu", "swish"),
    "mid_block_add_attention": (True,),
    "latents_mean": (None,),
    "latents_std": (None,),
    "norm_type": ("group",),
    "lookup_from_codebook": (False,),
}
CODEBOOK = "quantize.embedding.weight"


def networks_from_tensors(config, tensors):
    """Builds the network and fills it.

    Args:
        config: dict. Keys of `CONFIGS`, whose values are the defaults of the reference. Without a class name
            the tensors tell the class. The scale and the shift of latents for diffusion, the size of the
            images of training and the precision are of no effect here: the network takes images of any size.
        tensors: dict of str to array, as in "encoder.down_blocks.0.resnets.0.conv1.weight"
            `(out, in, height, width)` and "quantize.embedding.weight" `(codes, channels)`.

    Returns:
        `{"autoencoder": KLAutoencoder or VQAutoencoder}`. It takes images of channels last.

    Example:
    ```python
    autoencoder = networks_from_tensors(config, tensors)["autoencoder"]
    autoencoder.decode(autoencoder.latents(images))  # (batch, height, width, channels)
    ```

    Raises:
        ValueError: if the configuration asks for something that our networks are not, or a tensor is missing,
            superfluous or of the wrong shape, naming it.
    """
    kind = config.get("_class_name") or ("VQModel" if CODEBOOK in tensors else "AutoencoderKL")
    if kind not in CONFIGS:
        raise ValueError(f"`_class_name` must be one of {sorted(CONFIGS)}. Received: {kind!r}")
    config = read_config(config, CONFIGS[kind])
    arguments = _arguments(config)
    if kind == "AutoencoderKL":
        autoencoder = KLAutoencoder(**arguments)
    else:
        width = config["vq_embed_dim"]
        if width not in (None, config["latent_channels"]):
            arguments |= {"latent_channels": width, "encoder_channels": config["latent_channels"]}
        autoencoder = VQAutoencoder(num_codes=config["num_vq_embeddings"], **arguments)
    assigner = Assigner(tensors)
    _assign(assigner, autoencoder, config)
    assigner.finish([autoencoder])
    return {"autoencoder": autoencoder}


def _arguments(config):
    """The reference's configuration as arguments of both classes, or what it is that they cannot."""
    widths = list(config["block_out_channels"])
    allowed = {
        **{key: values for key, values in ONLY.items() if key in config},
        "out_channels": (config["in_channels"],),
        "down_block_types": (["DownEncoderBlock2D"] * len(widths),),
        "up_block_types": (["UpDecoderBlock2D"] * len(widths),),
    }
    blocks = {key: list(config[key]) for key in ("down_block_types", "up_block_types")}
    check_values({**config, **blocks}, allowed)
    return {
        "channels": config["in_channels"],
        "latent_channels": config["latent_channels"],
        "width": widths[0],
        "channel_multipliers": multipliers(widths),
        "blocks_per_level": config["layers_per_block"],
        "num_groups": config["norm_num_groups"],
        "dtype": "float32",
    }


def _assign(assigner, autoencoder, config):
    layers = layers_of(autoencoder)
    parts = Parts(assigner, layers)
    levels = len(autoencoder.channel_multipliers)
    sides = {"encoder": autoencoder.blocks_per_level, "decoder": autoencoder.blocks_per_level + 1}
    for side, count in sides.items():
        parts.linear(f"{side}_first_conv", f"{side}.conv_in")
        for level in range(levels):
            # The reference numbers the levels in the order in which they are passed.
            place = f"down_blocks.{level}" if side == "encoder" else f"up_blocks.{levels - 1 - level}"
            for number in range(count):
                parts.block(f"{side}_level{level}_block{number}", f"{side}.{place}.resnets.{number}")
            for kind in ("downsample", "upsample"):
                if f"{side}_level{level}_{kind}" in layers:
                    parts.linear(f"{side}_level{level}_{kind}", f"{side}.{place}.{kind}rs.0.conv")
        parts.middle(f"{side}_middle", f"{side}.mid_block")
        parts.norm(f"{side}_last_norm", f"{side}.conv_norm_out")
    parts.linear("encoder_last_conv", "encoder.conv_out")
    for ours, theirs in (("encoder_latents", "quant_conv"), ("decoder_latents", "post_quant_conv")):
        if config.get(f"use_{theirs}", True):
            parts.linear(ours, theirs)
        else:  # the reference leaves the convolution out: it changes nothing
            kernel = layers[ours].kernel
            kernel.assign(np.eye(kernel.shape[-1], dtype="float32")[None, None])
            assigner.leave(layers[ours].variables)  # biases begin as zeros
    parts.linear("last_conv", "decoder.conv_out")
    if "codebook" in layers:
        assigner.assign(layers["codebook"].codebook, CODEBOOK)


def find(checkpoint):
    """Finds the autoencoder of a folder that holds nothing else."""
    networks = list(checkpoint.networks.values())
    if len(networks) != 1 or networks[0].class_name not in CONFIGS:
        return None
    return Found(networks[0].tensors, dict(networks[0].config))


def exported(networks, config):
    """Returns the autoencoder: it is exported as it is."""
    return networks["autoencoder"]


FAMILY = Family(
    "autoencoder", "Latent diffusion's autoencoder", "2112.10752", find, networks_from_tensors, exported
)
