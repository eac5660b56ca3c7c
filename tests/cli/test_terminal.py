import sys

import numpy as np
from PIL import Image

from keras_gans import cli, hub, images
from keras_gans.cli import terminal


def test_latents_go_out_and_come_in(preset, tmp_path, fails, capsys):
    out, file = str(tmp_path / "x.png"), tmp_path / "z.npz"
    arguments = ["--out", out, "--columns", "2", "--overwrite"]
    cli.main(["generate", preset, "--seeds", "3,4", *arguments, "--save-latents", str(file)])
    assert f"{file}: 2 latents" in capsys.readouterr().out
    first = (tmp_path / "x.png").read_bytes()
    model = hub.load(preset)
    np.testing.assert_array_equal(hub.load_latents(file, model), model.latents([3, 4]))
    for flag in ("--seeds", "--latents"):
        cli.main(["generate", preset, flag, str(file), *arguments])
        assert (tmp_path / "x.png").read_bytes() == first
    assert "not allowed with" in fails("generate", preset, "--seeds", "1", "--latents", str(file), *arguments)


def test_styles_and_their_noise(styled, tmp_path, fails, capsys):
    model, file, out = hub.load(styled.path), tmp_path / "w.npz", str(tmp_path / "x.png")
    styles = model.styles(model.latents([1, 2]))
    hub.save_latents(file, styles, model, noise=[np.zeros((2, 8, 8, 1))])
    read = terminal.read_latents(model, file)
    assert "no export takes" in capsys.readouterr().out
    np.testing.assert_array_equal(terminal.styles_of(model, read), styles)
    command = ["generate", styled.path, "--seeds", str(file), "--columns", "2", "--out", out]
    cli.main([*command, "--noise", "none"])
    expected = np.concatenate(model.synthesize(styles, noise=False), axis=1)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), images.unit_to_uint8(expected))
    message = fails(*command, "--overwrite", "--truncation", "0.5")
    assert "holds styles" in message and "Leave out --truncation" in message


def test_classes_of_a_file(conditional, tmp_path):
    model, file, again = hub.load(conditional), tmp_path / "z.npz", tmp_path / "again.npz"
    latents = model.latents([1, 2])
    hub.save_latents(file, latents, model, labels=["cat", "hat"])
    command = ["generate", conditional, "--columns", "2", "--out", str(tmp_path / "x.png"), "--overwrite"]

    def shown(*options):
        cli.main([*command, *options])
        return np.asarray(Image.open(tmp_path / "x.png"))

    def made(labels):
        return images.unit_to_uint8(np.concatenate(model.generate(latents, label=labels), axis=1))

    np.testing.assert_array_equal(shown("--seeds", str(file)), made(["cat", "hat"]))
    np.testing.assert_array_equal(
        shown("--seeds", str(file), "--label", "dog", "--save-latents", str(again)), made("dog")
    )
    assert hub.read_latents(again, model).labels.tolist() == [1, 1]


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
