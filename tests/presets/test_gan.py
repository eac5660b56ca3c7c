import re

import numpy as np
import pytest

import short_runs
from keras_gans.presets.gan import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    pair = short_runs.networks(preset, num_classes=10 if preset["model"] == "cgan" else 0)
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if name.split("_")[1] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]
