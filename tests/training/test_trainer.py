import keras
import pytest
import tensorflow as tf

import small
from keras_gans import training
from keras_gans.training.trainer import as_logs


def test_every_trainer_has_what_a_run_needs():
    for trainer in (small.latent_gan(), small.progan(), small.diffusion_trainer()):
        assert isinstance(trainer, training.Trainer)
        for player in trainer.players():
            assert all(isinstance(network, keras.Model) for network in player.networks.values())
            assert set(trainer.averages()) & set(player.networks) or player.name == "discriminator"
        images = trainer.generate(tf.zeros((2, trainer.latent_dim)))
        assert images.shape[0] == 2 and images.shape.rank == 4


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_end_of_a_step(two_replicas, replicas):
    """Images count over all replicas; a skipped step counts as one and leaves the averages."""
    strategy = two_replicas if replicas == 2 else tf.distribute.get_strategy()
    with strategy.scope():
        gan = small.latent_gan(average=training.ExponentialMovingAverage(decay=0.5))
        gan.generator_average.set_weights([w + 1.0 for w in gan.generator.get_weights()])

    @tf.function
    def run(finite):
        strategy.run(gan.end_step, args=(4, finite))

    for finite, in_a_row in ((False, 1), (False, 2), (True, 0), (False, 1)):
        run(tf.constant(finite))
        assert int(gan.skips_in_a_row.numpy()) == in_a_row
    assert int(gan.images_seen.numpy()) == 4 * 4 * replicas
    assert (int(gan.step.numpy()), int(gan.skipped_steps.numpy())) == (4, 3)
    for average, weight in zip(gan.generator_average.get_weights(), gan.generator.get_weights(), strict=True):
        assert abs(average - weight - 0.5).max() < 1e-6  # one step of decay


def test_skips_count_once_the_loss_scale_has_come_down():
    """float16 begins with a scale that is too large; the search for it is no failure of the run."""
    gan = small.latent_gan()
    small.compile_(gan)
    gan.generator_optimizer = keras.optimizers.LossScaleOptimizer(gan.generator_optimizer, initial_scale=4.0)
    gan.generator_optimizer.build(gan.generator.trainable_variables)
    for scale, in_a_row in ((4.0, 0), (2.0, 0), (1.0, 1), (1.0, 2)):
        gan.generator_optimizer.dynamic_scale.assign(scale)
        gan.end_step(4, tf.constant(False))
        assert int(gan.skips_in_a_row.numpy()) == in_a_row
    assert int(gan.skipped_steps.numpy()) == 4
    gan.end_step(4, tf.constant(True))
    assert int(gan.skips_in_a_row.numpy()) == 0
    # The high scale of a player whose gradients are finite hides nothing of the other's.
    optimizer = keras.optimizers.LossScaleOptimizer(gan.discriminator_optimizer, initial_scale=1.0)
    optimizer.build(gan.discriminator.trainable_variables)
    gan.discriminator_optimizer = optimizer
    gan.generator_optimizer.dynamic_scale.assign(64.0)
    gan.end_step(4, tf.constant(False))
    assert int(gan.skips_in_a_row.numpy()) == 1


def test_one_role_for_two_networks_is_refused(monkeypatch):
    """A checkpoint knows networks by their roles: it would lack one of the two."""
    gan = small.latent_gan()
    players = gan.players()
    monkeypatch.setattr(gan, "players", lambda: (*players, players[0]))
    with pytest.raises(ValueError, match=r"a role of its own\. Received: .*'discriminator'"):
        gan.network_state()


def test_logs_have_an_axis():
    assert as_logs({"loss": tf.constant(2.0)})["loss"].shape == (1,)


def test_the_base_asks_for_its_parts():
    trainer = training.Trainer(average=training.ExponentialMovingAverage(decay=0.5))
    for method in (trainer.players, trainer.averages, trainer.exported_network):
        with pytest.raises(NotImplementedError):
            method()
