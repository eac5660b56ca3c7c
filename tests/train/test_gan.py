import keras
import numpy as np
import pytest

import cgan
import gan
import short_runs
from keras_gans import losses
from keras_gans.export import Card, export, load
from keras_gans.presets.gan import PRESETS

TINY = {"generator": {"width": 8, "label_width": 4}, "discriminator": {"width": 4, "label_width": 2}}


def test_a_short_run(tmp_path):
    config = short_runs.configure(PRESETS["gan_emoji_32"], **TINY)
    config["schedule"]["learning_rates"] = {8: 0.1}  # two small steps would not show in float32
    trainer, schedule = short_runs.make(gan, config)
    before = trainer.generator.get_weights()
    last = short_runs.fit(trainer, schedule)
    assert set(last) == {f"{p}/{n}" for p in ("discriminator", "generator") for n in ("loss", "adversarial")}
    # Where D knows nothing yet: log 4 and log 2.
    assert last["discriminator/loss"] == pytest.approx(np.log(4), abs=0.05)
    assert last["generator/loss"] == pytest.approx(np.log(2), abs=0.05)
    assert all(np.any(a != b) for a, b in zip(before, trainer.generator.get_weights(), strict=True))
    network = trainer.exported_network()
    card = Card(
        preset="gan_emoji_32", model="GAN", paper=config["paper"], data="n", data_license="n", images_seen=8
    )
    export(network, tmp_path / "1", card=card)
    z = np.random.default_rng(0).standard_normal((3, 64)).astype("float32")
    images = load(tmp_path / "1").default(z)
    assert images.shape == (3, 8, 8, 3)
    np.testing.assert_allclose(images, (network(z) + 1) / 2, atol=1e-5)


def test_the_paper_s_game():
    trainer, _ = short_runs.make(gan, short_runs.configure(PRESETS["gan_mnist_16"], **TINY))
    assert trainer.adversarial_loss == losses.NonSaturating()
    assert trainer.discriminator_steps == 1
    assert trainer.terms == {"discriminator": (), "generator": ()}
    assert trainer.average.decay == 0.0


@pytest.mark.parametrize("name, decay", [("gan_mnist_16", 1.000004), ("cgan_mnist_16", 1.00004)])
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(name, decay, player):
    config = PRESETS[name]
    [rate] = config["schedule"]["learning_rates"].values()
    optimizer = gan.optimizer(config, player, rate)
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.5
    assert not optimizer.nesterov
    optimizer.build([keras.Variable(0.0)])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    optimizer.iterations.assign(100_000)
    assert float(optimizer.learning_rate) == pytest.approx(0.1 * decay**-100_000, rel=1e-2)


def test_length_and_batch():
    for name, steps in (("gan_mnist_16", 150_000), ("cgan_mnist_16", 290_000)):
        schedule = PRESETS[name]["schedule"]
        assert schedule["batch_sizes"] == {16: 100} and schedule["images"] == 100 * steps
    # 1411.1784: from 0.1 down to 1e-6.
    last = 0.1 * 1.00004**-290_000
    assert last == pytest.approx(1e-6, rel=0.1)


def test_any_resolution_and_classes_by_a_flag():
    config = short_runs.configure(PRESETS["gan_emoji_32"], resolution=16, **TINY)
    trainer, schedule = short_runs.make(gan, config, num_classes=3)
    assert trainer.generator.num_classes == trainer.discriminator.num_classes == 3
    assert schedule.phases[0].resolution == trainer.generator.resolution == 16
    assert cgan.build is gan.build
