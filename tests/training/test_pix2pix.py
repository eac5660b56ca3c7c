import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import small
from keras_gans import losses
from keras_gans.random import Draws
from keras_gans.training.pix2pix import pair


def one_batch():
    return next(iter(small.pairs(1)))


def test_losses_are_the_papers():
    """Section 3: the discriminator's halved cross-entropy on (x, y) and (x, G(x)), and lambda times L1."""
    trainer = small.pix2pix(generator_terms=[losses.TargetReconstruction(weight=100.0)])
    batch, shown = one_batch(), []
    translate, judge = trainer._translate, trainer._judge
    trainer._translate = lambda images, draws: shown.append(translate(images, draws)) or shown[-1]
    found = trainer.discriminator_losses(batch, Draws(0, 0))["adversarial"]

    def logits(images):
        return np.asarray(judge(pair(batch["images"], images)), "float64")[..., 0]

    real, fake = logits(batch["targets"]), logits(shown[0])
    expected = 0.5 * np.mean(np.log1p(np.exp(-real)) + np.log1p(np.exp(fake)), axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    found = trainer.generator_losses(batch, Draws(0, 1))
    expected = np.mean(np.log1p(np.exp(-logits(shown[1]))), axis=(1, 2))
    np.testing.assert_allclose(found["adversarial"], expected, rtol=1e-4)
    expected = np.mean(np.abs(shown[1] - batch["targets"]), axis=(1, 2, 3))
    np.testing.assert_allclose(found["reconstruction"], expected, rtol=1e-4)


def test_the_discriminator_sees_the_input_first():
    trainer = small.pix2pix()
    seen = []
    trainer.discriminator = lambda pairs, training: seen.append(pairs) or pairs[..., :1]
    batch = one_batch()
    trainer.discriminator_losses(batch, Draws(0, 0))
    trainer.generator_losses(batch, Draws(0, 0))
    assert len(seen) == 3  # of the targets, and of what each player's step makes
    for pairs in seen:
        np.testing.assert_array_equal(pairs[..., :3], batch["images"])
    np.testing.assert_array_equal(seen[0][..., 3:], batch["targets"])
    np.testing.assert_array_equal(seen[2][..., 3:], trainer._translate(batch["images"], Draws(0, 0)))


def test_terms_of_the_discriminator_see_pairs():
    """R1 of the sum of a pair's 6 channels, whose gradient is 1 at every number of it."""
    trainer = small.pix2pix(discriminator_terms=[losses.R1(weight=3.0)])
    trainer.discriminator = lambda pairs, training: tf.reduce_sum(pairs, axis=(1, 2, 3))[:, None]
    found = trainer.discriminator_losses(one_batch(), Draws(0, 0))
    np.testing.assert_allclose(found["r1"], [0.5 * 6 * 8 * 8] * 8, rtol=1e-5)


def test_noise_is_drawn_for_every_example_and_update():
    trainer, images = small.pix2pix(), one_batch()["images"][:1].numpy().repeat(4, axis=0)
    first = trainer._translate(images, Draws(0, 0)).numpy()
    again, other = trainer._translate(images, Draws(0, 0)), trainer._translate(images, Draws(0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4 and np.abs(first[0] - first[1]).max() > 1e-4


def test_generated_images_have_noise_by_their_number():
    trainer, images = small.pix2pix(), one_batch()["images"]
    seeds = np.arange(8)
    expected = trainer.generator_average([images, seeds])
    np.testing.assert_allclose(trainer.generate(images), expected, atol=1e-6)
    np.testing.assert_allclose(trainer(images), expected, atol=1e-6)
    assert np.abs(expected - trainer.generator_average(images)).max() > 1e-4
    assert trainer.exported_network() is trainer.generator_average
    sheet = trainer.sheet({"images": images, "targets": -images})
    assert sheet.shape == (8, 3, 8, 8, 3)
    np.testing.assert_allclose(sheet[:, 1], expected, atol=1e-6)
    np.testing.assert_array_equal(sheet[:, 2], -images)


def test_configuration():
    config = small.pix2pix().get_config()
    again = small.pix2pix().from_config(config)
    assert again.get_config() == config and type(again.adversarial_loss) is losses.ScaledLoss


@pytest.mark.full
def test_xla_changes_nothing():
    assert small.xla_difference(small.pix2pix, small.pairs(1)) < 1e-4


def make(optimizer):
    return small.compile_(small.pix2pix(), optimizer=optimizer)


@pytest.mark.slow
def test_trainer(tmp_path):
    harness.check_trainer(make, small.batches(small.pairs), directory=tmp_path)


@pytest.mark.full
def test_in_full(two_replicas, tmp_path):
    # As the paper's, with a moment: batch norm's gradients are too uneven for one without.
    harness.check_trainer_in_full(
        make,
        small.batches(small.pairs),
        directory=tmp_path,
        replicas=two_replicas,
        adaptive=lambda: keras.optimizers.Adam(2e-4, beta_1=0.5),
    )
