import re

import numpy as np
import pytest

import short_runs
from keras_gans.presets.stylegan import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    counts = [
        sum(int(np.prod(w.shape)) for w in network.trainable_weights)
        for network in short_runs.networks(preset)
    ]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_paper_s_numbers():
    """Section 3.1 and appendix C."""
    preset = PRESETS["stylegan_ffhq_1024"]
    assert preset["mixing_probability"] == 0.9 and preset["r1"] == {"weight": 10.0}
    assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.99}
    rates = preset["schedule"]["learning_rates"]
    assert rates[8] == 1e-3 and rates[1024] == 3e-3 and sorted(rates.values()) == list(rates.values())
    schedule = preset["schedule"]
    sizes = list(rates)
    total = schedule["stable_images"] * (len(sizes) - 1) + schedule["fade_images"] * (len(sizes) - 1)
    assert total + schedule["final_images"] == 25_000_000
    assert set(schedule["batch_sizes"]) == set(sizes) == {8, 16, 32, 64, 128, 256, 512, 1024}
    assert "4.40 (paper)" in preset["source"]
    assert next(iter(PRESETS)) == "stylegan_emoji_32"
