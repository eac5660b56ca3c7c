import re

import keras
import numpy as np
import pytest

from keras_gans.presets.pix2pix import PRESETS


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
        assert stated == [f"{count:,}" for count in counts] == ["54,413,955", "2,768,705"]


def test_the_papers_numbers():
    """Sections 3.3 and 6.2 of 1611.07004: batches of one, 200 epochs, Adam, 286 to 256 pixels."""
    preset = PRESETS["pix2pix_facades_256"]
    assert preset["schedule"]["images"] == 200 * 400
    assert preset["schedule"]["batch_sizes"] == {256: 1}
    assert preset["schedule"]["learning_rates"] == {256: 2e-4}
    assert preset["optimizer"] == {"beta_1": 0.5, "beta_2": 0.999}
    assert round(256 * preset["jitter"]) == 286 and preset["flip"] is True
    assert preset["average"] == {"decay": 0.0}
    assert {one["pairs"] for one in PRESETS.values()} == {"aligned"}
