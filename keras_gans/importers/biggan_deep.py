"""BigGAN-deep weights in the layout of the public PyTorch re-release of the generators.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import Assigner, read_config
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
            `(out, in, height, width)`. The right vectors of spectral norm, `weight_v`, must be there and are
            not used: they follow from `weight_u`.

    Returns:
        `{"generator": BigGANDeepGenerator}`. Its images between two rows of statistics come from
        interpolating them, each weighted by its nearness.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or `layers` do not
            lead to `output_dim`.
    """
    config = read_config(config, CONFIG)
    blocks, position = config["layers"], config["attention_layer_position"]
    generator = BigGANDeepGenerator(
        resolution=config["output_dim"],
        latent_dim=config["z_dim"],
        num_classes=config["num_classes"],
        width=config["channel_width"],
        shared_dim=config["class_embed_dim"],
        blocks=blocks,
        # Behind the last block there is none.
        attention_position=position if position in range(len(blocks)) else None,
        statistics_rows=config["n_stats"],
        norm_epsilon=config["eps"],
        dtype="float32",
    )
    assigner = Assigner(tensors)
    _assign(assigner, generator)
    assigner.finish([generator])
    return {"generator": generator}


def _assign(assigner, generator):
    layers = {layer.name: layer for layer in generator.layers}

    def kernel(owner, name, transform, part=""):
        """Kernel and left vector, of a layer or of one part of it."""
        assigner.assign(getattr(owner, f"{part}kernel"), f"{name}.weight_orig", transform)
        assigner.assign(getattr(owner, f"{part}u"), f"{name}.weight_u")
        assigner.ignore(f"{name}.weight_v", "follows from the left vector", required=True)

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
