import json
import shlex
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tiny_presets
from keras_gans import cli, hub
from keras_gans.runs import exporting
from keras_gans.runs.actions import configure
from keras_gans.runs.run import Run


def make(out, preset, **fields):
    return Run(configure(preset, out=out, **{"split": "test", "data": "emoji:twemoji", **fields}))


def tried(printed, values):
    """Runs the command that an export says to try, with values in place of words in capitals."""
    [line] = [line for line in printed.splitlines() if line.startswith("try ")]
    words = shlex.split(line)[1:]
    assert words.pop(0) == "keras-gans"
    assert cli.main([values.get(word, word) for word in words]) == 0


def test_an_export_before_the_last_fade_is_refused(tmp_path):
    run = make(tmp_path, tiny_presets.tiny("progan"), images=1000)
    with pytest.raises(ValueError, match="have not grown to 8 px yet: 0 images seen of"):
        run.export()


def test_a_translator_of_own_folders(tmp_path, capsys):
    random = np.random.default_rng(0)
    folders = [tmp_path / name for name in ("cat", "dog", "fox")]
    for folder in folders:
        folder.mkdir()
        for i in range(8):
            pixels = random.integers(0, 256, (8, 8, 3), dtype="uint8")
            Image.fromarray(pixels).save(folder / f"{i}.png")
    run = make(
        tmp_path / "run", tiny_presets.tiny("stargan"), data=",".join(map(str, folders)), split="train"
    )
    assert run.num_classes == 3 and not run.data.references
    path = run.export()
    assert path == run.export_path
    printed = capsys.readouterr().out
    photo, made = str(folders[0] / "0.png"), str(tmp_path / "made")
    tried(printed, {"IMAGES": photo, "DIR": made})
    assert len(list((tmp_path / "made").rglob("0.png"))) == 3
    assert Image.open(run.out / "samples.png").size == (5 * 8, 8 * 8)
    domains = tf.constant([[0.0, 1.0, 0.0]])
    signature = tf.saved_model.load(str(path)).signatures["default"]
    assert signature(images=tf.zeros((2, 12, 8, 3)), domains=domains)["default"].shape == (2, 12, 8, 3)
    card = json.loads((path / "card.json").read_text())
    assert card["class_names"] == ["cat", "dog", "fox"] and card["model"] == "StarGAN"
    assert card["preset"] == "stargan_cat_dog_fox_8"


def test_a_generator_of_own_classes_that_are_called_by_numbers(tmp_path, monkeypatch, capsys):
    """The folder "2" is class 4: neither a row nor a label takes one for the other."""
    names = ["0", "1", "10", "11", "2"]
    for shade, name in enumerate(names):
        (tmp_path / "my photos" / name).mkdir(parents=True)
        for i in range(2):
            pixels = np.full((8, 8, 3), 10 * shade + i, "uint8")
            Image.fromarray(pixels).save(tmp_path / "my photos" / name / f"{i}.png")
    preset = tiny_presets.tiny("dcgan", resolution=8)
    data = {"data": tmp_path / "my photos", "split": "train", "conditional": True}
    monkeypatch.chdir(tmp_path)
    path = make(tmp_path / "run [1]", preset, **data).export()
    tried(capsys.readouterr().out, {})
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.startswith("row: ")] == [f"row: {n}" for n in names]
    rows = np.split(np.asarray(Image.open("grid.png")), 5)
    model = hub.load(path)
    assert model.name == "dcgan_my_photos_8" and model.class_names == tuple(names)
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        for label in (name, number):
            images = model.generate(model.latents(range(16)), label=label)
            np.testing.assert_allclose(row, np.concatenate(images, axis=1) * 255, atol=0.501)
    with pytest.raises(ValueError, match=r"one of 0, 1, 10, 11, 2\. Received: '3'"):
        model.generate(model.latents([0]), label="3")


def test_a_card(tmp_path):
    run = make(tmp_path, tiny_presets.tiny("cyclegan"), data="emoji:twemoji,fluent", precision="float32")
    card = exporting.card(run, 24)
    assert (card.preset, card.model, card.images_seen) == ("cyclegan_emoji_32", "CycleGAN", 24)
    assert "emoji:twemoji (test) to emoji:fluent (test), unpaired, float32, 1 replica(s)" in card.notes[0]
    assert card.class_names == ()


@pytest.mark.parametrize(
    "fields, name",
    [
        ({}, "progan_emoji_32"),
        ({"data": "emoji"}, "progan_emoji_32"),
        ({"data": "emoji:noto,fluent"}, "progan_emoji_noto_fluent_32"),
        ({"data": "tfds:cifar10"}, "progan_tfds_cifar10_32"),
        ({"data": "photos.zip", "resolution": 64}, "progan_photos_64"),
        ({"data": "."}, "progan_my_images_32"),
        ({"data": "left-to-right:photos.zip"}, "progan_photos_32"),
        ({"resolution": 16}, "progan_emoji_16"),
        ({"channels": "grey"}, "progan_emoji_grey_32"),
    ],
)
def test_what_an_export_is_called(tmp_path, monkeypatch, fields, name):
    folder = tmp_path / "my images"
    folder.mkdir()
    (folder / "photos.zip").touch()
    monkeypatch.chdir(folder)
    config = configure("progan_emoji_32", out="run", **fields)
    assert exporting.name_of(SimpleNamespace(config=config, preset=config.resolved)) == name
