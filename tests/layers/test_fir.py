import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer
from reference import numpy_layers, stylegan2_numpy

from harness import assert_close, random_inputs
from keras_gans.layers import FIRDownsampleConv2D, FIRResample2D, upfirdn2d


def filtered(images, taps, **options):
    """The independent form, channels last."""
    images = images.astype("float64").transpose(0, 3, 1, 2)
    return stylegan2_numpy.resample(images, taps, **options).transpose(0, 2, 3, 1)


@pytest.mark.parametrize(
    "taps, options",
    [
        ((1, 3, 3, 1), {"up": 2, "padding": (2, 1), "gain": 4.0}),
        ((1, 3, 3, 1), {"down": 2, "padding": (1, 1)}),
        ((1, 2, 1), {"up": 3, "down": 2, "padding": (0, 5), "gain": 0.5}),
        ((1,), {}),
    ],
)
def test_upfirdn2d(taps, options):
    images = random_inputs([(2, 5, 6, 3)])
    assert_close(upfirdn2d(images, taps, **options), filtered(images, taps, **options), 1e-6)


def test_the_filter_runs_backwards():
    """A convolution shows the filter itself behind an impulse, in both directions."""
    impulse = np.zeros((1, 5, 5, 1), "float32")
    impulse[0, 2, 2] = 1.0
    shown = np.asarray(upfirdn2d(impulse, (1, 2, 5)))[0, :, :, 0]
    np.testing.assert_allclose(shown, np.outer([1, 2, 5], [1, 2, 5]) / 64, atol=1e-7)


@pytest.mark.parametrize(
    "taps, up, down, padding",
    [((1, 3, 3, 1), 2, 1, (2, 1)), ((1, 3, 3, 1), 1, 2, (1, 1)), ((1, 2, 1), 1, 1, (1, 1))],
    ids=["up", "down", "blur"],
)
def test_resample(taps, up, down, padding):
    check_layer(
        FIRResample2D,
        arguments={"taps": [float(tap) for tap in taps], "up": up, "down": down},
        shapes=[(2, 6, 4, 3)],
        reference=lambda x: filtered(x, taps, up=up, down=down, padding=padding, gain=up**2),
    )


@pytest.mark.parametrize("up, down", [(2, 1), (1, 2), (1, 1)])
@pytest.mark.parametrize("taps", [(1, 1), (1, 2, 1), (1, 3, 3, 1), (1, 4, 6, 4, 1)])
def test_constant_images_stay_constant_inside(taps, up, down):
    images = np.full((1, 12, 12, 2), 3.0, "float32")
    outputs = np.asarray(FIRResample2D(taps, up=up, down=down)(images))
    assert outputs.shape == (1, 12 * up // down, 12 * up // down, 2)
    np.testing.assert_allclose(
        outputs[:, 4:-4, 4:-4] if up > down else outputs[:, 2:-2, 2:-2], 3.0, rtol=1e-6
    )


def test_enlarging_is_linear_interpolation():
    """[1, 3, 3, 1]: three quarters of the nearest pixel, one quarter of the next, in each direction."""
    images = random_inputs([(1, 4, 4, 1)])
    outputs = np.asarray(FIRResample2D(up=2)(images))
    expected = tf.image.resize(images, (8, 8), "bilinear").numpy()
    assert_close(outputs[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], 1e-6)


@pytest.mark.parametrize(
    "kernel_size, taps, use_bias", [(3, [1.0, 3.0, 3.0, 1.0], True), (1, [1.0, 2.0, 1.0], False)]
)
def test_downsampling_convolution(kernel_size, taps, use_bias):
    """Filter at full size, convolve at full size, keep every second pixel: the border is zero throughout."""
    margin = kernel_size // 2
    before = (len(taps) - 1) // 2 + margin, (len(taps) - 2) // 2 + margin

    def reference(x, kernel, bias=0.0):
        scaled = kernel * 0.5 / (kernel_size**2 * 2) ** 0.5
        whole = filtered(x, taps, padding=before)
        inner = slice(margin, -margin or None)
        return numpy_layers.correlate(whole, scaled)[:, inner, inner][:, ::2, ::2] + bias

    check_layer(
        FIRDownsampleConv2D,
        arguments={
            "filters": 4,
            "kernel_size": kernel_size,
            "taps": taps,
            "gain": 0.5,
            "use_bias": use_bias,
        },
        shapes=[(2, 6, 4, 2)],
        weights={"kernel": (kernel_size, kernel_size, 2, 4), **({"bias": (4,)} if use_bias else {})},
        reference=reference,
    )


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: FIRResample2D((1, 2, 3)), r"symmetric.*Received: \[1.0, 2.0, 3.0\]"),
        (lambda: FIRResample2D(()), r"at least 1.*Received: \[\]"),
        (lambda: FIRResample2D((1, -2, 1)), "positive sum"),
        (lambda: FIRResample2D(up=2, down=2), "one of them 1.*up=2, down=2"),
        (lambda: FIRResample2D((1,), up=2), r"taps=\[1.0\]"),
        (lambda: FIRDownsampleConv2D(4, taps=(1,)), "at least 2"),
        (lambda: FIRDownsampleConv2D(4, 2), "odd. Received: 2"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_second_order():
    """The gradient of a squared gradient, as a penalty needs it: graph, XLA and difference quotient."""
    images = keras.Input((8, 8, 2))
    x = keras.ops.tanh(FIRDownsampleConv2D(3)(images))
    x = keras.ops.tanh(FIRResample2D(up=2)(x))
    x = keras.ops.tanh(FIRResample2D((1, 2, 1))(x))
    x = FIRResample2D(down=2)(x)
    network = keras.Model(images, keras.ops.sum(x**2, axis=(1, 2, 3)))
    [kernel, _] = network.trainable_variables
    inputs = tf.constant(random_inputs([(2, 8, 8, 2)]))

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            score = tf.reduce_sum(network(inputs))
        return tf.reduce_sum(tape.gradient(score, inputs) ** 2)

    def slope():
        with tf.GradientTape() as tape:
            value = penalty()
        return tape.gradient(value, kernel.value)

    gradient = tf.function(slope)().numpy()
    assert_close(tf.function(slope, jit_compile=True)(), gradient, 1e-4)
    start, norm, size = kernel.numpy(), np.linalg.norm(gradient), 1e-2
    ends = []
    for sign in (1, -1):
        kernel.assign(start + sign * size * gradient / norm)
        ends.append(float(penalty()))
    np.testing.assert_allclose((ends[0] - ends[1]) / (2 * size), norm, rtol=1e-2)
