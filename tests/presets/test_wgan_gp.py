import re

import numpy as np
import pytest

import short_runs
from keras_gans import networks
from keras_gans.presets.wgan_gp import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    pair = short_runs.networks(preset)
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and max(counts) < 1_000_000
    else:
        assert stated == [f"{count:,}" for count in counts]
        docstring = networks.wgan_gp.__doc__
        assert all(number in docstring for number in stated)
