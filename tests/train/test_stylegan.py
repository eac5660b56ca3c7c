import json

import numpy as np
import pytest
import tensorflow as tf

import stylegan
from keras_gans import losses, presets, training

TINY = {
    "generator": {"latent_dim": 8, "style_dim": 8, "mapping_width": 8, "mapping_layers": 2, "channel_max": 8},
    "discriminator": {"channel_max": 8},
}


def configuration():
    config = presets.get_preset("stylegan_emoji_32") | {"resolution": 16, "seed": 0}
    for player, options in TINY.items():
        config["network"][player]["config"] |= options | {"channel_base": 64}
    return config


def test_what_the_script_builds():
    trainer, schedule = stylegan.build(configuration(), 0)
    assert type(trainer) is training.StyleGAN and trainer.mixing_probability == 0.9
    assert trainer.adversarial_loss == losses.NonSaturating()
    assert trainer.terms == {"discriminator": (losses.R1(weight=1.0),), "generator": ()}
    assert schedule.resolutions == [8, 16]  # it starts at 8 px
    assert schedule.phases[0].fade_images == 0 and schedule.phases[1].fade_images == 20_000


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_optimizers(player):
    """Appendix C."""
    optimizer = stylegan.optimizer(presets.get_preset("stylegan_ffhq_1024"), player, 3e-3)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.0, 0.99, 1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(3e-3)


@pytest.mark.slow
def test_a_run_through_growth_its_export_and_a_resume(tmp_path, monkeypatch):
    """The script's own main, in this process, on a preset made tiny."""
    import common

    preset = configuration() | {"resolution": 16}
    preset["schedule"] |= {"fade_images": 16, "stable_images": 16, "final_images": 16}
    preset["schedule"]["batch_sizes"] = {8: 8, 16: 8}
    preset["schedule"]["learning_rates"] = {8: 1e-3, 16: 1e-3}
    monkeypatch.setitem(presets.PRESETS, "stylegan_emoji_32", preset)
    run = tmp_path / "run"
    argv = ["--data", "emoji:twemoji", "--log-every", "8", "--sample-every", "32", "--out", str(run)]
    common.main("stylegan", "StyleGAN", stylegan.build, stylegan.optimizer, description="", argv=argv)
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [lines[0]["phase"], lines[-1]["phase"]] == ["8px stabilise", "16px stabilise"]
    assert "16px fade" in {line["phase"] for line in lines}
    assert all(np.isfinite(line["generator/loss"]) for line in lines)
    model = tf.saved_model.load(str(run / "export"))
    z = tf.random.normal((3, 8))
    styles = model.mapping(z=z, truncation=tf.constant(1.0))
    styles = styles["mapping"] if isinstance(styles, dict) else styles
    images = model.synthesis(w=styles)
    images = images["synthesis"] if isinstance(images, dict) else images
    assert images.shape == (3, 16, 16, 3)
    np.testing.assert_allclose(images, model.signatures["default"](z=z)["default"], atol=1e-5)
