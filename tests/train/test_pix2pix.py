import keras
import numpy as np
import pytest

import pix2pix
import short_runs
import small
from keras_gans import losses, networks, training
from keras_gans.presets.pix2pix import PRESETS

TINY = {"generator": {"num_downs": 2, "width": 2}, "discriminator": {"num_layers": 0, "width": 2}}


def test_a_short_run():
    config = short_runs.configure(PRESETS["pix2pix_emoji_64"], **TINY)
    trainer, schedule = short_runs.make(pix2pix, config)
    assert type(trainer) is training.Pix2Pix
    assert type(trainer.generator) is networks.Pix2PixGenerator and trainer.generator.dropout == 0.5
    assert trainer.discriminator.channels == 6
    assert (trainer.generator.name, trainer.discriminator.name) == ("generator", "discriminator")
    assert trainer.adversarial_loss == losses.ScaledLoss(losses.NonSaturating(), discriminator_weight=0.5)
    assert trainer.terms == {"discriminator": (), "generator": (losses.TargetReconstruction(weight=100.0),)}
    assert trainer.discriminator_steps == 1 and schedule.total_images == 200_000
    history = small.fit(trainer, small.pairs(2, batch_size=4)).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(trainer.images_seen.numpy()) == 8 and int(trainer.skipped_steps.numpy()) == 0


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    optimizer = pix2pix.optimizer(PRESETS["pix2pix_facades_256"], player, 2e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(2e-4)
