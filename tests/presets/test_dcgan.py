import re

import numpy as np
import pytest

import short_runs
from keras_gans.presets.dcgan import PRESETS


def test_all_have_the_same_networks():
    """Other losses; the critic of WGAN is clipped besides."""
    for name, preset in PRESETS.items():
        clip = {"clip": 0.01} if preset["model"] == "wgan" else {}
        configs = {player: entry["config"] for player, entry in preset["network"].items()}
        assert configs == {
            "generator": {"latent_dim": 100, "width": 64},
            "discriminator": {"width": 64, **clip},
        }, name


@pytest.mark.slow
@pytest.mark.parametrize("resolution", [32, 64])
def test_networks_have_the_parameters_that_the_text_states(resolution):
    chosen = [preset for preset in PRESETS.values() if preset["resolution"] == resolution]
    pair = short_runs.networks(chosen[0])
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    for preset in chosen:
        stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
        if preset["data"] == "emoji":
            assert not stated and max(counts) < 1_100_000
        else:
            assert stated == [f"{count:,}" for count in counts]
