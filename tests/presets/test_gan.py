import keras
import numpy as np
import pytest

import small
import tiny_presets
from keras_gans import losses, presets
from keras_gans.presets.gan import PRESETS


def test_the_paper_s_game():
    for preset in PRESETS:
        assert preset.adversarial_loss == losses.NonSaturating() and preset.discriminator_steps == 1
        assert preset.discriminator_terms == preset.generator_terms == ()
    assert presets.get("gan_mnist_16").average.decay == 0.0


@pytest.mark.parametrize("name, decay", [("gan_mnist_16", 1.000004), ("cgan_mnist_16", 1.00004)])
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(name, decay, player):
    preset = presets.get(name)
    optimizer = preset.build_optimizer(player, preset.learning_rates[16])
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.5
    optimizer.build([keras.Variable(0.0)])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    optimizer.iterations.assign(100_000)
    assert float(optimizer.learning_rate) == pytest.approx(0.1 * decay**-100_000, rel=1e-2)


def test_length_and_batch():
    for name, steps in (("gan_mnist_16", 150_000), ("cgan_mnist_16", 290_000)):
        preset = presets.get(name)
        assert preset.batch_sizes == {16: 100} and preset.images == 100 * steps
    # 1411.1784: from 0.1 down to 1e-6.
    assert pytest.approx(1e-6, rel=0.1) == 0.1 * 1.00004**-290_000


def test_losses_where_the_discriminator_knows_nothing():
    _, last = tiny_presets.step(tiny_presets.tiny("gan"))
    assert set(last) == {f"{p}/{n}" for p in ("discriminator", "generator") for n in ("loss", "adversarial")}
    assert last["discriminator/loss"] == pytest.approx(np.log(4), abs=0.05)
    assert last["generator/loss"] == pytest.approx(np.log(2), abs=0.05)


def test_conditional_presets():
    assert {p.name for p in PRESETS if p.data.conditional} == {"cgan_emoji_32", "cgan_mnist_16"}
    # Section 4.1 of 1411.1784: dropout of one half, in both players.
    players = presets.get("cgan_mnist_16").networks.values()
    assert [player["config"]["dropout"] for player in players] == [0.5, 0.5]


def test_labels_are_used():
    """A row of weights for each class, and each moves, in both players."""
    networks = {
        "generator": {"width": 32, "label_width": 16},
        "discriminator": {"width": 8, "label_width": 4},
    }
    preset = tiny_presets.tiny("cgan", batch_size=16, networks=networks)
    trainer = preset.build_trainer(3)
    for weight in trainer.discriminator.trainable_weights:
        weight.assign(100 * weight)  # at first it is so small that a generator moves by less than a rounding
    layers = trainer.generator.get_layer("labels_dense"), trainer.discriminator.get_layer("labels_maxout")
    before = [layer.kernel.numpy() for layer in layers]
    trainer.run_eagerly = True
    small.fit(trainer, tiny_presets.batches(preset, 2, num_classes=3))
    for kernel, layer in zip(before, layers, strict=True):
        moved = np.abs(layer.kernel.numpy() - kernel).max(axis=1)
        assert moved.shape == (3,) and np.all(moved > 0)
