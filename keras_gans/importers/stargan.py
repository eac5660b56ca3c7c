"""StarGAN weights in the layout of the public PyTorch code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import fill_networks, in_networks, read_config
from keras_gans.importers.family import Family, Found, generator_of, named
from keras_gans.importers.pix2pix import assign_conv, ignore_statistics
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
    config = read_config(in_networks(config, {"G": GENERATOR, "D": DISCRIMINATOR}), CONFIG)
    return fill_networks(config, tensors, G=_generator, D=_discriminator)


def _shared(options):
    return {"num_classes": options["c_dim"], "width": options["conv_dim"], "dtype": "float32"}


def _generator(assigner, config):
    options = read_config(config["G"], GENERATOR)
    generator = StarGANGenerator(num_blocks=options["repeat_num"], **_shared(options))
    layers = {layer.name: layer for layer in generator.layers}
    blocks = generator.num_blocks
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
        ignore_statistics(assigner, name)
    assign_conv(assigner, layers["last_conv"], f"G/main.{15 + blocks}")
    return generator


def _discriminator(assigner, config):
    options = read_config(config["D"], DISCRIMINATOR)
    discriminator = StarGANDiscriminator(
        resolution=options["image_size"], num_layers=options["repeat_num"], **_shared(options)
    )
    layers = {layer.name: layer for layer in discriminator.layers}
    for number in range(discriminator.num_layers):
        assign_conv(assigner, layers[f"conv{number}"], f"D/main.{2 * number}")
    assign_conv(assigner, layers["scores"], "D/conv1")
    assign_conv(assigner, layers["classes"], "D/conv2")
    return discriminator


def find(checkpoint):
    """Finds generator and discriminator, which are files of their own in the reference."""
    generators = checkpoint.having("main.0.weight", "main.9.main.0.weight")
    discriminators = checkpoint.having("main.0.weight", "conv1.weight", "conv2.weight")
    places = {part: next(iter(found)) for part, found in (("G", generators), ("D", discriminators)) if found}
    tensors, derived = {}, {}
    if "G" in places:
        own = checkpoint.networks[places["G"]].tensors
        width, inputs = own["main.0.weight"].shape[:2]
        last = max(int(name.split(".")[1]) for name in own)
        derived["G"] = {
            "conv_dim": width,
            "c_dim": inputs - len(own[f"main.{last}.weight"]),
            "repeat_num": sum(name.endswith(".main.0.weight") for name in own),
        }
        tensors |= named("G", own)
    if "D" in places:
        own = checkpoint.networks[places["D"]].tensors
        layers = sum(name.startswith("main.") and name.endswith(".weight") for name in own)
        derived["D"] = {
            "image_size": own["conv2.weight"].shape[-1] << layers,
            "conv_dim": len(own["main.0.weight"]),
            "c_dim": len(own["conv2.weight"]),
            "repeat_num": layers,
        }
        tensors |= named("D", own)
    return Found(tensors, derived=derived, places=places) if places else None


FAMILY = Family("stargan", "StarGAN", "1711.09020", find, networks_from_tensors, generator_of)
