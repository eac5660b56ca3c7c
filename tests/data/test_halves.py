import numpy as np
import pytest

from keras_gans.data import BadImage, Half, ImageFolder


def test_halves_of_a_picture(tmp_path, encode, noise):
    pixels = noise(6, 12)
    (tmp_path / "a.png").write_bytes(encode(pixels))
    source = ImageFolder(tmp_path, crop="center")
    left, right = Half(source, "left"), Half(source, "right")
    np.testing.assert_array_equal(left.read(0), pixels[:, :6])
    np.testing.assert_array_equal(right.read(0), pixels[:, 6:])
    assert len(left) == len(right) == 1 and left.key(0) == right.key(0) == "a"
    assert left.name == f"{tmp_path.name} (left halves)" and left.crop == "center"
    assert right.provenance == source.provenance and right.labels is None


@pytest.mark.parametrize("height, width", [(8, 15), (8, 8), (12, 8)])
def test_other_shapes_are_bad_images(tmp_path, encode, noise, height, width):
    (tmp_path / "a.png").write_bytes(encode(noise(height, width)))
    with pytest.raises(BadImage, match=f"not two images side by side: {width}x{height}"):
        Half(ImageFolder(tmp_path), "left").read(0)


def test_other_sides_are_refused(flat_folder):
    with pytest.raises(ValueError, match="Received: 'top'"):
        Half(ImageFolder(flat_folder(1)), "top")
