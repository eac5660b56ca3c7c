import argparse
import json

import checkpoint_files as files
import pytest
from reference import translation_numpy

from keras_gans import cli
from keras_gans.cli import importing
from keras_gans.cli.importing import parse_setting

CONFIG = {"ngf": 2, "n_blocks": 1, "norm": "instance", "use_dropout": False}


@pytest.fixture
def generator(tmp_path):
    """A file of PyTorch with the generator of a CycleGAN."""
    shapes = translation_numpy.resnet_shapes(CONFIG)
    tensors = translation_numpy.random_tensors({**shapes, "G/model.2.running_mean": (2,)})
    tensors = {name.removeprefix("G/"): array for name, array in tensors.items()}
    (tmp_path / "latest_net_G_A.pth").write_bytes(files.torch_zip(files.state_dict(tensors)))
    return tmp_path / "latest_net_G_A.pth"


def test_a_file_becomes_an_export(generator, tmp_path, capsys, fails):
    out = tmp_path / "imported" / "1"
    argv = [
        "import",
        str(generator),
        "--out",
        str(out),
        "--license",
        "BSD-2-Clause",
        "--config",
        "resolution=32",
    ]
    assert cli.main(argv) == 0
    printed = capsys.readouterr().out
    for words in (
        "family   cyclegan: CycleGAN (torch zip)",
        "config   resolution=32",
        "derived  G.n_blocks=1, ",
        "unused   1 tensors, statistics are those of the image: latest_net_G_A/model.2.running_mean",
        f"export   {out}",
        f"try      keras-gans check {out}\n         keras-gans translate {out} IMAGES --out DIR",
    ):
        assert words in printed
    content = json.loads((out / "card.json").read_text())
    assert content["images_seen"] is None and content["data_license"] == "unknown"
    assert content["weights"]["license"] == "BSD-2-Clause"
    assert list(content["weights"]["files"]) == ["latest_net_G_A.pth"]
    readme = (out / "README.md").read_text()
    assert "| Images seen in training | unknown |" in readme
    assert "## Licence of the weights\n\nBSD-2-Clause" in readme
    assert "not trained here" in readme and content["weights"]["files"]["latest_net_G_A.pth"] in readme
    assert content["signatures"]["default"]["inputs"]["images"]["shape"] == [None, 32, 32, 3]
    assert sorted(path.name for path in (out / "networks").iterdir()) == ["generator.keras"]
    # Known before anything is read.
    assert "exists" in fails("import", "missing.pth", "--out", str(out))


def test_a_discriminator_is_no_export(tmp_path, fails):
    shapes = translation_numpy.patchgan_shapes({"input_nc": 3, "ndf": 2, "n_layers": 1, "norm": "instance"})
    tensors = translation_numpy.random_tensors(shapes)
    tensors = {name.removeprefix("D/"): array for name, array in tensors.items()}
    path = tmp_path / "latest_net_D_A.pth"
    path.write_bytes(files.torch_zip(files.state_dict(tensors)))
    said = fails("import", str(path), "--out", str(tmp_path / "1"))
    assert "No generator is in" in said and "it holds a discriminator alone" in said
    assert f"keras-gans import GENERATOR {path} --out" in said
    assert not (tmp_path / "1").exists()


def test_settings():
    assert parse_setting("a=true") == ("a", True)
    assert parse_setting("G.taps=[1, 2]") == ("G.taps", [1, 2])
    assert parse_setting("norm=batch") == ("norm", "batch")
    with pytest.raises(argparse.ArgumentTypeError, match="must be KEY=VALUE"):
        parse_setting("norm")


def test_names_of_classes(tmp_path):
    (tmp_path / "names.txt").write_text("cat\n\n dog \n")
    assert importing._class_names(tmp_path / "names.txt") == ["cat", "dog"]
    assert importing._class_names(None) == []


def test_notes_are_said(capsys):
    importing._say("note", "word " * 30)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("note     word") and second.startswith("         word")
