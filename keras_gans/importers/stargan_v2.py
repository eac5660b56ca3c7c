"""StarGAN v2 weights in the layout of the published PyTorch networks.

The published weights are for non-commercial use (CC BY-NC 4.0); importing them does not change that.
"""

import math
import numbers

from keras_gans.importers.assign import fill_networks, layers_of, read_config
from keras_gans.importers.family import Family, Found, named
from keras_gans.importers.pix2pix import assign_conv
from keras_gans.networks import (
    StarGANv2,
    StarGANv2Discriminator,
    StarGANv2Generator,
    StarGANv2MappingNetwork,
    StarGANv2StyleEncoder,
)

CONFIG = {
    "img_size": 256,
    "first_width": None,  # 2**14 / img_size
    "max_conv_dim": 512,
    "style_dim": 64,
    "latent_dim": 16,
    "num_domains": ...,
    "w_hpf": ...,
    "mapping_width": 512,
    "mapping_shared_layers": 4,
    "mapping_unshared_layers": 4,
}


def networks_from_tensors(config, tensors):
    """Builds the networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference.
        tensors: dict of str to array. `generator/...`, `mapping_network/...`, `style_encoder/...` and
            `discriminator/...`, as in "generator/from_rgb.weight" `(out, in, height, width)` and
            "mapping_network/shared.0.weight" `(out, in)`. Those of a network may be absent altogether.

    Returns:
        `{"generator": StarGANv2Generator, "mapping_network": StarGANv2MappingNetwork, "style_encoder":
        StarGANv2StyleEncoder, "discriminator": StarGANv2Discriminator}`, without the networks that have no
        tensors.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    config = read_config(config, CONFIG)
    high_pass = config["w_hpf"]
    if (
        isinstance(high_pass, bool)
        or not isinstance(high_pass, numbers.Real)
        or not 0 <= high_pass < math.inf
    ):
        raise ValueError(f"`w_hpf` must be a number, 0 or more. Received: {high_pass!r}")
    return fill_networks(
        config,
        tensors,
        generator=_generator,
        mapping_network=_mapping_network,
        style_encoder=_style_encoder,
        discriminator=_discriminator,
    )


def _images(config):
    width = config["first_width"]
    return {
        "resolution": config["img_size"],
        "width": 2**14 // config["img_size"] if width is None else width,
        "max_width": config["max_conv_dim"],
    }


def _styles(config):
    return {"style_dim": config["style_dim"], "dtype": "float32"}


def _domain_styles(config):
    return {"num_classes": config["num_domains"], **_styles(config)}


def _assign_dense(assigner, layer, name):
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.reshape(len(array), -1).T)
    assigner.assign(layer.bias, f"{name}.bias")


def _assign_kernel_and_bias(assigner, layer, name):
    """Of a 3x3 convolution that may be one with upsampling, without `use_bias`."""
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.transpose(2, 3, 1, 0))
    assigner.assign(layer.bias, f"{name}.bias")


def _assign_block(assigner, layers, ours, name):
    for number in (0, 1):
        _assign_kernel_and_bias(assigner, layers[f"{ours}_conv{number}"], f"{name}.conv{number + 1}")
        style, norm = layers.get(f"{ours}_norm{number}_style"), layers.get(f"{ours}_norm{number}")
        if style is not None:
            _assign_dense(assigner, style, f"{name}.norm{number + 1}.fc")
        elif norm is not None:
            _assign_norm(assigner, norm, f"{name}.norm{number + 1}")
    if f"{ours}_shortcut" in layers:
        assign_conv(assigner, layers[f"{ours}_shortcut"], f"{name}.conv1x1")


def _assign_norm(assigner, layer, name):
    assigner.assign(layer.gamma, f"{name}.weight")
    assigner.assign(layer.beta, f"{name}.bias")


def _generator(assigner, config):
    generator = StarGANv2Generator(high_pass=float(config["w_hpf"]), **_images(config), **_styles(config))
    layers = layers_of(generator)
    levels = sum(name.startswith("down") and name.endswith("_conv0") for name in layers)
    down = [f"down{level}" for level in range(levels)] + ["middle0", "middle1"]
    up = ["middle2", "middle3"] + [f"up{level}" for level in reversed(range(levels))]
    assign_conv(assigner, layers["from_rgb"], "generator/from_rgb")
    for way, blocks in (("encode", down), ("decode", up)):
        for number, ours in enumerate(blocks):
            _assign_block(assigner, layers, ours, f"generator/{way}.{number}")
    if generator.high_pass:
        assigner.ignore("generator/hpf.filter", "the kernel of the high-pass filter is fixed")
    _assign_norm(assigner, layers["last_norm"], "generator/to_rgb.0")
    assign_conv(assigner, layers["to_rgb"], "generator/to_rgb.2")
    return generator


def _mapping_network(assigner, config):
    network = StarGANv2MappingNetwork(
        latent_dim=config["latent_dim"],
        width=config["mapping_width"],
        shared_layers=config["mapping_shared_layers"],
        domain_layers=config["mapping_unshared_layers"],
        **_domain_styles(config),
    )
    layers = layers_of(network)
    for number in range(network.shared_layers):
        _assign_dense(assigner, layers[f"shared{number}"], f"mapping_network/shared.{2 * number}")
    last = network.domain_layers - 1
    for domain in range(network.num_classes):
        name = f"mapping_network/unshared.{domain}"
        for number in range(last):
            _assign_dense(assigner, layers[f"domain{domain}_dense{number}"], f"{name}.{2 * number}")
        _assign_dense(assigner, layers[f"domain{domain}_style"], f"{name}.{2 * last}")
    return network


def _assign_features(assigner, layers, name):
    """Assigns what style encoder and discriminator share. Returns the number of the next place."""
    assign_conv(assigner, layers["from_rgb"], f"{name}.0")
    levels = sum(layer.startswith("down") and layer.endswith("_conv0") for layer in layers)
    for level in range(levels):
        _assign_block(assigner, layers, f"down{level}", f"{name}.{level + 1}")
    assign_conv(assigner, layers["4x4_conv"], f"{name}.{levels + 2}")
    return levels + 4  # behind an activation


def _style_encoder(assigner, config):
    network = StarGANv2StyleEncoder(**_images(config), **_domain_styles(config))
    layers = layers_of(network)
    _assign_features(assigner, layers, "style_encoder/shared")
    for domain in range(network.num_classes):
        _assign_dense(assigner, layers[f"domain{domain}_style"], f"style_encoder/unshared.{domain}")
    return network


def _discriminator(assigner, config):
    network = StarGANv2Discriminator(num_classes=config["num_domains"], dtype="float32", **_images(config))
    layers = layers_of(network)
    place = _assign_features(assigner, layers, "discriminator/main")
    _assign_dense(assigner, layers["logits"], f"discriminator/main.{place}")
    return network


ROLES = ("generator", "mapping_network", "style_encoder", "discriminator")


def find(checkpoint):
    """Finds the networks of a checkpoint by the names that the reference gives them."""
    own = {role: checkpoint.networks[role].tensors for role in ROLES if role in checkpoint.networks}
    if "from_rgb.weight" not in own.get("generator", {}):
        return None
    if not {"mapping_network", "style_encoder"} <= set(own):
        raise ValueError(f"StarGAN v2 needs {', '.join(ROLES[:3])}. Received: {', '.join(own)}")
    mapping, encoder = own["mapping_network"], own["style_encoder"]
    levels = sum(name.startswith("shared.") and name.endswith(".conv1.weight") for name in encoder)
    blocks = {name.split(".")[1] for name in own["generator"] if name.startswith("encode.")}
    domains = {name.split(".")[1] for name in encoder if name.startswith("unshared.")}
    dense = [name for name in mapping if name.endswith(".weight")]
    width, latent_dim = mapping[
        "shared.0.weight" if "shared.0.weight" in mapping else "unshared.0.0.weight"
    ].shape
    shapes = [array.shape for tensors in own.values() for array in tensors.values() if len(array.shape) == 4]
    derived = {
        "img_size": 4 << levels,
        "first_width": len(own["generator"]["from_rgb.weight"]),
        "max_conv_dim": max(shape[0] for shape in shapes),
        "style_dim": len(encoder["unshared.0.weight"]),
        "latent_dim": latent_dim,
        "num_domains": len(domains),
        # With the branch, the image is halved once more, and two blocks keep its size.
        "w_hpf": 1 if len(blocks) - 2 > levels - 2 else 0,
        "mapping_width": width,
        "mapping_shared_layers": sum(name.startswith("shared.") for name in dense),
        "mapping_unshared_layers": sum(name.startswith("unshared.0.") for name in dense),
    }
    tensors = {name: array for role in own for name, array in named(role, own[role]).items()}
    return Found(tensors, derived=derived, places={role: role for role in own})


def _export(networks, config):
    return StarGANv2(**{role: networks[role] for role in ROLES[:3]})


FAMILY = Family("stargan_v2", "StarGAN v2", "1912.01865", find, networks_from_tensors, _export)
