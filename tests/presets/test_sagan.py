import re

import numpy as np
import pytest

from keras_gans import networks
from keras_gans.presets.sagan import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    shape = {"resolution": preset["resolution"], "num_classes": 1000 if preset.get("conditional") else 0}
    counts = []
    for player, network_class in (
        ("generator", networks.SAGANGenerator),
        ("discriminator", networks.SAGANDiscriminator),
    ):
        network = network_class(**shape, **preset["network"][player])
        counts.append(sum(int(np.prod(weight.shape)) for weight in network.trainable_weights))
        del network  # the largest are of some hundred megabytes
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and counts == [897_924, 685_274]
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
