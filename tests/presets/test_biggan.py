import re

import keras
import numpy as np
import pytest

from keras_gans.presets.biggan import PRESETS

PAPER = [name for name in PRESETS if "imagenet" in name]
# Of the published networks.
KNOWN = {
    "biggan_cifar10_32": (4_304_387, 4_207_361),
    "biggan_imagenet_128": (70_433_988, 87_982_370),
    "biggan_deep_imagenet_128": (50_388_609, 34_590_210),
}


def build(preset, num_classes):
    shape = {"resolution": preset["resolution"], "num_classes": num_classes}
    for player in ("generator", "discriminator"):
        entry = preset["network"][player]
        yield keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], **shape}})


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name, monkeypatch):
    monkeypatch.setattr(  # values do not matter
        keras.initializers.Orthogonal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape)
    )
    preset = PRESETS[name]
    classes = 1000 if name in PAPER else 10
    counts = [sum(int(np.prod(w.shape)) for w in net.trainable_weights) for net in build(preset, classes)]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and min(counts) > 1_000_000 and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]
        assert tuple(counts) == KNOWN.get(name, tuple(counts))


@pytest.mark.parametrize("name", PAPER)
def test_the_paper_s_training(name):
    """Appendix C; two steps of the discriminator on batches of 2048 each."""
    preset = PRESETS[name]
    assert preset["schedule"]["batch_sizes"] == {preset["resolution"]: 2 * 2048}
    assert preset["schedule"]["learning_rates"] == {preset["resolution"]: 5e-5}
    assert preset["discriminator_steps"] == 2
    assert preset["average"] == {"decay": 0.9999}
    assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.999, "discriminator_factor": 4.0}


def test_all_are_conditional():
    assert all(preset["conditional"] and preset["model"] == "biggan" for preset in PRESETS.values())
    assert next(iter(PRESETS)) == "biggan_emoji_32"
    emoji = PRESETS["biggan_emoji_32"]
    assert emoji["schedule"]["images"] == 200_000 and emoji["schedule"]["batch_sizes"] == {32: 64}
