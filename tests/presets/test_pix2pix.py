import pytest

from keras_gans import losses, presets, training
from keras_gans.presets.pix2pix import PRESETS


def test_the_papers_numbers():
    """Sections 3.3 and 6.2 of 1611.07004: batches of one, 200 epochs, Adam, 286 to 256 pixels."""
    preset = presets.get("pix2pix_facades_256")
    assert preset.images == 200 * 400 and preset.batch_sizes == {256: 1}
    assert preset.learning_rates == {256: 2e-4}
    assert round(256 * preset.data.jitter) == 286 and preset.data.flip
    assert preset.average == training.ExponentialMovingAverage(decay=0.0)
    for player in ("discriminator", "generator"):
        optimizer = preset.build_optimizer(player, 2e-4)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)


def test_losses():
    for preset in PRESETS:
        assert preset.data.kind == "aligned"
        assert preset.adversarial_loss == losses.ScaledLoss(losses.NonSaturating(), discriminator_weight=0.5)
        assert preset.generator_terms == (losses.TargetReconstruction(weight=100.0),)
        assert preset.discriminator_terms == () and preset.discriminator_steps == 1
        assert preset.networks["discriminator"]["config"]["channels"] == 6
