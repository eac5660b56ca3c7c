import numpy as np
import pytest
from augment.ada_reference import QUANTILES, Fixture

from harness import assert_close, random_inputs
from keras_gans.augment import band_gains, cut_out, filter_bands
from keras_gans.augment.corruptions import filter_bank


def test_the_filter_bank_splits_into_octaves():
    bank = filter_bank()
    assert_close(bank, Fixture().filter_bank, 1e-7)
    delta = np.zeros(43)
    delta[21] = 1
    assert_close(bank.sum(axis=0), delta, 1e-12)
    # The amplitude in the middle of each band.
    for band, frequency in enumerate(np.pi * np.array([0.02, 3 / 16, 3 / 8, 0.9])):
        amplitudes = bank @ np.cos(frequency * np.arange(-21, 22))
        assert amplitudes[band] > 0.6 and np.argmax(amplitudes) == band


@pytest.mark.parametrize("height, width", [(32, 24), (6, 9)])  # the filter is longer than both of the latter
def test_filtering_is_a_convolution_of_the_reflected_image(height, width):
    images = random_inputs([(2, height, width, 3)])
    gains = np.array([[0.5, 2.0, 1.0, 3.0], [1.0, 1.0, 1.0, 1.0]], "float32")
    actual = filter_bands(images, gains).numpy()
    np.testing.assert_array_equal(actual[1], images[1])
    padded = np.pad(images[0].astype("float64"), ((21, 21), (21, 21), (0, 0)), mode="reflect")
    for axis in (0, 1):
        line = lambda line: np.convolve(line, gains[0] @ filter_bank(), "valid")  # noqa: E731
        padded = np.apply_along_axis(line, axis, padded)
    assert_close(actual[0], padded, 1e-5)


def test_gains_keep_the_expected_power():
    power = np.array([10, 1, 1, 1]) / 13
    for band in range(4):
        gains = band_gains(np.eye(4, dtype="float32")[[band]]).numpy()[0]
        assert_close(power @ gains**2, 1.0, 1e-6)
        others = np.delete(gains, band)
        assert_close(gains[band] / others, [2.0, 2.0, 2.0], 1e-6)
    both = band_gains(np.array([[1.0, 0.0, -0.5, 0.0]], "float32")).numpy()[0]
    single = [band_gains(np.array([row], "float32")).numpy()[0] for row in ([1, 0, 0, 0], [0, 0, -0.5, 0])]
    assert_close(both, single[0] * single[1], 1e-6)
    np.testing.assert_array_equal(band_gains(np.zeros((2, 4), "float32")), np.ones((2, 4)))


def test_cutout_equals_the_published_implementation():
    fixture = Fixture()
    for q in QUANTILES:
        centre, size = np.full((4, 2), q, "float32"), np.full(4, 0.5, "float32")
        actual = cut_out(fixture.images, centre=centre, size=size)
        np.testing.assert_array_equal(actual, fixture.outputs[f"cutout_q{q}"])


def test_cutout_of_known_rectangles():
    images = np.ones((3, 4, 8, 1), "float32")
    centre = np.array([[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]], "float32")
    size = np.array([0.5, 0.0, 1.0], "float32")
    actual = cut_out(images, centre=centre, size=size).numpy()
    expected = images.copy()
    expected[0, 2:, :4] = 0  # x first: the left half of the lower half
    expected[2] = 0
    np.testing.assert_array_equal(actual, expected)
