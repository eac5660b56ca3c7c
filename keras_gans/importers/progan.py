"""Progressive GAN weights in the layout of the published TensorFlow 1 networks.

The published weights are for non-commercial use (CC BY-NC 4.0); importing them does not change that.
"""

from keras_gans.importers.assign import fill_networks, layers_of, read_config
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


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference; `num_channels` and
            `resolution` are required.
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
    return fill_networks(read_config(config, CONFIG), tensors, G=_generator, D=_discriminator)


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


def _discriminator(assigner, config):
    discriminator = ProGANDiscriminator(
        minibatch_group_size=group_size(config), fused_scale=config["fused_scale"], **shared(config)
    )
    assign_discriminator(assigner, discriminator, fused=config["fused_scale"])
    return discriminator


def _generator(assigner, config):
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
