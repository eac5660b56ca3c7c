import json

import numpy as np
import pytest
import tensorflow as tf

import common
import short_runs
import stylegan2
from keras_gans import augment, losses, presets, training

FLAGS = {"gamma": None, "no_ada": False}
# Which the presets of 32 px do without.
REGULARIZED = {"path_length": {"weight": 2.0, "interval": 8}, "mixing_probability": 0.9}
TINY = {
    "generator": {
        "latent_dim": 8,
        "style_dim": 8,
        "mapping_layers": 2,
        "channel_base": 64,
        "channel_max": 8,
    },
    "discriminator": {"channel_base": 64, "channel_max": 8, "mapping_layers": 1},
}


def configuration(**changes):
    small = short_runs.configure(presets.get_preset("stylegan2_emoji_32"), **TINY)
    return small | REGULARIZED | FLAGS | changes


def test_what_the_script_builds():
    trainer, schedule = stylegan2.build(configuration(), 0)
    assert type(trainer) is training.StyleGAN2 and trainer.mixing_probability == 0.9
    assert trainer.adversarial_loss == losses.NonSaturating()
    assert trainer.terms["discriminator"] == (losses.R1(weight=1.0, interval=16),)
    assert trainer.terms["generator"] == (losses.PathLength(weight=2.0, interval=8),)
    assert isinstance(trainer.augmentation, augment.AdaptiveAugmentation)
    assert schedule.phases[0].batch_size == 4


def test_its_own_flags():
    trainer, _ = stylegan2.build(configuration(gamma=3.0, no_ada=True, path_length=None), 0)
    assert trainer.terms == {"discriminator": (losses.R1(weight=3.0, interval=16),), "generator": ()}
    assert isinstance(trainer.augmentation, augment.NoAugmentation)


@pytest.mark.parametrize(("player", "interval"), [("discriminator", 16), ("generator", 4)])
def test_adam_is_corrected_for_lazy_terms(player, interval):
    """1912.04958, appendix B: c = k / (k + 1)."""
    optimizer = stylegan2.optimizer(presets.get_preset("stylegan2_ffhq_1024"), player, 2e-3)
    c = interval / (interval + 1)
    assert float(optimizer.learning_rate) == pytest.approx(c * 2e-3)
    assert optimizer.beta_1 == 0.0 and optimizer.beta_2 == pytest.approx(0.99**c)
    assert optimizer.epsilon == 1e-8


def test_adam_is_left_alone_without_a_lazy_term():
    optimizer = stylegan2.optimizer(presets.get_preset("stylegan2_cifar10_32"), "generator", 2.5e-3)
    assert float(optimizer.learning_rate) == pytest.approx(2.5e-3) and optimizer.beta_2 == 0.99


@pytest.mark.slow
def test_a_run_and_another_that_starts_with_its_networks(tmp_path, monkeypatch, capsys):
    preset = configuration()
    for flag in (*FLAGS, "seed"):
        del preset[flag]
    monkeypatch.setitem(presets.PRESETS, "stylegan2_emoji_32", preset)

    def train(*argv):
        argv = [*argv, "--log-every", "8", "--sample-every", "64", "--resolution", "8", "--no-tensorboard"]
        common.main(
            "stylegan2",
            "StyleGAN2",
            stylegan2.build,
            stylegan2.optimizer,
            description="",
            argv=list(map(str, argv)),
            add_flags=stylegan2.flags,
        )

    first, second = tmp_path / "first", tmp_path / "second"
    train("--data", "emoji:twemoji", "--images", 68, "--out", first)
    lines = [json.loads(line) for line in (first / "log.jsonl").read_text().splitlines()]
    assert all(np.isfinite(line["generator/path_length"]) for line in lines)
    assert 0.0 <= lines[-1]["augmentation/probability"] <= 1.0
    assert tf.saved_model.load(str(first / "export")).signatures["default"](tf.zeros((2, 8)) + 1.0)

    train("--data", "emoji:noto", "--images", 16, "--init-from", first, "--freeze-d", 2, "--out", second)
    assert f"networks of {first / 'checkpoints' / 'ckpt-68'}" in capsys.readouterr().out
    before, after = content_of(first), content_of(second)
    manifest = json.loads(after["manifest/.ATTRIBUTES/VARIABLE_VALUE"])
    same = {
        path: np.array_equal(before[key], after[key])
        for i, (path, _) in enumerate(manifest["discriminator"])
        for key in [f"discriminator/{i}/.ATTRIBUTES/VARIABLE_VALUE"]
    }
    frozen = {path for path in same if "8x8_from_rgb" in path or "8x8_conv0" in path}
    assert len(frozen) == 4 and all(same[path] for path in frozen)
    assert not any(equal for path, equal in same.items() if path not in frozen)
    assert after["counters/1/.ATTRIBUTES/VARIABLE_VALUE"] == 16
    # The average goes on from the other run's: a step does not replace it by the weights.
    names = [
        f"generator_ema/{i}/.ATTRIBUTES/VARIABLE_VALUE"
        for i, (path, _) in enumerate(manifest["generator_ema"])
        if "style_average" not in path  # copied, as all that is not trained
    ]
    assert names
    moved, distance = (
        max(np.max(np.abs(after[name] - other(name))) for name in names)
        for other in (before.get, lambda name: after[name.replace("generator_ema", "generator")])
    )
    assert 0.0 < moved < 0.1 * distance

    with pytest.raises(SystemExit):
        train("--data", "emoji:noto", "--freeze-d", 2, "--out", tmp_path / "third")
    assert "--freeze-d keeps what --init-from brings" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train("--data", "emoji:noto", "--init-from", tmp_path / "none", "--out", tmp_path / "fourth")
    assert "There is no checkpoint in" in capsys.readouterr().err


def content_of(run):
    """Everything that the newest checkpoint of a run holds."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(run / "checkpoints")))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
