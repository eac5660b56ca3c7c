import pytest

import tiny_presets
from keras_gans import losses, networks, presets, training
from keras_gans.presets.stargan_v2 import PRESETS


def fading(first, images):
    return losses.LinearWeight(first=first, last=0.0, images=images)


@pytest.mark.parametrize("name, diversity", [("stargan_v2_afhq_256", 2.0), ("stargan_v2_celebahq_256", 1.0)])
def test_the_papers_numbers(name, diversity):
    """1912.01865, appendix B; the rate of the mapping network is 1e-6."""
    preset = presets.get(name)
    assert preset.images == 8 * 100_000 and preset.batch_sizes == {256: 8}
    assert preset.learning_rates == {256: 1e-4}
    assert preset.mapping_rate * 1e-4 == pytest.approx(1e-6) and preset.weight_decay == 1e-4
    assert preset.discriminator_terms == (losses.R1(weight=1.0),)
    assert preset.generator_terms == (
        losses.StyleReconstruction(weight=1.0),
        losses.StyleDiversity(weight=fading(diversity, 800_000)),
        losses.SourceConsistency(weight=1.0),
    )
    assert preset.average == training.ExponentialMovingAverage(decay=0.999)
    assert preset.discriminator_steps == 1
    for player in ("discriminator", "generator"):
        optimizer = preset.build_optimizer(player, 1e-4)
        assert type(optimizer) is training.GroupedAdam
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.99, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(1e-4)


def test_diversity_fades_out_over_the_whole_run():
    preset = presets.get("stargan_v2_emoji_64").replace(images=2_000)
    assert preset.generator_terms[1] == losses.StyleDiversity(weight=fading(1.0, 2_000))


def test_what_is_built():
    trainer = tiny_presets.tiny("stargan_v2").make_trainer(num_classes=3)
    assert type(trainer) is training.StarGANv2Trainer
    assert type(trainer.mapping_network) is networks.StarGANv2MappingNetwork
    assert (trainer.generator.resolution, trainer.style_encoder.resolution) == (32, 32)
    assert trainer.mapping_network.num_classes == trainer.style_encoder.num_classes == 3
    assert (trainer.mapping_rate, trainer.weight_decay) == (0.01, 1e-4)


def test_what_the_data_are_asked_for():
    for preset in PRESETS:
        assert preset.data.conditional and preset.data.kind == "references"
        assert preset.data.domains == "styles"
    assert presets.get("stargan_v2_emoji_64").data.spec == "emoji:noto,fluent,twemoji"
