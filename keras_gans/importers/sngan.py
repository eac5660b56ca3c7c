"""SN-GAN weights in PyTorch's layout, of the residual networks."""

import re

from keras_gans.importers.assign import fill_networks, of_each_network, read_config
from keras_gans.importers.family import Family, Found, named
from keras_gans.networks import SNGANDiscriminator, SNGANGenerator
from keras_gans.networks.sngan import generator_widths

CONFIG = {"z_dim": 128, "g_width": 256, "d_width": 128, "resolution": 32}
# What other code has besides.
MORE = {"n_classes": 0, "norm_epsilon": 1e-5}

# Tensors that no variable takes.
COUNTER = "momentum is constant here"


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference: `z_dim`, width of the
            latents; `g_width` and `d_width`, channels of the largest feature maps of either network;
            `resolution`, of which the reference has 32 only. Those of `MORE` too: `n_classes`, and
            `norm_epsilon` of batch norm. What differs between the networks is in dicts "G" and "D".
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/blocks.0.residual.3.weight"
            `(out, in, height, width)` and "D/model.0.residual.0.weight_orig", with the power iteration's
            `weight_u` `(out,)` and `weight_v`, which follows where it is absent. Those of one network may be
            absent altogether. With classes, "G/blocks.0.residual.0.weight" and ".bias" are
            `(n_classes, channels)`, and the discriminator's table is "D/embedding.weight_orig"
            `(n_classes, channels)`.

    Returns:
        `{"generator": SNGANGenerator, "discriminator": SNGANDiscriminator}`, without the network that has no
        tensors. They take and give images of channels last.

    Example:
    ```python
    networks = networks_from_tensors({"z_dim": 128}, tensors)
    networks["generator"](latents)  # (batch, 32, 32, 3)
    ```

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it.
    """
    ignored = {name: COUNTER for name in tensors if name.endswith(".num_batches_tracked")}
    return fill_networks(
        of_each_network(config, tensors, lambda one: read_config(one, {**CONFIG, **MORE})),
        tensors,
        G=_generator,
        D=_discriminator,
        ignored=ignored,
    )


def _kernel(array):
    """`(out, in)` to `(in, out)`, `(out, in, height, width)` to `(height, width, in, out)`."""
    return array.transpose(*range(2, array.ndim), 1, 0)


def _channels_last(array):
    """Reorders the first axis, which is `(channels, 4, 4)` in one, to `(4, 4, channels)`."""
    pixels = array.reshape(-1, 16, *array.shape[1:])
    return pixels.swapaxes(0, 1).reshape(array.shape)


def _generator(assigner, configs):
    config = configs["G"]
    generator = SNGANGenerator(
        resolution=config["resolution"],
        latent_dim=config["z_dim"],
        width=config["g_width"],
        num_classes=config["n_classes"],
        norm_epsilon=config["norm_epsilon"],
        dtype="float32",
    )
    layers = {layer.name: layer for layer in generator.layers}

    def norm(ours, name):
        if f"{ours}_gain" in layers:  # tables of the classes
            assigner.assign(layers[f"{ours}_gain"].embeddings, f"{name}.weight")
            assigner.assign(layers[f"{ours}_bias"].embeddings, f"{name}.bias")
        else:
            assigner.assign(layers[ours].gamma, f"{name}.weight")
            assigner.assign(layers[ours].beta, f"{name}.bias")
        assigner.assign(layers[ours].moving_mean, f"{name}.running_mean")
        assigner.assign(layers[ours].moving_variance, f"{name}.running_var")

    def conv(ours, name):
        assigner.assign(layers[ours].kernel, f"{name}.weight", _kernel)
        assigner.assign(layers[ours].bias, f"{name}.bias")

    dense = layers["4x4_dense"]
    assigner.assign(dense.kernel, "G/linear.weight", lambda array: _channels_last(array).T)
    assigner.assign(dense.bias, "G/linear.bias", _channels_last)
    size, number = 8, 0
    while size <= generator.resolution:
        ours, theirs = f"{size}x{size}", f"G/blocks.{number}"
        norm(f"{ours}_norm0", f"{theirs}.residual.0")
        conv(f"{ours}_conv0", f"{theirs}.residual.3")
        norm(f"{ours}_norm1", f"{theirs}.residual.4")
        conv(f"{ours}_conv1", f"{theirs}.residual.6")
        conv(f"{ours}_shortcut", f"{theirs}.shortcut.1")
        size, number = 2 * size, number + 1
    norm("last_norm", "G/output.0")
    conv("last_conv", "G/output.2")
    return generator


def _discriminator(assigner, configs):
    config = configs["D"]
    discriminator = SNGANDiscriminator(
        resolution=config["resolution"],
        width=config["d_width"],
        num_classes=config["n_classes"],
        dtype="float32",
    )
    layers = {layer.name: layer for layer in discriminator.layers}

    def vector(ours, name):
        kernel, right = f"{name}.weight_orig", f"{name}.weight_v"
        assigner.assign_vector(layers[ours].u, f"{name}.weight_u", kernel=kernel, right=right)

    def spectral(ours, name):
        assigner.assign(layers[ours].kernel, f"{name}.weight_orig", _kernel)
        vector(ours, name)
        if layers[ours].use_bias:
            assigner.assign(layers[ours].bias, f"{name}.bias")

    blocks = [name.removesuffix("_conv0") for name in layers if name.endswith("_conv0")]
    for number, ours in enumerate(blocks):
        # The places in a sequence that counts activations and pooling.
        first, second, shortcut = (0, 2, 1) if number == 0 else (1, 3, 0)
        spectral(f"{ours}_conv0", f"D/model.{number}.residual.{first}")
        spectral(f"{ours}_conv1", f"D/model.{number}.residual.{second}")
        if f"{ours}_shortcut" in layers:
            spectral(f"{ours}_shortcut", f"D/model.{number}.shortcut.{shortcut}")
    spectral("dense", "D/linear")
    if discriminator.num_classes:
        assigner.assign(layers["embedding"].embeddings, "D/embedding.weight_orig")
        vector("embedding", "D/embedding")
    return discriminator


def find(checkpoint):
    """Finds generator, averages before others, and discriminator."""
    generators = checkpoint.having("blocks.0.residual.3.weight", "linear.weight")
    discriminators = checkpoint.having("model.0.residual.0.weight_orig", "linear.weight_orig")
    places = {part: next(iter(found)) for part, found in (("G", generators), ("D", discriminators)) if found}
    unused = {}
    for key in list(generators)[1:]:
        reason = "weights of training: their average is used"
        unused |= dict.fromkeys(named(key, generators[key].tensors), reason)
    tensors = {part: checkpoint.networks[place].tensors for part, place in places.items()}
    return described(tensors, places=places, unused=unused) if places else None


def described(networks, **more):
    """Returns `Found` of networks in this importer's names, whose configuration follows from shapes.

    Args:
        networks: dict of "G", "D" to tensors without these prefixes.
        **more: further fields of `Found`.
    """
    tensors, derived = {}, {}
    for part, own in networks.items():
        tensors |= named(part, own)
        pattern = r"blocks\.(\d+)\..*" if part == "G" else r"model\.(\d+)\..*"
        count = len({match[1] for name in own if (match := re.fullmatch(pattern, name))})
        if part == "G":
            table = own["blocks.0.residual.0.weight"]
            resolution = 4 << count
            derived["G"] = {
                "resolution": resolution,
                "z_dim": own["linear.weight"].shape[1],
                "g_width": own["linear.weight"].shape[0] // 16 // generator_widths(resolution, 1)[0],
                "n_classes": len(table) if table.ndim > 1 else 0,
            }
        else:
            derived["D"] = {
                # Up to 32 px there are four blocks; beyond, as many as halvings and one more.
                "resolution": 4 << max(count - 1, 3),
                "d_width": len(own["model.0.residual.0.weight_orig"]),
                "n_classes": len(own["embedding.weight_orig"]) if "embedding.weight_orig" in own else 0,
            }
    return Found(tensors, derived=derived, **more)


FAMILY = Family("sngan", "SN-GAN", "1802.05957", find, networks_from_tensors)
