"""BigGAN: generator and discriminator.

Paper: Large Scale GAN Training for High Fidelity Natural Image Synthesis,
[1809.11096](https://arxiv.org/abs/1809.11096), figure 15 and tables 4 to 6.

Notable: one class embedding is shared by all layers of the generator, and each block sees a part of the
latents beside it; both act through the gains and biases of batch norm, whose statistics at inference follow
the truncation. Spectral norm and orthogonal initialisation everywhere, self-attention at one resolution. The
discriminator compares its features with an embedding of the class.

Trainable parameters, 1000 classes: at 128 px generator 70,433,988, discriminator 87,982,370; at 256 px, with
latents of 140 and attention at 128 px, 82,097,604 and 99,191,330.
"""

import functools
import math

import keras
from keras import layers, ops

from keras_gans.layers import (
    OrthogonalRegularizer,
    SelfAttention2D,
    SpectralConv2D,
    SpectralDense,
    SpectralEmbedding,
    StandingBatchNorm,
)
from keras_gans.networks.truncated_latents import TruncatedEndpoints
from keras_gans.resolution import base_map, levels, pair, text
from keras_gans.serialization import Network, register

# Widths before and behind each block, in multiples of `width` (tables 4 to 6).
GENERATOR_WIDTHS = {
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
DISCRIMINATOR_WIDTHS = {
    64: (1, 2, 4, 8, 16),
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
    512: (1, 1, 2, 4, 8, 8, 16, 16),
}
# Up to 32 px, all blocks have the same width, and the discriminator, of four blocks, halves twice at most.
CONSTANT = 4


def check_classes(num_classes):
    """Raises an error if there are no classes."""
    if num_classes < 1:
        raise ValueError(f"`num_classes` must be at least 1: BigGAN needs labels. Received: {num_classes}")


def generator_sizes(resolution):
    """Returns the levels of the outputs of the generator's blocks: 8, 16, ..., that of `resolution`."""
    sizes, tables = levels(resolution)[1:], [8, 16, 32, *GENERATOR_WIDTHS]
    if sizes[-1] not in tables:
        raise ValueError(
            f"`resolution` must be one of {tables}, or have as many doublings. Received: {text(resolution)}"
        )
    return sizes


def discriminator_sizes(resolution):
    """Returns the sizes by which attention knows the discriminator's blocks, those of their outputs.

    Up to 32 px, the public code calls all four blocks half of the image.
    """
    sizes = generator_sizes(resolution)
    if sizes[-1] not in DISCRIMINATOR_WIDTHS:
        return [sizes[-1] // 2] * 4
    return [sizes[-1] >> i for i in range(1, len(sizes) + 1)] + [4]


def _attended(attention_resolutions, sizes):
    """Whether attention stands behind each block, from the sizes of the blocks' outputs."""
    unknown = sorted(set(attention_resolutions) - set(sizes))
    if unknown:
        raise ValueError(
            f"`attention_resolutions` must be among the blocks' {sorted(set(sizes))}. Received: "
            f"{list(attention_resolutions)}"
        )
    return [size in attention_resolutions for size in sizes]


@register
class BigGANGenerator(TruncatedEndpoints, Network):
    """Generator of BigGAN.

    The first part of the latents is projected to 4x4 pixels. Residual blocks, `conv(relu(norm(.)))` twice
    beside a 1x1 convolution, double them; batch norm gets scale and shift linearly from the concatenation of
    the class embedding and the block's own part of the latents. Then batch norm, ReLU, a convolution, tanh.

    Args:
        resolution: int. Height and width of the images: 8, 16, 32, 64, 128, 256 or 512. Up to 32 all blocks
            have `4 * width` channels.
        latent_dim: int. Width of the latent vectors; if `hierarchical`, a multiple of the number of blocks,
            `log2(resolution / 4)`, plus 1.
        channels: int. Colours of the images.
        num_classes: int. Number of classes, at least 1.
        width: int. Unit of the blocks' widths: each has a multiple of it; ch in the paper.
        shared_dim: int. Width of the class embedding. `None` means no embedding: every normalisation has
            its own table of scales and shifts, without spectral norm, which `hierarchical` excludes.
        hierarchical: bool. Whether the latents are split into parts, or the first layer sees all of them and
            the blocks none.
        attention_resolutions: sequence of int. Self-attention follows the blocks with these resolutions.
        statistics_rows: int. Number of truncations for which normalisation stores statistics, 1 for the same
            at all truncations; see `keras_gans.layers.StandingBatchNorm`.
        norm_epsilon: float. Of conditional batch norm; the last batch norm has 1e-5.
        orthogonal_weight: float. Weight of `keras_gans.layers.OrthogonalRegularizer` on all kernels but the
            class embedding; `None` means off.
        spectral_norm: bool. Whether kernels are divided by their spectral norms.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; images are float32 under every policy.
            `None` means the global policy.

    Input shape:
        A list `[latents, labels]`: `(batch, latent_dim)`, float, standard normal, and `(batch,)`, int32, in
        `[0, num_classes)`. Statistics are those of truncation 1; other truncations and mixtures of classes
        are in `endpoints`.

    Output shape:
        Images, `(batch, resolution, resolution, channels)`, float32, in `[-1, 1]`.

    Example:
    ```python
    generator = keras_gans.networks.BigGANGenerator(
        resolution=32, latent_dim=80, num_classes=10, width=16, shared_dim=32, attention_resolutions=[16]
    )
    generator([keras.random.normal((2, 80)), keras.ops.array([3, 7])]).shape  # (2, 32, 32, 3)
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), tables 4 to 6 and appendix C. The form for 32 px and
        the last batch norm's epsilon are those of the authors' public code. The 1x1 convolution stands
        before the up-sampling beside it, with the same result.
    """

    def __init__(
        self,
        *,
        resolution=128,
        latent_dim=120,
        channels=3,
        num_classes=1000,
        width=96,
        shared_dim=128,
        hierarchical=True,
        attention_resolutions=(64,),
        statistics_rows=51,
        norm_epsilon=1e-4,
        orthogonal_weight=1e-4,
        spectral_norm=True,
        dtype=None,
        name="biggan_generator",
    ):
        policy = self.policy
        sizes = generator_sizes(resolution)
        count = len(sizes)
        check_classes(num_classes)
        if hierarchical and (shared_dim is None or latent_dim % (count + 1)):
            raise ValueError(
                f"With `hierarchical`, `shared_dim` must be given and `latent_dim` be a multiple of "
                f"{count + 1}. Received: shared_dim={shared_dim}, latent_dim={latent_dim}"
            )
        attended = _attended(attention_resolutions, sizes)
        widths = [width * n for n in GENERATOR_WIDTHS.get(sizes[-1], (CONSTANT,) * (count + 1))]

        # === Layers ===
        options = kernel_options(spectral_norm, orthogonal_weight)
        conv = functools.partial(SpectralConv2D, dtype=policy, **options)
        dense = functools.partial(SpectralDense, dtype=policy, **options)
        attention = functools.partial(SelfAttention2D, dtype=policy, **options)
        # Tables of classes are not normalised; neither they nor the embedding need one-hot classes.
        table = functools.partial(dense, spectral_norm=False)
        norm = functools.partial(
            conditional_norm,
            dense=table if shared_dim is None else dense,
            rows=statistics_rows,
            epsilon=norm_epsilon,
            policy=policy,
        )
        embedding = None
        if shared_dim is not None:
            embedding = layers.Dense(
                shared_dim, use_bias=False, kernel_initializer="orthogonal", dtype=policy, name="shared"
            )
        base = base_map(resolution)
        first = dense(math.prod(base) * widths[0], name="linear")
        blocks = [
            _up_block(widths[i], widths[i + 1], conv=conv, norm=norm, policy=policy, name=f"block{i}")
            for i in range(count)
        ]
        attentions = [attention(name=f"block{i}_attention") if attended[i] else None for i in range(count)]
        last_norm = StandingBatchNorm(
            rows=statistics_rows, affine=True, epsilon=1e-5, dtype=policy, name="last_norm"
        )
        to_rgb = SpectralConv2D(channels, 3, dtype="float32", name="to_rgb", **options)

        # === Functional Model ===
        def graph(latents, classes, truncation=None):
            condition = classes if embedding is None else embedding(classes)
            conditions, start = [condition] * count, latents
            if hierarchical:
                size = latent_dim // (count + 1)
                start, *parts = (latents[:, i * size : (i + 1) * size] for i in range(count + 1))
                conditions = [layers.Concatenate(dtype=policy)([condition, part]) for part in parts]
            x = layers.Reshape((*base, widths[0]), dtype=policy)(first(start))
            for block, attend, condition in zip(blocks, attentions, conditions, strict=True):
                x = block(x, condition, truncation)
                x = x if attend is None else attend(x)
            x = layers.ReLU(dtype="float32")(last_norm(x, truncation=truncation))
            return layers.Activation("tanh", dtype="float32", name="images")(to_rgb(x))

        latents = keras.Input((latent_dim,), name="latents")
        labels = keras.Input((), dtype="int32", name="labels")
        images = graph(latents, ops.one_hot(labels, num_classes, dtype="float32"))
        super().__init__([latents, labels], images)

        # === Parts ===
        self.graph = graph


@register
class BigGANDiscriminator(Network):
    """Discriminator of BigGAN, with a projection of the class.

    Residual blocks, each of two convolutions, halve the image by 2x2 means; the first one starts without
    ReLU. The features `h`, ReLU summed over all pixels, give the logit `w . h + b + embed(y) . h`.

    Args:
        resolution: int. Height and width of the images: 8, 16, 32, 64, 128, 256 or 512. Up to 32 there are
            four blocks of `4 * width` channels, of which the first two halve, the first one at 8.
        channels: int. Colours of the images.
        num_classes: int. Number of classes, at least 1.
        width: int. Unit of the blocks' widths: each has a multiple of it; ch in the paper.
        wide: bool. Whether the first convolution of a block gives the block's width, or that before it.
        attention_resolutions: sequence of int. Self-attention follows the blocks with these resolutions. Up
            to 32 px all four blocks count as half of the image's.
        spectral_norm: bool. Whether kernels are divided by their spectral norms.
        dtype: str or `keras.DTypePolicy`. Precision of the blocks; logits are float32 under every policy.
            `None` means the global policy.

    Input shape:
        A list `[images, labels]`: `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`, and
        `(batch,)`, int32, in `[0, num_classes)`.

    Output shape:
        Logits, `(batch, 1)`, float32, higher for real images.

    Example:
    ```python
    discriminator = keras_gans.networks.BigGANDiscriminator(
        resolution=32, num_classes=10, width=16, attention_resolutions=[]
    )
    images, labels = keras.random.uniform((2, 32, 32, 3), -1, 1), keras.ops.array([3, 7])
    discriminator([images, labels]).shape  # (2, 1)
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), tables 4 to 6; the projection
        [1802.05637](https://arxiv.org/abs/1802.05637). The form for 32 px is that of the authors' public
        code. The 1x1 convolution stands behind the pooling beside it, with the same result.
    """

    def __init__(
        self,
        *,
        resolution=128,
        channels=3,
        num_classes=1000,
        width=96,
        wide=True,
        attention_resolutions=(64,),
        spectral_norm=True,
        dtype=None,
        name="biggan_discriminator",
    ):
        policy = self.policy
        sizes = generator_sizes(resolution)
        halvings = len(sizes) if sizes[-1] in DISCRIMINATOR_WIDTHS else min(len(sizes), 2)
        check_classes(num_classes)
        attended = _attended(attention_resolutions, discriminator_sizes(resolution))
        multiples = DISCRIMINATOR_WIDTHS.get(sizes[-1], (CONSTANT,) * 4)
        widths = [channels, *(width * multiple for multiple in multiples)]

        # === Layers ===
        options = kernel_options(spectral_norm)
        conv = functools.partial(SpectralConv2D, dtype=policy, **options)
        attention = functools.partial(SelfAttention2D, dtype=policy, **options)
        blocks, attentions = [], []
        for i, wanted in enumerate(attended):
            block = _down_block(
                *widths[i : i + 2],
                hidden=widths[i + 1] if wide else widths[i],
                activate=i > 0,
                halve=i < halvings,
                conv=conv,
                policy=policy,
                name=f"block{i}",
            )
            blocks.append(block)
            attentions.append(attention(name=f"block{i}_attention") if wanted else None)
        head = projection(widths[-1], num_classes, options)

        # === Functional Model ===
        images = keras.Input((*pair(resolution), channels), name="images")
        labels = keras.Input((), dtype="int32", name="labels")
        x = images
        for block, attend in zip(blocks, attentions, strict=True):
            x = block(x)
            x = x if attend is None else attend(x)
        super().__init__([images, labels], head(x, labels))


def kernel_options(spectral_norm, orthogonal_weight=None):
    """What all kernels of a network are made with."""
    regularizer = OrthogonalRegularizer(orthogonal_weight) if orthogonal_weight else None
    return {
        "spectral_norm": spectral_norm,
        "kernel_initializer": "orthogonal",
        "kernel_regularizer": regularizer,
    }


def conditional_norm(channels, *, dense, policy, name, **statistics):
    """Layers of `relu(norm(x))`, scale and shift linear in a condition, as a function of symbolic tensors."""
    norm = StandingBatchNorm(dtype=policy, name=name, **statistics)
    scale = dense(channels, use_bias=False, name=f"{name}_scale")
    shift = dense(channels, use_bias=False, name=f"{name}_shift")
    relu = layers.ReLU(dtype=policy)
    return lambda x, condition, truncation: relu(norm(x, scale(condition), shift(condition), truncation))


def projection(width, num_classes, options):
    """Layers of a discriminator's head, as a function of symbolic features and labels."""
    linear = SpectralDense(1, dtype="float32", name="linear", **options)
    embedding = SpectralEmbedding(num_classes, width, dtype="float32", name="embedding", **options)

    def head(x, labels):
        x = ops.sum(layers.ReLU(dtype="float32")(x), axis=(1, 2))  # (batch, channels)
        return linear(x) + ops.sum(embedding(labels) * x, axis=-1, keepdims=True)

    return head


def _up_block(inputs, outputs, *, conv, norm, policy, name):
    """Layers of a residual block that doubles the size, as a function of symbolic tensors."""
    norm1, conv1 = norm(inputs, name=f"{name}_norm1"), conv(outputs, 3, name=f"{name}_conv1")
    norm2, conv2 = norm(outputs, name=f"{name}_norm2"), conv(outputs, 3, name=f"{name}_conv2")
    skip = conv(outputs, 1, name=f"{name}_skip")
    double = layers.UpSampling2D(2, interpolation="nearest", dtype=policy)

    def block(x, condition, truncation):
        y = conv1(double(norm1(x, condition, truncation)))
        y = conv2(norm2(y, condition, truncation))
        return layers.Add(dtype=policy)([y, double(skip(x))])

    return block


def _down_block(inputs, outputs, *, hidden, activate, halve, conv, policy, name):
    """Layers of a residual block of the discriminator, as a function of a symbolic tensor."""
    conv1, conv2 = conv(hidden, 3, name=f"{name}_conv1"), conv(outputs, 3, name=f"{name}_conv2")
    skip = conv(outputs, 1, name=f"{name}_skip") if halve or inputs != outputs else None
    relu = layers.ReLU(dtype=policy)
    pool = layers.AveragePooling2D(2, dtype=policy) if halve else lambda x: x

    def block(x):
        y = pool(conv2(relu(conv1(relu(x) if activate else x))))
        x = pool(x)
        return layers.Add(dtype=policy)([y, x if skip is None else skip(x)])

    return block
