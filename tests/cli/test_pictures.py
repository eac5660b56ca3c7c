import numpy as np
import pytest
from PIL import Image

from keras_gans.cli import pictures


def test_images_are_found_and_not_decoded(tmp_path):
    for name in ("a.png", "more/b.png", "more/deep/c.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    found = pictures.find([tmp_path / "a.png", tmp_path / "more"])
    assert [picture.name for picture in found] == ["a", "b", "deep-c"]
    assert [picture.path for picture in found] == [
        tmp_path / "a.png",
        tmp_path / "more" / "b.png",
        tmp_path / "more" / "deep" / "c.png",
    ]
    with pytest.raises(
        ValueError, match=r"names of their own.*is 'a', as .* has it\. Rename it, or give it by"
    ):
        pictures.find([tmp_path / "a.png", tmp_path / "a.png"])
    with pytest.raises(ValueError, match=r"which sheet\.png has"):
        pictures.find([tmp_path / "sheet.jpg"])


def test_a_square_of_the_middle():
    image = np.zeros((6, 10, 3), "uint8")
    image[:, 2:8] = 200
    for channels in (1, 3):
        shape = (3, 3, channels)
        np.testing.assert_array_equal(pictures.fitted(image, shape), np.full(shape, 200))


def test_tiles_of_several_sizes_on_white():
    large = pictures.thumbnail(np.zeros((2 * pictures.TILE, pictures.TILE, 1), "uint8"))
    assert large.size == (pictures.TILE // 2, pictures.TILE) and large.mode == "RGB"
    sheet = pictures.sheet([[Image.new("RGB", (4, 2)), Image.new("RGB", (2, 2), "red")]])
    assert sheet.shape == (4, 10, 3)
    assert sheet[0, 0].tolist() == [255] * 3 and sheet[1, 0].tolist() == [0] * 3
    assert sheet[1, 7].tolist() == [255, 0, 0] and sheet[3, 7].tolist() == [255] * 3
