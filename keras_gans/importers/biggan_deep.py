"""BigGAN-deep weights in the layout of the public PyTorch re-release of the generators.

Weights keep the licence under which they were published.
"""

import re

from keras_gans.importers.assign import Assigner, read_config
from keras_gans.importers.family import Family, Found
from keras_gans.networks import BigGANDeepGenerator
from keras_gans.networks.biggan_deep import GENERATOR_BLOCKS

CONFIG = {
    "output_dim": 128,
    "z_dim": 128,
    "class_embed_dim": 128,
    "channel_width": 128,
    "num_classes": 1000,
    "layers": GENERATOR_BLOCKS[128][0],
    "attention_layer_position": 8,
    "eps": 1e-4,
    "n_stats": 51,
}


def networks_from_tensors(config, tensors):
    """Builds the generator and fills it.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference. `layers` lists
            `(doubles, before, behind)` for each block.
        tensors: dict of str to array, as in "generator.layers.0.conv_1.weight_orig"
            `(out, in, height, width)`. The right vectors of spectral norm, `weight_v`, follow from `weight_u`
            where they are absent. The class embedding is as wide as "embeddings.weight", `z_dim` in the
            reference, which does not look at `class_embed_dim`.

    Returns:
        `{"generator": BigGANDeepGenerator}`. Between two rows of statistics each has the other's weight, as
        in the reference: a truncation just above 0.5 has nearly the statistics of the row above 0.5.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or `layers` do not
            lead to `output_dim`.
    """
    config = read_config(config, CONFIG)
    assigner = Assigner(tensors)
    shared_dim = len(tensors["embeddings.weight"]) if "embeddings.weight" in tensors else config["z_dim"]
    blocks, position = config["layers"], config["attention_layer_position"]
    generator = BigGANDeepGenerator(
        resolution=config["output_dim"],
        latent_dim=config["z_dim"],
        num_classes=config["num_classes"],
        width=config["channel_width"],
        shared_dim=shared_dim,
        blocks=blocks,
        # Behind the last block there is none.
        attention_position=position if position in range(len(blocks)) else None,
        statistics_rows=config["n_stats"],
        exchanged_rows=True,
        norm_epsilon=config["eps"],
        dtype="float32",
    )
    _assign(assigner, generator)
    assigner.finish([generator])
    return {"generator": generator}


def _assign(assigner, generator):
    layers = {layer.name: layer for layer in generator.layers}

    def kernel(owner, name, transform, part=""):
        """Kernel and left vector, of a layer or of one part of it."""
        assigner.assign(getattr(owner, f"{part}kernel"), f"{name}.weight_orig", transform)
        assigner.assign_vector(
            getattr(owner, f"{part}u"),
            f"{name}.weight_u",
            kernel=f"{name}.weight_orig",
            right=f"{name}.weight_v",
        )

    def convolution(layer, name):
        kernel(layer, name, _convolution_kernel)
        assigner.assign(layer.bias, f"{name}.bias")

    def norm(layer, name):
        assigner.assign(layer.moving_mean, f"{name}.running_means")
        assigner.assign(layer.moving_variance, f"{name}.running_vars")

    assigner.assign(layers["shared"].kernel, "embeddings.weight", lambda array: array.T)
    kernel(layers["linear"], "generator.gen_z", lambda array: array.T)
    assigner.assign(layers["linear"].bias, "generator.gen_z.bias")
    number = 0  # attention counts as a layer
    for i in range(len(generator.blocks)):
        if i == generator.attention_position:
            name = f"generator.layers.{number}"
            assigner.assign(layers["attention"].gamma, f"{name}.gamma", lambda array: array.reshape(()))
            for part, theirs in (("theta", "theta"), ("phi", "phi"), ("g", "g"), ("o", "o_conv")):
                kernel(layers["attention"], f"{name}.snconv1x1_{theirs}", _convolution_kernel, f"{part}_")
            number += 1
        name = f"generator.layers.{number}"
        for j in range(4):
            norm(layers[f"block{i}_norm{j}"], f"{name}.bn_{j}")
            for theirs, ours in (("scale", "scale"), ("offset", "shift")):
                layer = layers[f"block{i}_norm{j}_{ours}"]
                kernel(layer, f"{name}.bn_{j}.{theirs}", lambda array: array.T)
            convolution(layers[f"block{i}_conv{j}"], f"{name}.conv_{j}")
        number += 1
    norm(layers["last_norm"], "generator.bn")
    assigner.assign(layers["last_norm"].gamma, "generator.bn.weight")
    assigner.assign(layers["last_norm"].beta, "generator.bn.bias")
    convolution(layers["to_rgb"], "generator.conv_to_rgb")


def _convolution_kernel(array):
    return array.transpose(2, 3, 1, 0)


def find(checkpoint):
    """Finds the generator: its configuration beside it, or one of those that were published."""
    places = checkpoint.having("embeddings.weight", "generator.gen_z.weight_orig")
    if not places:
        return None
    [network] = places.values()
    tensors = network.tensors
    if network.config:
        return Found(tensors, network.config)
    widths = {
        int(match[1]): (array.shape[1], tensors[f"generator.layers.{match[1]}.conv_3.weight_orig"].shape[0])
        for name, array in tensors.items()
        if (match := re.fullmatch(r"generator\.layers\.(\d+)\.conv_0\.weight_orig", name))
    }
    width = len(tensors["generator.conv_to_rgb.weight_orig"])
    found = [pair for _, pair in sorted(widths.items())]
    fitting = [
        (size, blocks, position)
        for size, (blocks, position) in GENERATOR_BLOCKS.items()
        if found == [(before * width, behind * width) for _, before, behind in blocks]
    ]
    if not fitting:
        raise ValueError(
            "Which blocks double the size is not in the tensors, and the widths are those of no published "
            f"generator: {found}. Give the folder that has config.json beside the file"
        )
    [(resolution, layers, position)] = fitting
    derived = {
        "output_dim": resolution,
        "z_dim": len(tensors["embeddings.weight"]),
        "channel_width": width,
        "num_classes": tensors["embeddings.weight"].shape[1],
        "layers": layers,
        "attention_layer_position": position,
        "n_stats": len(tensors["generator.bn.running_means"]),
    }
    return Found(tensors, derived=derived)


FAMILY = Family("biggan_deep", "BigGAN-deep", "1809.11096", find, networks_from_tensors)
