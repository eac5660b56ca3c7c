import pytest

from keras_gans import losses, presets
from keras_gans.presets.autoencoder import PRESETS

NAMES = [preset.name for preset in PRESETS]


@pytest.mark.parametrize("name", NAMES)
def test_losses_are_the_papers(name):
    preset = presets.get(name)
    assert preset.adversarial_loss == losses.ScaledLoss(losses.Hinge(), discriminator_weight=0.5)
    first = (losses.TargetReconstruction(weight=1.0), losses.PerceptualDistance(weight=1.0))
    assert preset.generator_terms[:2] == first
    if "vq" in name:
        terms = (losses.Codebook(weight=1.0), losses.Commitment(weight=0.25), losses.CodeRevival())
    else:
        terms = (losses.PosteriorDivergence(weight=1e-6),)
    assert preset.generator_terms[2:] == terms
    for optimizer in preset.optimizers.values():
        assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.9)


def test_the_discriminator_of_the_paper_begins_with_step_50_001():
    preset = presets.get("autoencoder_kl_openimages_256")
    assert preset.adversarial_weight == losses.StepWeight(weight=0.5, start=50_001 * 8)
    assert preset.learning_rates == {256: 8 * 4.5e-6}
    assert presets.get("autoencoder_vq_celebahq_256").adversarial_weight.weight == 0.75


def test_its_start_moves_with_the_length():
    preset = presets.get("autoencoder_emoji_64")
    half = preset.replace(images=preset.images // 2)
    assert half.adversarial_weight.start == preset.adversarial_weight.start // 2
    assert preset.replace(images=10, adversarial_weight=0.3).adversarial_weight == 0.3
    assert preset.replace(precision="float32").adversarial_weight == preset.adversarial_weight
