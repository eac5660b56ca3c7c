import subprocess
import sys
import types

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from keras_gans import cli
from keras_gans.export import Card, export, load


class Painter(keras.Model):
    """Latents, and classes if there are any, -> 4x4 images in [-1, 1]."""

    def __init__(self, num_classes=0):
        super().__init__()
        self.num_classes = num_classes
        self.dense = keras.layers.Dense(48, activation="tanh")

    def call(self, inputs):
        return ops.reshape(self.dense(inputs), (-1, 4, 4, 3))

    def endpoints(self):
        z = keras.InputSpec(shape=(None, 5), dtype="float32")
        if not self.num_classes:
            return {"default": (lambda z: self(z) * 0.5 + 0.5, {"z": z})}

        def default(z, y, truncation):
            z = z * ops.reshape(truncation, (-1, 1))
            return self(ops.concatenate([z, y], axis=-1)) * 0.5 + 0.5

        y = keras.InputSpec(shape=(None, self.num_classes), dtype="float32")
        truncation = keras.InputSpec(shape=(), dtype="float32")
        return {"default": (default, {"z": z, "y": y, "truncation": truncation})}


def make(path, num_classes=0, class_names=()):
    keras.utils.set_random_seed(0)
    network = Painter(num_classes)
    network(ops.zeros((1, 5 + num_classes)))
    card = Card(
        preset="painter_noise_4",
        model="Painter",
        paper="none",
        data="noise",
        data_license="CC0-1.0",
        images_seen=0,
        class_names=class_names,
    )
    return str(export(network, path, card=card))


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("savedmodels") / "painter_noise_4"
    make(folder / "1")
    return str(folder)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    return make(tmp_path_factory.mktemp("savedmodels") / "1", 3, ("cat", "dog", "hat"))


def fails(capsys, *argv):
    """Runs a command that must fail, and returns the line that it prints."""
    with pytest.raises(SystemExit) as exit:
        cli.main(list(argv))
    printed = capsys.readouterr().err
    assert exit.value.code == 2
    assert printed.startswith("keras-gans: error: ") and printed.count("\n") == 1
    return printed


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


def test_truncation_without_an_input_of_that_name(preset, tmp_path, capsys):
    plain, small = str(tmp_path / "plain.png"), str(tmp_path / "small.png")
    cli.main(["generate", preset, "--seeds", "0-9", "--out", plain])
    cli.main(["generate", preset, "--seeds", "0-9", "--truncation", "0.01", "--out", small])
    assert "confined to [-0.01, 0.01]" in capsys.readouterr().out
    first, second = pixels(small)[:4, :4], pixels(small)[:4, 4:8]
    assert np.abs(first.astype(int) - second).max() <= 10
    assert np.abs(pixels(plain)[:4, :4].astype(int) - pixels(plain)[:4, 4:8]).max() > 30
    assert "`threshold`" in fails(
        capsys, "generate", preset, "--seeds", "0", "--truncation", "-1", "--out", plain
    )


def test_classes_and_truncation(conditional, tmp_path, capsys):
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
        message = fails(capsys, *command, f"--class={label}", "--out", out)
        assert "0 to 2" in message and "cat, dog, hat" in message and label in message
    assert "pass --class" in fails(capsys, *command, "--out", out)
    message = fails(capsys, *command[:-1], "3", "--class", "cat", "--out", out)
    assert "`truncation` must lie in (0, 1]. Received: [3]" in message


@pytest.mark.parametrize("method", ["slerp", "hypersphere"])
def test_interpolate(preset, tmp_path, method):
    out = str(tmp_path / "walk.gif")
    command = ["interpolate", preset, "--seeds", "1,2,3", "--frames", "9", "--method", method]
    assert cli.main([*command, "--fps", "10", "--out", out]) == 0
    with Image.open(out) as film:
        assert film.n_frames == 9 and film.size == (4, 4) and film.info["duration"] == 100


@pytest.mark.slow
def test_check(preset, monkeypatch, capsys):
    assert cli.main(["check", preset, "--only", "batch sizes"]) == 0
    printed = capsys.readouterr().out
    assert "batch sizes: passed" in printed and "consumer" in printed


def test_check_fails_with_code_1(preset, monkeypatch, capsys):
    from keras_gans.export import conformance

    results = [conformance.Result("one", "failed", 1.0, "why")]
    monkeypatch.setattr(conformance, "check", lambda *args, **kwargs: results)
    assert cli.main(["check", preset]) == 1
    assert "why" in capsys.readouterr().out


def test_prepare(tmp_path, capsys):
    source = tmp_path / "photos"
    source.mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (20, 30, 3), "uint8")
        Image.fromarray(noise).save(source / f"{number}.png")
    command = ["prepare", str(source), str(tmp_path / "out"), "--resolution", "8"]
    assert cli.main([*command, "--crop", "center"]) == 0
    assert "3" in capsys.readouterr().out
    pictures = list((tmp_path / "out").rglob("*.png"))
    assert len(pictures) == 3 and all(pixels(picture).shape[:2] == (8, 8) for picture in pictures)


def test_card(conditional, capsys):
    from pathlib import Path

    readme = Path(conditional) / "README.md"
    text = readme.read_text()
    readme.write_text("lost")
    assert cli.main(["card", conditional]) == 0
    assert readme.read_text() == text
    load(conditional, verify=True)


def test_errors_say_what_is_there(preset, tmp_path, capsys):
    out = str(tmp_path / "x.png")
    (tmp_path / "letters").mkdir()
    message = fails(capsys, "generate", str(tmp_path), "--seeds", "1", "--out", out)
    assert "holds no export" in message and "letters" in message
    assert "no classes" in fails(capsys, "generate", preset, "--seeds", "1", "--class", "cat", "--out", out)
    for seeds in ("", "1-", "5-2", "a", "1,,2", "0-99999999999", str(2**63)):
        message = fails(capsys, "generate", preset, "--seeds", seeds, "--out", out)
        assert "seeds" in message
    assert ".png" in fails(capsys, "generate", preset, "--seeds", "1", "--out", "x.jpg")
    assert ".mp4" in fails(capsys, "interpolate", preset, "--seeds", "1", "--out", "x.png")
    gif = ["--out", str(tmp_path / "x.gif")]
    assert "2 or more" in fails(capsys, "interpolate", preset, "--seeds", "1", *gif)
    assert "above 0" in fails(capsys, "interpolate", preset, "--seeds", "1,2", "--frames", "0", *gif)
    assert "hub.load" in fails(capsys, "check", preset, "--only", "telnet")


def test_parse_seeds():
    assert cli.parse_seeds("0-3, 42,7") == [0, 1, 2, 3, 42, 7]


def test_words_of_a_guard():
    error = "Graph execution error:\n\nassertion failed: [`z` must be short. Received:] [3]\n\t [[x]]"
    assert cli._assertion(error) == "`z` must be short. Received: [3]"


def test_other_errors_are_not_hidden(preset, monkeypatch):
    def broken(options):
        raise RuntimeError("a bug")

    options = types.SimpleNamespace(run=broken)
    monkeypatch.setattr(cli.Parser, "parse_args", lambda self, argv: options)
    with pytest.raises(RuntimeError, match="a bug"):
        cli.main([])


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["--help"])
    printed = capsys.readouterr().out
    assert exit.value.code == 0 and "examples:" in printed
    for name in ("generate", "interpolate", "check", "prepare", "card"):
        assert f"keras-gans {name}" in printed
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        assert f"keras-gans {name}" in capsys.readouterr().out


def test_the_entry_point_is_quiet(tmp_path):
    code = "import sys, keras_gans_cli; sys.exit(keras_gans_cli.main())"
    command = [
        sys.executable,
        "-c",
        code,
        "generate",
        str(tmp_path / "none"),
        "--seeds",
        "0",
        "--out",
        "x.png",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("keras-gans: error: ") and done.stderr.count("\n") == 1
