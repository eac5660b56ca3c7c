import keras
import numpy as np
import pytest

import harness
import small
import tiny_presets
from keras_gans import losses, networks, presets, training
from keras_gans.presets.dcgan import PRESETS

LOSSES = {
    "dcgan": losses.NonSaturating(),
    "lsgan": losses.LeastSquares(fake_target=0.0, real_target=1.0, generator_target=1.0),
    "wgan": losses.Wasserstein(),
}


def test_all_have_the_same_networks():
    """Other losses; the critic of WGAN is clipped besides."""
    for preset in PRESETS:
        clip = {"clip": 0.01} if preset.model == "wgan" else {}
        assert {role: entry["config"] for role, entry in preset.networks.items()} == {
            "generator": {"latent_dim": 100, "width": 64},
            "discriminator": {"width": 64, **clip},
        }
        assert preset.adversarial_loss == LOSSES[preset.model]
        assert preset.discriminator_terms == preset.generator_terms == ()
        assert preset.discriminator_steps == (5 if preset.model == "wgan" else 1)


@pytest.mark.parametrize(
    "name, batch, rate",
    [
        ("dcgan_lsun_64", 128, 2e-4),  # 1511.06434, section 4
        ("lsgan_lsun_64", 64, 1e-3),  # 1611.04076, section 4.1
        ("wgan_lsun_64", 5 * 64, 5e-5),  # 1701.07875, algorithm 1
    ],
)
def test_the_papers_numbers(name, batch, rate):
    preset = presets.get(name)
    assert preset.batch_sizes == {64: batch} and preset.learning_rates == {64: rate}
    for player in ("discriminator", "generator"):
        optimizer = preset.build_optimizer(player, rate)
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        if preset.model == "wgan":
            assert type(optimizer) is keras.optimizers.RMSprop and optimizer.rho == 0.99
        else:
            assert type(optimizer) is training.FusedAdam
            assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)


def test_batch_norm_s_statistics_are_averaged():
    trainer, last = tiny_presets.step(tiny_presets.tiny("dcgan"), num_classes=3)
    assert np.isfinite(list(last.values())).all()
    norms = [net.get_layer("4x4_norm") for net in (trainer.generator, trainer.generator_average)]
    statistics = [norm.moving_mean.numpy() for norm in norms]
    assert statistics[0].any()
    np.testing.assert_array_equal(*statistics)


def test_least_squares_at_the_start():
    """Logits near zero: ((0 - 1)^2 + 0) / 2 and (0 - 1)^2 / 2."""
    _, last = tiny_presets.step(tiny_presets.tiny("lsgan"))
    np.testing.assert_allclose([last["discriminator/loss"], last["generator/loss"]], 0.5, atol=0.2)


def test_the_critic_is_clipped():
    preset = tiny_presets.tiny("wgan", discriminator_steps=2, resolution=16)
    trainer = preset.build_trainer()
    assert max(np.abs(w.numpy()).max() for w in trainer.discriminator.trainable_weights) > 0.9  # gains
    trainer.run_eagerly = True
    small.fit(trainer, tiny_presets.batches(preset))
    assert int(trainer.discriminator_optimizer.iterations.numpy()) == 2
    for weight in trainer.discriminator.trainable_weights:
        assert np.abs(weight.numpy()).max() <= np.float32(0.01), weight.path
    gains = trainer.discriminator.get_layer("4x4_norm").gamma.numpy()
    assert gains.min() > 0.005  # at the limit after the first update
    assert max(np.abs(w.numpy()).max() for w in trainer.generator.trainable_weights) > 0.9


@pytest.mark.full  # constraints alone are checked above
def test_trainer_with_batch_norm_and_clipping(two_replicas, tmp_path):
    def make(optimizer):
        keras.utils.set_random_seed(3)
        shape = {"resolution": 8, "width": 4}
        gan = training.LatentGAN(
            networks.DCGANGenerator(**shape, latent_dim=6, name="generator"),
            networks.DCGANDiscriminator(**shape, clip=0.1, name="discriminator"),
            adversarial_loss=losses.Wasserstein(),
            average=training.ExponentialMovingAverage(decay=0.9),
        )
        return small.compile_(gan, optimizer=optimizer)

    def batches(steps, start):
        return small.data(steps, start=start)

    harness.check_trainer_in_full(make, batches, directory=tmp_path, replicas=two_replicas)
