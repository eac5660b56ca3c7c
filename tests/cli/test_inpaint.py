import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub
from keras_gans.cli.inpaint import mask_of
from keras_gans.images import unit_to_uint8


@pytest.fixture
def photo(tmp_path):
    """8x12 pixels, of which the model sees the middle 8x8 as 4x4."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), "uint8").repeat(2, axis=0).repeat(2, axis=1)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def pixels(path):
    return np.asarray(Image.open(path))


def test_a_box_and_several_seeds(diffusing, photo, tmp_path, capsys):
    out = tmp_path / "out"
    flags = ["--box", "4,2,4,4", "--seeds", "3,7", "--label", "hat", "--guidance", "3", "--steps", "4"]
    flags += ["--jump-length", "3", "--resamplings", "5", "--out", str(out)]
    assert cli.main(["inpaint", diffusing, photo, *flags]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "photo-seed-3.png",
        "photo-seed-7.png",
        "sheet.png",
    ]
    assert "its columns: as it was, masked, seed 3, seed 7" in capsys.readouterr().out
    given, mask = np.asarray(Image.fromarray(pixels(photo)[:, 2:10]).resize((4, 4), 1)), np.ones((4, 4))
    mask[1:3, 1:3] = 0.0
    options = {"steps": 4, "jump_length": 3, "resamplings": 5, "label": "hat", "guidance": 3.0}
    expected = hub.load(diffusing).inpaint(np.stack([given] * 2), mask, seed=[3, 7], **options)
    for seed, one in zip((3, 7), unit_to_uint8(expected), strict=True):
        made = pixels(out / f"photo-seed-{seed}.png")
        np.testing.assert_array_equal(made, one)
        np.testing.assert_array_equal(made[mask == 1.0], given[mask == 1.0])
    sheet = pixels(out / "sheet.png")
    assert sheet.shape == (4, 4 * 6 - 2, 3)
    np.testing.assert_array_equal(sheet[:, :4], given)
    assert np.all(sheet[1:3, 7:9] == 128) and np.all(sheet[:, 12:16] == pixels(out / "photo-seed-3.png"))


def test_masks_of_files(photo):
    whole, white = pixels(photo), np.full((8, 12, 3), 255, "uint8")
    options = {"size": (4, 4), "box": None, "name": "photo.png"}
    white[3, 4] = 0  # a quarter of the pixel that the model sees
    mask = mask_of(whole, image=white, **options)
    assert mask.dtype == "float32" and mask[1, 1] == pytest.approx(0.75, abs=0.01)
    assert np.count_nonzero(mask == 1.0) == 15
    small = np.zeros((4, 4, 3), "uint8")
    small[0, 0] = 255
    np.testing.assert_array_equal(mask_of(whole, image=small, **options), np.arange(16).reshape(4, 4) == 0)


def test_what_is_refused(diffusing, preset, photo, tmp_path, fails):
    command = ["inpaint", diffusing, photo, "--steps", "4", "--out", str(tmp_path / "out")]
    Image.new("RGB", (5, 5)).save(tmp_path / "mask.png")
    mask = ["--mask", str(tmp_path / "mask.png")]
    for flags, words in (
        (mask, "photo.png is 12 x 8, the mask 5 x 5"),
        (["--box", "9,0,4,4"], "photo.png, which is 12 x 8. Received: 9,0,4,4"),
        (["--box", "0,0,2,2"], "would be made anew: all of it, as the model sees it, is kept"),
        (["--box", "0,0,2"], "left, top, width and height in pixels"),
        (["--box", "0,0,0,2"], "left, top, width and height in pixels"),
        ([], "one of the arguments --mask --box is required"),
        (["--box", "4,4,4,4", "--resamplings", "21"], "--resamplings must be an integer in [1, 20]"),
        (["--box", "4,4,4,4", "--seeds", "1,1"], "Outputs need names of their own"),
    ):
        assert words in fails(*command, *flags)
    assert not (tmp_path / "out").exists()
    written = ["inpaint", diffusing, photo, *mask, "--seeds", "1", "--out", str(tmp_path)]
    (tmp_path / "photo-seed-1.png").write_bytes(b"")
    assert "It exists already" in fails(*written)
    command[1] = preset
    assert "is no diffusion model" in fails(*command, "--box", "4,4,4,4")
