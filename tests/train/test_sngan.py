import keras
import numpy as np
import pytest

import harness
import short_runs
import small
import sngan
from keras_gans import losses, networks, training
from keras_gans.presets.sngan import PRESETS

TINY = {"generator": {"config": {"width": 4, "latent_dim": 6}}, "discriminator": {"config": {"width": 4}}}


def test_a_short_run():
    config = short_runs.configure(PRESETS["sngan_projection_emoji_32"], **TINY)
    trainer, schedule = short_runs.make(sngan, config, num_classes=3)
    assert type(trainer.generator) is networks.SNGANGenerator
    assert type(trainer.discriminator) is networks.SNGANDiscriminator
    assert trainer.generator.num_classes == trainer.discriminator.num_classes == 3
    assert (trainer.generator.name, trainer.discriminator.name) == ("generator", "discriminator")
    assert trainer.adversarial_loss == losses.Hinge()
    assert trainer.discriminator_steps == 5 and trainer.terms == {"discriminator": (), "generator": ()}
    vectors = [w.numpy() for w in trainer.discriminator.non_trainable_weights]
    last = short_runs.fit(trainer, schedule, steps=1, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    assert int(trainer.discriminator_optimizer.iterations.numpy()) == 5
    assert int(trainer.generator_optimizer.iterations.numpy()) == 1
    for before, after in zip(vectors, trainer.discriminator.non_trainable_weights, strict=True):
        assert np.linalg.norm(after.numpy()) == pytest.approx(1.0, abs=1e-5)
        assert len(before) == 1 or np.abs(before - after.numpy()).max() > 1e-3, after.path


def test_plain_networks_without_classes():
    config = short_runs.configure(PRESETS["sngan_cnn_cifar10_32"], **TINY)
    trainer, _ = short_runs.make(sngan, config)
    assert type(trainer.generator) is networks.SNGANCNNGenerator
    assert type(trainer.discriminator) is networks.SNGANCNNDiscriminator
    assert trainer.generator.num_classes == trainer.discriminator.num_classes == 0
    assert trainer.discriminator.width == 4 and trainer.generator.latent_dim == 6


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    optimizer = sngan.optimizer(PRESETS["sngan_cifar10_32"], player, 2e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(2e-4)


@pytest.mark.slow
def test_trainer_with_spectral_norm_and_class_conditional_batch_norm(two_replicas, tmp_path):
    def make(optimizer):
        keras.utils.set_random_seed(3)
        shape = {"resolution": 8, "num_classes": 3, "width": 2}
        gan = training.LatentGAN(
            networks.SNGANGenerator(**shape, latent_dim=6, name="generator"),
            networks.SNGANCNNDiscriminator(**shape, name="discriminator"),
            adversarial_loss=losses.Hinge(),
            discriminator_steps=2,
            average=training.ExponentialMovingAverage(decay=0.9),
        )
        return small.compile_(gan, optimizer=optimizer)

    def batches(steps, start):
        return small.data(steps, start=start, num_classes=3)

    harness.check_trainer(make, batches, directory=tmp_path, replicas=two_replicas)
