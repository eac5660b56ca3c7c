"""StyleGAN weights in the layout of the published TensorFlow 1 networks.

The published weights are for non-commercial use (CC BY-NC 4.0); importing them does not change that.
"""

import re

from keras_gans.importers import progan
from keras_gans.importers.assign import fill_networks, layers_of, of_each_network, read_config
from keras_gans.importers.family import Family, generator_of
from keras_gans.importers.progan import assign_both, assign_discriminator, build_growing, find_growing
from keras_gans.networks import StyleGANDiscriminator, StyleGANGenerator

CONFIG = {
    **progan.CONFIG,
    "dlatent_size": 512,
    "mapping_fmaps": 512,
    "mapping_layers": 8,
    "mapping_lrmul": 0.01,
    "fused_scale": "auto",
    "blur_filter": (1, 2, 1),
    "dlatent_avg_beta": 0.995,
}
# Arguments that must mean what our networks do.
FIXED = {
    "structure": progan.FIXED["structure"],
    "fmap_decay": (1.0,),
    "mbstd_num_features": (1,),
    "normalize_latents": (True,),
    "use_wscale": (True,),
    "use_noise": (True,),
    "use_styles": (True,),
    "const_input_layer": (True,),
    "use_pixel_norm": (False,),
    "use_instance_norm": (True,),
    "nonlinearity": ("lrelu",),
    "mapping_nonlinearity": ("lrelu",),
}
# How the reference's graph is built, what is done in training alone, and with which truncation its pictures
# are made unless somebody asks for another.
HARMLESS = (
    *progan.HARMLESS,
    *("truncation_psi", "truncation_cutoff", "truncation_psi_training", "truncation_cutoff_training"),
    *("truncation_psi_val", "truncation_cutoff_val", "style_mixing_prob", "is_validation"),
    *("randomize_noise", "dlatent_broadcast", "force_clean_graph", "mapping_func", "synthesis_func"),
)
WHOLE_BATCH = 2**30  # as a group of the minibatch statistics
FUSED_FROM = 128  # px: where "auto" begins to fuse up-sampling and convolution


def networks_from_tensors(config, tensors):
    """Builds both networks and fills them.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference; `num_channels` and
            `resolution` are required. Those of `FIXED` may be there with the values that our networks have.
            What differs between the networks is in dicts "G" and "D".
        tensors: dict of str to array. `G/G_mapping/...`, `G/G_synthesis/...`, `G/dlatent_avg` and `D/...`, as
            in "G/G_synthesis/8x8/Conv0_up/weight" `(height, width, in, out)`. Those of one network may be
            absent altogether.

    Returns:
        `{"generator": StyleGANGenerator, "discriminator": StyleGANDiscriminator}`, without the network that
        has no tensors. Both are fully grown (`alpha` 1).

    Example:
    ```python
    generator = networks_from_tensors(config, tensors)["generator"]
    styles = generator.truncate(generator.styles(latents), 0.7)
    generator.synthesize(styles)  # with the stored noise
    ```

    Raises:
        ValueError: if a tensor is missing, superfluous or of the wrong shape, naming it, or the configuration
            asks for what the networks cannot be.
    """
    return fill_networks(of_each_network(config, tensors, _read), tensors, G=_generator, D=_discriminator)


def _read(config):
    config = read_config(config, CONFIG, FIXED, HARMLESS)
    if len(_taps(config)) % 2 == 0:
        raise ValueError(f"`blur_filter` must have an odd number of taps. Received: {config['blur_filter']}")
    fused = config["fused_scale"]
    if fused not in (True, False, "auto"):
        raise ValueError(f"`fused_scale` must be True, False or 'auto'. Received: {fused!r}")
    if config["dlatent_avg_beta"] is None:
        raise ValueError("`dlatent_avg_beta` must be a number: the generator has an average style")
    return config


def _taps(config):
    return list(config["blur_filter"] or [1])


def _mapping(config):
    return {
        "mapping_layers": config["mapping_layers"],
        "mapping_width": config["mapping_fmaps"],
        "mapping_lr_multiplier": config["mapping_lrmul"],
    }


def _shared(config):
    return {"blur_taps": _taps(config), **progan.shared(config)}


def _generator(assigner, configs):
    config = configs["G"]
    generator = StyleGANGenerator(
        latent_dim=config["latent_size"],
        style_dim=config["dlatent_size"],
        average_decay=config["dlatent_avg_beta"],
        **_mapping(config),
        **_shared(config),
    )
    _assign_generator(assigner, generator, config["fused_scale"])
    return generator


def _discriminator(assigner, configs):
    config = configs["D"]
    whole = config["mbstd_group_size"] is None
    group_size = WHOLE_BATCH if whole else progan.group_size(config)
    discriminator = StyleGANDiscriminator(minibatch_group_size=group_size, **_shared(config))
    assign_discriminator(assigner, discriminator)
    return discriminator


def _assign_generator(assigner, generator, fused):
    layers, prefix = layers_of(generator), "G/G_synthesis"
    assigner.leave([generator.alpha])
    assigner.assign(layers["style_average"].average, "G/dlatent_avg")
    if generator.num_classes:
        assigner.assign(layers["class_vectors"].kernel, "G/G_mapping/LabelConcat/weight")
    for i in range(generator.mapping_layers):
        assign_both(assigner, layers[f"dense{i}"], f"G/G_mapping/Dense{i}")
    for i, layer in enumerate(generator.noise_constants):
        assigner.assign(layer.constant, f"{prefix}/noise{i}", lambda array: array[0, 0, ..., None])
    assigner.assign(
        layers["4x4_const"].constant, f"{prefix}/4x4/Const/const", lambda array: array[0].transpose(1, 2, 0)
    )
    _assign_epilogue(assigner, layers, "4x4_const", f"{prefix}/4x4/Const")
    for lod, size in enumerate(reversed(generator.resolutions)):
        block = f"{size}x{size}"
        assign_both(assigner, layers[f"to_rgb_{block}"], f"{prefix}/ToRGB_lod{lod}")
        # The fused form, a transposed convolution, runs backwards over the stored kernel.
        backwards = size >= FUSED_FROM if fused == "auto" else bool(fused)
        convolutions = [("conv0", "Conv0_up"), ("conv1", "Conv1")] if size > 4 else [("conv", "Conv")]
        for ours, theirs in convolutions:
            name = f"{prefix}/{block}/{theirs}"
            step = -1 if backwards and theirs == "Conv0_up" else 1
            kernel = layers[f"{block}_{ours}"].kernel
            assigner.assign(kernel, f"{name}/weight", lambda w, step=step: w[::step, ::step])
            _assign_epilogue(assigner, layers, f"{block}_{ours}", name)


def _assign_epilogue(assigner, layers, ours, name):
    assigner.assign(layers[f"{ours}_noise"].strength, f"{name}/Noise/weight")
    assigner.assign(layers[f"{ours}_bias"].bias, f"{name}/bias")
    assign_both(assigner, layers[f"{ours}_style"], f"{name}/StyleMod")


def component_names(name):
    """A tensor's name with the names that components have by default: "G_mapping", "G_synthesis"."""
    return re.sub(r"^[^/]*(mapping|synthesis)/", r"G_\1/", name)


def find(checkpoint):
    """Finds the networks of a pickle, Gs before G."""
    return find_growing(checkpoint, "G_synthesis/4x4/Const/StyleMod/weight", component_names)


FAMILY = Family(
    "stylegan", "StyleGAN", "1812.04948", find, build_growing(networks_from_tensors), generator_of
)
