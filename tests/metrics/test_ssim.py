import numpy as np
import pytest
import tensorflow as tf

from keras_gans.metrics.ssim import WEIGHTS, ms_ssim, ssim

FIXTURE = "metrics_ms_ssim"


def pair(height, width, channels=3, noise=30.0, seed=0):
    """Smooth images and noisy ones, uint8."""
    random = np.random.default_rng(seed)
    rows, columns = np.linspace(0, 6, height)[:, None, None], np.linspace(0, 4, width)[:, None]
    phases = random.uniform(0, 6, (2, 1, 1, channels))
    smooth = 127 + 80 * np.sin(rows + phases) * np.cos(columns + phases)
    noisy = smooth + noise * random.normal(size=smooth.shape)
    return smooth.astype("uint8"), np.clip(noisy, 0, 255).astype("uint8")


def test_published(fixture):
    x, y = fixture["inputs/x"], fixture["inputs/y"]
    for function, name in ((ssim, "ssim"), (ms_ssim, "ms_ssim")):
        values = function(x, y)
        assert values.shape == (3,) and values.dtype == np.float32
        np.testing.assert_allclose(values, fixture[f"outputs/{name}_tf_image"], atol=1e-4)
        # Another type of the same pixels, and both orders.
        for dtype in ("float32", "float64"):
            np.testing.assert_allclose(function(x.astype(dtype), y), values, atol=1e-6)
        np.testing.assert_allclose(function(y, x), values, atol=1e-6)


@pytest.mark.parametrize(
    "size, scales", [((11, 11), 1), ((21, 50), 2), ((45, 63), 2), ((64, 64), 3), ((87, 81), 4)]
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_other_sizes_and_scales(size, scales, channels):
    a, b = pair(*size, channels)
    weights = np.array(WEIGHTS[:scales]) * sum(WEIGHTS) / sum(WEIGHTS[:scales])
    expected = tf.image.ssim_multiscale(tf.constant(a), tf.constant(b), 255, power_factors=weights)
    np.testing.assert_allclose(ms_ssim(a, b, scales=scales), expected, atol=2e-5)
    np.testing.assert_allclose(ssim(a, b), tf.image.ssim(tf.constant(a), tf.constant(b), 255), atol=2e-5)


def test_own_weights():
    a, b = pair(50, 50)
    expected = tf.image.ssim_multiscale(tf.constant(a), tf.constant(b), 255, power_factors=(0.5, 1.5))
    np.testing.assert_allclose(ms_ssim(a, b, scales=2, weights=(0.5, 1.5)), expected, atol=2e-5)
    # One scale has the exponent of the sum, here 2.
    one = ms_ssim(a[..., :1], b[..., :1], scales=1, weights=(0.5, 1.5))
    np.testing.assert_allclose(one, ssim(a[..., :1], b[..., :1]) ** 2, rtol=1e-5)


def test_one_window_by_hand():
    # 11 x 11 pixels: weighted moments under the Gaussian window, in float64.
    a, b = pair(11, 11, channels=1, seed=3)
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))[None, :, :, None]
    window /= window.sum()
    x, y = a.astype("float64"), b.astype("float64")
    mean_x, mean_y = (np.sum(window * v, axis=(1, 2, 3), keepdims=True) for v in (x, y))
    variances = np.sum(window * ((x - mean_x) ** 2 + (y - mean_y) ** 2), axis=(1, 2, 3))
    covariance = np.sum(window * (x - mean_x) * (y - mean_y), axis=(1, 2, 3))
    mean_x, mean_y = mean_x.ravel(), mean_y.ravel()
    c1, c2 = 2.55**2, 7.65**2
    expected = (
        (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1) * (2 * covariance + c2) / (variances + c2)
    )
    np.testing.assert_allclose(ssim(a, b), expected, atol=1e-5)


def test_flat_images():
    # Only the luminance differs: at the coarsest scale only, to the power of its weight.
    a, b = np.full((1, 161, 170, 3), 50, "uint8"), np.full((1, 161, 170, 3), 200, "uint8")
    luminance = (2 * 50 * 200 + 2.55**2) / (50**2 + 200**2 + 2.55**2)
    np.testing.assert_allclose(ssim(a, b), [luminance], atol=2e-5)
    np.testing.assert_allclose(ms_ssim(a, b), [luminance**0.1333], atol=2e-5)
    # A slight error of the variance at 255^2 must not show.
    white = np.full((1, 161, 161, 1), 255, "uint8")
    np.testing.assert_allclose(ssim(white, white), [1.0], atol=1e-6)


def test_equal_and_opposite_images():
    a, _ = pair(64, 64)
    np.testing.assert_allclose(ssim(a, a), 1.0, atol=1e-6)
    np.testing.assert_allclose(ms_ssim(a, a, scales=3), 1.0, atol=1e-6)
    noise = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), "uint8")
    assert (ssim(noise, 255 - noise) < -0.5).all()
    # Negative means count as 0, not as a complex power.
    np.testing.assert_array_equal(ms_ssim(noise, 255 - noise, scales=3), 0.0)


def test_more_noise_is_less_similar():
    values = [ms_ssim(*pair(64, 64, noise=noise), scales=3).mean() for noise in (5, 20, 60)]
    assert 1 > values[0] > values[1] > values[2] > 0


def test_too_small_images():
    a, b = pair(160, 300)
    message = r"at least 161 pixels .* at 5 scale\(s\); use .* fewer scales. Received: 160 x 300"
    with pytest.raises(ValueError, match=message):
        ms_ssim(a, b)
    assert ms_ssim(a, b, scales=4).shape == (2,)
    assert ms_ssim(*pair(161, 161)).shape == (2,)
    with pytest.raises(ValueError, match=r"at least 11 pixels .* at 1 scale\(s\).* Received: 32 x 10"):
        ssim(*pair(32, 10))


@pytest.mark.parametrize("function", [ssim, ms_ssim])
def test_errors(function):
    a, b = pair(161, 161)
    for x, y, message in (
        (a, b[:1], r"same shape .* Received: \(2, 161, 161, 3\) and \(1, 161, 161, 3\)"),
        (a[0], b[0], r"Received: \(161, 161, 3\)"),
        (a[:0], b[:0], r"Received: \(0, 161, 161, 3\)"),
        (a, b / 127.5 - 1.0, r"`b` must be uint8, or float in \[0, 255\]. Received: float64 from -1.0 to"),
        (a * 2.0, b, r"`a` must be uint8, .* Received: float64 from .* to 4\d\d.0"),
        (a, b * np.nan, r"Received: float64 from nan to nan"),
        (a.astype("int32"), b, r"Received: int32"),
    ):
        with pytest.raises(ValueError, match=message):
            function(x, y)


def test_errors_of_scales_and_weights():
    a, b = pair(64, 64)
    for scales in (0, 6):
        with pytest.raises(ValueError, match=rf"from 1 to 5, the number of weights. Received: {scales}"):
            ms_ssim(a, b, scales=scales)
    for weights in ((0.5, 0.0), (0.5, -0.1), 0.5):
        with pytest.raises(ValueError, match=r"`weights` must be positive"):
            ms_ssim(a, b, scales=1, weights=weights)
