import numpy as np
import pytest
from PIL import Image

from keras_gans import cli
from keras_gans.cli.generator import class_index
from keras_gans.export import load


def pixels(path):
    return np.asarray(Image.open(path))


def test_truncation_without_an_input_of_that_name(preset, tmp_path, capsys, fails):
    plain, small = str(tmp_path / "plain.png"), str(tmp_path / "small.png")
    cli.main(["generate", preset, "--seeds", "0-9", "--out", plain])
    cli.main(["generate", preset, "--seeds", "0-9", "--truncation", "0.01", "--out", small])
    assert "confined to [-0.01, 0.01]" in capsys.readouterr().out
    first, second = pixels(small)[:4, :4], pixels(small)[:4, 4:8]
    assert np.abs(first.astype(int) - second).max() <= 10
    assert np.abs(pixels(plain)[:4, :4].astype(int) - pixels(plain)[:4, 4:8]).max() > 30
    assert "`threshold`" in fails("generate", preset, "--seeds", "0", "--truncation", "-1", "--out", plain)


def test_classes_and_truncation(conditional, tmp_path, fails):
    command = ["generate", conditional, "--seeds", "7", "--truncation", "0.5"]
    sheets = []
    for label in ("dog", "1", "cat"):
        out = str(tmp_path / f"{label}.png")
        cli.main([*command, "--class", label, "--out", out])
        sheets.append(pixels(out))
    np.testing.assert_array_equal(sheets[0], sheets[1])
    assert (sheets[0] != sheets[2]).any()
    model = load(conditional)
    z, y = model.latents([7]), np.eye(3, dtype="float32")[1]
    expected = np.rint(model.default(z, y, 0.5).numpy()[0] * 255)
    np.testing.assert_allclose(sheets[0], expected, atol=1)
    out = str(tmp_path / "x.png")
    for label in ("cow", "3", "-1"):
        message = fails(*command, f"--class={label}", "--out", out)
        assert "0 to 2" in message and "cat, dog, hat" in message and label in message
    assert "pass --class" in fails(*command, "--out", out)
    message = fails(*command[:-1], "3", "--class", "cat", "--out", out)
    assert "`truncation` must lie in (0, 1]. Received: [3]" in message


def test_class_index():
    assert class_index("hat", ("cat", "dog", "hat"), 3) == 2
    assert class_index("7", (), 10) == 7
    with pytest.raises(ValueError, match=r"from 0 to 9\. Received: 'hat'"):
        class_index("hat", (), 10)
