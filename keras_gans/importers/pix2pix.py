"""pix2pix weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

import dataclasses
import re

from keras_gans.importers.assign import fill_networks, in_networks, read_config
from keras_gans.importers.family import Family, Found, generator_of, named
from keras_gans.networks import PatchGANDiscriminator, Pix2PixGenerator

CONFIG = {"G": {}, "D": {}, "resolution": None}
TRANSLATOR = {"input_nc": 3, "output_nc": 3, "ngf": 64, "norm": "batch", "use_dropout": False}
GENERATOR = {**TRANSLATOR, "num_downs": ...}
DISCRIMINATOR = {"input_nc": ..., "ndf": 64, "n_layers": 3, "norm": "batch"}

NORMS = ("batch", "instance")


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. `"G"` and `"D"`, dicts with keys of `GENERATOR` and `DISCRIMINATOR`, whose values are
            the defaults of the reference, `n_layers` 0 for its discriminator of pixels; and `"resolution"`,
            that of the images, `None` for any that the networks can take. Keys of `GENERATOR` and
            `DISCRIMINATOR` may stand outside of the dicts too.
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/model.model.0.weight"
            `(out, in, height, width)` and, for transposed convolutions, `(in, out, height, width)`. Those of
            one network may be absent altogether. The discriminator of pixels is "D/net.0.weight" etc.

    Returns:
        `{"generator": Pix2PixGenerator, "discriminator": PatchGANDiscriminator}`, without the network that
        has no tensors. With `use_dropout`, the generator takes seeds, and drops nothing without them, as the
        reference in evaluation mode. The discriminator takes pairs concatenated along the channels.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    config = read_config(in_networks(config, {"G": GENERATOR, "D": DISCRIMINATOR}), CONFIG)
    return fill_networks(config, tensors, G=_generator, D=patchgan)


def translator_arguments(config, options):
    """Returns the arguments that mean the options of `TRANSLATOR`."""
    if not isinstance(options["use_dropout"], bool):
        raise ValueError(f"`use_dropout` must be True or False. Received: {options['use_dropout']!r}")
    return {
        "resolution": config["resolution"],
        "source_channels": options["input_nc"],
        "channels": options["output_nc"],
        "width": options["ngf"],
        "dropout": 0.5 if options["use_dropout"] else 0.0,
        **_norm_and_dtype(options),
    }


def patchgan(assigner, config):
    """Returns a PatchGAN of the configuration's `"D"` and `"resolution"`, filled from tensors `D/...`."""
    options = read_config(config["D"], DISCRIMINATOR)
    if options["n_layers"] < 0:
        raise ValueError(f"`n_layers` must be at least 0. Received: {options['n_layers']}")
    network = PatchGANDiscriminator(
        resolution=config["resolution"],
        channels=options["input_nc"],
        num_layers=options["n_layers"],
        width=options["ndf"],
        **_norm_and_dtype(options),
    )
    layers = {layer.name: layer for layer in network.layers}
    hidden = max(network.num_layers, 1)
    name = "D/model" if network.num_layers else "D/net"
    assign_conv(assigner, layers["conv0"], f"{name}.0")
    for number in range(1, hidden + 1):
        # A convolution, its norm and an activation count three.
        assign_conv(assigner, layers[f"conv{number}"], f"{name}.{3 * number - 1}")
        assign_norm(assigner, layers[f"norm{number}"], f"{name}.{3 * number}")
    logits = layers["logits"]
    biased = network.num_layers > 0 or not network.batch_norm
    if not biased:
        assigner.leave([logits.bias])  # zero: with batch norm, the logits of pixels have none
    assign_conv(assigner, logits, f"{name}.{3 * hidden + 2}", use_bias=biased)
    return network


def _norm_and_dtype(options):
    if options["norm"] not in NORMS:
        raise ValueError(f"`norm` must be one of {NORMS}. Received: {options['norm']!r}")
    return {"batch_norm": options["norm"] == "batch", "dtype": "float32"}


def assign_conv(assigner, layer, name, *, use_bias=True):
    """Assigns a convolution, or a transposed one: both are stored with height and width at the end."""
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.transpose(2, 3, 1, 0))
    if layer.use_bias and use_bias:
        assigner.assign(layer.bias, f"{name}.bias")


def assign_norm(assigner, layer, name):
    """Assigns a batch norm, or nothing to an instance norm."""
    if hasattr(layer, "moving_mean"):
        assigner.assign(layer.gamma, f"{name}.weight")
        assigner.assign(layer.beta, f"{name}.bias")
        assigner.assign(layer.moving_mean, f"{name}.running_mean")
        assigner.assign(layer.moving_variance, f"{name}.running_var")
        assigner.ignore(f"{name}.num_batches_tracked", "the number of batches in the statistics")
    else:
        ignore_statistics(assigner, name)


def ignore_statistics(assigner, name):
    """Passes over what old files hold for an instance norm, which it does not use."""
    for suffix in ("running_mean", "running_var", "num_batches_tracked"):
        assigner.ignore(f"{name}.{suffix}", "statistics are those of the image")


def _generator(assigner, config):
    """Levels are nested: each holds the next one between its way down and its way up."""
    options = read_config(config["G"], GENERATOR)
    if options["num_downs"] < 5:
        raise ValueError(f"`num_downs` must be at least 5. Received: {options['num_downs']}")
    generator = Pix2PixGenerator(num_downs=options["num_downs"], **translator_arguments(config, options))
    layers = {layer.name: layer for layer in generator.layers}
    last = generator.num_downs - 1
    prefix = "G/model"
    for level in range(generator.num_downs):
        # Places in a level: [activation,] convolution, [norm,] [inner level,] activation, transposed
        # convolution, norm.
        down, inner, up = {0: (0, 1, 3), last: (1, None, 3)}.get(level, (1, 3, 5))
        assign_conv(assigner, layers[f"down{level}_conv"], f"{prefix}.model.{down}")
        assign_conv(assigner, layers[f"up{level}_conv"], f"{prefix}.model.{up}")
        if 0 < level < last:
            assign_norm(assigner, layers[f"down{level}_norm"], f"{prefix}.model.{down + 1}")
        if level > 0:
            assign_norm(assigner, layers[f"up{level}_norm"], f"{prefix}.model.{up + 1}")
        prefix = f"{prefix}.model.{inner}"
    return generator


def find(checkpoint):
    """Finds a U-Net, and the PatchGAN beside it."""
    generators = checkpoint.having("model.model.0.weight")
    if not generators:
        return None
    [place] = only_one(generators)
    tensors = generators[place].tensors
    # Each level but the outermost has its convolution behind an activation.
    downs = [
        name
        for name in tensors
        if re.fullmatch(r"model\.model\.(1\.model\.(3\.model\.)*)?[01]\.weight", name)
    ]
    derived = {
        "num_downs": len(downs),
        "input_nc": tensors["model.model.0.weight"].shape[1],
        "output_nc": tensors["model.model.3.weight"].shape[1],
        "ngf": tensors["model.model.0.weight"].shape[0],
        "norm": norm_of(tensors, "model.model.1.model.2"),
        "use_dropout": False,
    }
    found = Found(
        named("G", tensors),
        derived={"G": derived},
        places={"G": place},
        notes=(
            "Whether the U-Net was trained with dropout cannot be seen. --config use_dropout=true makes an "
            "export that takes seeds.",
        ),
    )
    return with_discriminator(checkpoint, found, input_nc=derived["input_nc"] + derived["output_nc"])


def norm_of(tensors, name):
    """The kind of norm: batch norm has a weight; old files hold statistics of instance norm too."""
    return "batch" if f"{name}.weight" in tensors and tensors[f"{name}.weight"].ndim == 1 else "instance"


def only_one(networks):
    """Returns the keys of networks of which there must be one."""
    if len(networks) > 1:
        raise ValueError(f"One network is needed there. Received: {', '.join(networks)}")
    return list(networks)


def with_discriminator(checkpoint, found, *, input_nc, any_name=True):
    """Returns what was found with the PatchGAN that the files hold, if they hold one.

    Args:
        checkpoint: `Checkpoint`.
        found: `Found`, with the generator.
        input_nc: int. Channels that the discriminator must take: another is of another pair.
        any_name: bool. Whether one that is not named after the generator may be meant.
    """
    discriminators = {
        key: network
        for key, network in _discriminators(checkpoint).items()
        if _first(network.tensors).shape[1] == input_nc
    }
    [generator] = found.places.values()
    counterpart = generator.replace("net_G", "net_D")
    if counterpart in discriminators or not any_name:
        discriminators = {key: one for key, one in discriminators.items() if key == counterpart}
    if not discriminators:
        return found
    [place] = only_one(discriminators)
    judge = _describe_discriminator(place, discriminators[place].tensors)
    return dataclasses.replace(
        found,
        tensors={**found.tensors, **judge.tensors},
        derived={**found.derived, **judge.derived},
        places={**found.places, **judge.places},
    )


def _discriminators(checkpoint):
    """The networks that are PatchGANs or discriminators of pixels."""
    found = {
        **checkpoint.having("model.0.weight", "model.2.weight"),
        **checkpoint.having("net.0.weight", "net.2.weight"),
    }
    return {
        key: network
        for key, network in found.items()
        if _first(network.tensors).shape[2:] in ((4, 4), (1, 1))
    }


def _first(tensors):
    """The kernel of a discriminator's first convolution."""
    return tensors["model.0.weight"] if "model.0.weight" in tensors else tensors["net.0.weight"]


def _find_discriminator(checkpoint):
    """A discriminator alone, of which one cannot see whose it is."""
    found = _discriminators(checkpoint)
    if not found:
        return None
    [place] = only_one(found)
    return _describe_discriminator(place, found[place].tensors)


def _describe_discriminator(place, tensors):
    sequence = "model" if "model.0.weight" in tensors else "net"
    kernels = sum(array.ndim == 4 for array in tensors.values())
    derived = {
        "input_nc": _first(tensors).shape[1],
        "ndf": _first(tensors).shape[0],
        "n_layers": kernels - 2 if sequence == "model" else 0,
        "norm": norm_of(tensors, f"{sequence}.3"),
    }
    return Found(named("D", tensors), derived={"D": derived}, places={"D": place})


FAMILY = Family("pix2pix", "pix2pix", "1611.07004", find, networks_from_tensors, generator_of)
DISCRIMINATORS = Family(
    "patchgan",
    "PatchGAN discriminator of pix2pix or CycleGAN",
    "1611.07004",
    _find_discriminator,
    networks_from_tensors,
    generator_of,
)
