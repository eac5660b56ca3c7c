"""`keras-gans train`, mostly in this process; signals, a kill and two workers in real ones."""

import json
import re
import signal
import socket

import numpy as np
import pytest

import tiny_presets
from keras_gans import cli, presets, runs
from keras_gans.cli import train
from processes import UNTRACED, finish, start, wait_for_images


@pytest.fixture
def calls(monkeypatch):
    """What the command asks of `runs`, instead of doing it."""
    made = []

    class Done:
        stopped = False

    for name in ("train", "resume", "export", "describe"):
        monkeypatch.setattr(
            runs, name, lambda *args, _name=name, **fields: made.append((_name, args, fields)) or Done
        )
    return made


def test_flags_are_the_fields_of_a_run(calls):
    argv = ["--data", "photos/", "--out", "runs/x", "--images", "100", "--batch-size", "4:64,8:32",
            "--no-flip", "--gamma", "0.5", "--no-ada", "--strategy", "mirrored", "--conditional"]  # fmt: skip
    assert train.main("stylegan2", argv) == 0
    [(name, (preset,), fields)] = calls
    assert (name, preset) == ("train", presets.get("stylegan2_emoji_32"))
    assert fields == {
        "data": "photos/", "out": "runs/x", "images": 100, "batch_size": {4: 64, 8: 32}, "flip": False,
        "gamma": 0.5, "no_ada": True, "strategy": "mirrored", "conditional": True,
    }  # fmt: skip


def test_every_flag_can_be_set(calls):
    """Whatever its kind."""
    argv = ["--split", "all", "--crop", "center", "--channels", "grey", "--resolution", "64",
            "--batch-size", "8", "--seed", "3", "--no-reset-optimizer", "--init-from", "r", "--freeze-d", "2",
            "--precision", "float32", "--jit", "--deterministic", "--log-every", "1", "--sample-every", "2",
            "--save-every", "3", "--metric", "kid2k", "--metric-every", "4", "--features", "f",
            "--no-tensorboard", "--strategy", "none"]  # fmt: skip
    assert train.main("progan", argv) == 0
    [(_, _, fields)] = calls
    names = set(runs.config.flags_of("progan")) - {"data", "conditional", "flip", "images"}
    assert set(fields) == names | {"out"}


def test_what_else_there_is_to_do(calls):
    assert train.main("progan", ["--dry-run", "--preset", "progan_emoji_16"]) == 0
    [(name, (preset,), fields)] = calls
    assert (name, preset.name, fields) == ("describe", "progan_emoji_16", {"out": "runs/progan"})


def test_going_on_and_exporting(calls, tmp_path):
    out = str(tmp_path)
    runs.RunConfig(preset=presets.get("progan_emoji_16"), out=out).write()
    assert train.main("progan", ["--out", out, "--resume", "--seed", "0"]) == 0
    assert train.main("progan", ["--out", out, "--export", "--best"]) == 0
    assert calls == [("resume", (out,), {"seed": 0}), ("export", (out,), {"best": True})]


def test_a_stopped_run_has_an_exit_code_of_its_own(calls, monkeypatch):
    stopped = type("Stopped", (), {"stopped": True})
    monkeypatch.setattr(runs, "train", lambda *args, **fields: stopped)
    assert train.main("progan", []) == 75


def test_a_preset_of_one_s_own_as_json(calls, tmp_path):
    preset = tiny_presets.tiny("dcgan")
    (tmp_path / "mine.json").write_text(preset.to_json())
    assert train.main("dcgan", ["--preset", str(tmp_path / "mine.json")]) == 0
    assert calls[0][1] == (preset,)


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--preset", "progan_emojy_32"], "Did you mean 'progan_emoji_32'"),
        (["--preset", "dcgan_emoji_32"], "'dcgan_emoji_32' is a preset of dcgan. Here: progan_emoji_32, "),
        (["--preset", "progan_celebahq_1024"], "needs --data: a folder of CelebA-HQ"),
        (["--out", "nowhere", "--resume"], "There is no run in nowhere"),
        (["--best"], "--best says what --export exports; it needs --export"),
        (["--images", "0"], "--images must be positive. Received: 0"),
    ],
)
def test_errors_are_one_line_and_code_2(argv, message, capsys):
    assert train.main("progan", argv) == 2
    text = capsys.readouterr().err
    assert text.startswith("error: ") and message in text and text.count("\n") == 1
    with pytest.raises(ValueError, match=re.escape(message)):
        train.main("progan", [*argv, "--traceback"])


def test_a_run_of_another_model(tmp_path, capsys):
    runs.RunConfig(preset=presets.get("dcgan_emoji_32"), out=str(tmp_path)).write()
    assert train.main("progan", ["--out", str(tmp_path), "--resume"]) == 2
    assert "is a run of dcgan, not of progan" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["--strategy", "tpu"], ["--batch-size", "4=8"], ["--gamma", "1"], ["--seed", "x"]]
)
def test_unreadable_flags_end_with_code_2(argv, capsys):
    with pytest.raises(SystemExit) as end:
        train.main("progan", argv)
    assert end.value.code == 2 and argv[0] in capsys.readouterr().err


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "progan", "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for word in (
        "progan_celeba_128",
        "--resume",
        "tfds:NAME",
        "checkpoints/",
        "75 stopped by a signal",
        "(default: 2000)",
        "(default: runs/progan)",
    ):
        assert word in text
    assert "--gamma" not in text and text.count("(default: the preset's)") == 9


def test_the_command(calls):
    assert cli.main(["train", "progan", "--preset", "progan_emoji_16", "--images", "8"]) == 0
    assert calls[0][2] == {"out": "runs/progan", "images": 8}


# === Real processes ===


SMALL = ["--data", "emoji:twemoji", "--split", "test", "--log-every", "8", "--no-tensorboard"]


@pytest.fixture
def preset(tmp_path):
    """A file with a tiny preset: 24 images at 4 px, many at 8 px."""
    preset = tiny_presets.tiny("progan", batch_size=8, fade_images=8, stable_images=24, final_images=50_000)
    (tmp_path / "preset.json").write_text(preset.to_json())
    return tmp_path / "preset.json"


def test_a_killed_run_and_one_stopped_by_a_signal(preset, tmp_path):
    """SIGKILL in the first phase; SIGTERM in the second, while another process is refused."""
    out = tmp_path / "run"
    command = ("-c", UNTRACED, "keras_gans_cli.py", "train", "progan", *SMALL, "--save-every", "8")
    process = start(*command, "--preset", preset, "--out", out)
    wait_for_images(process, 16)
    process.kill()
    process.wait()
    process = start("-c", UNTRACED, "train/progan.py", "--out", out, "--resume")
    wait_for_images(process, 32)
    with pytest.raises(RuntimeError, match=f"in use by pid {process.pid} on {socket.gethostname()}"):
        runs.resume(out)
    process.send_signal(signal.SIGTERM)
    assert f"keras-gans train progan --out {out} --resume" in finish(process, code=75)
    assert not (out / "export").exists()
    records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [record["images"] for record in records][:4] == [8, 16, 24, 32]


WORKER = """
import sys
import numpy as np
import tensorflow as tf
from keras_gans.cli import train
from keras_gans.runs import actions
tf.config.run_functions_eagerly(True)  # three steps cost less than two traces
weights, *argv = sys.argv[1:]
made, Run = [], actions.Run
actions.Run = lambda config: made.append(Run(config)) or made[0]
code = train.main("progan", argv)
state = made[0].trainer.state()
np.savez(weights, **{f"{name}/{i}": v.numpy() for name, group in state.items() for i, v in enumerate(group)})
sys.exit(code)
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def test_two_workers_train_in_step(preset, tmp_path):
    """Steps across a phase boundary, on the loopback; every variable ends equal."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    argv = [*SMALL, "--preset", preset, "--images", "1", "--strategy", "multiworker", "--out",
            tmp_path / "run", "--sample-every", "8", "--save-every", "8"]  # fmt: skip
    processes = [
        start(
            *("-c", WORKER, tmp_path / f"weights{index}.npz", *argv),
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
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
    out = tmp_path / "run"
    assert len((out / "log.jsonl").read_text().splitlines()) == 3
    assert len(list((out / "samples").iterdir())) == 3
    assert len(list((out / "checkpoints").glob("*.index"))) == 3
    assert (out / "export" / "saved_model.pb").exists()
