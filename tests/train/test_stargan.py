import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import common
import short_runs
import stargan
from keras_gans import losses, networks, training
from keras_gans.presets.stargan import PRESETS
from run import Run, load_data

TINY = {"generator": {"num_blocks": 1, "width": 2}, "discriminator": {"num_layers": 2, "width": 2}}
ARGV = [
    "--resolution", "8", "--batch-size", "21", "--images", "42", "--log-every", "21", "--sample-every", "42",
    "--no-tensorboard",
]  # fmt: skip


def test_a_short_run():
    config = short_runs.configure(PRESETS["stargan_emoji_32"], batch_size=2, **TINY)
    trainer, schedule = short_runs.make(stargan, config, num_classes=3)
    assert type(trainer) is training.StarGAN
    assert type(trainer.generator) is networks.StarGANGenerator and trainer.generator.resolution is None
    assert type(trainer.discriminator) is networks.StarGANDiscriminator
    assert (trainer.generator.name, trainer.discriminator.name) == ("generator", "discriminator")
    assert trainer.discriminator.resolution == 8
    assert trainer.generator.num_classes == trainer.discriminator.num_classes == 3
    assert trainer.adversarial_loss == losses.Wasserstein()
    assert trainer.terms == {
        "discriminator": (losses.GradientPenalty(weight=10.0), losses.RealDomainClassification(weight=1.0)),
        "generator": (
            losses.TargetDomainClassification(weight=1.0),
            losses.DomainReconstruction(weight=10.0),
            losses.DomainIdentity(weight=10.0),
        ),
    }
    config["identity_weight"] = 0.0  # the paper's
    assert len(stargan.build(config, 3)[0].terms["generator"]) == 2
    assert trainer.discriminator_steps == PRESETS["stargan_emoji_32"]["discriminator_steps"]
    found = short_runs.fit(trainer, schedule, steps=1, num_classes=3)
    assert all(np.isfinite(value) for value in found.values())
    assert int(trainer.skipped_steps.numpy()) == 0


@pytest.mark.parametrize("player, factor", [("generator", 1), ("discriminator", 5)])
@pytest.mark.parametrize("images, steps", [(None, 50_149), (8000, 100)])
def test_the_rate_falls_in_the_second_half(images, steps, player, factor):
    """Of each player's own updates."""
    config = {**PRESETS["stargan_celeba_128"], "images": images}
    optimizer = stargan.optimizer(config, player, 1e-4)
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.5, 0.999, 1e-8)
    rate = keras.saving.deserialize_keras_object(optimizer.get_config()["learning_rate"])
    assert (type(rate), rate.steps) == (training.LinearDecay, factor * steps)
    got = [float(rate(share * rate.steps)) for share in (0.0, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(got, [1e-4, 1e-4, 5e-5, 0.0], rtol=1e-3, atol=1e-10)


def make_run(out, *argv):
    config = common.configure("stargan", common.parse("stargan", "", ["--out", str(out), *ARGV, *argv]))
    for player, entries in TINY.items():
        config["network"][player]["config"] |= entries
    return Run(config, "StarGAN", stargan.build, stargan.optimizer)


@pytest.mark.slow
def test_a_run_on_own_folders_leaves_sheets_and_an_export(tmp_path, capsys):
    """Whatever the preset's domains of the embedded set are."""
    random = np.random.default_rng(0)
    folders = [tmp_path / name for name in ("cat", "dog", "fox")]
    for folder in folders:
        folder.mkdir()
        for i in range(8):
            pixels = random.integers(0, 256, (8, 8, 3), dtype="uint8")
            Image.fromarray(pixels).save(folder / f"{i}.png")
    run = make_run(tmp_path / "run", "--data", ",".join(map(str, folders)))
    assert run.num_classes == 3 and not run.data.references
    run.train(resume=False)
    [sheet] = (tmp_path / "run" / "samples").iterdir()
    assert Image.open(sheet).size == (5 * 8, 8 * 8)
    assert "IMAGES --out DIR --label all" in capsys.readouterr().out
    loaded = tf.saved_model.load(str(tmp_path / "run" / "export"))
    labels = tf.constant([[0.0, 1.0, 0.0]])
    assert loaded.signatures["default"](images=tf.zeros((2, 12, 8, 3)), labels=labels)["default"].shape == (
        2, 12, 8, 3,
    )  # fmt: skip
    card = json.loads((tmp_path / "run" / "export" / "card.json").read_text())
    assert card["class_names"] == ["cat", "dog", "fox"]


def test_tones_and_styles_of_the_embedded_set(tmp_path):
    flags = ["--out", str(tmp_path), *ARGV, "--data", "emoji:noto", "--split", "test"]
    config = common.configure("stargan", common.parse("stargan", "", flags))
    assert load_data(config, progress=False).class_names[-1] == "dark"
    config |= {"domains": "styles", "data": "emoji:noto,fluent", "references": True}
    data = load_data(config, progress=False)
    assert data.class_names == ("noto", "fluent") and data.references


def test_a_set_of_one_domain_is_refused(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"several domains must be .* which has one"):
        make_run(tmp_path / "run", "--data", str(tmp_path))
