import numpy as np
import pytest
from layer_check import check_layer
from reference import stylegan2_numpy

from harness import policy, random_inputs
from keras_gans.layers import ModulatedConv2D


def modulated(x, styles, kernel, *, demodulate=True, taps=None):
    """Example by example with a kernel of its own."""
    kernel, results = kernel.transpose(3, 2, 0, 1), []
    for image, style in zip(x.transpose(0, 3, 1, 2), styles, strict=True):
        own = kernel * style[None, :, None, None]
        if demodulate:
            own = own / np.sqrt((own**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8)
        else:
            own = own / np.sqrt(np.prod(kernel.shape[1:]))
        if taps:
            # (1, 1) for [1, 3, 3, 1] and 3x3; in general what leaves twice the size, half of it before.
            whole = stylegan2_numpy.transposed(image[None], own)
            total = 2 * image.shape[1] + len(taps) - 1 - whole.shape[2]
            margin = (total + 1) // 2, total // 2
            results.append(stylegan2_numpy.resample(whole, taps, padding=margin, gain=4.0))
        else:
            results.append(stylegan2_numpy.correlate(image[None], own, margin=kernel.shape[2] // 2))
    return np.concatenate(results).transpose(0, 2, 3, 1)


@pytest.mark.parametrize(
    "kernel_size, demodulate, taps",
    [(3, True, None), (1, False, None), (3, True, [1.0, 3.0, 3.0, 1.0])],
    ids=["plain", "colours", "up"],
)
def test_modulated_convolution(kernel_size, demodulate, taps):
    check_layer(
        ModulatedConv2D,
        arguments={
            "filters": 4,
            "kernel_size": kernel_size,
            "demodulate": demodulate,
            "upsample_taps": taps,
        },
        shapes=[(3, 4, 6, 5), (3, 5)],
        weights={"kernel": (kernel_size, kernel_size, 5, 4)},
        reference=lambda x, s, kernel: modulated(x, s, kernel, demodulate=demodulate, taps=taps),
    )


@pytest.mark.parametrize(
    "kernel_size, taps", [(3, (1, 1)), (3, (1, 2, 1)), (1, (1, 3, 3, 1)), (5, (1, 3, 3, 1))]
)
def test_other_filters(kernel_size, taps):
    layer, inputs = ModulatedConv2D(2, kernel_size, upsample_taps=taps), random_inputs([(2, 4, 4, 3), (2, 3)])
    outputs = np.asarray(layer(inputs))
    expected = modulated(*[array.astype("float64") for array in inputs], layer.kernel.numpy(), taps=taps)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_variance_is_one_whatever_the_style():
    """Demodulation: unit variance in, unit variance out, away from the border."""
    features, styles = random_inputs([(4, 16, 16, 64), (4, 64)])
    outputs = np.asarray(ModulatedConv2D(64)([features, 30.0 * styles]))[:, 1:-1, 1:-1]
    np.testing.assert_allclose(np.var(outputs, axis=(1, 2, 3)), 1.0, rtol=0.1)


@pytest.mark.parametrize("size", [1e-3, 1e3])
def test_half_precision_stays_finite(size):
    """Features at the clamp and extreme styles: neither products nor sums leave float16."""
    with policy("mixed_float16"):
        layer = ModulatedConv2D(4)
    features, styles = np.full((1, 8, 8, 512), 256.0, "float32"), np.full((1, 512), size, "float32")
    layer.build([features.shape, styles.shape])
    layer.kernel.assign(np.ones(layer.kernel.shape))
    outputs = np.asarray(layer([features, styles]))
    # All kernels equal: 9 * 512 equal terms, divided by the root of their number.
    np.testing.assert_allclose(outputs[0, 4, 4], 256.0 * np.sqrt(9 * 512), rtol=1e-2)


def test_styles_of_zero_give_zero():
    outputs = ModulatedConv2D(4)([np.ones((1, 4, 4, 3), "float32"), np.zeros((1, 3), "float32")])
    np.testing.assert_array_equal(outputs, np.zeros((1, 4, 4, 4)))


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match=r"odd. Received: 2"):
        ModulatedConv2D(8, 2)
