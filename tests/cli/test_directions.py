import argparse
import json

import numpy as np
import pytest

from keras_gans import cli, hub, runs
from keras_gans.cli.directions import parse_names, read_labels
from keras_gans.runs import direction_page


@pytest.fixture
def no_page(monkeypatch):
    """Pages have their own tests."""
    told = {}
    monkeypatch.setattr(direction_page, "write_page", lambda path, *a, **options: told.update(options))
    return told


def test_components_and_names(styled, tmp_path, capsys):
    """Names are given while directions are found, or afterwards, with the page made anew."""
    out = tmp_path / "pca.npz"
    command = ["directions", styled.path, "--out", str(out)]
    assert cli.main([*command, "--method", "pca", "--count", "2", "--name", "hair=1"]) == 0
    assert f"{out}: 2 directions in w" in capsys.readouterr().out
    assert "<h2>hair</h2>" in out.with_suffix(".html").read_text()
    assert cli.main([*command, "--name", "nose=-0", "--layers", "0-1"]) == 0
    found = hub.load_directions(hub.load(styled.path), tmp_path)
    assert list(found)[:2] == ["hair", "nose"] and found["nose"].layers == (0, 1)
    np.testing.assert_array_equal(found["nose"].vector, -found["pca.0"].vector)
    assert "<h2>nose</h2>" in out.with_suffix(".html").read_text()


def test_normals(preset, tmp_path, no_page, capsys):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"smile": {"yes": "0-4", "no": "5-9,12"}}))
    command = ["directions", preset, "--method", "normals", "--labels", str(labels)]
    cli.main([*command, "--out", str(tmp_path / "a.npz")])
    model = hub.load(preset)
    expected = runs.normal_directions(model, {"smile": (range(5), [5, 6, 7, 8, 9, 12])})
    np.testing.assert_array_equal(hub.load_directions(model, tmp_path)["smile"].vector, expected.vectors[0])
    assert no_page["names"]["smile"]["number"] == 0 and no_page["stem"] == "a"
    command = ["directions", preset, "--method", "normals", "--attributes", "bright,large", "--images", "20"]
    cli.main([*command, "--conditional", "--out", str(tmp_path / "b" / "n.npz")])
    assert list(hub.load_directions(model, tmp_path / "b"))[:2] == ["bright", "large"]
    assert "names.json: bright, large" in capsys.readouterr().out


def test_a_class_that_is_missing_is_said_before_the_search(conditional, tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["directions", conditional, "--method", "pca", "--out", str(tmp_path / "pca.npz")])
    assert "this model has classes: pass a --label" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_trained_ones(preset, tmp_path, no_page, monkeypatch, capsys):
    asked = {}

    def learn(model, directory, **options):
        asked.update(options, directory=directory)
        return hub.Directions(model.name, "z", "voynov", np.eye(2, 5), {"told_apart": {"learnt": 0.5}})

    monkeypatch.setattr(runs, "learn_directions", learn)
    command = ["directions", preset, "--method", "voynov", "--count", "2", "--images", "99"]
    cli.main([*command, "--constraint", "unit", "--out", str(tmp_path / "v.npz")])
    assert asked == {
        **{
            "count": 2,
            "images": 99,
            "constraint": "unit",
            "learning_rate": 1e-4,
            "space": None,
            "label": None,
        },
        "directory": tmp_path / "v.run",
    }
    assert "told apart: learnt 0.500" in capsys.readouterr().out


def test_singular_ones(styled, tmp_path, no_page, fails):
    command = ["directions", styled.path, "--method", "sefa", "--out", str(tmp_path / "sefa.npz")]
    assert "Pass its weights as `kernels`" in fails(*command)


def test_wrong_options(preset, tmp_path, fails):
    command = ["directions", preset, "--out", str(tmp_path / "pca.npz")]
    assert "--conditional goes with --method normals. Received: pca" in fails(
        *command, "--method", "pca", "--conditional"
    )
    assert "--count goes with --method pca or sefa or voynov. Received: none" in fails(
        *command, "--count", "2"
    )
    assert "needs --attributes NAME,... or --labels" in fails(*command, "--method", "normals")
    assert "--space must be z. Received: 'w'" in fails(*command, "--method", "pca", "--space", "w").replace(
        "--space of painter_noise_4", "--space"
    )
    assert "pca.npz" in fails(*command, "--name", "smile=0")
    (tmp_path / "pca.npz").write_text("")
    assert "exists already" in fails(*command, "--method", "pca")
    labels = tmp_path / "labels.json"
    for content in ("[", '{"smile": {"yes": "0"}}', '{"smile": {"yes": "a", "no": "1"}}', "[1]"):
        labels.write_text(content)
        with pytest.raises(ValueError, match=r"labels\.json must hold"):
            read_labels(labels)


def test_parse_names():
    assert parse_names("smile=3, hair=-1") == {
        "smile": {"number": 3, "factor": 1.0},
        "hair": {"number": 1, "factor": -1.0},
    }
    for text in ("smile", "smile=x", "=3", "smile=1.5"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"names such as smile=3,hair=-1"):
            parse_names(text)
