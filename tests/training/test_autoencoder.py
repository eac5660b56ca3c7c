import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import small
from keras_gans import losses, networks
from keras_gans.random import Draws
from keras_gans.training.autoencoder import ShareInUse

CODES = [losses.TargetReconstruction(weight=1.0), losses.Codebook(), losses.Commitment()]


def of_codes(**options):
    keras.utils.set_random_seed(3)
    network = small.small_autoencoder(networks.VQAutoencoder, num_codes=7)
    return small.autoencoder(network, generator_terms=[*CODES, losses.CodeRevival()], **options)


def one_batch():
    return next(iter(small.data(1, batch_size=4)))


def gradient_norm(trainer, loss):
    """Norm of the gradient at the last kernel, of a function of the images that a step makes."""
    kernel = trainer.generator.last_conv.kernel.value
    batch = one_batch()
    with tf.GradientTape() as tape:
        latents = trainer._latents(trainer.generator.encode(batch["images"]), Draws(0, 0))
        value = loss(trainer.generator.decode(latents), batch["images"])
    return np.linalg.norm(tape.gradient(value, kernel).numpy())


def test_the_adversarial_loss_pulls_as_hard_as_the_reconstruction():
    """Its weight is `w |g_r| / (|g_a| + 1e-4)`, of sums over the batch here and there."""
    trainer = small.autoencoder(adversarial_weight=0.25)
    found = trainer.generator_losses(one_batch(), Draws(0, 0))
    others = gradient_norm(
        trainer,
        lambda made, images: tf.reduce_sum(
            losses.absolute_difference(made, images) + trainer._distance(made, images)
        ),
    )
    adversarial = gradient_norm(trainer, lambda made, images: -tf.reduce_sum(mean_logit(trainer, made)))
    latents = trainer._latents(trainer.generator.encode(one_batch()["images"]), Draws(0, 0))
    expected = -mean_logit(trainer, trainer.generator.decode(latents))
    expected *= 0.25 * others / (adversarial + 1e-4)
    np.testing.assert_allclose(found["adversarial"], expected, rtol=2e-3)
    assert sorted(found) == ["adversarial", "divergence", "perceptual", "reconstruction"]


def mean_logit(trainer, images):
    return tf.reduce_mean(trainer.discriminator(images, training=True), axis=(1, 2, 3))


def test_the_adaptive_factor_has_a_limit():
    trainer = small.autoencoder(adversarial_weight=1.0)
    batch, seen = one_batch(), []
    trainer.generator_loss = lambda fake, real: (
        seen.append(1e-12 * tf.reduce_mean(fake, (1, 2, 3))) or seen[0]
    )
    trainer.generator.last_conv.kernel.assign(100.0 * trainer.generator.last_conv.kernel)
    trainer.terms = {**trainer.terms, "generator": (losses.TargetReconstruction(weight=1e6),)}
    found = trainer.generator_losses(batch, Draws(0, 0))
    np.testing.assert_allclose(found["adversarial"], 1e4 * seen[0], rtol=1e-5)


def test_the_discriminator_starts_late():
    start = losses.StepWeight(weight=0.5, start=8)
    trainer = small.autoencoder(adversarial_weight=start)
    for seen, started in ((7, False), (8, True)):
        trainer.images_seen.assign(seen)
        of_discriminator = trainer.discriminator_losses(one_batch(), Draws(0, 0))["adversarial"]
        of_generator = trainer.generator_losses(one_batch(), Draws(0, 0))["adversarial"]
        for found in (of_discriminator, of_generator):
            assert (np.abs(found) > 0.0).all() == started and np.isfinite(found).all()


def test_the_discriminator_sees_images_and_reconstructions():
    trainer = small.autoencoder()
    batch, seen = one_batch(), []
    trainer._judge = lambda images: seen.append(images) or tf.reduce_mean(images, axis=3, keepdims=True)
    found = trainer.discriminator_losses(batch, Draws(0, 0))["adversarial"]
    real, fake = (
        np.mean(np.maximum(1.0 + sign * np.mean(one, axis=3), 0.0), axis=(1, 2))
        for sign, one in ((-1.0, seen[0]), (1.0, seen[1]))
    )
    np.testing.assert_allclose(found, real + fake, rtol=1e-5)
    np.testing.assert_array_equal(seen[0], batch["images"])


def test_latents_are_drawn_in_training_and_are_means_outside():
    trainer, images = small.autoencoder(), one_batch()["images"]
    encoded = trainer.generator.encode(images)
    drawn = [trainer._latents(encoded, Draws(0, step)).numpy() for step in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0.1
    sheet = trainer.sheet({"images": images})
    np.testing.assert_array_equal(sheet[:, 0], images)
    average = trainer.generator_average
    expected = average.decode(average.encode(images)[..., :2])
    np.testing.assert_allclose(sheet[:, 1], expected, atol=1e-5)
    assert trainer.exported_network() is average
    assert trainer.kept_networks() == {"autoencoder": average}


def test_terms_of_codes():
    trainer = of_codes()
    batch = one_batch()
    found = trainer.generator_losses(batch, Draws(0, 0))
    latents = trainer.generator.encode(batch["images"]).numpy()
    table = trainer.generator.codebook.codebook.numpy()
    nearest = np.argmin(((latents[..., None, :] - table) ** 2).sum(-1), axis=-1)
    distance = np.square(latents - table[nearest]).mean(axis=(1, 2, 3))
    for name in ("codebook", "commitment"):
        np.testing.assert_allclose(found[name], distance, rtol=1e-4)
    in_use = len(np.unique(nearest)) / 7
    assert float(trainer.trackers["codes_in_use"].result()) == pytest.approx(in_use)
    assert in_use < 1.0 and (found["revival"].numpy() > 0.0).all()


def test_share_in_use():
    share = ShareInUse(4, name="codes_in_use")
    share.update_state(tf.constant([[[0, 0], [3, 0]]]))
    assert float(share.result()) == 0.5
    share.update_state(tf.constant([[[1, 0], [3, 0]]]))
    assert float(share.result()) == 0.75
    share.reset_state()
    assert float(share.result()) == 0.0


@pytest.mark.parametrize("make", [small.autoencoder, of_codes])
def test_a_step_moves_both_players(make):
    trainer = small.compile_(make(), run_eagerly=True)
    start = harness.values(trainer)
    logs = small.fit(trainer, small.data(1, batch_size=4)).history
    harness.assert_networks_moved(trainer, start, harness.values(trainer))
    assert ("codes_in_use" in logs) == (make is of_codes)


@pytest.mark.full
@pytest.mark.parametrize("make", [small.autoencoder, of_codes])
def test_in_full(make, two_replicas, tmp_path):
    if make is of_codes:  # codes that are revived are drawn by each replica for itself
        make = lambda: small.autoencoder(  # noqa: E731
            small.small_autoencoder(networks.VQAutoencoder, num_codes=7), generator_terms=CODES
        )
    harness.check_trainer_in_full(
        lambda optimizer: small.compile_(make(), optimizer=optimizer),
        small.batches(small.data),
        directory=tmp_path,
        replicas=two_replicas,
    )


def test_other_perceptual_names_are_refused():
    with pytest.raises(ValueError, match="Received: 'lpips'"):
        small.autoencoder(perceptual="lpips")
