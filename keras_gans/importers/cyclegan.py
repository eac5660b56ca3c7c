"""CycleGAN weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import Tensors, fill_networks, in_networks, read_config
from keras_gans.importers.family import Family, Found, named
from keras_gans.importers.pix2pix import (
    CONFIG,
    DISCRIMINATOR,
    TRANSLATOR,
    assign_conv,
    assign_norm,
    norm_of,
    patchgan,
    translator_arguments,
    with_discriminator,
)
from keras_gans.networks import CycleGANGenerator, CycleGANTranslator

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
    config = read_config(in_networks(config, {"G": GENERATOR, "D": DISCRIMINATOR}), CONFIG)
    return fill_networks(config, tensors, G=_generator, D=patchgan)


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


WAYS = ("forward", "backward")


def find(checkpoint):
    """Finds the generator of one way, with its discriminator, or those of both ways."""
    generators = checkpoint.having("model.1.weight", "model.10.conv_block.1.weight")
    if not generators:
        return None
    if len(generators) == 1:
        return _find_one(checkpoint, *generators)
    if len(generators) > 2:
        raise ValueError(f"A CycleGAN has two generators. Received: {', '.join(generators)}")
    # "G_A" translates from the first domain to the second.
    order = sorted(generators, key=lambda place: place.endswith("B"))
    places = dict(zip(WAYS, order, strict=True))
    ways = {way: _find_one(checkpoint, place, any_name=False) for way, place in places.items()}
    return Found(
        {f"{way}/{name}": array for way, found in ways.items() for name, array in found.tensors.items()},
        derived={way: found.derived for way, found in ways.items()},
        places={
            f"{way}/{part}": place for way, found in ways.items() for part, place in found.places.items()
        },
        notes=(f"`default` is the way of {order[0]}, `backward` that of {order[1]}.",),
    )


def _find_one(checkpoint, place, *, any_name=True):
    tensors = checkpoint.networks[place].tensors
    blocks = {name.split(".")[1] for name in tensors if ".conv_block." in name}
    first = f"model.{min(map(int, blocks))}.conv_block"
    derived = {
        "n_blocks": len(blocks),
        "input_nc": tensors["model.1.weight"].shape[1],
        "output_nc": tensors[f"model.{17 + len(blocks)}.weight"].shape[0],
        "ngf": tensors["model.1.weight"].shape[0],
        "norm": norm_of(tensors, "model.2"),
        # With dropout, there is a layer more between the two convolutions of a block.
        "use_dropout": getattr(tensors.get(f"{first}.6.weight"), "ndim", 0) == 4,
    }
    found = Found(named("G", tensors), derived={"G": derived}, places={"G": place})
    return with_discriminator(checkpoint, found, input_nc=derived["output_nc"], any_name=any_name)


def _build(config, tensors):
    """As `networks_from_tensors`; of both ways, with the way before the role."""
    if not any(way in config for way in WAYS):
        return networks_from_tensors(config, tensors)
    shared = {key: value for key, value in config.items() if key not in WAYS}
    networks = {}
    for way in WAYS:
        start = f"{way}/"
        part = Tensors({k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)})
        built = networks_from_tensors({**shared, **config[way]}, part)
        networks |= {f"{way}_{role}": network for role, network in built.items()}
        tensors.unused |= {start + name: reason for name, reason in part.unused.items()}
    return networks


def _export(networks, config):
    if "generator" in networks:
        return networks["generator"]
    return CycleGANTranslator(networks["forward_generator"], networks["backward_generator"])


FAMILY = Family("cyclegan", "CycleGAN", "1703.10593", find, _build, _export)
