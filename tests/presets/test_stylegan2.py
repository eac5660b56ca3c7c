import keras
import pytest

import tiny_presets
from keras_gans import augment, losses, presets, training
from keras_gans.presets.stylegan2 import PRESETS


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
    preset = presets.get(name)
    size = preset.resolution
    assert preset.batch_sizes == {size: batch_size} and preset.learning_rates == {size: rate}
    assert preset.discriminator_terms == (losses.R1(weight=gamma, interval=16),)
    small = name == "stylegan2_cifar10_32"
    average = training.ExponentialMovingAverage(half_life=half_life, ramp_up=0.05 if small else None)
    assert preset.average == average
    assert preset.networks["discriminator"]["config"].get("minibatch_group_size", 4) == group
    assert preset.generator_terms == (() if small else (losses.PathLength(weight=2.0, interval=4),))
    assert preset.mixing_probability == (0.0 if small else 0.9)


def test_augmentation_is_ada_s():
    for preset in PRESETS:
        if "ffhq_1024" in preset.name:  # 1912.04958 has none
            assert preset.augmentation is None
            continue
        layer = keras.saving.deserialize_keras_object(preset.augmentation)
        assert isinstance(layer, augment.AdaptiveAugmentation)
        assert layer.pipeline == augment.AugmentationPipeline.groups("bgc")
        assert (layer.target, layer.interval) == (0.6, 4)
        assert layer.images == (200_000 if "emoji" in preset.name else 500_000)


@pytest.mark.parametrize(("player", "interval"), [("discriminator", 16), ("generator", 4)])
def test_adam_is_corrected_for_lazy_terms(player, interval):
    """1912.04958, appendix B: c = k / (k + 1)."""
    optimizer = presets.get("stylegan2_ffhq_1024").build_optimizer(player, 2e-3)
    c = interval / (interval + 1)
    assert float(optimizer.learning_rate) == pytest.approx(c * 2e-3)
    assert optimizer.beta_1 == 0.0 and optimizer.beta_2 == pytest.approx(0.99**c)
    assert optimizer.epsilon == 1e-8


def test_adam_is_left_alone_without_a_lazy_term():
    optimizer = presets.get("stylegan2_cifar10_32").build_optimizer("generator", 2.5e-3)
    assert float(optimizer.learning_rate) == pytest.approx(2.5e-3) and optimizer.beta_2 == 0.99


def test_what_is_built():
    preset = tiny_presets.tiny("stylegan2", mixing_probability=0.9)
    trainer = preset.make_trainer()
    assert type(trainer) is training.StyleGAN2 and trainer.mixing_probability == 0.9
    assert isinstance(trainer.augmentation, augment.AdaptiveAugmentation)
    trainer = preset.replace(gamma=3.0, augmentation=None).make_trainer()
    assert trainer.terms == {"discriminator": (losses.R1(weight=3.0, interval=16),), "generator": ()}
    assert isinstance(trainer.augmentation, augment.NoAugmentation)
