import re

import keras
import numpy as np
import pytest

from keras_gans.presets.stargan_v2 import PRESETS

DOMAINS = {"stargan_v2_emoji_64": 3, "stargan_v2_afhq_256": 3, "stargan_v2_celebahq_256": 2}


@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset, counts = PRESETS[name], {}
    for player, entry in preset["network"].items():
        size = {"resolution": preset["resolution"], "num_classes": DOMAINS[name]}
        for other in {"generator": ["num_classes"], "mapping_network": ["resolution"]}.get(player, []):
            del size[other]
        with keras.StatelessScope(initialize_variables=False):  # weights without numbers
            network = keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], **size}})
        counts[player] = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    assert list(counts) == ["generator", "discriminator", "mapping_network", "style_encoder"]
    stated = re.findall(r"([\d,]{6,})\s+\((\w+ ?\w*)\)", preset["source"])
    if preset["data"]:
        assert not stated and max(counts.values()) < 1_100_000
    else:
        assert {player.replace(" ", "_"): count for count, player in stated} == {
            player: f"{count:,}" for player, count in counts.items()
        }


@pytest.mark.parametrize("name, diversity", [("stargan_v2_afhq_256", 2.0), ("stargan_v2_celebahq_256", 1.0)])
def test_the_papers_numbers(name, diversity):
    """1912.01865, appendix B; the rate of the mapping network is 1e-6."""
    preset = PRESETS[name]
    assert preset["schedule"]["images"] == 8 * 100_000
    assert preset["schedule"]["batch_sizes"] == {256: 8}
    assert preset["schedule"]["learning_rates"] == {256: 1e-4}
    assert preset["mapping_rate"] * 1e-4 == pytest.approx(1e-6)
    assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.99}
    assert preset["diversity_weight"] == diversity
    weights = ("r1_weight", "style_weight", "cycle_weight", "weight_decay")
    assert [preset[weight] for weight in weights] == [1.0, 1.0, 1.0, 1e-4]
    assert preset["average"] == {"decay": 0.999} and preset["discriminator_steps"] == 1


def test_what_the_data_are_asked_for():
    for preset in PRESETS.values():
        assert preset["conditional"] and preset["references"] and preset["domains"] == "styles"
    assert PRESETS["stargan_v2_emoji_64"]["data"] == "emoji:noto,fluent,twemoji"
