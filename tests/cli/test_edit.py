import argparse

import numpy as np
import pytest
from PIL import Image

from keras_gans import cli, hub, latent
from keras_gans.cli.edit import film_shares, parse_amounts


@pytest.fixture(scope="module")
def folder(styled, tmp_path_factory):
    """A folder with a direction in w, "hair", of layers 0 and 1, and one in z, "turn.0"."""
    model, folder = hub.load(styled.path), tmp_path_factory.mktemp("directions")
    random = np.random.default_rng(0)
    for name, space in (("age", "w"), ("turn", "z")):
        vectors = random.standard_normal((1, 8)).astype("float32")
        of = hub.Directions(model.name, space, "pca", vectors)
        path = hub.save_directions(folder / f"{name}.npz", of)
        if space == "w":
            hub.name_directions(path, {"hair": {"number": 0, "layers": [0, 1]}}, of=of)
    return str(folder)


def command_of(styled, folder, direction, out):
    known = ["--directions", folder, "--direction", direction]
    return ["edit", styled.path, "--seeds", "1,2", *known, "--out", str(out)]


def test_a_sheet(styled, folder, tmp_path, capsys):
    out, saved = tmp_path / "edit.png", tmp_path / "moved.npz"
    command = command_of(styled, folder, "hair=2,turn.0=-1", out)
    assert cli.main([*command, "--save-latents", str(saved), "--truncation", "0.5"]) == 0
    model = hub.load(styled.path)
    latents, directions = model.latents([1, 2]), hub.load_directions(model, folder)
    amounts = {"hair": 2.0, "turn.0": -1.0}
    before = model.generate(latents, truncation=0.5)
    after = model.edit(latents, amounts, directions=directions, truncation=0.5)
    with Image.open(out) as sheet:
        table = np.asarray(sheet).reshape(2, 8, 2, 8, 3).swapaxes(1, 2)
    np.testing.assert_allclose(table[:, 0], 255 * before, atol=0.51)
    np.testing.assert_allclose(table[:, 1], 255 * after, atol=0.51)
    np.testing.assert_allclose(model.synthesize(hub.load_latents(saved, model)), after, atol=1e-5)
    assert "2 images, before and after" in capsys.readouterr().out


def test_a_film_of_styles(styled, folder, tmp_path, monkeypatch):
    kept = {}
    monkeypatch.setattr(latent, "write", lambda path, frames, fps: kept.update({path: frames}))
    model, file = hub.load(styled.path), tmp_path / "w.npz"
    styles = model.styles(model.latents([1]))
    hub.save_latents(file, styles, model)
    command = ["edit", styled.path, "--seeds", str(file), "--directions", folder, "--direction", "hair=2"]
    cli.main([*command, "--layers", "3", "--frames", "4", "--out", "edit.gif"])
    assert kept["edit.gif"].shape == (4, 8, 8, 3)
    moved = styles.copy()
    moved[:, 3] += 2.0 * hub.load_directions(model, folder)["hair"].vector
    np.testing.assert_allclose(kept["edit.gif"][2], 255 * model.synthesize(moved)[0], atol=0.51)
    np.testing.assert_array_equal(kept["edit.gif"][1], kept["edit.gif"][3])
    np.testing.assert_allclose(kept["edit.gif"][0], 255 * model.synthesize(styles)[0], atol=0.51)


def test_shares():
    np.testing.assert_allclose(film_shares(4), [0, 0.5, 1, 0.5], atol=1e-12)


def test_wrong_options(styled, preset, folder, tmp_path, fails):
    out = tmp_path / "edit.png"
    assert "no direction 'nose'. It has hair, age.0 to age.0, turn.0 to turn.0" in fails(
        *command_of(styled, folder, "nose=1", out)
    )
    assert "--layers must lie in 0-3" in fails(*command_of(styled, folder, "hair=1", out), "--layers", "2-4")
    assert "moves no styles and no single --layers" in fails(
        *command_of(styled, folder, "turn.0=1", out), "--layers", "0"
    )
    assert "take no --guidance" in fails(*command_of(styled, folder, "hair=1", out), "--guidance", "2")
    assert "names and finite amounts" in fails(*command_of(styled, folder, "hair=nan", out))
    other = ["edit", preset, "--seeds", "1", "--direction", "hair=1", "--out", str(out)]
    assert "Those of painter_noise_4 are 5 wide in z" in fails(*other, "--directions", folder)
    assert "There are no directions of painter_noise_4 in" in fails(*other)
    assert not out.exists()


def test_parse_amounts():
    assert parse_amounts("smile=2,long hair=-0.5") == {"smile": 2.0, "long hair": -0.5}
    for text in ("smile", "smile=x", "=2", "smile=inf"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"finite amounts such as smile=2,hair=-1"):
            parse_amounts(text)
