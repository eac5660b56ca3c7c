import sys
import types

import numpy as np
import pytest

from keras_gans import cli, hub
from keras_gans.cli import terminal


def test_latents_go_out_and_come_in(preset, tmp_path, fails, capsys):
    out, file = str(tmp_path / "x.png"), tmp_path / "z.npz"
    arguments = ["--out", out, "--columns", "2", "--overwrite"]
    cli.main(["generate", preset, "--seeds", "3,4", *arguments, "--save-latents", str(file)])
    assert f"{file}: 2 latents" in capsys.readouterr().out
    first = (tmp_path / "x.png").read_bytes()
    model = hub.load(preset)
    np.testing.assert_array_equal(hub.load_latents(file, model), model.latents([3, 4]))
    cli.main(["generate", preset, "--latents", str(file), *arguments])
    assert (tmp_path / "x.png").read_bytes() == first
    assert "not allowed with" in fails("generate", preset, "--seeds", "1", "--latents", str(file), *arguments)


def test_styles_are_no_latents(styled, tmp_path):
    model = hub.load(styled.path)
    file = hub.save_latents(tmp_path / "w.npz", model.styles(model.latents([1])), model)
    with pytest.raises(ValueError, match=r"--latents takes latents\. .*w\.npz holds styles"):
        terminal.read_latents(model, types.SimpleNamespace(seeds=None, latents=file))


def test_translators_make_no_images_of_latents(darkener, preset, tmp_path, fails):
    out = str(tmp_path / "x.png")
    assert "use `keras-gans translate`" in fails("generate", darkener, "--seeds", "1", "--out", out)
    assert "use `keras-gans generate`" in fails("translate", preset, "a.png", "--out", str(tmp_path))


def test_pixels():
    asked = []

    def make(part):
        asked.append(part.stop - part.start)
        return np.full((part.stop - part.start, 1, 1, 1), 0.5, "float32")

    found = terminal.pixels(make, 20, scale=2)
    assert found.dtype == "uint8" and found.shape == (20, 2, 2, 1) and (found == 128).all()
    assert asked == [16, 4]


def test_progress_is_for_people(monkeypatch, capsys):
    terminal.progress("images", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    terminal.progress("images", 1, 2)
    terminal.progress("images", 2, 2)
    assert capsys.readouterr().err == "\rimages 1/2\rimages 2/2\n"
