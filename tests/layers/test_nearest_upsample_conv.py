import numpy as np
import pytest
from layer_check import check_layer
from reference import numpy_layers

from keras_gans.layers import NearestUpsampleConv2D


@pytest.mark.parametrize("filters, shape", [(4, (2, 3, 5, 2)), (1, (1, 1, 1, 3)), (2, (3, 4, 4, 6))])
def test_nearest_upsample_conv(filters, shape):
    check_layer(
        NearestUpsampleConv2D,
        arguments={"filters": filters},
        shapes=[shape],
        weights={"kernel": (3, 3, shape[-1], filters), "bias": (filters,)},
        reference=lambda x, kernel, bias: numpy_layers.correlate(numpy_layers.double(x), kernel) + bias,
    )


def test_initial_kernel():
    """Glorot uniform: a variance of 2 / (fan_in + fan_out), of the 3x3 kernel."""
    layer = NearestUpsampleConv2D(64)
    layer.build((None, 4, 4, 64))
    np.testing.assert_allclose(np.var(layer.kernel), 2 / (9 * 128), rtol=0.05)
    np.testing.assert_array_equal(layer.bias, 0.0)


def test_half_precision_sums_the_kernel_in_float32():
    """Two taps that cancel but for their float32 digits: rounded before the sum, nothing would be left."""
    layer = NearestUpsampleConv2D(1, dtype="mixed_bfloat16")
    layer.build((None, 2, 2, 1))
    kernel = np.zeros((3, 3, 1, 1))
    kernel[1, 1], kernel[1, 2] = 1.0 + 2.0**-10, -1.0
    layer.kernel.assign(kernel)
    outputs = np.asarray(layer(np.ones((1, 2, 2, 1))), "float32")
    assert outputs[0, 0, 0, 0] == 2.0**-10  # both taps are on the same pixel
