import numpy as np
import pytest
from layer_check import check_layer
from reference import numpy_layers

from harness import random_inputs
from keras_gans.layers import DownsampleConv2D, EqualizedConv2D, EqualizedDense, UpsampleConv2D

ROOT2 = 2.0**0.5


@pytest.mark.parametrize("gain, use_bias", [(ROOT2, True), (ROOT2 / 4, False), (1.0, True)])
def test_dense(gain, use_bias):
    check_layer(
        EqualizedDense,
        arguments={"units": 7, "gain": gain, "use_bias": use_bias},
        shapes=[(3, 5)],
        weights={"kernel": (5, 7), **({"bias": (7,)} if use_bias else {})},
        reference=lambda x, kernel, bias=0.0: x @ (kernel * gain / 5**0.5) + bias,
    )


def test_learning_rate_multiplier():
    """The stored numbers are 1 / m as large, their effect is the same, and that of the bias m times."""
    check_layer(
        EqualizedDense,
        arguments={"units": 7, "gain": 1.0, "lr_multiplier": 0.25, "initial_bias": 0.5},
        shapes=[(3, 5)],
        weights={"kernel": (5, 7), "bias": (7,)},
        reference=lambda x, kernel, bias: x @ (kernel * 0.25 / 5**0.5) + 0.25 * bias,
    )
    layer = EqualizedDense(300, lr_multiplier=0.01, initial_bias=1.0)
    layer.build((None, 200))
    np.testing.assert_allclose(np.std(layer.kernel), 100.0, rtol=0.02)
    assert np.all(layer.bias.numpy() == 1.0)


@pytest.mark.parametrize("multiplier", [0.0, -1.0])
def test_a_multiplier_that_is_not_positive_is_refused(multiplier):
    with pytest.raises(ValueError, match=f"`lr_multiplier` must be positive. Received: {multiplier}"):
        EqualizedDense(4, lr_multiplier=multiplier)


# What stands before the correlation and what between it and the bias, of each layer.
CONVOLUTIONS = {
    EqualizedConv2D: (lambda x: x, lambda x: x),
    UpsampleConv2D: (numpy_layers.double, lambda x: x),
    DownsampleConv2D: (lambda x: x, numpy_layers.halve),
}


@pytest.mark.parametrize("layer", CONVOLUTIONS)
@pytest.mark.parametrize(
    "kernel_size, gain, use_bias", [(3, ROOT2, True), (3, 1.0, False), (1, 1.0, True), (5, 0.5, True)]
)
def test_convolutions(layer, kernel_size, gain, use_bias):
    before, behind = CONVOLUTIONS[layer]
    scale = gain / (kernel_size**2 * 2) ** 0.5

    def reference(x, kernel, bias=0.0):
        return behind(numpy_layers.correlate(before(x), kernel * scale)) + bias

    check_layer(
        layer,
        arguments={"filters": 4, "kernel_size": kernel_size, "gain": gain, "use_bias": use_bias},
        shapes=[(2, 6, 4, 2)],
        weights={"kernel": (kernel_size, kernel_size, 2, 4), **({"bias": (4,)} if use_bias else {})},
        reference=reference,
    )


@pytest.mark.parametrize("layer, shape", [(EqualizedDense, (2048,)), (EqualizedConv2D, (6, 6, 228))])
def test_variance_at_initialisation(layer, shape):
    """Gain sqrt(2): unit variance in, a variance of 2 out; away from the padding."""
    inputs = random_inputs([(64, *shape)])
    outputs = np.asarray(layer(64)(inputs))
    inner = outputs if len(shape) == 1 else outputs[:, 1:-1, 1:-1]
    np.testing.assert_allclose(np.var(inner), 2.0, rtol=0.08)


def test_kernel_is_stored_unscaled_and_bias_starts_at_zero():
    layer = EqualizedDense(300)
    layer.build((None, 200))
    np.testing.assert_allclose(np.std(layer.kernel), 1.0, rtol=0.02)
    assert not layer.bias.numpy().any()


def test_up_and_down_of_a_constant():
    """Away from the border a kernel of ones sums 9 pixels: 9 * sqrt(2) / sqrt(9) = 3 sqrt(2)."""
    for layer, size in ((UpsampleConv2D(1), 8), (DownsampleConv2D(1), 2)):
        layer.build((None, 4, 4, 1))
        layer.kernel.assign(np.ones((3, 3, 1, 1)))
        outputs = np.asarray(layer(np.ones((1, 4, 4, 1), "float32")))[0, ..., 0]
        assert outputs.shape == (size, size)
        if size == 8:
            np.testing.assert_allclose(outputs[1:-1, 1:-1], 3 * ROOT2, rtol=1e-6)
            np.testing.assert_allclose(outputs[0, 0], 4 * ROOT2 / 3, rtol=1e-6)
        else:  # the corner pixels of the means of 2x2 lack 5, 3, 3 and 0 of the 9 neighbours
            np.testing.assert_allclose(outputs, (4 + 6 + 6 + 9) / 4 * ROOT2 / 3, rtol=1e-6)


@pytest.mark.parametrize("layer", [UpsampleConv2D, DownsampleConv2D])
def test_even_kernels_are_refused(layer):
    with pytest.raises(ValueError, match=r"odd.*Received: 4"):
        layer(8, 4)


def test_odd_images_cannot_be_halved():
    with pytest.raises(ValueError, match=r"even.*5"):
        DownsampleConv2D(2)(np.ones((1, 5, 4, 3), "float32"))
