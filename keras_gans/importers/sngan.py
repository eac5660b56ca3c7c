"""SN-GAN weights in PyTorch's layout, of the residual networks at 32 px without classes."""

from keras_gans.importers.assign import fill_networks, read_config
from keras_gans.networks import SNGANDiscriminator, SNGANGenerator

CONFIG = {"z_dim": 128, "g_width": 256, "d_width": 128, "resolution": 32}

# Tensors that no variable takes.
V = "v follows from the kernel and u: v = normalize(W^T u)"
COUNTER = "momentum is constant here"


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference: `z_dim`, width of the
            latents; `g_width` and `d_width`, channels of all feature maps of either network; `resolution`, of
            which the reference has 32 only.
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/blocks.0.residual.3.weight"
            `(out, in, height, width)` and "D/model.0.residual.0.weight_orig", with the power iteration's
            `weight_u` `(out,)`. Those of one network may be absent altogether.

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
    ignored = {name: V for name in tensors if name.startswith("D/") and name.endswith(".weight_v")}
    ignored |= {name: COUNTER for name in tensors if name.endswith(".num_batches_tracked")}
    return fill_networks(
        read_config(config, CONFIG),
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


def _generator(assigner, config):
    generator = SNGANGenerator(
        resolution=config["resolution"],
        latent_dim=config["z_dim"],
        width=config["g_width"],
        norm_epsilon=1e-5,
        dtype="float32",
    )
    layers = {layer.name: layer for layer in generator.layers}

    def norm(ours, name):
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


def _discriminator(assigner, config):
    discriminator = SNGANDiscriminator(
        resolution=config["resolution"], width=config["d_width"], dtype="float32"
    )
    layers = {layer.name: layer for layer in discriminator.layers}

    def spectral(ours, name):
        assigner.assign(layers[ours].kernel, f"{name}.weight_orig", _kernel)
        assigner.assign(layers[ours].u, f"{name}.weight_u")
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
    return discriminator
