import re

import numpy as np
import pytest

from keras_gans import networks, presets

NETWORKS = {"progan": (networks.ProGANGenerator, networks.ProGANDiscriminator)}
EVERY = pytest.mark.parametrize("name", presets.preset_names())


@EVERY
def test_names(name):
    """<model>_<data>_<resolution>"""
    model, data, resolution = re.fullmatch(r"([a-z0-9]+)_([a-z0-9]+)_(\d+)", name).groups()
    preset = presets.get_preset(name)
    assert (preset["model"], preset["resolution"]) == (model, int(resolution))
    if preset["data"] is not None:
        assert preset["data"].split(":")[-1].replace("_", "").startswith(data)
    else:
        assert preset["data_hint"]


def build(preset):
    generator, discriminator = NETWORKS[preset["model"]]
    shape = {key: value for key, value in preset["network"].items() if key != "latent_dim"}
    size = {"resolution": preset["resolution"]}
    return generator(**preset["network"], **size), discriminator(**shape, **size)


@pytest.mark.slow
@EVERY
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = presets.get_preset(name)
    counts = [
        f"{sum(int(np.prod(w.shape)) for w in network.trainable_weights):,}" for network in build(preset)
    ]
    stated = re.findall(r"([\d,]+) \((?:G|D)\)", preset["source"])
    if stated:
        assert stated == counts
    else:  # the embedded one: what it was sized to
        assert counts == EMBEDDED[name]


# 128 latents, 128 channels at 4 and 8 px, 64 at 16 px and 32 at 32 px: by hand
# G: 128 * 2048 + 128; 147,584 at 4 px; 2 * 147,584; 73,792 + 36,928; 18,464 + 9,248;
#    to RGB 387 + 387 + 195 + 99
# D: from RGB 4 * 352; 9,248 + 18,496; 36,928 + 73,856; 2 * 147,584; conv 148,736;
#    dense 2048 * 128 + 128 and 129
EMBEDDED = {"progan_emoji_32": ["844,524", "846,241"]}


@EVERY
def test_schedules_cover_every_resolution(name):
    preset = presets.get_preset(name)
    sizes = [2**n for n in range(2, preset["resolution"].bit_length())]
    assert sizes[-1] == preset["resolution"]
    schedule = preset["schedule"]
    assert list(schedule["batch_sizes"]) == sizes
    assert list(schedule["learning_rates"]) == sizes
    # Minibatch statistics need groups of 4, or a batch smaller than that.
    assert all(batch % 4 == 0 or batch < 4 for batch in schedule["batch_sizes"].values())


def test_the_paper_s_schedule():
    schedule = presets.get_preset("progan_celebahq_1024")["schedule"]
    assert (schedule["fade_images"], schedule["stable_images"]) == (800_000, 800_000)
    assert schedule["batch_sizes"] == {
        4: 16,
        8: 16,
        16: 16,
        32: 16,
        64: 16,
        128: 16,
        256: 12,
        512: 4,
        1024: 3,
    }
    assert set(schedule["learning_rates"].values()) == {1e-3}


@EVERY
def test_a_preset_is_a_copy(name):
    first = presets.get_preset(name)
    first["network"]["latent_dim"] = -1
    first["schedule"]["batch_sizes"][4] = -1
    second = presets.get_preset(name)
    assert second["network"]["latent_dim"] > 0
    assert second["schedule"]["batch_sizes"][4] > 0


def test_names_of_a_model():
    assert presets.preset_names("progan")[0] == "progan_emoji_32"
    assert presets.preset_names("nothing") == []
    assert set(presets.preset_names("progan")) <= set(presets.preset_names())


def test_a_misspelt_name_gets_a_suggestion():
    message = r"no preset 'progan_emojy_32'. Did you mean 'progan_emoji_32'\? Presets: progan_emoji_32, "
    with pytest.raises(ValueError, match=message):
        presets.get_preset("progan_emojy_32")
    with pytest.raises(ValueError, match=r"no preset 'xyz'. Presets:"):
        presets.get_preset("xyz")
