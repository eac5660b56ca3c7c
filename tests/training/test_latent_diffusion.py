import keras
import numpy as np
import pytest
import tensorflow as tf
from small_denoiser import Denoiser

import harness
import small
from keras_gans import diffusion, networks, training
from keras_gans.random import Draws


def make(num_classes=0, *, optimizer=None, **options):
    keras.utils.set_random_seed(3)
    network = Denoiser(resolution=4, channels=2, num_classes=num_classes)
    trainer = small.latent_diffusion(network, **options)
    if optimizer is not None:
        with trainer.distribute_strategy.scope():
            trainer.compile(optimizer=optimizer())
    return trainer


def adam(**options):
    return training.GuardedAdam(**{"learning_rate": 1e-2, "epsilon": 1.0, "clip_norm": 0.1, **options})


def encoded(steps=1, *, batch_size=8, start=0):
    """Moments of latents: means, then logarithms of variances."""
    return small.data(steps, batch_size=batch_size, resolution=4, channels=4, start=start)


def test_every_step_draws_latents_of_its_own():
    """Mean + deviation * noise, over the scale."""
    trainer = make()
    trainer.latent_scale.assign(2.0)
    batch = next(iter(encoded()))
    mean, log_variance = np.split(batch["images"].numpy(), 2, axis=-1)
    noise = Draws(0, 5).normal("posterior", mean.shape).numpy()
    expected = (mean + np.exp(0.5 * log_variance) * noise) / 2.0
    np.testing.assert_allclose(trainer.clean(batch, Draws(0, 5)), expected, rtol=1e-5, atol=1e-6)
    assert np.abs(trainer.clean(batch, Draws(0, 6)) - expected).max() > 0.1


def test_the_loss_is_that_of_the_latents():
    trainer = make()
    batch = next(iter(encoded()))
    seen = trainer(batch, training=True)
    process = trainer.process
    target = process.target(seen["clean"], seen["noise"], seen["t"])
    expected = np.mean(np.square(seen["output"] - target))
    assert float(trainer.compute_loss(x=batch, y_pred=seen)) == pytest.approx(expected, rel=1e-4)
    assert seen["clean"].shape == (8, 4, 4, 2)


@pytest.mark.parametrize("kind", [networks.KLAutoencoder, networks.VQAutoencoder])
def test_latents_of_the_data_get_the_standard_deviation_one(kind):
    trainer = make(made=small.small_autoencoder(kind))
    images = np.random.default_rng(0).uniform(-1, 1, (96, 8, 8, 3)).astype("float32")
    found = trainer.encoder(images).numpy()
    trainer.measure_scale(np.stack([found, found]))  # as kept of mirrored images too
    batch = {"images": tf.constant(found)}
    latents = trainer.clean(batch, Draws(0, 0)).numpy()
    assert latents.std() == pytest.approx(1.0, abs=0.05)
    assert float(trainer.latent_scale) != 1.0


def test_a_constant_autoencoder_is_refused():
    trainer = make(made=small.small_autoencoder(networks.VQAutoencoder))
    with pytest.raises(ValueError, match="same latents for all images: standard deviation 0"):
        trainer.measure_scale(np.ones((4, 4, 4, 2), "float32"))


def test_images_are_made_by_the_average_and_the_autoencoder():
    trainer = make(3)
    trainer.latent_scale.assign(2.0)
    z, labels = np.random.default_rng(0).normal(size=(2, 32)).astype("float32"), np.array([0, 2], "int32")
    plain = diffusion.DiffusionGenerator(trainer.denoiser_average, trainer.process, steps=3)
    expected = trainer.autoencoder.decode(2.0 * plain([z, labels]))
    np.testing.assert_allclose(trainer.generate([z, labels]), np.clip(expected, -1.0, 1.0), atol=1e-4)
    assert trainer.exported_network() is trainer.generator and trainer.latent_dim == 32


def test_the_autoencoder_is_kept_and_stays(tmp_path):
    trainer = harness.check_trainer(
        lambda optimizer: make(optimizer=optimizer), small.batches(encoded), directory=tmp_path, smooth=adam
    )
    names = set(trainer.state())
    assert {"autoencoder", "latent_scale", "denoiser", "denoiser_average"} <= names
    fresh = make(optimizer=adam)
    for before, after in zip(fresh.autoencoder.get_weights(), trainer.autoencoder.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    fresh.latent_scale.assign(7.0)
    training.RunState(tmp_path / "scale", fresh).save()
    training.RunState(tmp_path / "scale", trainer).restore()
    assert float(trainer.latent_scale) == 7.0 == float(trainer.generator.latent_scale)


@pytest.mark.full
def test_in_full(two_replicas, tmp_path):
    harness.check_trainer_in_full(
        lambda optimizer: make(optimizer=optimizer),
        small.batches(encoded),
        directory=tmp_path,
        replicas=two_replicas,
        smooth=adam,
        adaptive=adam,
    )


def test_the_autoencoder_is_in_float32_under_every_policy():
    with harness.policy("mixed_bfloat16"):
        trainer = make()
    assert trainer.autoencoder.policy.name == "float32" and trainer.denoiser.policy.name == "mixed_bfloat16"
    batch = next(iter(encoded()))
    assert trainer(batch, training=True)["clean"].dtype == "float32"  # Keras rounds nothing on the way


def test_there_is_no_bound_for_pixels():
    with pytest.raises(ValueError, match="no bound on the likelihood of pixels"):
        make().bits_per_dimension(np.zeros((1, 8, 8, 3)))
