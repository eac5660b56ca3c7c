import keras
import numpy as np
import pytest

import harness
import small
import tiny_presets
from keras_gans import layers, losses, networks, presets, training
from keras_gans.networks.class_conditioning import batch_norm, label_input
from keras_gans.networks.sngan import score
from keras_gans.presets.sngan import PRESETS


def test_the_papers_numbers():
    """Section 4 of 1802.05957 and section 6 of 1802.05637."""
    for preset in PRESETS:
        assert preset.adversarial_loss == losses.Hinge() and preset.learning_rates[preset.resolution] == 2e-4
        if "emoji" in preset.name:
            continue
        assert preset.discriminator_steps == 5
        for player in ("discriminator", "generator"):
            optimizer = preset.build_optimizer(player, 2e-4)
            assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
            assert float(optimizer.learning_rate) == pytest.approx(2e-4)
    assert presets.get("sngan_cifar10_32").batch_sizes == {32: 5 * 64}
    assert presets.get("sngan_imagenet_128").batch_sizes == {128: 5 * 256}


def test_projection_has_classes():
    assert {preset.name for preset in PRESETS if preset.data.conditional} == {
        "sngan_projection_emoji_32",
        "sngan_projection_cifar10_32",
        "sngan_imagenet_128",
    }


def test_plain_networks_without_classes():
    trainer = tiny_presets.tiny("sngan_cnn_cifar10_32").make_trainer()
    assert type(trainer.generator) is networks.SNGANCNNGenerator
    assert type(trainer.discriminator) is networks.SNGANCNNDiscriminator
    assert trainer.discriminator.num_classes == 0 and trainer.generator.latent_dim == 6


def test_power_iterations_go_on_in_every_step_of_the_discriminator():
    trainer = tiny_presets.tiny("sngan_projection_cifar10_32", discriminator_steps=2).build_trainer(3)
    vectors = [w.numpy() for w in trainer.discriminator.non_trainable_weights]
    trainer.run_eagerly = True
    small.fit(trainer, small.data(1, num_classes=3))
    assert int(trainer.discriminator_optimizer.iterations.numpy()) == 2
    assert int(trainer.generator_optimizer.iterations.numpy()) == 1
    for before, after in zip(vectors, trainer.discriminator.non_trainable_weights, strict=True):
        assert np.linalg.norm(after.numpy()) == pytest.approx(1.0, abs=1e-5)
        assert len(before) == 1 or np.abs(before - after.numpy()).max() > 1e-3, after.path


@keras.saving.register_keras_serializable("tests")
class WithClasses(small.Plain):
    latent_dim = small.LATENT_DIM


def small_gan(optimizer):
    """A batch norm with classes against a convolution, a dense layer and a table with spectral norm."""
    keras.utils.set_random_seed(3)
    latents, images = keras.Input((small.LATENT_DIM,), name="latents"), keras.Input((4, 4, 3), name="images")
    inputs, labels = label_input(latents, 3)
    x = keras.layers.Reshape((4, 4, 4))(keras.layers.Dense(64)(latents))
    x = keras.ops.relu(batch_norm(x, labels, "norm", num_classes=3, epsilon=1e-5, dtype=None))
    fake = keras.layers.Conv2D(3, 3, padding="same", activation="tanh", dtype="float32")(x)
    generator = WithClasses(inputs, fake, name="generator")
    inputs, labels = label_input(images, 3)
    x = keras.ops.relu(layers.SpectralConv2D(4, 3)(images))
    # Not the sum: in half precision its gradient overflows at the first loss scale, and the step is skipped.
    x = keras.ops.mean(keras.ops.cast(x, "float32"), axis=(1, 2))
    logits = score(x, labels, num_classes=3, use_bias=True, spectral_norm=True)
    gan = training.LatentGAN(
        generator,
        WithClasses(inputs, logits, name="discriminator"),
        adversarial_loss=losses.Hinge(),
        average=training.ExponentialMovingAverage(decay=0.9),
    )
    return small.compile_(gan, optimizer=optimizer)


@pytest.mark.full  # those of BigGAN, which have these parts too, run by default
def test_trainer_with_spectral_norm_and_class_conditional_batch_norm(two_replicas, tmp_path):
    def batches(steps, start):
        return small.data(steps, start=start, resolution=4, num_classes=3)

    harness.check_trainer_in_full(small_gan, batches, directory=tmp_path, replicas=two_replicas)
