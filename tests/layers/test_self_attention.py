from pathlib import Path

import numpy as np
import pytest
from layer_check import check_layer
from reference.sngan_numpy import attention, power_iteration, spectral_kernel

from harness import assert_close, random_inputs
from keras_gans.layers import SelfAttention2D

FIXTURE = Path(__file__).parents[1] / "reference" / "sagan_attention.npz"
PARTS = ("theta", "phi", "g", "o")
SHAPES = {
    "theta_kernel": (1, 1, 16, 2),
    "phi_kernel": (1, 1, 16, 2),
    "g_kernel": (1, 1, 16, 8),
    "o_kernel": (1, 1, 8, 16),
}


def reference(x, *, gamma, **weights):
    kernels = [weights[f"{name}_kernel"] for name in PARTS]
    if "o_u" in weights:
        kernels = [spectral_kernel(weights[f"{name}_kernel"], weights[f"{name}_u"]) for name in PARTS]
    return attention(x, *[kernel[0, 0] for kernel in kernels], gamma)


def test_layer():
    check_layer(
        SelfAttention2D,
        shapes=[(2, 4, 6, 16)],
        weights={**SHAPES, "gamma": ()},
        non_trainable={"theta_u": (2,), "phi_u": (2,), "g_u": (8,), "o_u": (16,)},
        reference=reference,
        tolerance=2e-5,
    )


def test_without_spectral_norm():
    layer = SelfAttention2D(spectral_norm=False)
    inputs = random_inputs([(2, 4, 4, 16)])
    layer.build(inputs.shape)
    assert {w.name: tuple(w.shape) for w in layer.weights} == {**SHAPES, "gamma": ()}
    layer.gamma.assign(0.7)
    values = {w.name: w.numpy() for w in layer.weights}
    assert_close(layer(inputs), reference(inputs, **values))


@pytest.mark.parametrize("training", [False, True])
def test_published_block(training):
    """The stored vectors are singular vectors: a step of the power iteration changes nothing."""
    with np.load(FIXTURE) as file:
        arrays = dict(file)
    layer = SelfAttention2D()
    x = arrays["inputs/x"].transpose(0, 2, 3, 1)
    layer.build(x.shape)
    used = {"weights/gamma"}
    layer.gamma.assign(arrays["weights/gamma"])
    for name in PARTS:
        kernel, vector = f"weights/{name}.weight", f"weights/{name}.u0"
        getattr(layer, f"{name}_kernel").assign(arrays[kernel].transpose(2, 3, 1, 0))
        getattr(layer, f"{name}_u").assign(arrays[vector][0])
        used |= {kernel, vector}
    assert used == {name for name in arrays if name.startswith("weights/")}
    for key, ours in (("y", layer(x, training=training)), ("y_minus_x", layer(x, training=training) - x)):
        expected = arrays[f"outputs/{key}"]
        difference = np.abs(np.asarray(ours).transpose(0, 3, 1, 2) - expected).max()
        assert difference <= 1e-4 * max(1.0, expected.std())


def test_it_starts_as_the_identity():
    layer = SelfAttention2D()
    inputs = random_inputs([(2, 4, 4, 8)])
    np.testing.assert_array_equal(layer(inputs), inputs)
    assert np.abs(layer.theta_kernel.numpy() - layer.phi_kernel.numpy()).max() > 0.1


def test_all_vectors_move_in_training_alone():
    layer = SelfAttention2D()
    inputs = random_inputs([(2, 4, 4, 16)])
    layer(inputs)
    before = {name: getattr(layer, f"{name}_u").numpy() for name in PARTS}
    layer(inputs)
    for name in PARTS:
        np.testing.assert_array_equal(getattr(layer, f"{name}_u").numpy(), before[name])
    layer(inputs, training=True)
    for name in PARTS:
        kernel = getattr(layer, f"{name}_kernel").numpy()
        matrix = kernel.reshape(-1, kernel.shape[-1]).T
        assert_close(getattr(layer, f"{name}_u"), power_iteration(matrix, before[name], 1)[0])


@pytest.mark.parametrize("shape", [(2, 5, 4, 8), (2, 4, 3, 8), (2, 4, 4, 7), (2, None, None, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"even height and width and at least 8 channels.*Received"):
        SelfAttention2D().build(shape)


def test_fractions_of_channels_are_rounded_down():
    """As in BigGAN of 32 px, whose feature maps need not have a multiple of 8 channels."""
    layer = SelfAttention2D()
    inputs = np.random.default_rng(0).standard_normal((2, 4, 4, 13)).astype("float32")
    assert layer(inputs).shape == inputs.shape
    shapes = {name: tuple(getattr(layer, f"{name}_kernel").shape[2:]) for name in PARTS}
    assert shapes == {"theta": (13, 1), "phi": (13, 1), "g": (13, 6), "o": (6, 13)}
    layer.gamma.assign(1.0)
    assert np.all(np.isfinite(layer(inputs))) and not np.allclose(layer(inputs), inputs)
