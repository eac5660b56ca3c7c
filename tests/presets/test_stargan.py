import numpy as np
import pytest

import tiny_presets
from keras_gans import losses, presets, training
from keras_gans.presets.stargan import PRESETS


def test_the_papers_numbers():
    """Sections 3.2 and 5 of 1711.09020: five updates of D for one of G, batches of 16, 20 epochs."""
    preset = presets.get("stargan_celeba_128")
    assert preset.batch_sizes == {128: 5 * 16} and preset.discriminator_steps == 5
    assert preset.learning_rates == {128: 1e-4}
    assert 0 <= 20 * (202_599 - 2_000) - preset.images < 80
    assert preset.discriminator_terms == (
        losses.GradientPenalty(weight=10.0),
        losses.RealDomainClassification(weight=1.0),
    )
    assert preset.generator_terms == (
        losses.TargetDomainClassification(weight=1.0),
        losses.DomainReconstruction(weight=10.0),
    )
    assert preset.data.domains == ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
    assert preset.average == training.ExponentialMovingAverage(decay=0.0)
    assert preset.data.flip and preset.data.crop == "center"


def test_the_embedded_preset_keeps_what_needs_no_change():
    embedded, paper = PRESETS
    assert embedded.generator_terms == (*paper.generator_terms, losses.DomainIdentity(weight=10.0))
    assert embedded.discriminator_terms == paper.discriminator_terms
    for preset in PRESETS:
        assert preset.adversarial_loss == losses.Wasserstein()
        assert preset.data.kind == "domains" and preset.data.conditional and preset.data.domains


@pytest.mark.parametrize("player, factor", [("generator", 1), ("discriminator", 5)])
def test_the_rate_falls_in_the_second_half(player, factor):
    """Of each player's own updates."""
    optimizer = presets.get("stargan_celeba_128").build_optimizer(player, 1e-4)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    rate = tiny_presets.rate_of(optimizer)
    assert (type(rate), rate.steps) == (training.LinearDecay, factor * 50_149)
    got = [float(rate(share * rate.steps)) for share in (0.0, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(got, [1e-4, 1e-4, 5e-5, 0.0], rtol=1e-3, atol=1e-10)


def test_what_is_built():
    trainer = tiny_presets.tiny("stargan").make_trainer(num_classes=3)
    assert type(trainer) is training.StarGAN and trainer.discriminator_steps == 3
    assert trainer.generator.resolution is None and trainer.discriminator.resolution == 8
    assert trainer.generator.num_classes == trainer.discriminator.num_classes == 3
