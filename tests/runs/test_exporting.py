import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tiny_presets
from keras_gans.runs import exporting
from keras_gans.runs.actions import configure
from keras_gans.runs.run import Run


def make(out, preset, **fields):
    return Run(configure(preset, out=out, **{"split": "test", "data": "emoji:twemoji", **fields}))


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
    assert "IMAGES --out DIR --label all" in capsys.readouterr().out
    assert Image.open(run.out / "samples.png").size == (5 * 8, 8 * 8)
    domains = tf.constant([[0.0, 1.0, 0.0]])
    signature = tf.saved_model.load(str(path)).signatures["default"]
    assert signature(images=tf.zeros((2, 12, 8, 3)), domains=domains)["default"].shape == (2, 12, 8, 3)
    card = json.loads((path / "card.json").read_text())
    assert card["class_names"] == ["cat", "dog", "fox"] and card["model"] == "StarGAN"


def test_a_card(tmp_path):
    run = make(tmp_path, tiny_presets.tiny("cyclegan"), data="emoji:twemoji,fluent", precision="float32")
    card = exporting.card(run, 24)
    assert (card.preset, card.model, card.images_seen) == ("cyclegan_emoji_32", "CycleGAN", 24)
    assert "emoji:twemoji (test) to emoji:fluent (test), unpaired, float32, 1 replica(s)" in card.notes[0]
    assert card.class_names == ()
