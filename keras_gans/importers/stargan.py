"""StarGAN weights in the layout of the public PyTorch code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import Assigner, read_config
from keras_gans.importers.pix2pix import assign_conv, present, statistics_of_instance_norm
from keras_gans.networks import StarGANDiscriminator, StarGANGenerator

CONFIG = {"G": {}, "D": {}}
GENERATOR = {"conv_dim": 64, "c_dim": 5, "repeat_num": 6}
DISCRIMINATOR = {"image_size": 128, "conv_dim": 64, "c_dim": 5, "repeat_num": 6}


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. `"G"` and `"D"`, dicts with keys of `GENERATOR` and `DISCRIMINATOR`, whose values are
            the defaults of the reference.
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/main.0.weight"
            `(out, in, height, width)` and, for transposed convolutions, `(in, out, height, width)`. Those of
            one network may be absent altogether. Running statistics of instance norms may be there; the
            reference never uses them.

    Returns:
        `{"generator": StarGANGenerator, "discriminator": StarGANDiscriminator}`, without the network that has
        no tensors. The generator takes images of any size.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    config = read_config(config, CONFIG)
    networks, ignored = {}, {}
    assigner = Assigner(tensors)
    if any(name.startswith("G/") for name in tensors):
        options = read_config(config["G"], GENERATOR)
        generator = StarGANGenerator(
            num_classes=options["c_dim"],
            width=options["conv_dim"],
            num_blocks=options["repeat_num"],
            dtype="float32",
        )
        ignored = _assign_generator(assigner, generator)
        networks["generator"] = generator
    if any(name.startswith("D/") for name in tensors):
        options = read_config(config["D"], DISCRIMINATOR)
        discriminator = StarGANDiscriminator(
            resolution=options["image_size"],
            num_classes=options["c_dim"],
            width=options["conv_dim"],
            num_layers=options["repeat_num"],
            dtype="float32",
        )
        _assign_discriminator(assigner, discriminator)
        networks["discriminator"] = discriminator
    if not networks:
        raise ValueError("There are no tensors whose names begin with 'G/' or 'D/'")
    assigner.finish(networks.values(), ignored=ignored)
    return networks


def _assign_generator(assigner, generator):
    """Returns the tensors that have no use, each with its reason."""
    layers = {layer.name: layer for layer in generator.layers}
    blocks, ignored = generator.num_blocks, {}
    places = {"first_conv": "0", "down0_conv": "3", "down1_conv": "6"}
    for i in range(blocks):
        places |= {f"block{i}_conv0": f"{9 + i}.main.0", f"block{i}_conv1": f"{9 + i}.main.3"}
    places |= {"up0_conv": f"{9 + blocks}", "up1_conv": f"{12 + blocks}"}
    for ours, place in places.items():
        assign_conv(assigner, layers[ours], f"G/main.{place}")
        norm = layers[ours.replace("conv", "norm")]
        head, _, number = f"G/main.{place}".rpartition(".")
        name = f"{head}.{int(number) + 1}"  # the norm follows its convolution
        assigner.assign(norm.gamma, f"{name}.weight")
        assigner.assign(norm.beta, f"{name}.bias")
        ignored |= present(assigner, name, statistics_of_instance_norm())
    assign_conv(assigner, layers["last_conv"], f"G/main.{15 + blocks}")
    return ignored


def _assign_discriminator(assigner, discriminator):
    layers = {layer.name: layer for layer in discriminator.layers}
    for number in range(discriminator.num_layers):
        assign_conv(assigner, layers[f"conv{number}"], f"D/main.{2 * number}")
    assign_conv(assigner, layers["scores"], "D/conv1")
    assign_conv(assigner, layers["classes"], "D/conv2")
