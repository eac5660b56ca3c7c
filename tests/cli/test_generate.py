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


def test_a_row_for_every_class_and_truncation(conditional, preset, tmp_path, capsys, fails):
    out = str(tmp_path / "grid.png")
    arguments = ["--seeds", "3,4", "--class", "all", "--truncation", "0.5,1", "--out", out]
    assert cli.main(["generate", conditional, *arguments]) == 0
    assert "row: dog, truncation 0.5\nrow: dog, truncation 1\nrow: hat" in capsys.readouterr().out
    sheet = pixels(out)
    assert sheet.shape == (6 * 4, 2 * 4, 3)
    model = load(conditional)
    y = np.eye(3, dtype="float32")[[1, 1]]
    for row, level in ((2, 0.5), (3, 1.0)):
        expected = np.rint(model.default(model.latents([3, 4]), y, level).numpy() * 255)
        expected = np.concatenate(expected, axis=1)
        np.testing.assert_allclose(sheet[4 * row : 4 * row + 4], expected, atol=1)
    assert "no classes" in fails("generate", preset, "--seeds", "1", "--class", "all", "--out", out)


def test_truncations_without_an_input_of_that_name(preset, tmp_path):
    out, plain = str(tmp_path / "grid.png"), str(tmp_path / "plain.png")
    cli.main(["generate", preset, "--seeds", "0-4", "--truncation", "0.01,100", "--out", out])
    cli.main(["generate", preset, "--seeds", "0-4", "--columns", "5", "--out", plain])
    sheet = pixels(out)
    assert sheet.shape == (8, 20, 3)
    np.testing.assert_allclose(sheet[4:], pixels(plain), atol=1)
    assert sheet[:4].reshape(4, 5, 4, 3).std(axis=1).max() < 5
