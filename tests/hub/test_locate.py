from pathlib import Path

import pytest

import keras_gans
from keras_gans import hub

ROOT = Path(__file__).parents[2]


def test_by_name_and_by_path(preset, conditional, monkeypatch, tmp_path):
    """The folder of the environment variable comes before savedmodels/ of the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KERAS_GANS_HOME", raising=False)
    assert hub.locate("progan_emoji_32") == ROOT / "savedmodels" / "progan_emoji_32" / "1"
    (tmp_path / "savedmodels").mkdir()
    (tmp_path / "savedmodels" / "progan_emoji_32").symlink_to(preset)
    assert hub.locate("progan_emoji_32") == Path("savedmodels/progan_emoji_32/1")
    home = tmp_path / "home"
    home.mkdir()
    (home / "progan_emoji_32").symlink_to(Path(conditional).parent)
    monkeypatch.setenv("KERAS_GANS_HOME", str(home))
    assert hub.locate("progan_emoji_32") == home / "progan_emoji_32" / "1"
    assert hub.locate(preset) == Path(preset) / "1" and hub.locate(conditional) == Path(conditional)
    (tmp_path / "progan_emoji_32").symlink_to(preset)  # what is here comes first
    assert hub.locate("progan_emoji_32") == Path("progan_emoji_32/1")


def test_the_error_lists_where_it_looked(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_GANS_HOME", str(tmp_path / "home"))
    with pytest.raises(FileNotFoundError) as error:
        keras_gans.load("progan_emoji_31")
    said = str(error.value)
    beside = ROOT / "savedmodels"
    for looked in ("Looked for: progan_emoji_31", tmp_path / "home", "savedmodels/progan_emoji_31", beside):
        assert str(looked) in said
    assert f"{beside} has cyclegan_emoji_32, " in said and "progan_emoji_32" in said
    assert "KERAS_GANS_HOME" in said
    with pytest.raises(FileNotFoundError) as error:
        keras_gans.load("runs/none/export")
    assert "Looked for: runs/none/export. " in str(error.value)  # a path is no name
    (tmp_path / "letters").mkdir()
    with pytest.raises(FileNotFoundError, match=r"letters holds no export"):
        keras_gans.load("letters")


def test_the_object_that_fits(preset, darkener, diffusing):
    assert type(hub.load(preset)) is hub.Generator
    assert type(hub.load(darkener)) is hub.Translator
    assert type(hub.load(diffusing)) is hub.DiffusionGenerator


def test_damage_is_seen(tmp_path):
    export = tmp_path / "1"
    export.mkdir()
    (export / "saved_model.pb").write_bytes(b"")
    (export / "sha256sums.txt").write_text(f"{'0' * 64}  saved_model.pb\n")
    with pytest.raises(ValueError, match=r"differs: saved_model\.pb"):
        hub.load(tmp_path, verify=True)
