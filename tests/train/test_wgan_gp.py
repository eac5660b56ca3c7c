import keras
import numpy as np
import pytest

import harness
import short_runs
import wgan_gp
from keras_gans import losses, networks
from keras_gans.export import Card, export
from keras_gans.presets.wgan_gp import PRESETS

TINY = {
    "generator": {"channel_base": 64, "channel_max": 4, "latent_dim": 6},
    "discriminator": {"channel_base": 64, "channel_max": 4},
}


def one_step(name):
    """A preset with one step of the critic: five penalties make a large graph."""
    return {**PRESETS[name], "discriminator_steps": 1}


@pytest.mark.slow
def test_a_short_run_with_classes(tmp_path):
    config = short_runs.configure(one_step("wgan_gp_emoji_32"), resolution=16, **TINY)
    trainer, schedule = short_runs.make(wgan_gp, config, num_classes=3)
    last = short_runs.fit(trainer, schedule, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    assert last["discriminator/gradient_penalty"] > 0
    assert 0 < last["generator/classification"] < 0.2 * last["discriminator/classification"]
    network = trainer.exported_network(np.array([0, 1, 2]))
    card = Card(
        preset="wgan_gp_emoji_32",
        model="WGAN-GP",
        paper=config["paper"],
        data="n",
        data_license="n",
        images_seen=8,
        class_names=("a", "b", "c"),
    )
    path = export(network, tmp_path / "1", card=card)
    z = np.random.default_rng(0).standard_normal((3, 6)).astype("float32")
    y, truncation = np.eye(3, dtype="float32")[[2, 0, 1]], np.float32(0.5)
    expected = (np.asarray(network([z * 0.5, np.array([2, 0, 1])])) + 1) / 2
    calls = {("default", 3): ({"z": z, "y": y, "truncation": truncation}, {"default": expected})}
    harness.check_export(path, calls, directory=tmp_path)


def test_the_paper_s_game():
    config = short_runs.configure(PRESETS["wgan_gp_cifar10_32"], resolution=16, **TINY)
    trainer, _ = short_runs.make(wgan_gp, config)
    assert trainer.adversarial_loss == losses.Wasserstein()
    penalty = losses.GradientPenalty(weight=10.0, target=1.0)
    assert trainer.terms == {"discriminator": (penalty,), "generator": ()}
    assert trainer.discriminator_steps == 5
    assert type(trainer.discriminator) is networks.WGANGPCIFARDiscriminator


def test_the_critic_of_64_px():
    config = short_runs.configure(one_step("wgan_gp_lsun_64"), resolution=8, **TINY)
    trainer, schedule = short_runs.make(wgan_gp, config)
    assert type(trainer.discriminator) is networks.WGANGPDiscriminator
    last = short_runs.fit(trainer, schedule, steps=1)
    assert np.isfinite(list(last.values())).all() and last["discriminator/gradient_penalty"] > 0


@pytest.mark.parametrize("player, steps", [("discriminator", 5), ("generator", 1)])
def test_optimizers(player, steps):
    """Algorithm 1; for CIFAR-10 the rate falls straight to 0 within 100,000 steps of the generator."""
    lsun, cifar = PRESETS["wgan_gp_lsun_64"], PRESETS["wgan_gp_cifar10_32"]
    assert lsun["schedule"]["batch_sizes"] == {64: 5 * 64}
    assert lsun["schedule"]["learning_rates"] == {64: 1e-4}
    assert cifar["schedule"]["images"] == 100_000 * 5 * 64
    assert cifar["schedule"]["learning_rates"] == {32: 2e-4}
    optimizer = wgan_gp.optimizer(lsun, player, 1e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(1e-4)
    optimizer = wgan_gp.optimizer(cifar, player, 2e-4)
    optimizer.build([keras.Variable(0.0)])
    for share in (0.0, 0.25, 1.0):
        optimizer.iterations.assign(int(share * 100_000 * steps))
        assert float(optimizer.learning_rate) == pytest.approx(2e-4 * (1 - share), abs=1e-9)
