"""CycleGAN weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import fill_networks, read_config
from keras_gans.importers.pix2pix import (
    CONFIG,
    TRANSLATOR,
    assign_conv,
    assign_norm,
    patchgan,
    translator_arguments,
)
from keras_gans.networks import CycleGANGenerator

GENERATOR = {**TRANSLATOR, "n_blocks": 6}


def networks_from_tensors(config, tensors):
    """Builds a generator and a discriminator, those of one of the two ways, and fills them.

    Args:
        config: dict. `"G"` and `"D"`, dicts with keys of `GENERATOR` and of
            `keras_gans.importers.pix2pix.DISCRIMINATOR`, whose values are the defaults of the reference; and
            `"resolution"`, that of the images, `None` for any that the networks can take.
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/model.1.weight"
            `(out, in, height, width)` and, for transposed convolutions, `(in, out, height, width)`. Those of
            one network may be absent altogether.

    Returns:
        `{"generator": CycleGANGenerator, "discriminator": PatchGANDiscriminator}`, without the network that
        has no tensors.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    return fill_networks(read_config(config, CONFIG), tensors, G=_generator, D=patchgan)


def _generator(assigner, config):
    """Everything is in one sequence, in which paddings and activations count."""
    options = read_config(config["G"], GENERATOR)
    generator = CycleGANGenerator(num_blocks=options["n_blocks"], **translator_arguments(config, options))
    layers = {layer.name: layer for layer in generator.layers}
    blocks = generator.num_blocks
    places = {
        "first": ("model.1", "model.2"),
        "down0": ("model.4", "model.5"),
        "down1": ("model.7", "model.8"),
        "up0": (f"model.{10 + blocks}", f"model.{11 + blocks}"),
        "up1": (f"model.{13 + blocks}", f"model.{14 + blocks}"),
    }
    for ours, (conv, norm) in places.items():
        assign_conv(assigner, layers[f"{ours}_conv"], f"G/{conv}")
        assign_norm(assigner, layers[f"{ours}_norm"], f"G/{norm}")
    second = 6 if generator.dropout else 5
    for i in range(blocks):
        for number, place in enumerate((1, second)):
            name = f"G/model.{10 + i}.conv_block"
            assign_conv(assigner, layers[f"block{i}_conv{number}"], f"{name}.{place}")
            assign_norm(assigner, layers[f"block{i}_norm{number}"], f"{name}.{place + 1}")
    assign_conv(assigner, layers["last_conv"], f"G/model.{17 + blocks}")
    # The state of dropout's random numbers has no tensor.
    for layer in generator.layers:
        if layer.name.endswith("_dropout"):
            assigner.leave(layer.variables)
    return generator
