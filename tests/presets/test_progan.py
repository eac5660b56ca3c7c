import re

import numpy as np
import pytest

from keras_gans import networks, presets

PROGAN = pytest.mark.parametrize("name", presets.preset_names("progan"))


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
