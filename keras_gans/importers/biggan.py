"""BigGAN weights in the layout of the public PyTorch training code.

Weights keep the licence under which they were published.
"""

from keras_gans.importers.assign import fill_networks, read_config
from keras_gans.networks import BigGANDiscriminator, BigGANGenerator
from keras_gans.networks.biggan import discriminator_sizes, generator_sizes

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


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference. `cross_replica` and
            `mybn` choose the class of its batch norm, and with it the names of the statistics.
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
    config = read_config(config, CONFIG)
    for key, value in ONLY.items():
        if config[key] != value:
            raise ValueError(f"`{key}` must be {value!r}. Received: {config[key]!r}")
    reasons = {
        "sv0": "the singular value of the last step, for logs",
        "accumulation_counter": "the number of batches in the statistics",
    }
    ignored = {name: reasons[name.split(".")[-1]] for name in tensors if name.split(".")[-1] in reasons}
    return fill_networks(
        config,
        tensors,
        G=_generator,
        D=_discriminator,
        ignored=ignored,
    )


def _attention(text, sizes):
    """Reads "64" or "32_64"; what is no size of a block, such as "0", has no effect there either."""
    return sorted({int(part) for part in str(text).split("_")} & set(sizes))


def _generator(assigner, config):
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


def _discriminator(assigner, config):
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
        assigner.assign(linear.u, "G/linear.u0", lambda array: pixels_first(array.ravel()))

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
                    assigner.assign(layer.u, f"{linear_name}.u0", lambda array: array.ravel())
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
        assigner.assign(linear.u, "D/linear.u0", lambda array: array.ravel())
        assigner.assign(embedding.u, "D/embed.u0", lambda array: array.ravel())


def _assign_convolution(assigner, layer, name):
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.transpose(2, 3, 1, 0))
    assigner.assign(layer.bias, f"{name}.bias")
    if layer.spectral_norm:
        assigner.assign(layer.u, f"{name}.u0", lambda array: array.ravel())


def _assign_attention(assigner, layer, name):
    if layer is None:
        return
    assigner.assign(layer.gamma, f"{name}.gamma")
    for part in ("theta", "phi", "g", "o"):
        kernel = getattr(layer, f"{part}_kernel")
        assigner.assign(kernel, f"{name}.{part}.weight", lambda array: array.transpose(2, 3, 1, 0))
        if layer.spectral_norm:
            assigner.assign(getattr(layer, f"{part}_u"), f"{name}.{part}.u0", lambda array: array.ravel())
