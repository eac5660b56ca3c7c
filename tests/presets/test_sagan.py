import re

import numpy as np
import pytest

import short_runs
from keras_gans.presets.sagan import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    pair = short_runs.networks(preset, num_classes=1000 if preset.get("conditional") else 0)
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_paper_s_numbers():
    """Section 4."""
    preset = PRESETS["sagan_imagenet_128"]
    assert preset["conditional"] and preset["discriminator_steps"] == 1
    assert preset["schedule"]["batch_sizes"] == {128: 256}
    assert preset["schedule"]["learning_rates"] == {128: 1e-4}
    assert preset["schedule"]["images"] == 1_000_000 * 256
    assert "18.65 (paper)" in preset["source"]
    assert next(iter(PRESETS)) == "sagan_emoji_32"
