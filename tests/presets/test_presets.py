import re
from pathlib import Path

import pytest

from keras_gans import presets

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("name", presets.preset_names())


@EVERY
def test_names(name):
    """<model>_<data>_<resolution>, with a variant behind the model where there are several."""
    preset = presets.get_preset(name)
    pattern = preset["model"] + r"(?:_[a-z]+)?_([a-z0-9]+)_(\d+)"
    data, resolution = re.fullmatch(pattern, name).groups()
    assert preset["resolution"] == int(resolution)
    if preset["data"] is not None:
        assert any(part.replace("_", "").startswith(data) for part in preset["data"].split(":"))
    else:
        assert preset["data_hint"]


@EVERY
def test_a_preset_is_a_copy(name):
    first = presets.get_preset(name)
    first["network"].clear()
    first["schedule"]["batch_sizes"].clear()
    second = presets.get_preset(name)
    assert second["network"] and second["schedule"]["batch_sizes"]


def test_names_of_a_model():
    assert presets.preset_names("progan")[0] == "progan_emoji_32"
    assert presets.preset_names("nothing") == []
    assert set(presets.preset_names("progan")) <= set(presets.preset_names())


def test_a_misspelt_name_gets_a_suggestion():
    message = r"no preset 'progan_emojy_32'. Did you mean 'progan_emoji_32'\? Presets: gan_emoji_32, "
    with pytest.raises(ValueError, match=message):
        presets.get_preset("progan_emojy_32")
    with pytest.raises(ValueError, match=r"no preset 'xyz'. Presets:"):
        presets.get_preset("xyz")


@EVERY
def test_every_preset_has_what_a_run_reads(name):
    preset = presets.get_preset(name)
    keys = {
        "model",
        "resolution",
        "paper",
        "network",
        "schedule",
        "average",
        "flip",
        "precision",
        "data",
        "source",
    }
    if preset["model"] == "progan":
        keys -= {"average"}
    assert keys <= set(preset)
    assert preset["paper"].startswith("https://arxiv.org/abs/")
    assert (ROOT / "train" / f"{preset['model']}.py").is_file()


def test_the_first_preset_of_a_model_is_for_the_embedded_data():
    for model in {presets.get_preset(name)["model"] for name in presets.preset_names()}:
        assert presets.get_preset(presets.preset_names(model)[0])["data"].startswith("emoji")
