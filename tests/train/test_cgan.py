import numpy as np

import cgan
import short_runs
from keras_gans.presets.gan import PRESETS


def test_a_short_run_uses_the_labels():
    """A row of weights for each class, and each moves, in both players."""
    tiny = {
        "generator": {"width": 32, "label_width": 16},
        "discriminator": {"width": 8, "label_width": 4},
    }
    config = short_runs.configure(PRESETS["cgan_emoji_32"], batch_size=16, **tiny)
    trainer, schedule = short_runs.make(cgan, config, num_classes=3)
    for weight in trainer.discriminator.trainable_weights:
        weight.assign(100 * weight)  # at first it is so small that a generator moves by less than a rounding
    layers = (
        trainer.generator.get_layer("labels_dense"),
        trainer.discriminator.get_layer("labels_maxout"),
    )
    before = [layer.kernel.numpy() for layer in layers]
    last = short_runs.fit(trainer, schedule, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    for kernel, layer in zip(before, layers, strict=True):
        moved = np.abs(layer.kernel.numpy() - kernel).max(axis=1)
        assert moved.shape == (3,) and np.all(moved > 0)


def test_presets_are_conditional():
    conditional = {name: preset.get("conditional", False) for name, preset in PRESETS.items()}
    assert conditional == {name: name.startswith("cgan") for name in PRESETS}


def test_the_paper_s_dropout():
    """Section 4.1: one half, in both players."""
    players = PRESETS["cgan_mnist_16"]["network"].values()
    assert [player["config"]["dropout"] for player in players] == [0.5, 0.5]
