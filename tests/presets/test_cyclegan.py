import re

import keras
import numpy as np
import pytest

from keras_gans.presets.cyclegan import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    with keras.StatelessScope(initialize_variables=False):  # weights without numbers
        networks = [keras.saving.deserialize_keras_object(entry) for entry in preset["network"].values()]
    counts = [sum(int(np.prod(w.shape)) for w in network.trainable_weights) for network in networks]
    stated = re.findall(r"([\d,]+)\s+\([GD]\)", preset["source"])
    if preset["data"]:
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]


def test_the_papers_numbers():
    """Sections 4, 5.2 and 7 of 1703.10593: batches of one, 200 epochs, pool of 50, 286 to 256 pixels."""
    preset = PRESETS["cyclegan_horse2zebra_256"]
    assert preset["schedule"]["images"] == 200 * 1334
    assert preset["schedule"]["batch_sizes"] == {256: 1}
    assert preset["schedule"]["learning_rates"] == {256: 2e-4}
    assert preset["optimizer"] == {"beta_1": 0.5, "beta_2": 0.999}
    assert (preset["cycle_weight"], preset["identity_weight"], preset["pool_size"]) == (10.0, 5.0, 50)
    assert round(256 * preset["jitter"]) == 286 and preset["flip"] is True
    assert preset["average"] == {"decay": 0.0}
    assert {one["pairs"] for one in PRESETS.values()} == {"unpaired"}
