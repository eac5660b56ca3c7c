import types

import numpy as np
import pytest

from keras_gans.cli.translator import Translator


def open_translator(directory, direction="forward", seed=0):
    return Translator(types.SimpleNamespace(directory=directory, direction=direction, seed=seed))


def test_directions(darkener):
    images = np.full((3, 8, 12, 3), 100, "uint8")
    assert np.all(open_translator(darkener).translate(images) == 50)
    assert np.all(open_translator(darkener, "backward").translate(images) == 200)


def test_noise_by_the_number_of_the_image(noisy_darkener):
    network, images = open_translator(noisy_darkener, seed=10), np.full((5, 8, 8, 3), 100, "uint8")
    assert network.translate(images, 2)[:, 0, 0, 0].tolist() == [62, 63, 64, 65, 66]
    assert network.translate_all(images, batch_size=2)[:, 0, 0, 0].tolist() == [60, 61, 62, 63, 64]
    with pytest.raises(ValueError, match="--direction backward needs the signature 'backward'"):
        open_translator(noisy_darkener, "backward")


@pytest.mark.parametrize(
    "shape, size, expected",
    [
        ((16, 24), None, (16, 24)),
        ((17, 27), None, (16, 28)),
        ((3, 9), None, (8, 8)),
        ((10, 20), 24, (24, 48)),
        ((40, 30), 8, (12, 8)),
    ],
)
def test_any_size(darkener, shape, size, expected):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype="uint8")
    fitted = open_translator(darkener).fit(image, size)
    assert fitted.shape == (*expected, 3)
    if expected == shape:
        np.testing.assert_array_equal(fitted, image)


def test_one_size_only(noisy_darkener):
    image = np.zeros((8, 16, 3), "uint8")
    image[:, 4:12] = 200
    network = open_translator(noisy_darkener)
    assert np.all(network.fit(image) == 200) and network.fit(image).shape == (8, 8, 3)
    assert network.fit(image[:, :4], 8).shape == (8, 8, 3)
    with pytest.raises(ValueError, match=r"--size must be 8, which is fixed. Received: 16"):
        network.fit(image, 16)


def test_generators_are_refused(preset):
    with pytest.raises(ValueError, match=r"A network to translate takes `images`.* takes \['z'\]"):
        open_translator(preset)
