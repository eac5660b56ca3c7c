import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, latent


@pytest.fixture
def frames(monkeypatch):
    """Keeps what is written, since a GIF has only 256 colours."""
    kept = {}
    monkeypatch.setattr(latent, "write", lambda path, frames, fps: kept.update({path: frames}))
    return kept


def assert_shows(actual, images):
    """uint8 pixels are these float images in [0, 1], up to the rounding of a half."""
    np.testing.assert_allclose(actual, np.asarray(images) * 255, atol=0.5 + 255e-5)


@pytest.mark.parametrize("method", ["slerp", "hypersphere"])
def test_interpolate(preset, tmp_path, method):
    out = str(tmp_path / "walk.gif")
    command = ["interpolate", preset, "--seeds", "1,2,3", "--frames", "9", "--method", method]
    assert cli.main([*command, "--fps", "10", "--out", out]) == 0
    with Image.open(out) as film:
        assert film.n_frames == 9 and film.size == (4, 4) and film.info["duration"] == 100


def test_one_seed_is_no_path(preset, tmp_path, fails):
    out = str(tmp_path / "x.gif")
    assert "2 or more" in fails("interpolate", preset, "--seeds", "1", "--out", out)


@pytest.mark.parametrize("truncation", [None, 0.5])
def test_between_styles(styled, frames, truncation):
    command = ["interpolate", styled.path, "--space", "w", "--seeds", "1,2,3", "--frames", "5"]
    command += ["--out", "w.gif"]
    cli.main(command + ([] if truncation is None else ["--truncation", str(truncation)]))
    model = styled.model
    styles = model.mapping(model.latents([1, 2, 3]), truncation or 1.0).numpy()
    between = (styles[1:] + styles[:-1]) / 2
    assert_shows(frames["w.gif"][::2], model.synthesis(styles))
    assert_shows(frames["w.gif"][1::2], model.synthesis(between))
    if truncation is None:
        assert_shows(frames["w.gif"][::2], model.default(model.latents([1, 2, 3])))


def test_between_latents_of_truncated_styles(styled, frames, capsys):
    command = ["interpolate", styled.path, "--seeds", "1,2", "--frames", "3", "--truncation", "0.5"]
    cli.main([*command, "--out", "z.gif"])
    assert "confined" not in capsys.readouterr().out
    model = styled.model
    latents = latent.slerp(*model.latents([1, 2]), 3)
    assert_shows(frames["z.gif"], model.synthesis(model.mapping(latents, 0.5)))
    apart = np.abs(frames["z.gif"] - model.default(latents).numpy() * 255).mean(axis=(1, 2, 3))
    assert apart.min() > 1


def test_errors_of_space_w(preset, styled, tmp_path, fails):
    arguments = ["--space", "w", "--seeds", "1,2", "--out", str(tmp_path / "x.gif")]
    message = fails("interpolate", preset, *arguments)
    assert "has the signatures ['default', " in message
    assert "--space w needs mapping and synthesis as well" in message
    message = fails("interpolate", styled.path, *arguments, "--method", "slerp")
    assert "Received: --space w --method slerp" in message
