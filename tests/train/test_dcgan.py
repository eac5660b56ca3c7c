import keras
import numpy as np
import pytest

import dcgan
import short_runs
from keras_gans import losses
from keras_gans.export import Card, export, load
from keras_gans.presets.dcgan import PRESETS

TINY = {"generator": {"width": 4, "latent_dim": 6}, "discriminator": {"width": 4}}


def test_a_short_run(tmp_path):
    config = short_runs.configure(PRESETS["dcgan_emoji_32"], **TINY)
    trainer, schedule = short_runs.make(dcgan, config, num_classes=3)
    assert trainer.adversarial_loss == losses.NonSaturating()
    assert trainer.discriminator_steps == 1 and trainer.terms == {"discriminator": (), "generator": ()}
    last = short_runs.fit(trainer, schedule, num_classes=3)
    assert np.isfinite(list(last.values())).all()
    norms = [net.get_layer("4x4_norm") for net in (trainer.generator, trainer.generator_average)]
    statistics = [norm.moving_mean.numpy() for norm in norms]
    assert statistics[0].any()
    np.testing.assert_array_equal(*statistics)
    network = trainer.exported_network(np.array([0, 1, 2]))
    card = Card(
        preset="dcgan_emoji_32",
        model="DCGAN",
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
    images = load(tmp_path / "1").default(**arguments)
    expected = (network([z * 0.5, np.array([2, 0, 1])]) + 1) / 2
    np.testing.assert_allclose(images, expected, atol=1e-5)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    """Section 4."""
    config = PRESETS["dcgan_lsun_64"]
    assert config["schedule"]["batch_sizes"] == {64: 128}
    assert config["schedule"]["learning_rates"] == {64: 2e-4}
    optimizer = dcgan.optimizer(config, player, 2e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(2e-4)
