"""The U-Net of denoising diffusion models.

Papers: Denoising Diffusion Probabilistic Models, [2006.11239](https://arxiv.org/abs/2006.11239), appendix B;
Improved Denoising Diffusion Probabilistic Models, [2102.09672](https://arxiv.org/abs/2102.09672).

Notable: every convolution and down-sampling of the way down is kept and joined to a residual block of the way
up; the time enters every residual block; attention stands behind the blocks of the resolutions named; group
normalisation throughout. Residual branches and the output start at zero, as in the DDPM paper's code.

Trainable parameters: DDPM at 32 px 35,746,307, at 256 px 113,673,219; improved DDPM at 32 px 52,546,438;
latent diffusion on latents of 64 px 274,056,163.
"""

import keras
from keras import layers, ops

from keras_gans.layers import Dropout, GroupNorm, NearestUpsampleConv2D, SinusoidalEmbedding, SpatialAttention
from keras_gans.resolution import level_of, pair, text
from keras_gans.serialization import Network, register


@register
class UNet(Network):
    """Predicts the noise in a noisy image, or whatever else it is trained to say about it, at a time step.

    The time step, embedded as sinusoids, passes through two dense layers (and is joined by the label's
    embedding, which is added). A residual block is
    `x + conv(dropout(silu(norm(conv(silu(norm(x))) + dense(silu(time))))))`, with a 1x1 convolution of `x`
    where the width changes. Levels are joined by 3x3 convolutions, of stride 2 on the way down and behind
    nearest-neighbour upsampling on the way up.

    Args:
        resolution: int, or (height, width). Size of the images, multiples of `2 ** (levels - 1)`.
        channels: int. Colours of the images.
        width: int, even. Channels of the first feature map; a quarter of the width of the time embedding.
        channel_multipliers: sequence of numbers, one for each level, from the full resolution downwards: its
            feature maps have `width * multiplier` channels.
        blocks_per_level: int. Residual blocks of a level on the way down; there is one more on the way up.
        attention_resolutions: sequence of int. Resolutions of feature maps whose blocks are followed by
            self-attention, each one of the levels'; of images that are not square, or whose maps have other
            sizes, of `keras_gans.resolution`'s levels. The middle always has it.
        head_dim: int. Width of an attention head; `None` means one head of all channels.
        dropout: float in `[0, 1)`. Rate of dropout in the residual blocks while training.
        num_classes: int. Number of classes; 0 means unconditional.
        scale_shift: bool. Whether the time scales and shifts the second normalisation of a block,
            `norm(h) * (1 + scale) + shift`, as in improved DDPM, instead of being added before it.
        learned_variance: bool. Whether the output has twice the channels; the second half is the
            interpolation between the logarithms of the two variances.
        num_groups: int. Groups of the normalisation; divides the channels of all levels.
        norm_epsilon: float. Added to the variance of a group.
        freq_shift: float. As in `SinusoidalEmbedding`: 1 in DDPM, 0 in improved DDPM.
        flip_sin_to_cos: bool. Whether the cosines come first: not in DDPM, but in improved DDPM.
        downsample_padding: int. 0 pads the bottom and the right with one row of zeros before a strided
            convolution, as DDPM does; 1 pads all four sides, as improved DDPM does.
        middle_attention_norm: bool. Whether the attention of the middle is behind a normalisation, as all
            others are; some published networks have none there.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; time embedding, statistics of
            normalisation, softmax and output are float32 under every policy. `None` means the global policy.

    Input shape:
        A list `[images, timesteps]`, and `[images, timesteps, labels]` with `num_classes`: images
        `(batch, resolution, resolution, channels)`, float; time steps `(batch,)`, float or int, counted from
        0; labels int32 `(batch,)` in `[0, num_classes)`, or -1 for no label, whose embedding is zero. The
        numbers are not checked.

    Output shape:
        `(batch, resolution, resolution, channels)`, or `2 * channels` with `learned_variance`, float32.

    Example:
    ```python
    unet = keras_gans.networks.UNet(resolution=32, width=32, channel_multipliers=(1, 2))
    unet([keras.random.normal((2, 32, 32, 3)), keras.ops.array([0, 999])]).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [2006.11239](https://arxiv.org/abs/2006.11239), appendix B;
        [2102.09672](https://arxiv.org/abs/2102.09672), appendix A; the absent label is that of
        [2207.12598](https://arxiv.org/abs/2207.12598).
    """

    def __init__(
        self,
        *,
        resolution,
        channels=3,
        width=128,
        channel_multipliers=(1, 2, 2, 2),
        blocks_per_level=2,
        attention_resolutions=(16,),
        head_dim=None,
        dropout=0.1,
        num_classes=0,
        scale_shift=False,
        learned_variance=False,
        num_groups=32,
        norm_epsilon=1e-6,
        freq_shift=1,
        flip_sin_to_cos=False,
        downsample_padding=0,
        middle_attention_norm=True,
        dtype=None,
        name="unet",
    ):
        policy = self.policy
        sizes, widths = _levels(resolution, width, channel_multipliers, num_groups)
        attended = _attended(resolution, sizes, attention_resolutions)
        _check(blocks_per_level, downsample_padding)

        blocks = Blocks(num_groups, norm_epsilon, policy)
        conv, norm = blocks.conv, blocks.norm

        # === Embedding of time and label ===
        images = keras.Input((*pair(resolution), channels), name="images")
        timesteps = keras.Input((), name="timesteps")
        inputs = [images, timesteps]
        x = SinusoidalEmbedding(
            width,
            freq_shift=freq_shift,
            flip_sin_to_cos=flip_sin_to_cos,
            dtype="float32",
            name="time_projection",
        )(timesteps)
        x = silu(layers.Dense(4 * width, dtype="float32", name="time_dense0")(x))
        time = layers.Dense(4 * width, dtype="float32", name="time_dense1")(x)
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            inputs.append(labels)
            embed = layers.Dense(
                4 * width,
                use_bias=False,
                kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
                dtype="float32",
                name="label_embedding",
            )
            # One-hot of -1 is zero everywhere.
            time = time + embed(ops.one_hot(labels, num_classes, dtype="float32"))
        time = silu(time)  # (batch, 4 * width)

        # === Blocks ===
        def block(x, filters, name):
            def between(inner):
                dense = layers.Dense((1 + scale_shift) * filters, dtype=policy, name=f"{name}_time")
                if scale_shift:
                    scale, shift = ops.split(dense(time), 2, axis=-1)
                    inner = norm(inner, f"{name}_1", scale=scale, shift=shift)
                else:
                    inner = norm(inner + dense(time)[:, None, None], f"{name}_1")
                return Dropout(dropout, dtype=policy, name=f"{name}_dropout")(inner) if dropout else inner

            return blocks.residual(x, filters, name, between)

        def block_of_level(x, size, filters, name):
            x = block(x, filters, f"{size}x{size}_{name}")
            return blocks.attention(x, f"{size}x{size}_{name}", head_dim) if size in attended else x

        def downsample(x, name):
            filters = x.shape[-1]
            if downsample_padding:  # of the last row and column of zeros nothing is read
                x = layers.ZeroPadding2D(((1, 0), (1, 0)), dtype=policy)(x)
                return conv(x, filters, name, strides=2, padding="valid")
            return conv(x, filters, name, strides=2)  # pads bottom and right

        # === Functional model ===
        x = conv(images, width, "first_conv")
        skips = [x]
        for size, filters in zip(sizes, widths, strict=True):
            for number in range(blocks_per_level):
                x = block_of_level(x, size, filters, f"down{number}")
                skips.append(x)
            if size != sizes[-1]:
                x = downsample(x, f"{size}x{size}_downsample")
                skips.append(x)
        x = block(x, widths[-1], "middle0")
        x = blocks.attention(x, "middle0", head_dim, normalize=middle_attention_norm)
        x = block(x, widths[-1], "middle1")
        for size, filters in zip(reversed(sizes), reversed(widths), strict=True):
            for number in range(blocks_per_level + 1):
                x = layers.Concatenate(dtype=policy)([x, skips.pop()])
                x = block_of_level(x, size, filters, f"up{number}")
            if size != sizes[0]:
                x = NearestUpsampleConv2D(filters, dtype=policy, name=f"{size}x{size}_upsample")(x)
        x = norm(x, "last")
        x = conv(
            x, (1 + learned_variance) * channels, "last_conv", dtype="float32", kernel_initializer="zeros"
        )
        super().__init__(inputs, x)


class Blocks:
    """The parts that all levels of a network are made of, all of one precision and one normalisation.

    Args:
        num_groups: int. As of `UNet`.
        norm_epsilon: float. Likewise.
        dtype: `keras.DTypePolicy`. Of the parts that are not told another.
    """

    def __init__(self, num_groups, norm_epsilon, dtype):
        self.norm_options = {"groups": num_groups, "epsilon": norm_epsilon, "dtype": dtype}
        self.dtype = dtype

    def norm(self, x, name, silu=True, **modulation):
        """Group normalisation, and SiLU unless it is left out."""
        return GroupNorm(name=f"{name}_norm", silu=silu, **self.norm_options)(x, **modulation)

    def conv(self, x, filters, name, size=3, **options):
        """A convolution. One of stride 2 pads the bottom and the right."""
        options = {"padding": "same", "dtype": self.dtype, **options}
        return layers.Conv2D(filters, size, name=name, **options)(x)

    def residual(self, x, filters, name, between=None):
        """A residual block, which starts as its shortcut.

        Args:
            x: `(batch, height, width, channels)`.
            filters: int. Channels of the result; a 1x1 convolution of `x` makes them where it has others.
            name: str.
            between: function of what is between the convolutions; `None` means normalisation and SiLU.
        """
        inner = self.conv(self.norm(x, f"{name}_0"), filters, f"{name}_conv0")
        inner = self.norm(inner, f"{name}_1") if between is None else between(inner)
        inner = self.conv(inner, filters, f"{name}_conv1", kernel_initializer="zeros")
        if x.shape[-1] != filters:
            x = self.conv(x, filters, f"{name}_shortcut", 1)
        return x + inner

    def attention(self, x, name, head_dim=None, normalize=True):
        """Self-attention of what is normalised, added to `x`."""
        attend = SpatialAttention(head_dim=head_dim, dtype=self.dtype, name=f"{name}_attention")
        return x + attend(self.norm(x, f"{name}_attention", silu=False) if normalize else x)


def silu(x):
    """`x sigmoid(x)` of plain operations: the gradient of TensorFlow's own does not outlive a SavedModel."""
    return x * ops.sigmoid(x)


def _levels(resolution, width, channel_multipliers, num_groups):
    """Returns the resolution and the channels of each level, or says why it cannot."""
    widths = level_widths(width, channel_multipliers, num_groups)
    factor = 2 ** (len(widths) - 1)
    if any(side < factor or side % factor for side in pair(resolution)):
        raise ValueError(
            f"`resolution` must be a multiple of {factor}, as there are {len(widths)} levels. "
            f"Received: {text(resolution)}"
        )
    first = resolution if isinstance(resolution, int) else pair(resolution)[0]
    return [first >> level for level in range(len(widths))], widths


def _attended(resolution, sizes, attention_resolutions):
    """Returns those of the sizes whose blocks are followed by attention.

    They are named as they are, or else by their level: that of 8 of 48x48, whose sizes are 48, 24, 12 and 6,
    is 12.
    """
    named, square = set(attention_resolutions), isinstance(resolution, int)
    if square and named <= set(sizes):
        return named
    by_level = {level_of(resolution) * size // sizes[0]: size for size in sizes}
    if not named <= set(by_level):
        others = "" if not square or list(by_level) == sizes else f", or as levels {tuple(by_level)}"
        raise ValueError(
            f"`attention_resolutions` must be among those of the levels, "
            f"{tuple(sizes if square else by_level)}{others}. Received: {tuple(attention_resolutions)}"
        )
    return {by_level[level] for level in named}


def level_widths(width, channel_multipliers, num_groups):
    """Returns the channels of each level, `width * multiplier`, or says why it cannot."""
    if not channel_multipliers:
        raise ValueError("`channel_multipliers` must have one number for each level. Received none")
    widths = [width, *(width * multiplier for multiplier in channel_multipliers)]
    widths = [round(filters, 6) for filters in widths]  # 20 / 12 * 12 is 20
    if any(filters < 1 or filters % num_groups for filters in widths):
        raise ValueError(
            f"`width` and all `width * multiplier` must be multiples of num_groups={num_groups}. "
            f"Received: width={width}, channel_multipliers={tuple(channel_multipliers)}"
        )
    return [int(filters) for filters in widths[1:]]


def _check(blocks_per_level, downsample_padding):
    if blocks_per_level < 1:
        raise ValueError(f"`blocks_per_level` must be at least 1. Received: {blocks_per_level}")
    if downsample_padding not in (0, 1):
        raise ValueError(f"`downsample_padding` must be 0 or 1. Received: {downsample_padding}")
