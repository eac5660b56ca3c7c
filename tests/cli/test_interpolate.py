import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub, latent


@pytest.fixture
def frames(monkeypatch):
    """Keeps what is written, since a GIF has only 256 colours."""
    kept = {}
    monkeypatch.setattr(latent, "write", lambda path, frames, fps: kept.update({path: frames}))
    return kept


def assert_shows(actual, images):
    """uint8 pixels are these float images in [0, 1], up to the rounding of a half."""
    np.testing.assert_allclose(actual, np.asarray(images) * 255, atol=0.5 + 255e-5)


def test_a_film(preset, tmp_path):
    out = str(tmp_path / "walk.gif")
    command = ["interpolate", preset, "--seeds", "1,2,3", "--frames", "9"]
    assert cli.main([*command, "--fps", "10", "--out", out]) == 0
    with Image.open(out) as film:
        assert film.n_frames == 9 and film.size == (4, 4) and film.info["duration"] == 100


def test_between_latents(preset, frames, fails):
    model = hub.load(preset)
    for method, function in (("slerp", latent.slerp), ("hypersphere", latent.hypersphere)):
        command = ["interpolate", preset, "--seeds", "1,2", "--frames", "5", "--method", method]
        cli.main([*command, "--out", "z.gif"])
        assert_shows(frames["z.gif"], model.generate(function(*model.latents([1, 2]), 5)))
    assert "2 or more" in fails("interpolate", preset, "--seeds", "1", "--out", "x.gif")


def test_between_styles(styled, frames):
    command = ["interpolate", styled.path, "--space", "w", "--seeds", "1,2,3", "--frames", "5"]
    cli.main([*command, "--truncation", "0.5", "--out", "w.gif"])
    model = hub.load(styled.path)
    styles = model.styles(model.latents([1, 2, 3]), truncation=0.5)
    assert_shows(frames["w.gif"][::2], model.synthesize(styles))
    assert_shows(frames["w.gif"][1::2], model.synthesize((styles[1:] + styles[:-1]) / 2))


def test_between_the_styles_of_a_file(styled, frames, tmp_path, fails):
    model, file = hub.load(styled.path), tmp_path / "w.npz"
    styles = np.asarray(model.styles(model.latents([1, 2])))
    styles[:, 1] *= -1.0  # as no mapping makes them
    hub.save_latents(file, styles, model)
    command = ["interpolate", styled.path, "--seeds", str(file), "--frames", "3", "--out", "w.gif"]
    cli.main(command)
    assert_shows(frames["w.gif"][::2], model.synthesize(styles))
    assert_shows(frames["w.gif"][1], model.synthesize(styles.mean(axis=0, keepdims=True))[0])
    assert "holds styles, which take --space w" in fails(*command, "--space", "z")
    assert "Leave out --truncation" in fails(*command, "--truncation", "0.5")


def test_classes_of_a_file(conditional, frames, tmp_path, fails):
    model, file = hub.load(conditional), tmp_path / "z.npz"
    command = ["interpolate", conditional, "--seeds", str(file), "--frames", "2", "--out", "z.gif"]
    hub.save_latents(file, model.latents([1, 2]), model, labels="dog")
    cli.main(command)
    assert_shows(frames["z.gif"], model.generate(model.latents([1, 2]), label="dog"))
    hub.save_latents(file, model.latents([1, 2]), model, labels=["cat", "hat"])
    assert "pass a --label for all, or --space w, where the model has styles. Received: cat, hat" in fails(
        *command
    )


def test_between_latents_of_truncated_styles(styled, frames, capsys):
    command = ["interpolate", styled.path, "--seeds", "1,2", "--frames", "3", "--truncation", "0.5"]
    cli.main([*command, "--out", "z.gif"])
    assert "confined" not in capsys.readouterr().out
    model = hub.load(styled.path)
    latents = latent.slerp(*model.latents([1, 2]), 3)
    assert_shows(frames["z.gif"], model.generate(latents, truncation=0.5))


def test_errors_of_space_w(preset, tmp_path, fails):
    arguments = ["--space", "w", "--seeds", "1,2", "--out", str(tmp_path / "x.gif")]
    message = fails("interpolate", preset, *arguments)
    assert "has the signatures ['default', " in message
    assert "a style needs mapping and synthesis as well" in message
    message = fails("interpolate", "none", *arguments, "--method", "slerp")
    assert "Received: --space w --method slerp" in message


@pytest.mark.parametrize(
    "name, fps, said",
    [
        ("a.gif", 10, "6 frames, 0.60 seconds"),
        ("a.gif", 30, "6 frames, 0.20 seconds; each for 30 or 40 ms: a GIF counts in steps of 10 ms"),
        ("a.GIF", 100, "6 frames, 0.06 seconds; 3 of them are shown: a GIF can hold 50 a second, an MP4 100"),
        ("a.mp4", 100, "6 frames, 0.06 seconds"),
    ],
)
def test_what_became_of_the_wish(preset, tmp_path, capsys, name, fps, said):
    out = str(tmp_path / name)
    command = ["interpolate", preset, "--seeds", "1,2", "--frames", "6"]
    assert cli.main([*command, "--fps", str(fps), "--out", out]) == 0
    assert f"{out}: {said}\n" in capsys.readouterr().out
