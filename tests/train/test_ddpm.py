"""The real script in real processes."""

import json
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

import common
import ddpm
from keras_gans import presets, training
from processes import final_state, finish, start, wait_for_images

SCRIPT = "ddpm.py"
SMALL = [
    "--preset", "ddpm_emoji_32", "--resolution", "8", "--data", "emoji:twemoji", "--batch-size", "16",
    "--images", "160", "--save-every", "32", "--log-every", "32", "--sample-every", "160", "--conditional",
    "--deterministic",
]  # fmt: skip


def configured(*argv):
    arguments = common.parse("ddpm", "", [*argv, "--out", "nowhere"])
    return common.configure("ddpm", arguments)


@pytest.mark.parametrize(
    "preset, parameters",
    [
        ("ddpm_cifar10_32", 35_746_307),
        ("ddpm_cosine_cifar10_32", 52_546_438),
        ("ddpm_celebahq_256", 113_673_219),
    ],
)
def test_presets_have_the_published_sizes(preset, parameters):
    trainer, schedule = ddpm.build(configured("--preset", preset, "--data", "emoji"), 0)
    assert sum(int(np.prod(w.shape)) for w in trainer.denoiser.trainable_variables) == parameters
    assert schedule.total_images == presets.get_preset(preset)["schedule"]["images"]
    assert trainer.process.timesteps == (4000 if "cosine" in preset else 1000)


def test_warm_up_is_linear():
    config = configured()
    optimizer = ddpm.optimizer(config, "denoiser", 6e-4)
    assert isinstance(optimizer, training.GuardedAdam) and optimizer.clip_norm == 1.0
    schedule = keras.saving.deserialize_keras_object(optimizer.get_config()["learning_rate"])
    rates = [float(schedule(step)) for step in (0, 150, 300, 10_000)]
    np.testing.assert_allclose(rates, [0.0, 3e-4, 6e-4, 6e-4], rtol=1e-5, atol=1e-9)


@pytest.mark.slow
def test_a_stopped_run_ends_as_the_uninterrupted_one(tmp_path):
    whole, run = tmp_path / "whole", tmp_path / "run"
    metric = ["--metric", "fid64", "--metric-every", "160", "--features", "efficientnet-lite0"]
    output = finish(start(SCRIPT, *SMALL, *metric, "--out", whole))
    process = start(SCRIPT, *SMALL, "--out", run)
    wait_for_images(process, 64)
    process.send_signal(signal.SIGTERM)
    assert "--resume" in finish(process, code=75)
    finish(start(SCRIPT, "--out", run, "--resume"))
    expected, actual = final_state(whole), final_state(run)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, actual[name], err_msg=name)
    lines = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [32, 64, 96, 128, 160]
    assert all(np.isfinite(line["loss"]) and line["phase"] == "8px" for line in lines)
    assert "img/s" in output and (whole / "samples").is_dir()
    [score] = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert score["images"] == 160 and score["best"] and score["value"] > 0
    assert tf.train.latest_checkpoint(str(whole / "checkpoints_best")).endswith("ckpt-160")
    loaded = tf.saved_model.load(str(whole / "export"))
    assert loaded.default(tf.zeros((2, 192))).shape == (2, 8, 8, 3)
    card = json.loads((whole / "export" / "card.json").read_text())
    assert len(card["class_names"]) == 9 and card["images_seen"] == 160
