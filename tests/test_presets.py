import json
import re

import keras
import numpy as np
import pytest

from keras_gans import diffusion, networks, presets

EVERY = pytest.mark.parametrize("name", presets.preset_names())
PROGAN = pytest.mark.parametrize("name", presets.preset_names("progan"))
DDPM = pytest.mark.parametrize("name", presets.preset_names("ddpm"))


@EVERY
def test_names(name):
    """<model>_<data>_<resolution>, with a variant behind the model where there are several."""
    model, data, resolution = re.fullmatch(r"([a-z0-9]+)(?:_[a-z]+)?_([a-z0-9]+)_(\d+)", name).groups()
    preset = presets.get_preset(name)
    assert (preset["model"], preset["resolution"]) == (model, int(resolution))
    if preset["data"] is not None:
        assert preset["data"].split(":")[-1].replace("_", "").startswith(data)
    else:
        assert preset["data_hint"]


def build(preset):
    shape = {key: value for key, value in preset["network"].items() if key != "latent_dim"}
    size = {"resolution": preset["resolution"]}
    return networks.ProGANGenerator(**preset["network"], **size), networks.ProGANDiscriminator(
        **shape, **size
    )


def progan_parameters(resolution, latent_dim, channel_base, channel_max):
    """Table 2 of the paper, counted without building anything."""
    sizes = [2**n for n in range(2, resolution.bit_length())]
    width = {size: min(2 * channel_base // size, channel_max) for size in (2, *sizes)}
    pairs = [(width[size // 2], width[size]) for size in sizes[1:]]
    colors = sum(width[size] for size in sizes)

    def conv(inputs, outputs):
        return 9 * inputs * outputs + outputs

    first = width[4]
    generator = latent_dim * 16 * first + first + conv(first, first) + 3 * colors + 3 * len(sizes)
    generator += sum(conv(inner, outer) + conv(outer, outer) for inner, outer in pairs)
    discriminator = 4 * colors + conv(first + 1, first) + 16 * first * width[2] + width[2] + width[2] + 1
    discriminator += sum(conv(outer, outer) + conv(outer, inner) for inner, outer in pairs)
    return generator, discriminator


def test_parameters_of_the_embedded_preset():
    # G: 262,272 + 147,584; 295,168; 110,720; 27,712; to RGB 1,068.
    # D: from RGB 1,408; 27,744; 110,784; 295,168; 148,736 + 262,272 + 129.
    assert progan_parameters(32, 128, 512, 128) == (844_524, 846_241)


@pytest.mark.slow
@PROGAN
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = presets.get_preset(name)
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in build(preset)]
    known = progan_parameters(preset["resolution"], **preset["network"])
    assert counts == list(known)
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    assert "parameters" not in preset["source"] or stated
    assert stated in ([], [f"{count:,}" for count in counts])


@PROGAN
def test_schedules_cover_every_resolution(name):
    preset = presets.get_preset(name)
    sizes = [2**n for n in range(2, preset["resolution"].bit_length())]
    assert sizes[-1] == preset["resolution"]
    schedule = preset["schedule"]
    assert list(schedule["batch_sizes"]) == sizes
    assert list(schedule["learning_rates"]) == sizes
    # Minibatch statistics need groups that divide the batch, or a batch smaller than a group.
    group = preset["minibatch_group_size"]
    assert all(batch % group == 0 or batch < group for batch in schedule["batch_sizes"].values())


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
        256: 14,
        512: 6,
        1024: 3,
    }
    assert set(schedule["learning_rates"].values()) == {1e-3}


@DDPM
def test_a_process_is_what_keras_writes(name):
    """The configuration of the process is its own, through JSON."""
    config = json.loads(json.dumps(presets.get_preset(name)["process"]))
    process = keras.saving.deserialize_keras_object(config)
    assert isinstance(process, diffusion.DiffusionProcess)
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(process)) == process


def test_the_papers_processes():
    def process(name):
        return keras.saving.deserialize_keras_object(presets.get_preset(name)["process"])

    linear = process("ddpm_cifar10_32")
    assert linear.schedule == diffusion.LinearSchedule(timesteps=1000, beta_start=1e-4, beta_end=0.02)
    assert linear.prediction == diffusion.Epsilon() and linear.variance == diffusion.FixedLarge()
    cosine = process("ddpm_cosine_cifar10_32")
    assert cosine.schedule == diffusion.CosineSchedule(timesteps=4000, offset=0.008, max_beta=0.999)
    assert cosine.variance == diffusion.Learned()
    assert process("ddpm_celebahq_256").schedule == linear.schedule


@DDPM
def test_one_batch_size_at_the_resolution(name):
    preset = presets.get_preset(name)
    for key in ("batch_sizes", "learning_rates"):
        assert list(preset["schedule"][key]) == [preset["resolution"]]


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
    message = r"no preset 'progan_emojy_32'. Did you mean 'progan_emoji_32'\? Presets: progan_emoji_32, "
    with pytest.raises(ValueError, match=message):
        presets.get_preset("progan_emojy_32")
    with pytest.raises(ValueError, match=r"no preset 'xyz'. Presets:"):
        presets.get_preset("xyz")
