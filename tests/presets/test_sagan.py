import pytest

from keras_gans import losses, presets
from keras_gans.presets.sagan import PRESETS


def test_the_paper_s_numbers():
    """Section 4: imbalanced learning rates."""
    preset = presets.get("sagan_imagenet_128")
    assert preset.data.conditional and preset.discriminator_steps == 1
    assert preset.batch_sizes == {128: 256} and preset.learning_rates == {128: 1e-4}
    assert preset.images == 1_000_000 * 256 and str(preset.scores[0]) == "FID 18.65"
    for player, factor in (("discriminator", 4.0), ("generator", 1.0)):
        optimizer = preset.build_optimizer(player, 1e-4)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(factor * 1e-4)
    assert all(each.adversarial_loss == losses.Hinge() for each in PRESETS)
