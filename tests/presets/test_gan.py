import re

import numpy as np
import pytest

from keras_gans import networks
from keras_gans.presets.gan import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    shape = {
        "resolution": preset["resolution"],
        "channels": 3,
        "num_classes": 10 if preset["model"] == "cgan" else 0,
    }
    pair = (
        networks.GANGenerator(**shape, **preset["network"]["generator"]),
        networks.GANDiscriminator(**shape, **preset["network"]["discriminator"]),
    )
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if name.split("_")[1] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]
