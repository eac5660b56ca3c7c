import keras
import numpy as np
import pytest

import harness
import short_runs
import small
import wgan
from keras_gans import losses, networks, training
from keras_gans.presets.dcgan import PRESETS

TINY = {"generator": {"width": 4, "latent_dim": 6}, "discriminator": {"width": 4}}


def test_a_short_run_clips_the_critic():
    preset = {**PRESETS["wgan_emoji_32"], "discriminator_steps": 2}  # five make a large graph
    config = short_runs.configure(preset, resolution=16, **TINY)
    trainer, schedule = short_runs.make(wgan, config)
    assert trainer.adversarial_loss == losses.Wasserstein()
    assert trainer.discriminator_steps == 2 and trainer.terms == {"discriminator": (), "generator": ()}
    before = max(np.abs(w.numpy()).max() for w in trainer.discriminator.trainable_weights)
    assert before > 0.9  # gains start at 1
    last = short_runs.fit(trainer, schedule, steps=1)
    assert np.isfinite(list(last.values())).all()
    assert int(trainer.discriminator_optimizer.iterations.numpy()) == 2
    for weight in trainer.discriminator.trainable_weights:
        assert np.abs(weight.numpy()).max() <= np.float32(0.01), weight.path
    gains = trainer.discriminator.get_layer("4x4_norm").gamma.numpy()
    assert gains.min() > 0.005  # at the limit after the first update
    assert max(np.abs(w.numpy()).max() for w in trainer.generator.trainable_weights) > 0.9


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    """Algorithm 1; a tiny gradient moves a weight by rate / sqrt(1 - rho) in the first step, as any other."""
    config = PRESETS["wgan_lsun_64"]
    assert config["discriminator_steps"] == 5
    assert config["schedule"]["batch_sizes"] == {64: 5 * 64}
    assert config["schedule"]["learning_rates"] == {64: 5e-5}
    assert config["network"]["discriminator"]["config"]["clip"] == 0.01
    optimizer = wgan.optimizer(config, player, 5e-5)
    assert type(optimizer) is keras.optimizers.RMSprop
    assert (optimizer.rho, optimizer.momentum, optimizer.centered) == (0.99, 0.0, False)
    variable = keras.Variable(np.zeros(3, "float32"))
    optimizer.apply([np.full(3, 1e-6, "float32")], [variable])
    np.testing.assert_allclose(variable.numpy(), -5e-5 / np.sqrt(1 - 0.99), rtol=0.02)


@pytest.mark.slow
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

    harness.check_trainer(make, batches, directory=tmp_path, replicas=two_replicas)
