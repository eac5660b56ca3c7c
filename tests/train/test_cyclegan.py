import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import common
import cyclegan
import short_runs
import small
from keras_gans import losses, networks, training
from keras_gans.presets.cyclegan import PRESETS
from run import Run

TINY = {"generator": {"num_blocks": 1, "width": 2}, "discriminator": {"num_layers": 0, "width": 2}}
ARGV = [
    "--resolution", "8", "--split", "test", "--images", "24", "--batch-size", "8", "--log-every", "8",
    "--sample-every", "16", "--no-tensorboard",
]  # fmt: skip


def test_a_short_run():
    config = short_runs.configure(PRESETS["cyclegan_emoji_32"], **TINY)
    trainer, _ = short_runs.make(cyclegan, config)
    assert type(trainer) is training.CycleGAN and (trainer.pool_size, trainer.resolution) == (50, 8)
    generators, discriminators = trainer.players()["generator"], trainer.players()["discriminator"]
    assert [type(n) for n in generators] == [networks.CycleGANGenerator] * 2
    assert [(type(n), n.batch_norm) for n in discriminators] == [(networks.PatchGANDiscriminator, False)] * 2
    assert trainer.adversarial_loss == losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0)
    assert trainer.terms["generator"] == (
        losses.CycleConsistency(weight=10.0),
        losses.IdentityMapping(weight=5.0),
    )
    history = small.fit(trainer, small.pairs(2, batch_size=4)).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(trainer.target_pool.count.numpy()) == 8


@pytest.mark.parametrize("images, steps", [(None, 266_800), (1000, 1000)])
def test_the_rate_falls_in_the_second_half(images, steps):
    config = {**PRESETS["cyclegan_horse2zebra_256"], "images": images}
    optimizer = cyclegan.optimizer(config, "generator", 2e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    rate = keras.saving.deserialize_keras_object(optimizer.get_config()["learning_rate"])
    assert (type(rate), rate.steps) == (training.LinearDecay, steps)
    got = [float(rate(share * steps)) for share in (0.0, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(got, [2e-4, 2e-4, 1e-4, 0.0], rtol=1e-3, atol=1e-10)


def make_run(out, *argv, resume=False):
    flags = ["--out", str(out), *(["--resume"] if resume else [*ARGV, *argv])]
    config = common.configure("cyclegan", common.parse("cyclegan", "", flags))
    if not resume:
        for player, entries in TINY.items():
            config["network"][player]["config"] |= entries
    return Run(config, "CycleGAN", cyclegan.build, cyclegan.optimizer)


@pytest.mark.slow
def test_a_run_leaves_sheets_and_both_directions(tmp_path, capsys):
    make_run(tmp_path / "run").train(resume=False)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["pairs"], config["jitter"]) == ("unpaired", 1.125)
    [sheet] = (tmp_path / "run" / "samples").iterdir()
    assert sheet.name == "0000000016.png"
    assert f"keras-gans translate {tmp_path / 'run' / 'export'} IMAGES --out DIR" in capsys.readouterr().out
    loaded = tf.saved_model.load(str(tmp_path / "run" / "export"))
    for name in ("default", "backward"):
        assert getattr(loaded, name)(tf.zeros((2, 12, 8, 3))).shape == (2, 12, 8, 3)
    card = json.loads((tmp_path / "run" / "export" / "card.json").read_text())
    assert "emoji:twemoji (test) to emoji:fluent (test), unpaired" in card["notes"][0]
    again = make_run(tmp_path / "run", resume=True)
    again.begin(again.schedule.phases[0])
    training.RunState(tmp_path / "run" / "checkpoints", again.trainer).restore()
    assert int(again.trainer.target_pool.count.numpy()) == 24
    assert float(again.trainer.generator_optimizer.learning_rate) == 0.0  # all is done


def test_the_other_kind_of_data_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Two sets of images must be .* Received: 'emoji'"):
        make_run(tmp_path / "run", "--data", "emoji")
    with pytest.raises(ValueError, match="no latents to draw"):
        make_run(tmp_path / "other", "--metric", "fid64").monitor()
