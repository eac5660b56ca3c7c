import keras
import numpy as np
import pytest

import biggan
import short_runs
import small
from harness import check_trainer
from keras_gans import losses, networks, training
from keras_gans.presets.biggan import PRESETS

GENERATOR = {"latent_dim": 4, "width": 2, "shared_dim": 3, "attention_resolutions": [8], "statistics_rows": 3}
DISCRIMINATOR = {"width": 2}
DEEP_GENERATOR = {"latent_dim": 4, "width": 8, "shared_dim": 3, "blocks": [[True, 2, 1]]}
DEEP_DISCRIMINATOR = {"width": 8, "blocks": [[True, 1, 2]]}


def tiny(name, generator, discriminator):
    config = short_runs.configure(PRESETS[name])
    for player, changes in (("generator", generator), ("discriminator", discriminator)):
        config["network"][player]["config"] |= changes
    return config


@pytest.mark.slow
def test_a_short_run():
    config = tiny("biggan_emoji_32", GENERATOR, DISCRIMINATOR)
    trainer, schedule = short_runs.make(biggan, config, num_classes=3)
    assert type(trainer.generator) is networks.BigGANGenerator
    assert type(trainer.discriminator) is networks.BigGANDiscriminator
    assert trainer.adversarial_loss == losses.Hinge()
    assert trainer.discriminator_steps == 2 and trainer.terms == {"discriminator": (), "generator": ()}
    first = [w.numpy() for w in trainer.generator.trainable_weights]
    last = short_runs.fit(trainer, schedule, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    assert any(np.any(a != b) for a, b in zip(first, trainer.generator.trainable_weights, strict=True))
    # All rows of the statistics move; the average has them too.
    networks_of_g = trainer.generator, trainer.generator_average
    means = [net.get_layer("last_norm").moving_mean.numpy() for net in networks_of_g]
    assert np.all(means[0] != 0.0) and np.array_equal(*means)


@pytest.mark.slow
def test_what_is_exported_has_statistics_of_its_own():
    config = tiny("biggan_emoji_32", {**GENERATOR, "attention_resolutions": []}, DISCRIMINATOR)
    trainer, _ = short_runs.make(biggan, config, num_classes=3)
    network = trainer.exported_network(np.array([0, 1, 2]))
    assert network is not trainer.generator_average and not network.get_config()["spectral_norm"]
    rows = network.get_layer("block0_norm1").moving_variance.numpy()
    # Shorter latents vary less.
    assert rows.shape[0] == 3 and np.all(rows[0] < rows[1]) and np.all(rows[1] < rows[2])


def test_the_deep_networks_come_from_the_preset():
    config = tiny("biggan_deep_imagenet_128", DEEP_GENERATOR, DEEP_DISCRIMINATOR)
    trainer, _ = biggan.build(config, 3)
    assert type(trainer.generator) is networks.BigGANDeepGenerator
    assert type(trainer.discriminator) is networks.BigGANDeepDiscriminator


@pytest.mark.parametrize("player, rate", [("discriminator", 2e-4), ("generator", 5e-5)])
def test_optimizers(player, rate):
    """Appendix C."""
    config = PRESETS["biggan_imagenet_128"]
    optimizer = biggan.optimizer(config, player, config["schedule"]["learning_rates"][128])
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.999, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(rate)


@pytest.mark.slow
def test_replicas_resume_and_precision(tmp_path, two_replicas):
    """Statistics over all replicas, power iterations, regularised kernels; the deep form."""

    def make(optimizer):
        keras.utils.set_random_seed(3)
        shape = {"resolution": 8, "num_classes": 3}
        gan = training.LatentGAN(
            networks.BigGANDeepGenerator(**shape, **DEEP_GENERATOR, statistics_rows=2, name="generator"),
            networks.BigGANDeepDiscriminator(**shape, **DEEP_DISCRIMINATOR, name="discriminator"),
            adversarial_loss=losses.Hinge(),
            average=training.ExponentialMovingAverage(decay=0.9),
        )
        return small.compile_(gan, optimizer=optimizer)

    check_trainer(
        make,
        lambda steps, start: small.data(steps, num_classes=3, start=start),
        directory=tmp_path,
        replicas=two_replicas,
    )
