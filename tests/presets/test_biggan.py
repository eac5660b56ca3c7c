import functools

import keras
import numpy as np
import pytest

import small
import tiny_presets
from harness import check_trainer, check_trainer_in_full
from keras_gans import layers, losses, networks, presets, training
from keras_gans.networks.biggan import conditional_norm, kernel_options, projection
from keras_gans.presets.biggan import PRESETS
from keras_gans.training import latent_gan

PAPER = [preset for preset in PRESETS if "imagenet" in preset.name]
DEEP = {
    "generator": {"latent_dim": 4, "width": 8, "shared_dim": 3, "blocks": [[True, 2, 1]]},
    "discriminator": {"width": 8, "blocks": [[True, 1, 2]]},
}


@pytest.mark.parametrize("preset", PAPER, ids=lambda preset: preset.name)
def test_the_paper_s_training(preset):
    """Appendix C; two steps of the discriminator on batches of 2048 each."""
    assert preset.batch_sizes == {preset.resolution: 2 * 2048}
    assert preset.learning_rates == {preset.resolution: 5e-5} and preset.discriminator_steps == 2
    assert preset.average == training.ExponentialMovingAverage(decay=0.9999)
    for player, rate in (("discriminator", 2e-4), ("generator", 5e-5)):
        optimizer = preset.build_optimizer(player, 5e-5)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.999, 1e-8)
        assert float(optimizer.learning_rate) == pytest.approx(rate)


def test_all_are_conditional():
    for preset in PRESETS:
        assert preset.data.conditional and preset.adversarial_loss == losses.Hinge()
    emoji = presets.get("biggan_emoji_32")
    assert emoji.images == 200_000 and emoji.batch_sizes == {32: 64}


def test_the_deep_networks_come_from_the_preset():
    trainer = tiny_presets.tiny("biggan_deep_imagenet_128", networks=DEEP).make_trainer(num_classes=3)
    assert type(trainer.generator) is networks.BigGANDeepGenerator
    assert type(trainer.discriminator) is networks.BigGANDeepDiscriminator


def test_a_step_moves_all_rows_of_the_statistics(monkeypatch):
    trainer, last = tiny_presets.step(tiny_presets.tiny("biggan"), num_classes=3)
    assert np.isfinite(list(last.values())).all() and trainer.generator.orthogonal_weight == 1e-4
    # All rows of the statistics move; the average has them too.
    generators = trainer.generator, trainer.generator_average
    means = [net.get_layer("last_norm").moving_mean.numpy() for net in generators]
    assert np.all(means[0] != 0.0) and np.array_equal(*means)
    # What is exported has others: shorter latents vary less.
    monkeypatch.setattr(latent_gan, "STATISTICS_BATCHES", 1)
    network = trainer.exported_network(np.array([0, 1, 2]))
    assert not network.get_config()["spectral_norm"]
    rows = network.get_layer("block0_norm1").moving_variance.numpy()
    assert rows.shape[0] == 3 and np.all(rows[0] < rows[1]) and np.all(rows[1] < rows[2])


@keras.saving.register_keras_serializable("tests")
class WithClasses(small.Plain):
    latent_dim = small.LATENT_DIM


def parts(optimizer):
    """What is new in these networks, and little else: conditional norm, its rows, projection, regularizer."""
    keras.utils.set_random_seed(4)  # with 3 a value meets a kink, on whose other side rounding may put it
    policy = keras.config.dtype_policy()
    dense = functools.partial(layers.SpectralDense, **kernel_options(True, orthogonal_weight=0.1))
    labels = keras.Input((), dtype="int32", name="labels")
    latents = keras.Input((small.LATENT_DIM,), name="latents")
    norm = conditional_norm(4, dense=dense, rows=2, epsilon=0.1, policy=policy, name="norm")
    x = keras.layers.Reshape((2, 2, 4))(dense(16, name="linear")(latents))
    x = norm(x, keras.ops.one_hot(labels, 3, dtype="float32"), None)
    x = keras.layers.Activation("tanh", dtype="float32")(layers.SpectralConv2D(3, 1)(x))
    images = keras.Input((2, 2, 3), name="images")
    features = layers.SpectralConv2D(4, 1, name="features")(images)
    logits = projection(4, 3, kernel_options(True))(features, labels)
    gan = training.LatentGAN(
        WithClasses([latents, labels], x, name="generator"),
        WithClasses([images, labels], logits, name="discriminator"),
        adversarial_loss=losses.Hinge(),
        average=training.ExponentialMovingAverage(decay=0.9),
    )
    if policy.name == "mixed_float16":
        # Behind batch norm of a small variance, gradients are large: the usual first scale skips some steps.
        scaled = functools.partial(keras.optimizers.LossScaleOptimizer, initial_scale=256.0)
        return small.compile_(gan, optimizer=lambda: scaled(optimizer()))
    return small.compile_(gan, optimizer=optimizer)


def batches(steps, start):
    return small.data(steps, resolution=2, num_classes=3, start=start)


@pytest.mark.slow
def test_replicas_and_resume(tmp_path, two_replicas):
    check_trainer(parts, batches, directory=tmp_path, replicas=two_replicas)


@pytest.mark.full
def test_players_resume_and_precision(tmp_path, two_replicas):
    check_trainer_in_full(parts, batches, directory=tmp_path, replicas=two_replicas)
