import os

import pytest

from keras_gans import hub
from keras_gans.cli import make_parser, outputs

COMMANDS = {
    "generate": ["generate", "x", "--seeds", "1", "--out", "grid.png"],
    "latents": ["generate", "x", "--seeds", "1", "--out", "new.png", "--save-latents", "z.npz"],
    "interpolate": ["interpolate", "x", "--seeds", "1,2", "--out", "walk.gif"],
    "mix": ["mix", "x", "--sources", "1", "--destinations", "2", "--out", "mix.png"],
    "denoise-strip": ["denoise-strip", "x", "--seeds", "1", "--out", "strip.png"],
    "evaluate": ["evaluate", "x", "--metrics", "fid20", "--json", "scores.json"],
}
INPUTS = {
    "latents": ["interpolate", "x", "--latents", "z.npz", "--save-latents", "z.npz", "--out", "walk.gif"],
    "picture": ["denoise-strip", "x", "--forward", "--images", "a.png", "b.png", "--out", "b.png"],
    "data": ["evaluate", "x", "--data", "emoji,set", "--metrics", "pairs", "--json", "set/dataset.json"],
    "export": ["evaluate", "export", "--metrics", "is20", "--json", "export/card.json"],
    "weights": ["import", "a.png", "export/deep/w.pt", "--out", "export"],
    "features": [
        "evaluate",
        "x",
        "--metrics",
        "is20",
        "--features",
        "m:export",
        "--json",
        "export/card.json",
    ],
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of everybody's, in the working directory, and no model that could be opened."""
    monkeypatch.chdir(tmp_path)
    for name in ("grid.png", "z.npz", "walk.gif", "mix.png", "strip.png", "scores.json", "a.png", "b.png"):
        (tmp_path / name).write_text("mine")
    for name in ("set/dataset.json", "export/card.json", "export/saved_model.pb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")

    def load(*args, **options):
        raise ValueError("the work began")

    monkeypatch.setattr(hub, "load", load)
    monkeypatch.setattr(hub, "locate", lambda name: tmp_path / name)
    yield tmp_path
    assert all(path.read_text() == "mine" for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_there_is_kept_unless_told_otherwise(name, files, fails):
    shown = fails(*COMMANDS[name])
    assert f"It exists already: {COMMANDS[name][-1]}" in shown and "pass --overwrite" in shown
    assert "the work began" in fails(*COMMANDS[name], "--overwrite")


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_never_written_over(name, files, fails):
    assert "An input is never written over" in fails(*INPUTS[name], "--overwrite")


def test_every_command_with_files_has_the_flag():
    parser = make_parser()
    for command in COMMANDS.values():
        assert parser.parse_args([*command, "--overwrite"]).overwrite
        assert not parser.parse_args(command).overwrite


def test_new_names(tmp_path):
    outputs.check([tmp_path / "new" / "a.png", None, tmp_path / "b.png"], inputs=[None, tmp_path / "none"])


def test_an_input_by_any_other_name(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    photo = tmp_path / "in" / "deep" / "a.png"
    photo.write_text("mine")
    (tmp_path / "link.png").symlink_to(photo)
    os.link(photo, tmp_path / "hard.png")
    for output in (
        photo,
        tmp_path / "link.png",
        tmp_path / "hard.png",
        tmp_path / "in" / "." / "deep" / "a.png",
    ):
        with pytest.raises(ValueError, match=r"An input is never written over\. Choose another output than"):
            outputs.check([output], inputs=[tmp_path / "in"], overwrite=True)
        outputs.check([output], inputs=[tmp_path / "other"], overwrite=True)


def test_a_link_that_leads_nowhere_is_there(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "none")
    with pytest.raises(FileExistsError, match=r"It exists already: \S+a\.png\. Choose"):
        outputs.check([tmp_path / "a.png"])


def test_many_files_are_counted(tmp_path):
    names = [tmp_path / f"{number}.png" for number in range(7)]
    for name in names:
        name.write_text("mine")
    with pytest.raises(FileExistsError, match=r"They exist already: .*0\.png, .*4\.png and 2 more\. Choose"):
        outputs.check(names)


def test_names_that_cannot_be_written(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("mine")
    for names, message in (
        (["a"], r"must be a file\. Received a folder that exists: .*a$"),
        (["b/c/d.png"], r"must lie in a folder\. Received: .*d\.png, and .*b is a file"),
        (["x.png", "y/../x.png"], r"names of their own\. Several would be .*x\.png"),
    ):
        with pytest.raises(ValueError, match=message):
            outputs.check([tmp_path / name for name in names], overwrite=True)
