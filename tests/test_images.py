import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gans import images

EVERY = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)


def test_from_uint8_is_exact_at_the_ends():
    floats = np.asarray(images.from_uint8(EVERY))
    assert floats.dtype == "float32"
    assert (floats.min(), floats.max()) == (-1.0, 1.0)
    assert floats.flat[0] == -1.0 and floats.flat[255] == 1.0
    np.testing.assert_allclose(np.diff(floats.ravel()), 2 / 255, rtol=1e-4)


def test_to_unit():
    values = images.to_unit(np.array([-3.0, -1.0, -0.5, 0.0, 1.0, 1.5], "float32"))
    assert np.asarray(values).tolist() == [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]


def test_every_byte_survives_both_ways():
    np.testing.assert_array_equal(images.to_uint8(images.from_uint8(EVERY)), EVERY)
    np.testing.assert_array_equal(images.unit_to_uint8(images.to_unit(images.from_uint8(EVERY))), EVERY)


def test_to_uint8_rounds_and_clips():
    # (x + 1) * 127.5: -0.2, 0.4, 0.6, 127.5 (to even), 254.6, 255.3
    floats = np.array([-0.2, 0.4, 0.6, 127.5, 254.6, 255.3]) / 127.5 - 1
    assert images.to_uint8(floats).tolist() == [0, 0, 1, 128, 255, 255]
    assert images.to_uint8(np.array([-9.0, 9.0])).tolist() == [0, 255]
    assert images.unit_to_uint8(np.array([-0.1, 0.0, 0.25, 1.0, 1.1])).tolist() == [0, 0, 64, 255, 255]
    assert images.to_uint8(tf.constant([0.9], "bfloat16")).dtype == "uint8"


def numbered(count, height=2, width=3):
    return np.ones((count, height, width, 1), "uint8") * np.arange(count, dtype="uint8")[:, None, None, None]


def test_grid_by_hand():
    sheet = images.grid(numbered(5), columns=2)[..., 0]
    assert sheet.shape == (6, 6)
    expected = np.block([[np.full((2, 3), a), np.full((2, 3), b)] for a, b in ((0, 1), (2, 3), (4, 255))])
    np.testing.assert_array_equal(sheet, expected)


def test_grid_with_padding():
    sheet = images.grid(numbered(4, 1, 1), columns=2, padding=1)[..., 0]
    assert sheet.tolist() == [[0, 255, 1], [255, 255, 255], [2, 255, 3]]


@pytest.mark.parametrize("count, shape", [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (5, (2, 3)), (64, (8, 8))])
def test_grid_is_as_square_as_possible(count, shape):
    assert images.grid(numbered(count, 1, 1)).shape == (*shape, 1)


def test_grid_keeps_pixels_in_place():
    batch = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), "uint8")
    sheet = images.grid(batch, columns=3, padding=2)
    assert sheet.shape == (2 * 6 - 2, 3 * 7 - 2, 3)
    for i, image in enumerate(batch):
        top, left = 6 * (i // 3), 7 * (i % 3)
        np.testing.assert_array_equal(sheet[top : top + 4, left : left + 5], image)


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 2, 2, 3)), np.zeros((2, 2, 3), "uint8"), np.zeros((0, 2, 2, 3), "uint8")]
)
def test_grid_of_something_else(wrong):
    with pytest.raises(ValueError, match=rf"uint8.*{wrong.dtype}"):
        images.grid(wrong)


@pytest.mark.parametrize("arguments", [{"columns": 0}, {"columns": -1}, {"padding": -1}])
def test_grid_arguments(arguments):
    with pytest.raises(ValueError, match=r"=-?[01]"):
        images.grid(numbered(4), **arguments)


@pytest.mark.parametrize("channels, mode", [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_write_png(tmp_path, channels, mode):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, channels), "uint8")
    path = images.write_png(str(tmp_path / "image.png"), image)
    assert path == tmp_path / "image.png"
    with Image.open(path) as file:
        assert (file.format, file.mode) == ("PNG", mode)
        np.testing.assert_array_equal(np.asarray(file).reshape(image.shape), image)
    assert [entry.name for entry in tmp_path.iterdir()] == ["image.png"]


def test_write_png_replaces_at_the_last_moment(tmp_path, monkeypatch):
    path = images.write_png(tmp_path / "image.png", np.zeros((2, 2, 3), "uint8"))
    before = path.read_bytes()

    def torn(self, target, format):
        target.write_bytes(b"half of a")
        raise OSError("No space left on device")

    monkeypatch.setattr(Image.Image, "save", torn)
    with pytest.raises(OSError, match="No space left"):
        images.write_png(path, np.ones((2, 2, 3), "uint8"))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 2, 3), "float32"),
        np.zeros((2, 2, 1), "int32"),
        np.zeros((2, 2), "uint8"),
        np.zeros((2, 2, 2), "uint8"),
        np.zeros((1, 2, 2, 3), "uint8"),
    ],
)
def test_write_png_of_something_else(tmp_path, wrong):
    with pytest.raises(ValueError, match=rf"uint8.*Received: dtype {wrong.dtype}, shape"):
        images.write_png(tmp_path / "image.png", wrong)
    assert not list(tmp_path.iterdir())


def test_enlarge_repeats_pixels():
    pixels = np.arange(4, dtype="uint8").reshape(1, 2, 2, 1)
    expected = [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert images.enlarge(pixels, 2)[0, :, :, 0].tolist() == expected
    np.testing.assert_array_equal(images.enlarge(pixels, 1), pixels)


def test_what_a_generator_gives():
    good = np.array([-0.4, 0.0, 1.0, 1.4], "float16").reshape(4, 1, 1, 1)
    found = images.check_generated(good, "It", advice="Do")
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, good, atol=1e-3)
    images.check_generated(good * 99, "It", value_range=None, advice="Do")
    bfloat16 = keras.ops.cast(good, "bfloat16")
    assert images.check_generated(bfloat16, "It", advice="Do").dtype == "float32"
    for bad, message in (
        (good * 1.2, r"Images must be float, in \[0, 1\]\. It gives -0\.48 to 1\.68\. Do"),
        (good - 0.5, r"It gives -0\.90 to 0\.90\. Do"),
        (good.astype("uint8"), r"It gives uint8\. Do"),
        (good + np.float16("inf"), "It gives NaN or infinity in 4 of 4 images"),
    ):
        with pytest.raises(ValueError, match=message):
            images.check_generated(bad, "It", advice="Do")
