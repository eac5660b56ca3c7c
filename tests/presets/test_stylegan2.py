import re

import keras
import numpy as np
import pytest

import short_runs
from keras_gans import augment
from keras_gans.presets.stylegan2 import PRESETS


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_networks_have_the_parameters_that_the_text_states(name):
    preset = PRESETS[name]
    num_classes = 10 if preset["data"] == "tfds:cifar10" else 0
    counts = [
        sum(int(np.prod(w.shape)) for w in network.trainable_weights)
        for network in short_runs.networks(preset, num_classes=num_classes)
    ]
    stated = re.findall(r"([\d,]+) \([GD]\)", preset["source"])
    stated = stated or re.findall(r"([\d,]{6,})", preset["source"])
    if preset["data"] == "emoji":
        assert not stated and max(counts) < 1_100_000
    else:
        assert stated == [f"{count:,}" for count in counts]


@pytest.mark.parametrize(
    ("name", "batch_size", "rate", "gamma", "half_life", "group"),
    [
        ("stylegan2_cifar10_32", 64, 2.5e-3, 0.01, 500_000, 32),
        ("stylegan2_ffhq_256", 64, 2.5e-3, 1.0, 20_000, 8),
        ("stylegan2_afhq_512", 64, 2.5e-3, 0.5, 20_000, 8),
        ("stylegan2_ffhq_1024", 32, 2e-3, 10.0, 10_000, 4),
        ("stylegan2_e_ffhq_1024", 32, 2e-3, 10.0, 10_000, 4),
    ],
)
def test_the_papers_numbers(name, batch_size, rate, gamma, half_life, group):
    """2006.06676, appendix C."""
    preset = PRESETS[name]
    size = preset["resolution"]
    assert preset["schedule"]["batch_sizes"] == {size: batch_size}
    assert preset["schedule"]["learning_rates"] == {size: rate}
    assert preset["r1"] == {"weight": gamma, "interval": 16}
    small = name == "stylegan2_cifar10_32"
    assert preset["average"] == {"half_life": half_life, "ramp_up": 0.05 if small else None}
    assert preset["optimizer"] == {"beta_1": 0.0, "beta_2": 0.99}
    discriminator = preset["network"]["discriminator"]["config"]
    assert discriminator.get("minibatch_group_size", 4) == group
    assert preset["path_length"] == (None if small else {"weight": 2.0, "interval": 4})
    assert preset["mixing_probability"] == (0.0 if small else 0.9)


def test_augmentation_is_ada_s():
    for name, preset in PRESETS.items():
        if "ffhq_1024" in name:  # 1912.04958 has none
            assert preset["augmentation"] is None
            continue
        layer = keras.saving.deserialize_keras_object(preset["augmentation"])
        assert isinstance(layer, augment.AdaptiveAugmentation)
        assert layer.pipeline == augment.AugmentationPipeline.groups("bgc")
        assert (layer.target, layer.interval) == (0.6, 4)
        assert layer.images == (200_000 if "emoji" in name else 500_000)
    assert next(iter(PRESETS)) == "stylegan2_emoji_32"
