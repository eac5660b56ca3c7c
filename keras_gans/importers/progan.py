"""Progressive GAN weights in the layout of the published TensorFlow 1 networks.

The published weights are for non-commercial use (CC BY-NC 4.0); importing them does not change that.
"""

import dataclasses
import re

from keras_gans.importers.assign import fill_networks, layers_of, of_each_network, read_config
from keras_gans.importers.family import Family, Found, generator_of, named
from keras_gans.networks import ProGANDiscriminator, ProGANGenerator

CONFIG = {
    "num_channels": ...,
    "resolution": ...,
    "label_size": 0,
    "fmap_base": 8192,
    "fmap_max": 512,
    "latent_size": 512,
    "mbstd_group_size": 4,
    "fused_scale": True,
}
# Arguments that must mean what our networks do.
FIXED = {
    "structure": ("auto", "fixed", "linear", "recursive"),  # of the reference's graph
    "fmap_decay": (1.0,),
    "normalize_latents": (True,),
    "use_wscale": (True,),
    "use_pixelnorm": (True,),
    "pixelnorm_epsilon": (1e-8,),
    "use_leakyrelu": (True,),
    "tanh_output": (False,),
    "mbstd_num_features": (1,),
}
# How the reference's graph is built, and what is done in training alone.
HARMLESS = ("dtype", "is_template_graph", "is_training", "resolution_log2")


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference; `num_channels` and
            `resolution` are required. Those of `FIXED` may be there with the values that our networks have.
            What differs between the networks is in dicts "G" and "D".
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/8x8/Conv0_up/weight"
            `(height, width, out, in)` and "D/4x4/Dense0/weight" `(in, out)`. Those of one network may
            be absent altogether.

    Returns:
        `{"generator": ProGANGenerator, "discriminator": ProGANDiscriminator}`, without the network that has
        no tensors. Both are fully grown (`alpha` 1).

    Example:
    ```python
    networks = networks_from_tensors(config, tensors)
    generator = networks["generator"]
    generator(latents)  # level of detail 0
    generator.alpha.assign(0.4)
    generator(latents)  # level of detail 0.6: the last resolution is faded in by 0.4
    generator.alpha.assign(1.0)
    generator.at(generator.resolution // 4)(latents)  # level of detail 2, at its own size
    ```

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it.
    """
    configs = of_each_network(config, tensors, lambda one: read_config(one, CONFIG, FIXED, HARMLESS))
    return fill_networks(configs, tensors, G=_generator, D=_discriminator)


def shared(config):
    """Returns the arguments that all growing networks have."""
    return {
        "resolution": config["resolution"],
        "channels": config["num_channels"],
        "num_classes": config["label_size"],
        "channel_base": config["fmap_base"],
        "channel_max": config["fmap_max"],
        "dtype": "float32",
    }


def group_size(config):
    """Returns the size of the groups of the minibatch statistics, `None` without them."""
    return config["mbstd_group_size"] if config["mbstd_group_size"] > 1 else None


def assign_both(assigner, layer, name, transform=lambda array: array):
    """Assigns kernel and bias of a layer."""
    assigner.assign(layer.kernel, f"{name}/weight", transform)
    assigner.assign(layer.bias, f"{name}/bias")


def _discriminator(assigner, configs):
    config = configs["D"]
    discriminator = ProGANDiscriminator(
        minibatch_group_size=group_size(config), fused_scale=config["fused_scale"], **shared(config)
    )
    assign_discriminator(assigner, discriminator, fused=config["fused_scale"])
    return discriminator


def _generator(assigner, configs):
    config = configs["G"]
    generator = ProGANGenerator(latent_dim=config["latent_size"], **shared(config))
    layers = layers_of(generator)
    assigner.leave([generator.alpha])
    assigner.assign(layers["4x4_dense"].kernel, "G/4x4/Dense/weight")
    assigner.assign(layers["4x4_bias"].bias, "G/4x4/Dense/bias")
    assign_both(assigner, layers["4x4_conv"], "G/4x4/Conv")
    for lod, size in enumerate(reversed(generator.resolutions)):
        block = f"{size}x{size}"
        assign_both(assigner, layers[f"to_rgb_{block}"], f"G/ToRGB_lod{lod}")
        if size > 4:
            # The fused form is a transposed convolution: kernel (height, width, out, in), flipped.
            name, transform = (
                ("Conv0_up", lambda w: w[::-1, ::-1].transpose(0, 1, 3, 2))
                if config["fused_scale"]
                else ("Conv0", lambda w: w)
            )
            assign_both(assigner, layers[f"{block}_conv0"], f"G/{block}/{name}", transform)
            assign_both(assigner, layers[f"{block}_conv1"], f"G/{block}/Conv1")
    return generator


def assign_discriminator(assigner, discriminator, fused=True):
    """Fills a growing discriminator from tensors `D/...`.

    Args:
        assigner: `Assigner`.
        discriminator: `ProGANDiscriminator` or `StyleGANDiscriminator`.
        fused: bool. Whether the reference's convolutions reduce images by themselves.
    """
    layers = layers_of(discriminator)
    assigner.leave([discriminator.alpha])
    for lod, size in enumerate(reversed(discriminator.resolutions)):
        block = f"{size}x{size}"
        assign_both(assigner, layers[f"from_rgb_{block}"], f"D/FromRGB_lod{lod}")
        if size > 4:
            second = "Conv1_down" if fused else "Conv1"
            assign_both(assigner, layers[f"{block}_conv0"], f"D/{block}/Conv0")
            assign_both(assigner, layers[f"{block}_conv1"], f"D/{block}/{second}")
    assign_both(assigner, layers["4x4_conv"], "D/4x4/Conv")
    assign_both(assigner, layers["4x4_dense0"], "D/4x4/Dense0")
    assign_both(assigner, layers["4x4_dense1"], "D/4x4/Dense1")


def find(checkpoint):
    """Finds the networks of a pickle, Gs before G."""
    found = find_growing(checkpoint, "4x4/Dense/weight")
    if found is None:
        return None
    tensors, derived = found.tensors, dict(found.derived)
    for part, fused in (("G", "Conv0_up"), ("D", "Conv1_down")):
        if part in derived:
            derived[part]["fused_scale"] = f"{part}/8x8/{fused}/weight" in tensors
    stored = {part: dict(config) for part, config in found.stored.items()}
    if stored.get("G", {}).get("latent_size", ...) is None:
        del stored["G"]["latent_size"]
    if "G" in derived:
        inputs = len(tensors["G/4x4/Dense/weight"])
        derived["G"]["latent_size"] = inputs - stored["G"].get("label_size", 0)
    return dataclasses.replace(found, stored=stored, derived=derived)


def find_growing(checkpoint, sign, names=lambda name: name):
    """Finds growing networks of TensorFlow 1.

    Args:
        checkpoint: `Checkpoint`.
        sign: str. A tensor that the family's generator has.
        names: function from the names in the file to the importer's.

    Returns:
        `Found`, with the arguments of both networks, and "lod", how far they are from their last resolution;
        or `None`.
    """
    networks = checkpoint.networks
    if checkpoint.kind != "tensorflow pickle":
        return None
    generator = next((role for role in ("Gs", "G") if role in networks), None)
    places = {part: role for part, role in (("G", generator), ("D", "D")) if role in networks}
    tensors, stored, derived, unused, lods = {}, {}, {}, {}, [0.0]
    for part, place in places.items():
        own = {names(name): array for name, array in networks[place].tensors.items()}
        if part == "G" and sign not in own:
            return None
        counters = [name for name in own if name.rpartition("/")[2] == "lod"]
        lods += [float(own.pop(name)) for name in counters]
        unused |= {f"{place}/{name}": "how far the networks have grown" for name in counters}
        tensors |= named(part, own)
        stored[part] = networks[place].config
        derived[part] = _sizes(own)
    if "G" in networks and generator == "Gs":
        training = named("G", networks["G"].tensors)
        unused |= dict.fromkeys(training, "weights of training: their average is used")
    return Found(tensors, stored, {**derived, "lod": max(lods)}, unused, places)


def _sizes(tensors):
    """Resolution and colours of a network, from its tensors."""
    blocks = [block for name in tensors for block in name.split("/") if re.fullmatch(r"\d+x\d+", block)]
    sizes = {"resolution": max(int(block.partition("x")[0]) for block in blocks)}
    for name, axis in (("ToRGB_lod0/weight", 3), ("FromRGB_lod0/weight", 2)):
        for key, array in tensors.items():
            if key.endswith(name):
                sizes["num_channels"] = array.shape[axis]
    return sizes


def build_growing(importer):
    """Returns a function like an importer's, whose configuration may have "lod".

    Args:
        importer: `networks_from_tensors` of growing networks.
    """

    def build(config, tensors):
        config = dict(config)
        lod = config.pop("lod", 0.0)
        if not 0.0 <= lod < 1.0:
            raise ValueError(
                f"The networks have not grown to their resolution: they are at level of detail {lod}. "
                "--config lod=0 takes them as if they had"
            )
        networks = importer(config, tensors)
        for network in networks.values():
            network.alpha.assign(1.0 - lod)
        return networks

    return build


FAMILY = Family(
    "progan", "Progressive GAN", "1710.10196", find, build_growing(networks_from_tensors), generator_of
)
