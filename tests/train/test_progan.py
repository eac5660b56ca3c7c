"""The real script in real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from processes import final_state, finish, start, wait_for_images

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "train" / "progan.py"
# Small enough for seconds; deterministic, so that bits can be compared.
SMALL = [
    "--preset", "progan_emoji_16", "--resolution", "8", "--data", "emoji:twemoji", "--batch-size", "8",
    "--images", "640", "--save-every", "64", "--log-every", "32", "--sample-every", "160",
    "--deterministic",
]  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    output = finish(start(SCRIPT.name, *SMALL, "--out", run))
    return run, output


def test_a_run_leaves_everything(uninterrupted):
    run, output = uninterrupted
    config = json.loads((run / "config.json").read_text())
    assert config["data"] == "emoji:twemoji" and config["versions"]["keras"]
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["images"] > 500 and all(line["images"] % 8 == 0 for line in lines)
    phases = [line["phase"] for line in lines]
    assert phases[0] == "4px stabilise" and "8px fade" in phases and phases[-1] == "8px stabilise"
    assert all(np.isfinite(line["discriminator/loss"]) for line in lines)
    assert len(list((run / "samples").glob("*.png"))) >= 3
    assert (run / "export" / "saved_model.pb").exists() and (run / "samples.png").exists()
    card = json.loads((run / "export" / "card.json").read_text())
    assert card["images_seen"] == final_images(run)
    assert "CC BY 4.0" in card["data_license"]  # Twemoji's
    assert "keras-gans generate" in output
    loaded = tf.saved_model.load(str(run / "export"))
    images = loaded.signatures["default"](tf.zeros((2, 64)))["default"]
    assert images.shape == (2, 8, 8, 3)


def final_images(run):
    return int(final_state(run)["counters/1/.ATTRIBUTES/VARIABLE_VALUE"])


def test_killed_and_terminated_runs_end_bit_identical(uninterrupted, tmp_path):
    """SIGKILL in the first phase, SIGTERM in the second, each resumed with the run directory alone."""
    whole, _ = uninterrupted
    run = tmp_path / "run"
    process = start(SCRIPT.name, *SMALL, "--out", run)
    wait_for_images(process, 96)
    process.kill()
    process.wait()
    process = start(SCRIPT.name, "--out", run, "--resume")
    wait_for_images(process, 288)
    process.send_signal(signal.SIGTERM)
    assert "--resume" in finish(process, code=75)
    finish(start(SCRIPT.name, "--out", run, "--resume"))
    expected, actual = final_state(whole), final_state(run)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, actual[name], err_msg=name)


def test_dry_run_prints_the_plan_and_writes_nothing(tmp_path):
    output = finish(start(SCRIPT.name, *SMALL, "--out", tmp_path / "run", "--dry-run"))
    for words in ("ProGANDiscriminator", "trainable parameters", "8 px", "img/s", "estimated time"):
        assert words in output
    assert "3,031" in output  # images of the data set
    assert not (tmp_path / "run").exists()


def test_conditional_replicas_and_own_images(tmp_path):
    """A folder of classes, two replicas, labels, mixed precision: the other ways of the script."""
    from PIL import Image

    random = np.random.default_rng(0)
    for label in ("cats", "dogs"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for i in range(8):
            pixels = random.integers(0, 255, (20, 24, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{i}.png")
    code = (
        "import sys; sys.path[:0] = [sys.argv.pop(1)]\n"
        "import tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "import common, progan\n"
        "common.main('progan', 'Progressive GAN', progan.build, progan.optimizer, description='')\n"
    )
    argv = [
        "--preset", "progan_emoji_16", "--resolution", "8", "--data", tmp_path / "photos", "--crop", "center",
        "--conditional", "--strategy", "mirrored", "--precision", "mixed_bfloat16", "--batch-size", "8",
        "--images", "48", "--log-every", "8", "--out", tmp_path / "run",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT.parent), *map(str, argv)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 replica(s)" in done.stdout
    card = json.loads((tmp_path / "run" / "export" / "card.json").read_text())
    assert list(card["class_names"]) == ["cats", "dogs"]
    model = tf.saved_model.load(str(tmp_path / "run" / "export"))
    arguments = {"z": tf.zeros((1, 64)), "y": tf.constant([[0.0, 1.0]]), "truncation": tf.constant(1.0)}
    assert model.signatures["default"](**arguments)["default"].shape == (1, 8, 8, 3)


def test_a_second_process_in_one_run_directory_is_refused(tmp_path):
    first = start(SCRIPT.name, *SMALL, "--images", "100000", "--out", tmp_path / "run")
    try:
        wait_for_images(first, 32)
        output = finish(start(SCRIPT.name, "--out", tmp_path / "run", "--resume"), code=2)
        assert f"in use by pid {first.pid} on {socket.gethostname()}" in output
        started = time.monotonic()
        first.send_signal(signal.SIGINT)
        finish(first, code=75)
        assert time.monotonic() - started < 60
    finally:
        first.kill()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def test_two_workers_train_in_step(tmp_path):
    """Three steps across a phase boundary, on the loopback; every variable ends equal."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    argv = ["--preset", "progan_emoji_16", "--resolution", "8", "--data", "emoji:twemoji", "--images", "1",
            "--strategy", "multiworker", "--log-every", "32", "--sample-every", "32", "--save-every", "32",
            "--out", tmp_path / "run"]  # fmt: skip
    worker = Path(__file__).with_name("worker.py")
    processes = [
        subprocess.Popen(
            [sys.executable, worker, tmp_path / f"weights{index}.npz", *map(str, argv)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
            },
        )
        for index in range(2)
    ]
    for process in processes:
        finish(process)
    first, second = (np.load(tmp_path / f"weights{index}.npz") for index in range(2))
    assert first.files == second.files and len(first.files) > 50
    for name in first.files:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    assert int(first["counters/0"]) == 3  # steps
    # The chief alone writes, and nothing waits for the other.
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == 3
    assert len(list((tmp_path / "run" / "samples").iterdir())) == 3
    assert len(list((tmp_path / "run" / "checkpoints").glob("*.index"))) == 3
    assert (tmp_path / "run" / "export" / "saved_model.pb").exists()
