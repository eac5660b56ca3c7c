"""BigGAN-deep: generator and discriminator.

Paper: Large Scale GAN Training for High Fidelity Natural Image Synthesis,
[1809.11096](https://arxiv.org/abs/1809.11096), figure 16 and tables 7 to 9.

Notable: bottleneck blocks, two for each resolution, whose skip connections have no kernels where they can do
without: the generator drops channels, the discriminator appends some. All of the latents go, beside the class
embedding, into every normalisation of the generator.

Trainable parameters at 128 px, 1000 classes: generator 50,388,609, as the public release, discriminator
34,590,210.
"""

import functools
import itertools

import keras
from keras import layers, ops

from keras_gans.layers import SelfAttention2D, SpectralConv2D, SpectralDense, StandingBatchNorm
from keras_gans.networks.biggan import (
    DISCRIMINATOR_WIDTHS,
    GENERATOR_WIDTHS,
    check_classes,
    conditional_norm,
    kernel_options,
    projection,
)
from keras_gans.networks.truncated_latents import TruncatedEndpoints
from keras_gans.serialization import Network, register


def _blocks(widths, *, ends):
    """The blocks between widths, two for each step: one changes the size and the width, one keeps both.

    Args:
        widths: sequence of int.
        ends: bool. Whether a step ends with the block that changes, or begins with it.

    Returns:
        Tuple of `(changes the size, before, behind)`.
    """
    blocks = []
    for before, behind in itertools.pairwise(widths):
        change = (True, before, behind)
        blocks += [(False, before, before), change] if ends else [change, (False, behind, behind)]
    return tuple(blocks)


# By resolution: blocks with their widths in multiples of `width`, and the number of the block before which
# attention stands (tables 7 to 9).
GENERATOR_BLOCKS = {size: (_blocks(GENERATOR_WIDTHS[size], ends=True), 8) for size in (128, 256, 512)}
DISCRIMINATOR_BLOCKS = {
    size: (_blocks(DISCRIMINATOR_WIDTHS[size], ends=False), position)
    for size, position in ((128, 2), (256, 4), (512, 6))
}


def _layout(resolution, blocks, attention_position, published):
    """Returns blocks and position of the attention, those of the paper where `blocks` is `None`."""
    if blocks is None:
        if resolution not in published or attention_position is not None:
            raise ValueError(
                f"Without `blocks`, `resolution` must be one of {list(published)} and `attention_position` "
                f"None. Received: resolution={resolution}, attention_position={attention_position}"
            )
        return published[resolution]
    blocks = tuple((bool(resizes), inputs, outputs) for resizes, inputs, outputs in blocks)
    size = 4 * 2 ** sum(resizes for resizes, _, _ in blocks)
    fitting = all(before[2] == behind[1] for before, behind in itertools.pairwise(blocks))
    if size != resolution or not fitting:
        raise ValueError(
            f"`blocks` must lead from 4 pixels to {resolution}, or back, each with the width that the one "
            f"before it has left. Received blocks for {size}: {blocks}"
        )
    if attention_position is not None and attention_position not in range(len(blocks)):
        raise ValueError(
            f"`attention_position` must be the number of one of {len(blocks)} blocks, or None. "
            f"Received: {attention_position}"
        )
    return blocks, attention_position


@register
class BigGANDeepGenerator(TruncatedEndpoints, Network):
    """Generator of BigGAN-deep.

    Latents and class embedding together are projected to 4x4 pixels and give scale and shift of every batch
    norm but the last. A block is `conv_1x1 . conv_3x3 . conv_3x3 . conv_1x1`, each behind norm and ReLU,
    with a quarter of the channels in the middle; beside it, the input goes through with the channels that
    fit.

    Args:
        resolution: int. Height and width of the images: 128, 256 or 512, or what `blocks` lead to.
        latent_dim: int. Width of the latent vectors.
        channels: int. Colours of the images, at most `width`.
        num_classes: int. Number of classes, at least 1.
        width: int. Unit of the blocks' widths: each has a multiple of it; ch in the paper.
        shared_dim: int. Width of the class embedding.
        blocks: sequence of `(doubles, before, behind)`: whether a block doubles the size, and its widths in
            multiples of `width`; behind may be less than before. `None` means the paper's for `resolution`.
        attention_position: int. Number of the block, from 0, before which self-attention stands, with
            `blocks` of one's own; `None` means no attention there.
        statistics_rows: int. Number of truncations for which normalisation stores statistics, 1 for the same
            at all truncations; see `keras_gans.layers.StandingBatchNorm`.
        exchanged_rows: bool. Whether between two of these truncations each has the other's weight, as in the
            public PyTorch re-release.
        norm_epsilon: float. Of batch norm.
        orthogonal_weight: float. Weight of `keras_gans.layers.OrthogonalRegularizer` on all kernels but the
            class embedding; `None` means off.
        spectral_norm: bool. Whether kernels, but that of the class embedding, are divided by their spectral
            norms.
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
    generator = keras_gans.networks.BigGANDeepGenerator(
        resolution=16, num_classes=10, width=8, blocks=[(True, 4, 4), (False, 4, 2), (True, 2, 1)]
    )
    generator([keras.random.normal((2, 128)), keras.ops.array([3, 7])]).shape  # (2, 16, 16, 3)
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), figure 16 and tables 7 to 9. As in the public
        release, the last convolution has `width` outputs, of which the first `channels` are used.
    """

    def __init__(
        self,
        *,
        resolution=128,
        latent_dim=128,
        channels=3,
        num_classes=1000,
        width=128,
        shared_dim=128,
        blocks=None,
        attention_position=None,
        statistics_rows=51,
        exchanged_rows=False,
        norm_epsilon=1e-4,
        orthogonal_weight=1e-4,
        spectral_norm=True,
        dtype=None,
        name="biggan_deep_generator",
    ):
        policy = self.policy
        layout, position = _layout(resolution, blocks, attention_position, GENERATOR_BLOCKS)
        check_classes(num_classes)
        if channels > width * layout[-1][2]:
            raise ValueError(f"`channels` must be at most `width`. Received: {channels=}, {width=}")
        if any(behind > before for _, before, behind in layout):
            raise ValueError(f"`blocks` must not widen. Received: {layout}")

        # === Layers ===
        options = kernel_options(spectral_norm, orthogonal_weight)
        conv = functools.partial(SpectralConv2D, dtype=policy, **options)
        dense = functools.partial(SpectralDense, dtype=policy, **options)
        statistics = {"rows": statistics_rows, "exchanged": exchanged_rows, "epsilon": norm_epsilon}
        norm = functools.partial(conditional_norm, dense=dense, policy=policy, **statistics)
        embedding = layers.Dense(
            shared_dim, use_bias=False, kernel_initializer="orthogonal", dtype=policy, name="shared"
        )
        first = dense(16 * layout[0][1] * width, name="linear")
        body = [
            _up_block(before * width, behind * width, doubles, conv, norm, policy, name=f"block{i}")
            for i, (doubles, before, behind) in enumerate(layout)
        ]
        attention = None if position is None else SelfAttention2D(dtype=policy, name="attention", **options)
        last_norm = StandingBatchNorm(affine=True, dtype=policy, name="last_norm", **statistics)
        to_rgb = SpectralConv2D(layout[-1][2] * width, 3, dtype="float32", name="to_rgb", **options)

        # === Functional Model ===
        def graph(latents, classes, truncation=None):
            condition = layers.Concatenate(dtype=policy)([latents, embedding(classes)])
            x = layers.Reshape((4, 4, layout[0][1] * width), dtype=policy)(first(condition))
            for i, block in enumerate(body):
                x = attention(x) if i == position else x
                x = block(x, condition, truncation)
            x = layers.ReLU(dtype="float32")(last_norm(x, truncation=truncation))
            x = to_rgb(x)[..., :channels]
            return layers.Activation("tanh", dtype="float32", name="images")(x)

        latents = keras.Input((latent_dim,), name="latents")
        labels = keras.Input((), dtype="int32", name="labels")
        images = graph(latents, ops.one_hot(labels, num_classes, dtype="float32"))
        super().__init__([latents, labels], images)

        # === Parts ===
        self.graph = graph


@register
class BigGANDeepDiscriminator(Network):
    """Discriminator of BigGAN-deep, the generator's mirror image, with a projection of the class.

    A 3x3 convolution, then blocks `conv_1x1 . conv_3x3 . conv_3x3 . conv_1x1`, each behind a ReLU, with a
    quarter of the block's channels in the middle; beside it, the input goes through, with further channels
    from a 1x1 convolution of it where they are needed. The features `h`, ReLU summed over all pixels, give
    the logit `w . h + b + embed(y) . h`.

    Args:
        resolution: int. Height and width of the images: 128, 256 or 512, or that from which `blocks` lead
            to 4.
        channels: int. Colours of the images.
        num_classes: int. Number of classes, at least 1.
        width: int. Unit of the blocks' widths: each has a multiple of it; ch in the paper.
        blocks: sequence of `(halves, before, behind)`: whether a block halves the size, and its widths in
            multiples of `width`; behind may be more than before. `None` means the paper's for `resolution`.
        attention_position: int. Number of the block, from 0, before which self-attention stands, with
            `blocks` of one's own; `None` means no attention there.
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
    discriminator = keras_gans.networks.BigGANDeepDiscriminator(
        resolution=16, num_classes=10, width=8, blocks=[(True, 1, 2), (False, 2, 4), (True, 4, 4)]
    )
    images, labels = keras.random.uniform((2, 16, 16, 3), -1, 1), keras.ops.array([3, 7])
    discriminator([images, labels]).shape  # (2, 1)
    ```

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), figure 16 and tables 7 to 9.
    """

    def __init__(
        self,
        *,
        resolution=128,
        channels=3,
        num_classes=1000,
        width=128,
        blocks=None,
        attention_position=None,
        spectral_norm=True,
        dtype=None,
        name="biggan_deep_discriminator",
    ):
        policy = self.policy
        layout, position = _layout(resolution, blocks, attention_position, DISCRIMINATOR_BLOCKS)
        check_classes(num_classes)
        if any(behind < before for _, before, behind in layout):
            raise ValueError(f"`blocks` must not narrow. Received: {layout}")

        # === Layers ===
        options = kernel_options(spectral_norm)
        conv = functools.partial(SpectralConv2D, dtype=policy, **options)
        first = conv(layout[0][1] * width, 3, name="first")
        body = [
            _down_block(before * width, behind * width, halves, conv, policy, name=f"block{i}")
            for i, (halves, before, behind) in enumerate(layout)
        ]
        attention = None if position is None else SelfAttention2D(dtype=policy, name="attention", **options)
        head = projection(layout[-1][2] * width, num_classes, options)

        # === Functional Model ===
        images = keras.Input((resolution, resolution, channels), name="images")
        labels = keras.Input((), dtype="int32", name="labels")
        x = first(images)
        for i, block in enumerate(body):
            x = attention(x) if i == position else x
            x = block(x)
        super().__init__([images, labels], head(x, labels))


def _up_block(inputs, outputs, doubles, conv, norm, policy, name):
    """Layers of a block of the generator, as a function of symbolic tensors."""
    hidden = inputs // 4
    norms = [norm(inputs if i == 0 else hidden, name=f"{name}_norm{i}") for i in range(4)]
    convs = [
        conv(outputs if i == 3 else hidden, 3 if i in (1, 2) else 1, name=f"{name}_conv{i}") for i in range(4)
    ]
    resize = layers.UpSampling2D(2, interpolation="nearest", dtype=policy) if doubles else lambda x: x

    def block(x, condition, truncation):
        y = x
        for i in range(4):
            y = norms[i](y, condition, truncation)
            y = convs[i](resize(y) if i == 1 else y)
        return layers.Add(dtype=policy)([y, resize(x[..., :outputs])])

    return block


def _down_block(inputs, outputs, halves, conv, policy, name):
    """Layers of a block of the discriminator, as a function of a symbolic tensor."""
    hidden = outputs // 4
    convs = [
        conv(outputs if i == 3 else hidden, 3 if i in (1, 2) else 1, name=f"{name}_conv{i}") for i in range(4)
    ]
    more = conv(outputs - inputs, 1, name=f"{name}_skip") if outputs > inputs else None
    relu = layers.ReLU(dtype=policy)
    pool = layers.AveragePooling2D(2, dtype=policy) if halves else lambda x: x

    def block(x):
        y = x
        for i in range(4):
            y = relu(y)
            y = convs[i](pool(y) if i == 3 else y)
        x = pool(x)
        x = x if more is None else layers.Concatenate(dtype=policy)([x, more(x)])
        return layers.Add(dtype=policy)([y, x])

    return block
