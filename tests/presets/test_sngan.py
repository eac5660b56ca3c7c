import re

import numpy as np
import pytest

import short_runs
from keras_gans.presets.sngan import PRESETS

CLASSES = {"emoji": 9, "tfds:cifar10": 10, "tfds:imagenet2012": 1000}


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    classes = CLASSES[preset["data"]] if preset.get("conditional") else 0
    pair = short_runs.networks(preset, num_classes=classes)
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in pair]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_papers_numbers():
    """Section 4 of 1802.05957 and section 6 of 1802.05637."""
    papers = {name: preset for name, preset in PRESETS.items() if preset["data"] != "emoji"}
    for preset in papers.values():
        assert preset["discriminator_steps"] == 5
        assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.9}
        assert set(preset["schedule"]["learning_rates"].values()) == {2e-4}
    batches = {name: preset["schedule"]["batch_sizes"] for name, preset in papers.items()}
    assert batches["sngan_cifar10_32"] == {32: 5 * 64}
    assert batches["sngan_imagenet_128"] == {128: 5 * 256}


def test_projection_has_classes():
    assert {name for name, preset in PRESETS.items() if preset.get("conditional")} == {
        "sngan_projection_emoji_32",
        "sngan_projection_cifar10_32",
        "sngan_imagenet_128",
    }
    assert next(iter(PRESETS)) == "sngan_projection_emoji_32"
