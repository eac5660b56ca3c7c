import numpy as np
from PIL import Image

from keras_gans import cli
from keras_gans.export import load


def pixels(path):
    return np.asarray(Image.open(path))


def test_generate(preset, tmp_path, capsys):
    out = str(tmp_path / "new" / "grid.png")
    assert cli.main(["generate", preset, "--seeds", "0-17,42", "--columns", "5", "--out", out]) == 0
    assert "19 images" in capsys.readouterr().out
    sheet = pixels(out)
    assert sheet.shape == (16, 20, 3)
    model = load(preset)
    expected = np.rint(model.default(model.latents([42])).numpy()[0] * 255)
    np.testing.assert_allclose(sheet[12:, 12:16], expected, atol=1)
    cli.main(["generate", preset, "--seeds", "0-17,42", "--columns", "5", "--scale", "3", "--out", out])
    np.testing.assert_array_equal(pixels(out), sheet.repeat(3, 0).repeat(3, 1))
