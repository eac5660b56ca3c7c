"""Progressive GAN weights in the layout of the published TensorFlow 1 networks.

The published weights are for non-commercial use (CC BY-NC 4.0); importing them does not change that.
"""

from keras_gans.importers.assign import Assigner, read_config
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
    config = read_config(config, CONFIG)
    shared = {
        "resolution": config["resolution"],
        "channels": config["num_channels"],
        "num_classes": config["label_size"],
        "channel_base": config["fmap_base"],
        "channel_max": config["fmap_max"],
        "dtype": "float32",
    }
    group_size = config["mbstd_group_size"]
    networks = {}
    assigner = Assigner(tensors)
    if any(name.startswith("G/") for name in tensors):
        generator = ProGANGenerator(latent_dim=config["latent_size"], **shared)
        _assign_generator(assigner, generator, fused=config["fused_scale"])
        networks["generator"] = generator
    if any(name.startswith("D/") for name in tensors):
        discriminator = ProGANDiscriminator(
            minibatch_group_size=group_size if group_size > 1 else None,
            fused_scale=config["fused_scale"],
            **shared,
        )
        _assign_discriminator(assigner, discriminator, fused=config["fused_scale"])
        networks["discriminator"] = discriminator
    if not tensors:
        raise ValueError("There are no tensors whose names begin with 'G/' or 'D/'")
    fades = [network.alpha for network in networks.values()]
    assigner.finish(networks.values(), computed=fades)
    return networks


def _layers(network):
    return {layer.name: layer for layer in network._flatten_layers(include_self=False)}


def _assign_both(assigner, layer, name, transform=lambda array: array):
    assigner.assign(layer.kernel, f"{name}/weight", transform)
    assigner.assign(layer.bias, f"{name}/bias")


def _assign_generator(assigner, generator, fused):
    layers = _layers(generator)
    assigner.assign(layers["4x4_dense"].kernel, "G/4x4/Dense/weight")
    assigner.assign(layers["4x4_bias"].bias, "G/4x4/Dense/bias")
    _assign_both(assigner, layers["4x4_conv"], "G/4x4/Conv")
    for lod, size in enumerate(reversed(generator.resolutions)):
        block = f"{size}x{size}"
        _assign_both(assigner, layers[f"to_rgb_{block}"], f"G/ToRGB_lod{lod}")
        if size > 4:
            # The fused form is a transposed convolution: kernel (height, width, out, in), flipped.
            name, transform = (
                ("Conv0_up", lambda w: w[::-1, ::-1].transpose(0, 1, 3, 2))
                if fused
                else ("Conv0", lambda w: w)
            )
            _assign_both(assigner, layers[f"{block}_conv0"], f"G/{block}/{name}", transform)
            _assign_both(assigner, layers[f"{block}_conv1"], f"G/{block}/Conv1")


def _assign_discriminator(assigner, discriminator, fused):
    layers = _layers(discriminator)
    for lod, size in enumerate(reversed(discriminator.resolutions)):
        block = f"{size}x{size}"
        _assign_both(assigner, layers[f"from_rgb_{block}"], f"D/FromRGB_lod{lod}")
        if size > 4:
            second = "Conv1_down" if fused else "Conv1"
            _assign_both(assigner, layers[f"{block}_conv0"], f"D/{block}/Conv0")
            _assign_both(assigner, layers[f"{block}_conv1"], f"D/{block}/{second}")
    _assign_both(assigner, layers["4x4_conv"], "D/4x4/Conv")
    _assign_both(assigner, layers["4x4_dense0"], "D/4x4/Dense0")
    _assign_both(assigner, layers["4x4_dense1"], "D/4x4/Dense1")
