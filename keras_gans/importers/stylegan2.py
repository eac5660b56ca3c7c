"""StyleGAN2 and StyleGAN2-ADA weights in the layout of the published PyTorch networks.

The published weights are for non-commercial use (NVIDIA's licence); importing them does not change that.
"""

import numpy as np

from keras_gans.importers.assign import fill_networks, in_networks, layers_of, read_config
from keras_gans.importers.family import Family, Found, named
from keras_gans.networks import (
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGAN2PlainDiscriminator,
    StyleGAN2ResidualGenerator,
    StyleGAN2SkipDiscriminator,
)

CONFIG = {"G": {}, "D": {}, "resample_filter": (1, 3, 3, 1)}
GENERATOR = {
    "z_dim": ...,
    "c_dim": ...,
    "w_dim": ...,
    "img_resolution": ...,
    "img_channels": ...,
    "mapping_kwargs": {},
    "synthesis_kwargs": {},
}
MAPPING = {"num_layers": 8, "embed_features": None, "layer_features": None, "lr_multiplier": 0.01}
STYLES = {**MAPPING, "w_avg_beta": 0.995}  # the generator's mapping alone has an average
SYNTHESIS = {
    "channel_base": 32768,
    "channel_max": 512,
    "num_fp16_res": 0,
    "conv_clamp": None,
    "architecture": "skip",
}
DISCRIMINATOR = {
    "c_dim": ...,
    "img_resolution": ...,
    "img_channels": ...,
    "architecture": "resnet",
    "channel_base": 32768,
    "channel_max": 512,
    "num_fp16_res": 0,
    "conv_clamp": None,
    "cmap_dim": None,
    "mapping_kwargs": {},
    "epilogue_kwargs": {},
    "block_kwargs": {},
}
EPILOGUE = {"mbstd_group_size": 4, "mbstd_num_channels": 1}
WHOLE_BATCH = 2**30  # as a group of the minibatch statistics

# Arguments of the reference's layers that must mean what our networks do.
ACTIVATION = {"activation": ("lrelu",)}
LAYOUT = {"fp16_channels_last": (False, True)}  # of no effect on values
# How styles and kernels are multiplied, which is of no effect on values either.
LAYOUT |= {"fused_modconv_default": (True, False, "inference_only")}
LAYER = {**ACTIVATION, **LAYOUT, "kernel_size": (3,), "use_noise": (True,)}
BLOCK = {**ACTIVATION, **LAYOUT, "freeze_layers": range(32)}  # of effect on training only
# What absent arguments mean in the newer code, whose generator takes those of its synthesis network itself.
NEWER = {"num_fp16_res": 4, "conv_clamp": 256}

GENERATORS = {"skip": StyleGAN2Generator, "resnet": StyleGAN2ResidualGenerator}
DISCRIMINATORS = {
    "orig": StyleGAN2PlainDiscriminator,
    "skip": StyleGAN2SkipDiscriminator,
    "resnet": StyleGAN2Discriminator,
}


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. "G" and "D", the arguments of the reference's constructors, and "resample_filter". The
            keys are those of `GENERATOR` (with `STYLES` and `SYNTHESIS`) and of `DISCRIMINATOR` (with
            `MAPPING` and `EPILOGUE`), whose values are the defaults of the reference. Further arguments of
            its layers (`LAYER`, `BLOCK`) may be there with the values that our networks have.
        tensors: dict of str to array. `G/...` and `D/...`, as in "G/synthesis.b8.conv0.weight" `(out, in,
            height, width)`. Those of one network may be absent altogether. The filters that the reference
            stores with its layers, `...resample_filter`, may be there.

    Returns:
        `{"generator": ..., "discriminator": ...}`, without the network that has no tensors; of the class that
        the configuration's "architecture" means.

    Example:
    ```python
    generator = networks_from_tensors(config, tensors)["generator"]
    styles = generator.truncate(generator.styles(latents), 0.5)
    generator.synthesize(styles)  # with the stored noise
    ```

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    filters = [name for name in tensors if name.endswith(".resample_filter")]
    return fill_networks(
        read_config(in_networks(config, {"G": GENERATOR, "D": DISCRIMINATOR}), CONFIG),
        tensors,
        G=_generator,
        D=_discriminator,
        ignored=dict.fromkeys(filters, "made of the configuration"),
    )


def find(checkpoint):
    """Finds the networks of NVIDIA's PyTorch code, G_ema before G."""
    networks = checkpoint.networks
    generator = next((role for role in ("G_ema", "G") if role in networks), None)
    roles = {"G": generator, "D": "D" if "D" in networks else None}
    if checkpoint.kind != "nvidia pickle" or not any(roles.values()):
        return None
    tensors, stored, derived, unused = {}, {}, {}, {}
    for part, role in roles.items():
        if role is not None:
            network = networks[role]
            tensors |= named(part, network.tensors)
            stored[part] = _stored(network, "synthesis_kwargs" if part == "G" else None)
            derived["resample_filter"] = taps_of(network.tensors)
            if network.flat:
                place = f"{part}.synthesis_kwargs" if part == "G" else part
                derived |= {f"{place}.{key}": value for key, value in NEWER.items()}
    for role, network in networks.items():
        if role not in roles.values():
            reason = "weights of training: their average is used" if role == "G" else "of training only"
            unused |= dict.fromkeys(named(role, network.tensors), reason)
    return Found(tensors, stored, derived, unused, {part: role for part, role in roles.items() if role})


def _stored(network, nest):
    """The stored arguments as in the older code: those of the synthesis network in a dict of their own."""
    config = dict(network.config)
    if not nest or not network.flat:
        return config
    inner = {key: config.pop(key) for key in list(config) if key not in GENERATOR}
    return {**config, nest: inner}


def taps_of(tensors, ending="resample_filter"):
    """Returns the filter of one direction, of one that is stored: all are the same.

    Args:
        tensors: dict of str to array.
        ending: str. What the names of filters end in.

    Returns:
        list of float, the default where none is stored. The smallest is 1.
    """
    stored = next((array for name, array in tensors.items() if name.endswith(ending)), [1, 3, 3, 1])
    line = np.asarray(stored, "float64")
    line = line.sum(axis=0) if line.ndim == 2 else line
    taps = line / np.abs(line[line != 0]).min()
    rounded = np.round(taps)
    return [float(tap) for tap in (rounded if np.allclose(taps, rounded, atol=1e-4) else taps)]


FAMILY = Family("stylegan2", "StyleGAN2", "1912.04958", find, networks_from_tensors)


def _shared(config, options, taps):
    return {
        "resolution": config["img_resolution"],
        "channels": config["img_channels"],
        "num_classes": config["c_dim"],
        "channel_base": options["channel_base"],
        "channel_max": options["channel_max"],
        "low_precision_blocks": options["num_fp16_res"],
        "clamp": options["conv_clamp"],
        "taps": taps,
        "dtype": "float32",
    }


def _mapping_options(mapping):
    return {
        "mapping_layers": mapping["num_layers"],
        "mapping_width": mapping["layer_features"],
        "mapping_lr_multiplier": mapping["lr_multiplier"],
        "embedding_dim": mapping["embed_features"],
    }


def _check_filter(options, taps):
    """A filter may be given again with the arguments of the layers."""
    given = options.pop("resample_filter", taps)
    if list(given) != taps:
        raise ValueError(f"`resample_filter` must be the same everywhere. Received: {given} and {taps}")
    return options


def _class_of(classes, architecture):
    if architecture not in classes:
        raise ValueError(f"`architecture` must be one of {sorted(classes)}. Received: {architecture!r}")
    return classes[architecture]


def _generator(assigner, config):
    config, taps = read_config(config["G"], GENERATOR), list(config["resample_filter"])
    mapping = read_config(config["mapping_kwargs"], STYLES, ACTIVATION)
    synthesis = read_config(_check_filter(dict(config["synthesis_kwargs"]), taps), SYNTHESIS, LAYER)
    if mapping["w_avg_beta"] is None:
        raise ValueError("`w_avg_beta` must be a number: the generator has an average style")
    generator = _class_of(GENERATORS, synthesis["architecture"])(
        latent_dim=config["z_dim"],
        style_dim=config["w_dim"],
        average_decay=mapping["w_avg_beta"],
        **_mapping_options(mapping),
        **_shared(config, synthesis, taps),
    )
    _assign_generator(assigner, generator)
    return generator


def _discriminator(assigner, config):
    config, taps = read_config(config["D"], DISCRIMINATOR), list(config["resample_filter"])
    mapping = read_config(config["mapping_kwargs"], MAPPING, ACTIVATION)
    epilogue = read_config(config["epilogue_kwargs"], EPILOGUE, ACTIVATION)
    read_config(_check_filter(dict(config["block_kwargs"]), taps), {}, BLOCK)
    group_size, statistics = epilogue["mbstd_group_size"], epilogue["mbstd_num_channels"]
    group_size = WHOLE_BATCH if group_size is None else group_size
    discriminator = _class_of(DISCRIMINATORS, config["architecture"])(
        minibatch_group_size=group_size if statistics else None,
        minibatch_channels=statistics or 1,
        projection_dim=config["cmap_dim"],
        **_mapping_options(mapping),
        **_shared(config, config, taps),
    )
    _assign_discriminator(assigner, discriminator)
    return discriminator


def _assign_dense(assigner, layer, name):
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.T)
    assigner.assign(layer.bias, f"{name}.bias")


def _assign_kernel(assigner, layer, name):
    assigner.assign(layer.kernel, f"{name}.weight", lambda array: array.transpose(2, 3, 1, 0))


def _assign_mapping(assigner, layers, network, prefix):
    if network.num_classes:
        _assign_dense(assigner, layers["embedding"], f"{prefix}.embed")
    for i in range(network.mapping_layers):
        _assign_dense(assigner, layers[f"dense{i}"], f"{prefix}.fc{i}")


def _assign_generator(assigner, generator):
    layers = layers_of(generator)
    _assign_mapping(assigner, layers, generator, "G/mapping")
    assigner.assign(layers["style_average"].average, "G/mapping.w_avg")
    noise_constants = iter(generator.noise_constants)
    size = 4
    assigner.assign(
        layers["4x4_const"].constant, "G/synthesis.b4.const", lambda array: array.transpose(1, 2, 0)
    )
    while size <= generator.resolution:
        name, ours = f"G/synthesis.b{size}", f"{size}x{size}"
        for number in (0, 1) if size > 4 else (1,):
            _assign_modulated(assigner, layers, f"{ours}_conv{number}", f"{name}.conv{number}")
            layer = layers[f"{ours}_conv{number}_noise"]
            assigner.assign(layer.strength, f"{name}.conv{number}.noise_strength")
            assigner.assign(
                next(noise_constants).constant,
                f"{name}.conv{number}.noise_const",
                lambda array: array[..., None],
            )
        if f"{ours}_to_rgb" in layers:
            _assign_modulated(assigner, layers, f"{ours}_to_rgb", f"{name}.torgb")
        if f"{ours}_skip" in layers:
            _assign_kernel(assigner, layers[f"{ours}_skip"], f"{name}.skip")
        size *= 2


def _assign_modulated(assigner, layers, ours, name):
    _assign_kernel(assigner, layers[ours], name)
    _assign_dense(assigner, layers[f"{ours}_style"], f"{name}.affine")
    assigner.assign(layers[f"{ours}_bias"].bias, f"{name}.bias")


def _assign_discriminator(assigner, discriminator):
    layers = layers_of(discriminator)
    size = discriminator.resolution
    while size >= 4:
        name, ours = f"D/b{size}", f"{size}x{size}"
        convolutions = ("conv0", "conv1") if size > 4 else ("conv",)
        pairs = [("from_rgb", "fromrgb"), *((conv, conv) for conv in convolutions)]
        for ours_name, theirs in pairs:
            layer = layers.get(f"{ours}_{ours_name}")
            if layer is not None:
                _assign_kernel(assigner, layer, f"{name}.{theirs}")
                assigner.assign(layer.bias, f"{name}.{theirs}.bias")
        if f"{ours}_skip" in layers:
            _assign_kernel(assigner, layers[f"{ours}_skip"], f"{name}.skip")
        size //= 2
    _assign_dense(assigner, layers["4x4_dense0"], "D/b4.fc")
    _assign_dense(assigner, layers["4x4_dense1"], "D/b4.out")
    if discriminator.num_classes:
        _assign_mapping(assigner, layers, discriminator, "D/mapping")
