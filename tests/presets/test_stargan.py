import re

import keras
import numpy as np
import pytest

from keras_gans.presets.stargan import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    domains = 6 if preset["domains"] == "tones" else len(preset["domains"])
    shapes = {"generator": {}, "discriminator": {"resolution": preset["resolution"]}}
    with keras.StatelessScope(initialize_variables=False):  # weights without numbers
        networks = [
            keras.saving.deserialize_keras_object(
                {**entry, "config": {**entry["config"], **shapes[player], "num_classes": domains}}
            )
            for player, entry in preset["network"].items()
        ]
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in networks]
    stated = re.findall(r"([\d,]+)\s+\([GD]\)", preset["source"])
    if "emoji" in name:
        assert not stated and max(counts) < 2_000_000
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_papers_numbers():
    """Sections 3.2 and 5 of 1711.09020: five updates of D for one of G, batches of 16, 20 epochs."""
    preset = PRESETS["stargan_celeba_128"]
    assert preset["schedule"]["batch_sizes"] == {128: 5 * 16} and preset["discriminator_steps"] == 5
    assert preset["schedule"]["learning_rates"] == {128: 1e-4}
    assert 0 <= 20 * (202_599 - 2_000) - preset["schedule"]["images"] < 80
    assert preset["optimizer"] == {"beta_1": 0.5, "beta_2": 0.999}
    names = ("penalty", "classification", "reconstruction", "identity")
    assert [preset[f"{name}_weight"] for name in names] == [10.0, 1.0, 10.0, 0.0]
    assert preset["domains"] == ["Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young"]
    assert preset["average"] == {"decay": 0.0} and preset["flip"] is True and preset["crop"] == "center"


def test_every_preset_has_domains():
    assert all(preset["conditional"] is True and preset["domains"] for preset in PRESETS.values())
