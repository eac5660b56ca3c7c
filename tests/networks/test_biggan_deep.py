import numpy as np
import pytest
from descriptors import NETWORKS

from harness import assert_close, parameters_of, random_inputs
from keras_gans.networks import BigGANDeepDiscriminator, BigGANDeepGenerator
from keras_gans.networks.biggan_deep import DISCRIMINATOR_BLOCKS, GENERATOR_BLOCKS

LABELS = np.array([0, 2, 1, 2], "int32")
# 32 channels, then 16 behind the first block, where attention stands, then 8 at twice the size.
BLOCKS = {"blocks": [[False, 4, 2], [True, 2, 1]], "attention_position": 1}
GENERATOR = {**NETWORKS[BigGANDeepGenerator].arguments, **BLOCKS}
DISCRIMINATOR = NETWORKS[BigGANDeepDiscriminator].arguments
BOTH = pytest.mark.parametrize(
    "network_class, arguments", [(BigGANDeepGenerator, GENERATOR), (BigGANDeepDiscriminator, DISCRIMINATOR)]
)


def conv(inputs, outputs, size=3):
    return (size * size * inputs + 1) * outputs


def block(inputs, hidden, outputs):
    return conv(inputs, hidden, 1) + 2 * conv(hidden, hidden) + conv(hidden, outputs, 1)


def correlate(x, kernel, bias):
    """Zero-padded correlation, channels last."""
    size, (height, width) = len(kernel), x.shape[1:3]
    x = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    windows = [(i, j) for i in range(size) for j in range(size)]
    return sum(x[:, i : i + height, j : j + width] @ kernel[i, j] for i, j in windows) + bias


def test_the_discriminator_in_numpy():
    """Figure 16: what each block adds, and the channels that a wider one appends."""
    network = BigGANDeepDiscriminator(
        **{
            **DISCRIMINATOR,
            "attention_position": None,
            "blocks": [[True, 1, 2], [False, 2, 2], [False, 2, 3]],
        }
    )
    random = np.random.default_rng(0)
    layers = {}
    for layer in network.layers:
        if layer.weights:
            for weight in layer.trainable_weights:
                weight.assign(random.standard_normal(weight.shape))
            kernel = layer.trainable_weights[0].numpy().astype("float64")
            rows = kernel if layer.name == "embedding" else kernel.reshape(-1, kernel.shape[-1]).T
            left, values, _ = np.linalg.svd(rows, full_matrices=False)
            layer.u.assign(left[:, 0])
            layers[layer.name] = [kernel / values[0], *(w.numpy() for w in layer.trainable_weights[1:])]
    images = random_inputs([(4, 8, 8, 3)])

    def relu(x):
        return np.maximum(x, 0.0)

    x = correlate(images, *layers["first"])
    for i, appended in enumerate((8, 0, 8)):
        y = x
        for j in range(4):
            y = relu(y)
            if (i, j) == (0, 3):
                y = (y[:, ::2, ::2] + y[:, 1::2, ::2] + y[:, ::2, 1::2] + y[:, 1::2, 1::2]) / 4
            y = correlate(y, *layers[f"block{i}_conv{j}"])
        if i == 0:
            x = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4
        if appended:
            more = correlate(x, *layers[f"block{i}_skip"])
            assert more.shape[-1] == appended
            x = np.concatenate([x, more], axis=-1)
        x = x + y
    h = relu(x).sum(axis=(1, 2))
    [embedding], (kernel, bias) = layers["embedding"], layers["linear"]
    expected = h @ kernel + bias + (embedding[LABELS] * h).sum(axis=1, keepdims=True)
    assert_close(network([images, LABELS]), expected, 2e-5)


@pytest.mark.parametrize("resolution", [128, 256, 512])
def test_published_layouts(resolution):
    """Widths fit, sizes lead to the resolution and back, attention stands at 64 px; two blocks a size."""
    for blocks, position, size in (
        (*GENERATOR_BLOCKS[resolution], 4),
        (*DISCRIMINATOR_BLOCKS[resolution], resolution),
    ):
        factor = 2 if size == 4 else 0.5
        sizes = [
            size * factor ** sum(resizes for resizes, _, _ in blocks[:i]) for i in range(len(blocks) + 1)
        ]
        assert sizes[position] == 64
        assert (sizes[0], sizes[-1]) in ((4, resolution), (resolution, 4))
        assert all(blocks[i][2] == blocks[i + 1][1] for i in range(len(blocks) - 1))
        assert [resizes for resizes, _, _ in blocks] == [size != 4, size == 4] * (len(blocks) // 2)
    widest_first = [block[::-1][:2] for block in DISCRIMINATOR_BLOCKS[resolution][0]][::-1]
    assert sorted(widest_first) == sorted(block[1:] for block in GENERATOR_BLOCKS[resolution][0])


def test_defaults_are_the_published_ones():
    defaults = {name: p.default for name, p in parameters_of(BigGANDeepGenerator).items()}
    assert (defaults["resolution"], defaults["latent_dim"], defaults["width"]) == (128, 128, 128)
    assert (defaults["shared_dim"], defaults["statistics_rows"]) == (128, 51)


def test_regularized_kernels():
    generator = BigGANDeepGenerator(**GENERATOR)
    free = [w.path for w in generator.trainable_weights if "kernel" in w.name and w.regularizer is None]
    assert free == ["shared/kernel"]
    assert not BigGANDeepGenerator(**GENERATOR, orthogonal_weight=None).losses
    assert not BigGANDeepDiscriminator(**DISCRIMINATOR).losses


@BOTH
@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"resolution": 16}, r"lead from 4 pixels to 16(.|\n)*Received blocks for 8"),
        ({"blocks": [[False, 2, 2], [True, 1, 1]]}, "each with the width"),
        ({"attention_position": 2}, r"one of 2 blocks, or None. Received: 2"),
        ({"blocks": None}, r"`resolution` must be one of \[128, 256, 512\](.|\n)*Received: resolution=8"),
        ({"blocks": None, "resolution": 128}, "attention_position=1"),
        ({"num_classes": 0}, "Received: 0"),
    ],
)
def test_what_cannot_be(network_class, arguments, wrong, message):
    with pytest.raises(ValueError, match=message):
        network_class(**{**arguments, **wrong})


def test_a_generator_does_not_widen_nor_a_discriminator_narrow():
    with pytest.raises(ValueError, match=r"must not widen. Received: \(\(True, 1, 2\)"):
        BigGANDeepGenerator(**{**GENERATOR, "blocks": [[True, 1, 2], [False, 2, 2]]})
    with pytest.raises(ValueError, match=r"must not narrow. Received: \(\(False, 4, 2\)"):
        BigGANDeepDiscriminator(**{**DISCRIMINATOR, "blocks": [[False, 4, 2], [True, 2, 1]]})
    with pytest.raises(
        ValueError, match=r"`channels` must be at most `width`. Received: channels=9, width=8"
    ):
        BigGANDeepGenerator(**GENERATOR, channels=9)
