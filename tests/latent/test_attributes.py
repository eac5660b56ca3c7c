import numpy as np
import pytest

from keras_gans.latent import attributes


def picture(colour, top=4, left=4, height=8, width=8):
    """A rectangle on white, 16 px."""
    image = np.ones((16, 16, 3))
    image[top : top + height, left : left + width] = colour
    return image


def measured(name, *images):
    return attributes.measure(name, np.stack(images))


def test_known_answers():
    red, blue, grey = picture((1, 0, 0)), picture((0, 0, 1)), picture((0.5, 0.5, 0.5))
    np.testing.assert_allclose(measured("warm", red, blue, grey), [1, -1, 0])
    np.testing.assert_allclose(measured("colourful", red, blue, grey), [1, 1, 0])
    np.testing.assert_allclose(measured("green", red, picture((0, 1, 0)), grey), [-0.5, 1, 0])
    np.testing.assert_allclose(measured("bright", picture((0.2, 0.2, 0.2)), grey), [0.2, 0.5])
    np.testing.assert_allclose(measured("large", red, picture(0.0, height=4)), [0.25, 0.125])
    tall = measured("tall", picture(0.0, height=12, width=3), red, picture(0.0, height=3, width=12))
    np.testing.assert_allclose(
        tall, [np.log(4), 0, -np.log(4)], atol=1e-9
    )  # deviations of bars: n / sqrt(12)
    np.testing.assert_allclose(measured("symmetric", red, picture((1, 0, 0), left=0)), [0, -0.5 * 2 / 3])


def test_nothing_and_grey():
    """What has no object counts its middle; grey images have no colour."""
    empty = np.ones((2, 8, 8, 1))
    for name in attributes.ATTRIBUTES:
        assert np.isfinite(attributes.measure(name, empty)).all()
    np.testing.assert_array_equal(attributes.measure("large", empty), [1 / 64, 1 / 64])
    np.testing.assert_array_equal(attributes.measure("warm", empty), [0, 0])


def test_extremes():
    most, least = attributes.extremes(np.array([3.0, 9.0, 1.0, 5.0, 7.0]), share=0.4)
    assert (most.tolist(), least.tolist()) == ([1, 4], [2, 0])
    with pytest.raises(ValueError, match=r"one of bright, colourful, .* Received: 'nice'"):
        attributes.measure("nice", np.ones((1, 4, 4, 3)))
