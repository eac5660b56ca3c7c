import keras
import numpy as np
import pytest

import sagan
import short_runs
from keras_gans import losses, networks
from keras_gans.export import Card, export, load
from keras_gans.presets.sagan import PRESETS

TINY = {
    "generator": {"width": 8, "latent_dim": 6, "attention_resolution": 8},
    "discriminator": {"width": 8, "attention_resolution": 4},
}


@pytest.mark.slow
def test_a_short_run_and_its_export(tmp_path):
    config = short_runs.configure(PRESETS["sagan_emoji_32"], **TINY)
    trainer, schedule = short_runs.make(sagan, config, num_classes=3)
    assert trainer.adversarial_loss == losses.Hinge()
    assert trainer.discriminator_steps == 1 and trainer.terms == {"discriminator": (), "generator": ()}
    last = short_runs.fit(trainer, schedule, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    average = trainer.generator_average
    for player, rate in (("discriminator", 4e-4), ("generator", 1e-4)):
        optimizer = getattr(trainer, f"{player}_optimizer")
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert int(optimizer.iterations.numpy()) == 2
    average.get_layer("attention").gamma.assign(0.5)
    network = networks.folded(average)
    card = Card(
        preset="sagan_emoji_32",
        model="SAGAN",
        paper=config["paper"],
        data="n",
        data_license="n",
        images_seen=8,
        class_names=("a", "b", "c"),
    )
    export(network, tmp_path / "1", card=card)
    random = np.random.default_rng(0)
    z = random.standard_normal((3, 6)).astype("float32")
    arguments = {"z": z, "y": np.eye(3, dtype="float32")[[2, 0, 1]], "truncation": np.float32(0.5)}
    loaded = load(tmp_path / "1")
    expected = (average([z * 0.5, np.array([2, 0, 1])]) + 1) / 2
    np.testing.assert_allclose(loaded.default(**arguments), expected, atol=1e-5)
    assert len(loaded.variables) == len(network.variables) < len(average.variables)


@pytest.mark.parametrize("player, factor", [("discriminator", 4.0), ("generator", 1.0)])
def test_optimizers(player, factor):
    """Section 4: imbalanced learning rates."""
    optimizer = sagan.optimizer(PRESETS["sagan_imagenet_128"], player, 1e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.9, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(factor * 1e-4)
