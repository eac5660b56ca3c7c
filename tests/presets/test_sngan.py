import re

import keras
import numpy as np
import pytest

from keras_gans.presets.sngan import PRESETS

CLASSES = {"emoji": 9, "tfds:cifar10": 10, "tfds:imagenet2012": 1000}


def parameters(preset, player):
    """Symbolic, and forgotten at once: the largest are of some hundred megabytes."""
    entry = preset["network"][player]
    classes = CLASSES[preset["data"]] if preset.get("conditional") else 0
    config = {**entry["config"], "resolution": preset["resolution"], "num_classes": classes}
    network = keras.saving.deserialize_keras_object({**entry, "config": config})
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    counts = [parameters(preset, player) for player in ("generator", "discriminator")]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and counts == [1_085_699, 594_624]
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_papers_numbers():
    """Table 1, setting C with five updates of the discriminator; batches of section 4 and of 1802.05637."""
    for preset in PRESETS.values():
        assert preset["discriminator_steps"] == 5
        assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.9}
        assert set(preset["schedule"]["learning_rates"].values()) == {2e-4}
    batches = {name: preset["schedule"]["batch_sizes"] for name, preset in PRESETS.items()}
    assert batches["sngan_cifar10_32"] == {32: 5 * 64}
    assert batches["sngan_imagenet_128"] == {128: 5 * 256}


def test_projection_has_classes():
    assert {name for name, preset in PRESETS.items() if preset.get("conditional")} == {
        "sngan_projection_emoji_32",
        "sngan_projection_cifar10_32",
        "sngan_imagenet_128",
    }
    assert next(iter(PRESETS)) == "sngan_projection_emoji_32"
