"""BigGAN weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import fill_networks, of_each_network, read_config
from keras_gans.importers.family import Family, Found, named
from keras_gans.networks import BigGANDiscriminator, BigGANGenerator
from keras_gans.networks.biggan import (
    CONSTANT,
    DISCRIMINATOR_WIDTHS,
    GENERATOR_WIDTHS,
    discriminator_sizes,
    generator_sizes,
)

CONFIG = {
    "resolution": 128,
    "n_classes": 1000,
    "SN_eps": 1e-12,  # guards the length of zero vectors only
    "G_ch": 64,
    "dim_z": 128,
    "bottom_width": 4,
    "G_attn": "64",
    "G_shared": True,
    "shared_dim": 0,
    "hier": False,
    "cross_replica": False,
    "mybn": False,
    "BN_eps": 1e-5,
    "G_param": "SN",
    "norm_style": "bn",
    "D_ch": 64,
    "D_wide": True,
    "D_attn": "64",
    "output_dim": 1,
    "D_param": "SN",
}
# What no network here can do otherwise.
ONLY = {"bottom_width": 4, "norm_style": "bn", "output_dim": 1}
FIXED = {
    **{"G_kernel_size": (3,), "num_G_SVs": (1,), "num_G_SV_itrs": (1,)},
    **{"D_kernel_size": (3,), "num_D_SVs": (1,), "num_D_SV_itrs": (1,)},
}
# Of training, and of how networks are built.
HARMLESS = (
    *("G_init", "G_lr", "G_B1", "G_B2", "G_fp16", "G_mixed_precision"),
    *("D_init", "D_lr", "D_B1", "D_B2", "D_fp16", "D_mixed_precision"),
    *("adam_eps", "skip_init", "no_optim"),
)


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference. `cross_replica` and
            `mybn` choose the class of its batch norm, and with it the names of the statistics. What differs
            between the networks is in dicts "G" and "D".
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/blocks.0.0.conv1.weight"
            `(out, in, height, width)`. Those of one network may be absent altogether. `sv0` and
            `accumulation_counter`, which the reference only logs or counts with, may be there.

    Returns:
        `{"generator": BigGANGenerator, "discriminator": BigGANDiscriminator}`, without the network that has
        no tensors. The generator has the same statistics at every truncation. With `hier`, it takes as many
        latents as its blocks share evenly, at most `dim_z`.

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    configs = of_each_network(config, tensors, _read)
    reasons = {
        "sv0": "the singular value of the last step, for logs",
        "accumulation_counter": "the number of batches in the statistics",
    }
    ignored = {name: reasons[name.split(".")[-1]] for name in tensors if name.split(".")[-1] in reasons}
    return fill_networks(
        configs,
        tensors,
        G=_generator,
        D=_discriminator,
        ignored=ignored,
    )


def _read(config):
    config = read_config(config, CONFIG, FIXED, HARMLESS)
    for key, value in ONLY.items():
        if config[key] != value:
            raise ValueError(f"`{key}` must be {value!r}. Received: {config[key]!r}")
    return config


def _attention(text, sizes):
    """Reads "64" or "32_64"; what is no size of a block, such as "0", has no effect there either."""
    return sorted({int(part) for part in str(text).split("_")} & set(sizes))


def _generator(assigner, configs):
    config = configs["G"]
    sizes, latent_dim = generator_sizes(config["resolution"]), config["dim_z"]
    shared_dim = (config["shared_dim"] or latent_dim) if config["G_shared"] else None
    if config["hier"]:
        latent_dim -= latent_dim % (len(sizes) + 1)
    generator = BigGANGenerator(
        resolution=config["resolution"],
        latent_dim=latent_dim,
        num_classes=config["n_classes"],
        width=config["G_ch"],
        shared_dim=shared_dim,
        hierarchical=config["hier"],
        attention_resolutions=_attention(config["G_attn"], sizes),
        statistics_rows=1,
        norm_epsilon=config["BN_eps"],
        spectral_norm=config["G_param"] == "SN",
        dtype="float32",
    )
    _assign_generator(assigner, generator, _statistics_names(config))
    return generator


def _discriminator(assigner, configs):
    config = configs["D"]
    discriminator = BigGANDiscriminator(
        resolution=config["resolution"],
        num_classes=config["n_classes"],
        width=config["D_ch"],
        wide=config["D_wide"],
        attention_resolutions=_attention(config["D_attn"], discriminator_sizes(config["resolution"])),
        spectral_norm=config["D_param"] == "SN",
        dtype="float32",
    )
    _assign_discriminator(assigner, discriminator)
    return discriminator


def _statistics_names(config):
    """What stands between the name of a batch norm and "mean" or "var"."""
    if config["cross_replica"]:
        return "bn.running"
    return "bn.stored" if config["mybn"] else "stored"


def _assign_generator(assigner, generator, statistics):
    layers = {layer.name: layer for layer in generator.layers}
    blocks = len(generator_sizes(generator.resolution))
    if generator.shared_dim is not None:
        assigner.assign(layers["shared"].kernel, "G/shared.weight")

    def pixels_first(array):
        """(channels * 16, ...) -> (16 * channels, ...)."""
        return array.reshape(-1, 16, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)

    linear = layers["linear"]
    assigner.assign(linear.kernel, "G/linear.weight", lambda array: pixels_first(array).T)
    assigner.assign(linear.bias, "G/linear.bias", pixels_first)
    if generator.spectral_norm:
        _assign_vector(assigner, linear.u, "G/linear", rows=pixels_first)

    def norm(layer, name):
        assigner.assign(layer.moving_mean, f"{name}.{statistics}_mean", lambda array: array[None])
        assigner.assign(layer.moving_variance, f"{name}.{statistics}_var", lambda array: array[None])

    for i in range(blocks):
        name = f"G/blocks.{i}.0"
        for theirs, ours in (("conv1", "conv1"), ("conv2", "conv2"), ("conv_sc", "skip")):
            _assign_convolution(assigner, layers[f"block{i}_{ours}"], f"{name}.{theirs}")
        for number in (1, 2):
            norm(layers[f"block{i}_norm{number}"], f"{name}.bn{number}")
            for theirs, ours in (("gain", "scale"), ("bias", "shift")):
                layer = layers[f"block{i}_norm{number}_{ours}"]
                linear_name = f"{name}.bn{number}.{theirs}"
                transform = (lambda array: array) if generator.shared_dim is None else lambda array: array.T
                assigner.assign(layer.kernel, f"{linear_name}.weight", transform)
                if layer.spectral_norm:
                    _assign_vector(assigner, layer.u, linear_name)
        _assign_attention(assigner, layers.get(f"block{i}_attention"), f"G/blocks.{i}.1")
    norm(layers["last_norm"], "G/output_layer.0")
    assigner.assign(layers["last_norm"].gamma, "G/output_layer.0.gain")
    assigner.assign(layers["last_norm"].beta, "G/output_layer.0.bias")
    _assign_convolution(assigner, layers["to_rgb"], "G/output_layer.2")


def _assign_discriminator(assigner, discriminator):
    layers = {layer.name: layer for layer in discriminator.layers}
    for i in range(len(discriminator_sizes(discriminator.resolution))):
        for theirs, ours in (("conv1", "conv1"), ("conv2", "conv2"), ("conv_sc", "skip")):
            if f"block{i}_{ours}" in layers:
                _assign_convolution(assigner, layers[f"block{i}_{ours}"], f"D/blocks.{i}.0.{theirs}")
        _assign_attention(assigner, layers.get(f"block{i}_attention"), f"D/blocks.{i}.1")
    linear, embedding = layers["linear"], layers["embedding"]
    assigner.assign(linear.kernel, "D/linear.weight", lambda array: array.T)
    assigner.assign(linear.bias, "D/linear.bias")
    assigner.assign(embedding.embeddings, "D/embed.weight")
    if discriminator.spectral_norm:
        _assign_vector(assigner, linear.u, "D/linear")
        _assign_vector(assigner, embedding.u, "D/embed")


def _assign_convolution(assigner, layer, name):
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.transpose(2, 3, 1, 0))
    assigner.assign(layer.bias, f"{name}.bias")
    if layer.spectral_norm:
        _assign_vector(assigner, layer.u, name)


def _assign_vector(assigner, vector, name, rows=lambda array: array):
    """The reference makes a step of the power iteration in each call."""
    assigner.assign_vector(vector, f"{name}.u0", kernel=f"{name}.weight", rows=rows)


def _assign_attention(assigner, layer, name):
    if layer is None:
        return
    assigner.assign(layer.gamma, f"{name}.gamma")
    for part in ("theta", "phi", "g", "o"):
        kernel = getattr(layer, f"{part}_kernel")
        assigner.assign(kernel, f"{name}.{part}.weight", lambda array: array.transpose(2, 3, 1, 0))
        if layer.spectral_norm:
            _assign_vector(assigner, getattr(layer, f"{part}_u"), f"{name}.{part}")


def find(checkpoint):
    """Finds generator, averages before others, and discriminator."""
    generators = checkpoint.having("blocks.0.0.conv1.weight", "output_layer.2.weight")
    discriminators = checkpoint.having("blocks.0.0.conv1.weight", "embed.weight")
    places = {part: next(iter(found)) for part, found in (("G", generators), ("D", discriminators)) if found}
    if not places:
        return None
    tensors, derived, unused = {}, {}, {}
    for part, describe in (("G", _describe_generator), ("D", _describe_discriminator)):
        if part in places:
            own = checkpoint.networks[places[part]].tensors
            tensors |= named(part, own)
            derived[part] = describe(own)
    for found in (generators, discriminators):
        for key in list(found)[1:]:
            unused |= dict.fromkeys(named(key, found[key].tensors), "another one is used")
    return Found(tensors, derived=derived, unused=unused, places=places)


def _attended_blocks(tensors, sizes):
    """The reference's way to write behind which blocks attention stands."""
    found = {size for i, size in enumerate(sizes) if f"blocks.{i}.1.gamma" in tensors}
    return "_".join(map(str, sorted(found))) or "0"


def _count(tensors):
    return len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})


def _describe_generator(tensors):
    count, latents = _count(tensors), tensors["linear.weight"].shape[1]
    resolution = 4 << count
    table, shared = tensors["blocks.0.0.bn1.gain.weight"], tensors.get("shared.weight")
    hierarchical = shared is not None and table.shape[1] > shared.shape[1]
    norm = "blocks.0.0.bn1"
    return {
        "resolution": resolution,
        "n_classes": len(table if shared is None else shared),
        "G_ch": len(tensors["output_layer.0.gain"]) // GENERATOR_WIDTHS.get(resolution, (CONSTANT,))[-1],
        "dim_z": latents * (count + 1) if hierarchical else latents,
        "G_attn": _attended_blocks(tensors, generator_sizes(resolution)),
        "G_shared": shared is not None,
        "shared_dim": 0 if shared is None else shared.shape[1],
        "hier": hierarchical,
        "mybn": f"{norm}.bn.stored_mean" in tensors,
        "cross_replica": f"{norm}.bn.running_mean" in tensors,
        "G_param": "SN" if "linear.u0" in tensors else "plain",
    }


def _describe_discriminator(tensors):
    sizes = {len(widths): size for size, widths in DISCRIMINATOR_WIDTHS.items()}
    resolution = sizes.get(_count(tensors), 32)
    width = len(tensors["blocks.0.0.conv2.weight"])
    return {
        "resolution": resolution,
        "n_classes": len(tensors["embed.weight"]),
        "D_ch": width // DISCRIMINATOR_WIDTHS.get(resolution, (CONSTANT,))[0],
        "D_wide": len(tensors["blocks.0.0.conv1.weight"]) == width,
        "D_attn": _attended_blocks(tensors, discriminator_sizes(resolution)),
        "D_param": "SN" if "linear.u0" in tensors else "plain",
    }


FAMILY = Family("biggan", "BigGAN", "1809.11096", find, networks_from_tensors)
