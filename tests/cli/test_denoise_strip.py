import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub


def strip(*argv, columns, size=4):
    assert cli.main(["denoise-strip", *argv]) == 0
    sheet = np.asarray(Image.open(argv[argv.index("--out") + 1]))
    rows = sheet.shape[0] // size
    return sheet.reshape(rows, size, columns, size, 3).swapaxes(1, 2)


def assert_shows(strip, frames):
    """(rows, columns, ...) of pixels, and frames in [-1, 1] the other way round."""
    expected = np.clip(frames.swapaxes(0, 1) * 0.5 + 0.5, 0, 1) * 255
    np.testing.assert_allclose(strip, expected, atol=0.51)


def test_an_image_forms(diffusing, tmp_path, capsys):
    out = str(tmp_path / "new" / "strip.png")
    shown = strip(diffusing, "--seeds", "3,4", "--steps", "4", "--frames", "3", "--out", out, columns=3)
    assert shown.shape[:2] == (2, 3) and "2 x 3 images" in capsys.readouterr().out
    model = hub.load(diffusing)
    assert_shows(shown, model.denoise_frames(model.latents([3, 4]), steps=4, frames=3))
    argv = ("--seeds", "3", "--label", "hat", "--guidance", "3", "--truncation", "0.5", "--frames", "2")
    shown = strip(diffusing, *argv, "--steps", "20", "--out", out, "--overwrite", columns=2)
    options = {"label": 1, "guidance": 3.0, "truncation": 0.5}
    assert_shows(shown, model.denoise_frames(model.latents([3]), steps=20, frames=2, **options))


def test_forward(diffusing, tmp_path):
    picture, out = str(tmp_path / "red.png"), str(tmp_path / "strip.png")
    Image.new("RGB", (20, 16), (255, 0, 0)).save(picture)
    shown = strip(diffusing, "--forward", "--images", picture, "--frames", "3", "--out", out, columns=3)
    model = hub.load(diffusing)
    red = np.zeros((1, 4, 4, 3), "float32")
    red[..., 0] = 1.0
    assert_shows(shown, model.diffuse_frames(red, frames=3))
    argv = ("--forward", "--seeds", "3", "--frames", "2", "--out", out, "--overwrite")
    shown = strip(diffusing, *argv, columns=2)
    assert_shows(shown, model.diffuse_frames(model.generate(model.latents([3])), frames=2))


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--images", "a.png"], "add --forward"),
        (["--seeds", "0", "--steps", "21"], "--steps must be at most 20"),
        (["--forward", "--images", "none.png"], "none.png: cannot be read: No such file"),
        (["--seeds", "0", "--steps", "20", "--frames", "1"], "--frames from 2"),
    ],
)
def test_wrong_options(diffusing, fails, tmp_path, argv, words):
    assert words in fails("denoise-strip", diffusing, *argv, "--out", str(tmp_path / "strip.png"))


def test_an_export_without_noise_is_refused(preset, fails, tmp_path):
    printed = fails("denoise-strip", preset, "--seeds", "0", "--out", str(tmp_path / "strip.png"))
    assert "is no diffusion model: it has no denoise and no diffuse" in printed
