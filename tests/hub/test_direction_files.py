import dataclasses
import json

import numpy as np
import pytest

from keras_gans import hub
from keras_gans.hub import direction_files


@pytest.fixture(scope="module")
def model(styled):
    return hub.load(styled.path)


def directions_of(model, space="w", count=3):
    width = {"z": model.latent_shape, "w": (model.style_shape or (0,))[-1:]}[space]
    vectors = np.random.default_rng(0).standard_normal((count, *width)).astype("float32")
    return hub.Directions(model.name, space, "pca", vectors, {"deviation": [3.0, 2.0, 1.0]})


def test_directions_come_back(model, tmp_path):
    given = directions_of(model)
    path = hub.save_directions(tmp_path / "new" / "pca.npz", given)
    found = hub.read_directions(path, model)
    np.testing.assert_array_equal(found.vectors, given.vectors)
    assert len(found) == 3 and found.facts == given.facts
    assert (found.model, found.space, found.method) == (model.name, "w", "pca")


def test_names(model, tmp_path):
    given = directions_of(model)
    path = hub.save_directions(tmp_path / "pca.npz", given)
    hub.save_directions(tmp_path / "sefa.npz", directions_of(model, "z"))
    hub.name_directions(path, {"smile": {"number": 2, "factor": -1.0, "layers": [0, 1]}}, of=given)
    names = hub.name_directions(path, {"hair": {"number": 0}}, of=given)
    found = hub.load_directions(model, tmp_path)
    numbered = [f"{file}.{i}" for file in ("pca", "sefa") for i in range(3)]
    assert list(found) == ["hair", "smile", *numbered]
    np.testing.assert_array_equal(found["smile"].vector, -given.vectors[2])
    assert (found["smile"].layers, found["hair"].layers, found["sefa.1"].space) == ((0, 1), None, "z")
    assert list(hub.load_directions(model, path)) == ["hair", "smile", *numbered[:3]]
    assert direction_files.names_of(tmp_path / "sefa.npz") == {}
    with pytest.raises(ValueError, match=r"has 'hair' already, of pca\.npz"):
        hub.name_directions(tmp_path / "sefa.npz", {"hair": {"number": 0}}, of=given)
    for name in ("pca.3", "a=b", "", "3"):
        with pytest.raises(ValueError, match="A name begins with a letter"):
            hub.name_directions(path, {name: {"number": 0}}, of=given)
    with pytest.raises(ValueError, match=r"calls direction 3 of pca\.npz 'nose', which has 3"):
        hub.name_directions(path, {"nose": {"number": 3}}, of=given)
    for content in ('{"smile": 3}', "[", '{"smile": {"file": "pca.npz"}}'):
        names.write_text(content)
        with pytest.raises(ValueError, match=r"names\.json must hold"):
            hub.load_directions(model, tmp_path)


def test_directions_beside_the_versions(model, tmp_path, monkeypatch):
    monkeypatch.setattr(model, "directory", tmp_path / "stylist" / "1")
    assert direction_files.place_of(model) == tmp_path / "stylist" / "directions"
    with pytest.raises(
        FileNotFoundError, match=r"keras-gans directions stylist --method pca --out \S+pca\.npz"
    ):
        hub.load_directions(model)
    hub.save_directions(direction_files.place_of(model) / "pca.npz", directions_of(model))
    assert list(hub.load_directions(model)) == ["pca.0", "pca.1", "pca.2"]


def test_the_folder_of_directions_is_no_version(preset, tmp_path):
    """A folder beside the numbered ones is neither loaded nor listed."""
    from pathlib import Path

    (tmp_path / "painter_noise_4").mkdir()
    (tmp_path / "painter_noise_4" / "1").symlink_to(Path(preset) / "1")
    before = hub.load(tmp_path / "painter_noise_4").directory
    hub.save_directions(
        tmp_path / "painter_noise_4" / "directions" / "pca.npz", directions_of(hub.load(preset), "z")
    )
    assert hub.load(tmp_path / "painter_noise_4").directory == before


def test_what_is_no_file_of_directions(model, tmp_path):
    given = directions_of(model)
    with pytest.raises(ValueError, match=r"must end in \.npz"):
        hub.save_directions(tmp_path / "pca.json", given)
    with pytest.raises(ValueError, match="must be finite"):
        hub.save_directions(tmp_path / "pca.npz", dataclasses.replace(given, vectors=given.vectors * np.nan))
    with pytest.raises(FileNotFoundError):
        hub.read_directions(tmp_path / "none.npz", model)
    (tmp_path / "text.npz").write_text("text")
    hub.save_latents(tmp_path / "latents.npz", model.latents([1]), model)
    hub.save_directions(tmp_path / "flat.npz", dataclasses.replace(given, space="v"))
    for name in ("text", "latents", "flat"):
        with pytest.raises(ValueError, match=rf"{name}\.npz is no file of directions"):
            hub.read_directions(tmp_path / f"{name}.npz", model)
    facts = json.dumps({})
    np.savez(
        tmp_path / "nan.npz",
        format=direction_files.FORMAT,
        vectors=np.full((2, 8), np.nan, "float32"),
        **{"model": model.name, "space": "w", "method": "pca", "facts": facts},
    )
    with pytest.raises(ValueError, match=r"nan\.npz has NaN or infinity"):
        hub.read_directions(tmp_path / "nan.npz", model)


def test_another_model_refuses_them(model, preset, tmp_path):
    path = hub.save_directions(tmp_path / "pca.npz", directions_of(model))
    with pytest.raises(
        ValueError, match=r"of stylist, 8 wide in w\. Those of painter_noise_4 are 5 wide in z\."
    ):
        hub.read_directions(path, hub.load(preset))
