"""Weights of diffusion U-Nets under the names of Diffusers' `UNet2DModel`, in PyTorch's layout."""

from keras_gans.importers.assign import Assigner, read_config
from keras_gans.networks import UNet

CONFIG = {
    "_class_name": "UNet2DModel",
    "_diffusers_version": None,
    "_name_or_path": None,
    "sample_size": ...,
    "in_channels": 3,
    "out_channels": 3,
    "center_input_sample": False,
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "freq_shift": 0,
    "flip_sin_to_cos": True,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "mid_block_type": "UNetMidBlock2D",
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (224, 448, 672, 896),
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "downsample_padding": 1,
    "downsample_type": "conv",
    "upsample_type": "conv",
    "dropout": 0.0,
    "act_fn": "silu",
    "attention_head_dim": 8,
    "norm_num_groups": 32,
    "attn_norm_num_groups": None,
    "norm_eps": 1e-5,
    "resnet_time_scale_shift": "default",
    "add_attention": True,
    "class_embed_type": None,
    "num_class_embeds": None,
    "num_train_timesteps": None,
}

# What a key must be for the reference's network to be `UNet`.
ONLY = {
    "_class_name": ("UNet2DModel",),
    "center_input_sample": (False,),
    "time_embedding_type": ("positional",),
    "mid_block_type": ("UNetMidBlock2D",),
    "mid_block_scale_factor": (1,),
    "downsample_type": ("conv",),
    "upsample_type": ("conv",),
    "act_fn": ("silu", "swish"),
    "resnet_time_scale_shift": ("default", "scale_shift"),
    "add_attention": (True,),
    "class_embed_type": (None,),
}

# Of an attention: ours to the reference's names, those of today and those of older files.
ATTENTION = {
    "query": ("to_q", "query"),
    "key": ("to_k", "key"),
    "value": ("to_v", "value"),
    "output": ("to_out.0", "proj_attn"),
}


def networks_from_tensors(config, tensors):
    """Builds the network and fills it.

    Args:
        config: dict. Keys of `CONFIG`, whose values are the defaults of the reference; `sample_size` is
            required. Up-sampling, down-sampling and blocks must be those of DDPM (`ONLY`), attention must be
            at the same resolutions on both ways. `num_train_timesteps` is of no effect here.
        tensors: dict of str to array, as in "down_blocks.0.resnets.0.conv1.weight"
            `(out, in, height, width)` and "time_embedding.linear_1.weight" `(out, in)`.

    Returns:
        `{"denoiser": UNet}`. It takes images of channels last.

    Example:
    ```python
    unet = networks_from_tensors(config, tensors)["denoiser"]
    unet([images, timesteps])  # (batch, resolution, resolution, channels)
    ```

    Raises:
        ValueError: if the configuration asks for something that `UNet` is not, or a tensor is missing,
            superfluous or of the wrong shape, naming it.
    """
    unet = UNet(**_arguments(read_config(config, CONFIG)))
    assigner = Assigner(tensors)
    _assign(assigner, unet)
    # What is not trained is the state of dropout's random numbers.
    assigner.leave(variable for variable in unet.variables if not variable.trainable)
    assigner.finish([unet])
    return {"denoiser": unet}


def _arguments(config):
    """The reference's configuration as arguments of `UNet`, or what it is that `UNet` cannot."""
    widths = list(config["block_out_channels"])
    width, groups = widths[0], config["norm_num_groups"]
    scale_shift = config["resnet_time_scale_shift"] == "scale_shift"
    allowed = {
        **ONLY,
        "time_embedding_dim": (None, 4 * width),
        "attn_norm_num_groups": (None, groups),
        "out_channels": (config["in_channels"], 2 * config["in_channels"]),
    }
    check_values(config, allowed)
    size = _resolution(config["sample_size"])
    return {
        "resolution": size,
        "channels": config["in_channels"],
        "width": width,
        "channel_multipliers": multipliers(widths),
        "blocks_per_level": config["layers_per_block"],
        "attention_resolutions": [size >> level for level in _levels_with_attention(config)],
        "head_dim": config["attention_head_dim"],
        "dropout": config["dropout"],
        "num_classes": config["num_class_embeds"] or 0,
        "scale_shift": scale_shift,
        "learned_variance": config["out_channels"] == 2 * config["in_channels"],
        "num_groups": groups,
        "norm_epsilon": config["norm_eps"],
        "freq_shift": config["freq_shift"],
        "flip_sin_to_cos": config["flip_sin_to_cos"],
        "downsample_padding": config["downsample_padding"],
        # The reference's rule: with scale and shift there is none unless its groups are named.
        "middle_attention_norm": not scale_shift or config["attn_norm_num_groups"] is not None,
        "dtype": "float32",
    }


def check_values(config, allowed):
    """Raises ValueError for the first key that has none of the values that it may have."""
    for key, values in allowed.items():
        if config[key] not in values:
            raise ValueError(f"`{key}` must be one of {values}. Received: {config[key]!r}")


def multipliers(widths):
    """Returns the channels of levels as multiples of the first level's, ints where they are."""
    width = widths[0]
    return [number / width if number % width else number // width for number in widths]


def _resolution(sample_size):
    sizes = set(sample_size) if isinstance(sample_size, (list, tuple)) else {sample_size}
    if len(sizes) != 1 or not all(isinstance(size, int) for size in sizes):
        raise ValueError(f"`sample_size` must be one int, or two that are equal. Received: {sample_size!r}")
    return sizes.pop()


def _levels_with_attention(config):
    """Returns the numbers of the levels with attention, which must be the same on the way down and up."""
    levels = len(config["block_out_channels"])
    down, up = list(config["down_block_types"]), list(config["up_block_types"])
    for key, types, kinds in (
        ("down_block_types", down, ("DownBlock2D", "AttnDownBlock2D")),
        ("up_block_types", up, ("UpBlock2D", "AttnUpBlock2D")),
    ):
        if len(types) != levels or not set(types) <= set(kinds):
            raise ValueError(
                f"`{key}` must have one of {kinds} for each of the {levels} levels. Received: {types}"
            )
    attention = [kind == "AttnDownBlock2D" for kind in down]
    if attention != [kind == "AttnUpBlock2D" for kind in reversed(up)]:
        raise ValueError(
            "`up_block_types` must have attention where `down_block_types` has it, in reverse order. "
            f"Received: down {down}, up {up}"
        )
    return [level for level, attends in enumerate(attention) if attends]


def kernel(array):
    """`(out, in)` to `(in, out)`, `(out, in, height, width)` to `(height, width, in, out)`."""
    return array.transpose(*range(2, array.ndim), 1, 0) if array.ndim > 1 else array


class Parts:
    """Gives layers, by our names, the tensors of the reference's parts; what there is not is passed over.

    Args:
        assigner: `Assigner`.
        layers: dict of str to layer.
    """

    def __init__(self, assigner, layers):
        self.assigner, self.layers = assigner, layers

    def linear(self, ours, name):
        """A convolution or a dense layer."""
        self.assigner.assign(self.layers[ours].kernel, f"{name}.weight", kernel)
        self.assigner.assign(self.layers[ours].bias, f"{name}.bias")

    def norm(self, ours, name):
        self.assigner.assign(self.layers[ours].gamma, f"{name}.weight")
        self.assigner.assign(self.layers[ours].beta, f"{name}.bias")

    def block(self, ours, name):
        """A residual block, with a part of the time and a convolution of the shortcut where it has them."""
        self.norm(f"{ours}_0_norm", f"{name}.norm1")
        self.linear(f"{ours}_conv0", f"{name}.conv1")
        if f"{ours}_time" in self.layers:
            self.linear(f"{ours}_time", f"{name}.time_emb_proj")
        self.norm(f"{ours}_1_norm", f"{name}.norm2")
        self.linear(f"{ours}_conv1", f"{name}.conv2")
        if f"{ours}_shortcut" in self.layers:
            self.linear(f"{ours}_shortcut", f"{name}.conv_shortcut")

    def attention(self, ours, name):
        """An attention if there is one, under the names of today or of older files."""
        layer = self.layers.get(f"{ours}_attention")
        if layer is None:
            return
        if f"{ours}_attention_norm" in self.layers:
            self.norm(f"{ours}_attention_norm", f"{name}.group_norm")
        for kind, (today, older) in ATTENTION.items():
            theirs = older if f"{name}.{older}.weight" in self.assigner.tensors else today
            self.assigner.assign(getattr(layer, f"{kind}_kernel"), f"{name}.{theirs}.weight", kernel)
            self.assigner.assign(getattr(layer, f"{kind}_bias"), f"{name}.{theirs}.bias")

    def middle(self, ours, name):
        """The lowest blocks and the attention between them."""
        self.block(f"{ours}0", f"{name}.resnets.0")
        self.attention(f"{ours}0", f"{name}.attentions.0")
        self.block(f"{ours}1", f"{name}.resnets.1")


def _assign(assigner, unet):
    layers = {layer.name: layer for layer in unet.layers}
    parts = Parts(assigner, layers)
    linear = parts.linear
    linear("first_conv", "conv_in")
    linear("time_dense0", "time_embedding.linear_1")
    linear("time_dense1", "time_embedding.linear_2")
    if unet.num_classes:
        assigner.assign(layers["label_embedding"].kernel, "class_embedding.weight")
    levels = len(unet.channel_multipliers)
    for level in range(levels):
        size = f"{unet.resolution >> level}x{unet.resolution >> level}"
        # The reference numbers the levels in the order in which they are passed.
        ways = {"down": f"down_blocks.{level}", "up": f"up_blocks.{levels - 1 - level}"}
        for way, name in ways.items():
            for number in range(unet.blocks_per_level + (way == "up")):
                parts.block(f"{size}_{way}{number}", f"{name}.resnets.{number}")
                parts.attention(f"{size}_{way}{number}", f"{name}.attentions.{number}")
        if level < levels - 1:
            linear(f"{size}_downsample", f"{ways['down']}.downsamplers.0.conv")
        if level > 0:
            linear(f"{size}_upsample", f"{ways['up']}.upsamplers.0.conv")
    parts.middle("middle", "mid_block")
    parts.norm("last_norm", "conv_norm_out")
    linear("last_conv", "conv_out")
