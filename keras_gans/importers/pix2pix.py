"""pix2pix weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import fill_networks, read_config
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
            that of the images, `None` for any that the networks can take.
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
    return fill_networks(read_config(config, CONFIG), tensors, G=_generator, D=patchgan)


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
