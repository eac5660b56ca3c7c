import keras
import pytest

import tiny_presets
from keras_gans import losses, networks, presets, training
from keras_gans.presets.wgan_gp import PRESETS


def test_the_paper_s_game():
    for preset in PRESETS:
        assert preset.adversarial_loss == losses.Wasserstein() and preset.discriminator_steps == 5
        assert preset.discriminator_terms == (losses.GradientPenalty(weight=10.0, target=1.0),)
    parameters = [preset.parameters for preset in PRESETS if preset.section]
    stated = networks.wgan_gp.__doc__
    assert all(f"{count:,}" in stated for counts in parameters for count in counts.values())


def test_the_papers_numbers():
    lsun, cifar = presets.get("wgan_gp_lsun_64"), presets.get("wgan_gp_cifar10_32")
    assert lsun.batch_sizes == {64: 5 * 64} and lsun.learning_rates == {64: 1e-4}
    assert cifar.images == 100_000 * 5 * 64 and cifar.learning_rates == {32: 2e-4}
    critics = [preset.networks["discriminator"]["class_name"] for preset in (lsun, cifar)]
    assert critics == ["WGANGPDiscriminator", "WGANGPCIFARDiscriminator"]


@pytest.mark.parametrize("player, steps", [("discriminator", 5), ("generator", 1)])
def test_optimizers(player, steps):
    """Algorithm 1; for CIFAR-10 the rate falls straight to 0 within 100,000 steps of the generator."""
    optimizer = presets.get("wgan_gp_lsun_64").build_optimizer(player, 1e-4)
    assert type(optimizer) is training.FusedAdam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(1e-4)
    optimizer = presets.get("wgan_gp_cifar10_32").build_optimizer(player, 2e-4)
    optimizer.build([keras.Variable(0.0)])
    for share in (0.0, 0.25, 1.0):
        optimizer.iterations.assign(int(share * 100_000 * steps))
        assert float(optimizer.learning_rate) == pytest.approx(2e-4 * (1 - share), abs=1e-9)


def test_classes_and_the_critic_of_64_px():
    preset = tiny_presets.tiny("wgan_gp_lsun_64", resolution=8, discriminator_steps=1)
    trainer, last = tiny_presets.step(preset, num_classes=3)
    assert type(trainer.discriminator) is networks.WGANGPDiscriminator
    assert last["discriminator/gradient_penalty"] > 0
    assert last["discriminator/classification"] > 0 and last["generator/classification"] > 0
