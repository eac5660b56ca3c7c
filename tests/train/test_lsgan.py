import keras
import numpy as np
import pytest

import lsgan
import short_runs
from keras_gans import losses
from keras_gans.presets.dcgan import PRESETS


def test_a_short_run():
    tiny = {"generator": {"width": 4, "latent_dim": 6}, "discriminator": {"width": 4}}
    config = short_runs.configure(PRESETS["lsgan_emoji_32"], **tiny)
    trainer, schedule = short_runs.make(lsgan, config)
    loss = losses.LeastSquares(fake_target=0.0, real_target=1.0, generator_target=1.0)
    assert trainer.adversarial_loss == loss
    assert trainer.discriminator_steps == 1 and trainer.terms == {"discriminator": (), "generator": ()}
    last = short_runs.fit(trainer, schedule, steps=1)
    # Logits near zero at the start: ((0 - 1)^2 + 0) / 2 and (0 - 1)^2 / 2.
    np.testing.assert_allclose([last["discriminator/loss"], last["generator/loss"]], 0.5, atol=0.2)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    """Section 4.1."""
    config = PRESETS["lsgan_lsun_64"]
    assert config["schedule"]["batch_sizes"] == {64: 64}
    assert config["schedule"]["learning_rates"] == {64: 1e-3}
    optimizer = lsgan.optimizer(config, player, 1e-3)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(1e-3)
