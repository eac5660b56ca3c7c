import types

import numpy as np
import pytest
from PIL import Image

from keras_gans.cli.translator import Translator


def open_translator(directory, direction="forward", seed=0):
    return Translator(types.SimpleNamespace(directory=directory, direction=direction, seed=seed))


def test_directions(darkener):
    images = np.full((3, 8, 12, 3), 100, "uint8")
    for direction, expected in (("forward", 50), ("backward", 200)):
        network = open_translator(darkener, direction)
        looks = network.looks()
        assert list(looks) == [None] and network.class_names == ()
        assert np.all(network.translate(images, looks[None]) == expected)


def test_noise_by_the_number_of_the_image(noisy_darkener):
    network, images = open_translator(noisy_darkener, seed=10), np.full((5, 8, 8, 3), 100, "uint8")
    look = network.looks()[None]
    assert network.translate(images, look, 2)[:, 0, 0, 0].tolist() == [62, 63, 64, 65, 66]
    assert network.translate_all(images, look, batch_size=2)[:, 0, 0, 0].tolist() == [60, 61, 62, 63, 64]
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


def test_other_channels_are_refused(grey_darkener):
    with pytest.raises(ValueError, match=r"Images come with 3 channels\. .* takes 1 of `images`"):
        open_translator(grey_darkener)


def test_generators_are_refused(preset):
    with pytest.raises(ValueError, match=r"A network to translate takes `images`.* takes \['z'\]"):
        open_translator(preset)


def values(network, looks, count=2, level=100):
    """What flat images become, by look."""
    images = np.full((count, 8, 8, 3), level, "uint8")
    found = {name: network.translate_all(images, look, batch_size=2) for name, look in looks.items()}
    assert all(np.ptp(images, axis=(1, 2, 3)).max() == 0 for images in found.values())
    return {name: images[:, 0, 0, 0].tolist() for name, images in found.items()}


def test_domains_by_name_and_number(dyer):
    network = open_translator(dyer)
    assert network.class_names == ("cat", "dog", "fox")
    # Half of 100, plus a tenth of 255, two and four.
    expected = {"cat": [76] * 2, "dog": [101] * 2, "fox": [152] * 2}
    assert values(network, network.looks("all")) == expected
    assert values(network, network.looks("fox")) == {"fox": [152] * 2}
    assert values(network, network.looks("1"), 3) == {"1": [101] * 3}
    assert values(network, network.looks("cat,2")) == {"cat,2": [178] * 2}  # attributes: both


def test_domains_that_are_none(dyer, styler, darkener):
    allowed = r"a number from 0 to 2 or one of cat, dog, fox"
    for label in ("wolf", "3", "cat,wolf"):
        wrong = label.rpartition(",")[2]
        with pytest.raises(ValueError, match=rf"--label must be {allowed}\. Received: '{wrong}'"):
            open_translator(dyer).looks(label)
    with pytest.raises(ValueError, match=f"pass --label, {allowed}"):
        open_translator(dyer).looks()
    with pytest.raises(ValueError, match="--reference is for networks with styles"):
        open_translator(dyer).looks("cat", "cat.png")
    with pytest.raises(ValueError, match=r"translates to one domain\. Received: --label cat"):
        open_translator(darkener).looks("cat")
    with pytest.raises(ValueError, match=r"--label must be .* Received: 'cat,dog'"):
        open_translator(styler).looks("cat,dog")


def test_styles_of_latents_by_the_number_of_the_image(styler):
    network, other = (open_translator(styler, seed=seed) for seed in (5, 6))
    looks = network.looks("all")
    found, next_ones = values(network, looks, count=3), values(other, other.looks("all"), count=2)
    assert list(looks) == ["cat", "dog", "fox"]
    for domain, name in enumerate(looks):
        assert len(set(found[name])) == 3 and found[name][1:] == next_ones[name]
        # Between the style of the least mean, 0, and of the largest, 1.
        assert all(50 + 25.5 * domain <= value <= 50 + 25.5 * (domain + 1) for value in found[name])


def test_styles_of_a_reference(styler, tmp_path):
    Image.fromarray(np.full((20, 12, 3), 100, "uint8")).save(tmp_path / "reference.png")
    network = open_translator(styler)
    looks = network.looks("fox", str(tmp_path / "reference.png"))
    assert values(network, looks) == {"fox": [50 + 10 + 51] * 2}


def test_sizes_to_judge_at(darkener, noisy_darkener):
    assert open_translator(noisy_darkener).check_resolution(None) == 8
    network = open_translator(darkener)
    assert network.check_resolution(12) == 12
    for resolution in (None, 4, 10):
        with pytest.raises(ValueError, match=rf"multiple of 4, at least 8\. Received: {resolution}"):
            network.check_resolution(resolution)
