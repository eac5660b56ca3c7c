import errno
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import small
from keras_gans import paths
from keras_gans.training import RunLock, RunState, resume


def trained(steps, *, resolution=8, start=0):
    gan = small.progan(resolution=resolution)
    gan.begin_phase(small.phase(resolution))
    small.compile_(gan)
    if steps:
        small.fit(gan, small.data(steps, resolution=resolution, start=start))
    return gan


def test_every_variable_is_saved(tmp_path):
    gan = trained(0)
    RunState(tmp_path, gan).save()
    saved = tf.train.list_variables(RunState(tmp_path, gan).latest)
    content = [name for name, _ in saved if "VARIABLE_VALUE" in name and "manifest" not in name]
    everything = sum(len(group) for group in gan.state().values())
    assert len(content) == everything
    held = {id(v) for group in gan.state().values() for v in group}
    metrics = {id(v) for m in gan.metrics for v in m.variables}
    missing = [v.path for v in gan.variables if id(v) not in held | metrics]
    assert not missing


def test_images_seen_and_rotation(tmp_path):
    gan = trained(0)
    state = RunState(tmp_path, gan, max_to_keep=3)
    for images in (8, 16, 24, 32):
        gan.images_seen.assign(images)
        state.save()
    names = sorted(p.name for p in tmp_path.glob("*.index"))
    assert names == ["ckpt-16.index", "ckpt-24.index", "ckpt-32.index"]
    gan.images_seen.assign(0)
    state.restore()
    assert int(gan.images_seen.numpy()) == 32


class Few:
    """As much of a trainer as `RunState` needs: a weight and a counter."""

    def __init__(self):
        self.distribute_strategy = tf.distribute.get_strategy()
        self.images_seen = keras.Variable(0, dtype="int64")
        self.weight = keras.Variable(np.zeros(100, "float32"))

    def state(self):
        return {"counters": [self.images_seen], "generator": [self.weight]}

    def network_state(self):
        return {"generator": [self.weight]}

    def at(self, images):
        self.images_seen.assign(images)
        self.weight.assign(np.full(100, images, "float32"))


def saved(folder, *numbers, **options):
    """A state after checkpoints at these images, which it has forgotten."""
    folder.mkdir(exist_ok=True)
    state = RunState(folder, Few(), **options)
    for images in numbers:
        state.trainer.at(images)
        state.save()
    state.trainer.at(0)
    return state


def data_file(state, images):
    [path] = state.directory.glob(f"ckpt-{images}.data-*")
    return path


@pytest.mark.parametrize("name", ["run[1]", "run*", "run?", "back\\slash", "plain"])
def test_paths_that_tensorflow_reads_as_patterns(tmp_path, name):
    other = saved(tmp_path / "runs", 1)
    state = saved(tmp_path / name, 8, 16, 24, max_to_keep=2)
    assert state.latest == str(tmp_path / name / "ckpt-24") == state.restore()
    assert int(state.trainer.images_seen.numpy()) == 24
    assert sorted(p.name for p in state.directory.glob("*.index")) == ["ckpt-16.index", "ckpt-24.index"]
    state.trainer.at(0)
    assert state.restore_networks() == state.latest
    assert (int(state.trainer.images_seen.numpy()), float(state.trainer.weight.numpy()[0])) == (0, 24.0)
    assert other.restore().endswith("ckpt-1")


def test_tensorflow_finds_the_newest_as_well(tmp_path):
    state = saved(tmp_path, 8, 16)
    assert tf.train.latest_checkpoint(str(tmp_path)) == state.latest
    listed = tf.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths
    assert list(listed) == [str(tmp_path / name) for name in ("ckpt-8", "ckpt-16")]


def test_the_list_of_checkpoints_is_not_needed(tmp_path):
    state = saved(tmp_path, 8, 16)
    (tmp_path / "checkpoint").unlink()
    assert state.restore() == str(tmp_path / "ckpt-16")
    saved(tmp_path, 24, max_to_keep=2)
    assert [path.name for path in state.checkpoints()] == ["ckpt-24", "ckpt-16"]


def cut_data(state):
    path = data_file(state, 16)
    path.write_bytes(path.read_bytes()[:-300])


def flip_data(state):
    path = data_file(state, 16)
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)


def cut_index(state):
    path = state.directory / "ckpt-16.index"
    path.write_bytes(path.read_bytes()[:50])


FAULTS = [
    (lambda state: (state.directory / "ckpt-16.index").unlink(), "its index file is missing"),
    (lambda state: data_file(state, 16).unlink(), "its data file is missing"),
    (cut_data, "its data file is cut off"),
    (flip_data, "its bytes are damaged"),
    (cut_index, "its bytes are damaged"),
]


@pytest.mark.parametrize("spoil, reason", FAULTS)
def test_the_newest_that_can_be_read(tmp_path, spoil, reason):
    state = saved(tmp_path, 8, 16)
    spoil(state)
    assert state.restore() == str(tmp_path / "ckpt-8")
    assert state.unreadable == {tmp_path / "ckpt-16": reason}
    assert state.latest == str(tmp_path / "ckpt-8")
    assert float(state.trainer.weight.numpy()[-1]) == 8.0
    state.trainer.at(12)
    state.save()  # sets the other aside, where it does not count and is not lost
    assert [path.name for path in state.checkpoints()] == ["ckpt-12", "ckpt-8"] and not state.unreadable
    assert {path.name.split(".")[0] for path in (tmp_path / "damaged").iterdir()} == {"ckpt-16"}
    assert state.restore_networks() == str(tmp_path / "ckpt-12")


def test_a_damaged_one_is_written_anew(tmp_path):
    state = saved(tmp_path, 8, 16)
    cut_data(state)
    state.restore()
    state.trainer.at(16)
    state.save()
    assert state.restore() == str(tmp_path / "ckpt-16") and not (tmp_path / "damaged").exists()


def test_a_file_of_another_kind_of_checkpoint_is_no_part(tmp_path):
    state = saved(tmp_path, 8, 16)
    (tmp_path / "ckpt-16.data-00000-of-00002").touch()
    (tmp_path / "ckpt-24.data-00000-of-00002").touch()
    (tmp_path / "ckpt-24.index").touch()
    assert state.restore() == str(tmp_path / "ckpt-16")
    assert state.unreadable == {tmp_path / "ckpt-24": "its data file is missing"}


def test_none_that_can_be_read(tmp_path):
    state = saved(tmp_path, 16)
    cut_data(state)
    (tmp_path / "ckpt-20.data-00000-of-00001").touch()
    with pytest.raises(ValueError, match=r"No checkpoint in .* can be read") as error:
        state.restore()
    assert "ckpt-20: its index file is missing\n  ckpt-16: its data file is cut off" in str(error.value)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    state = saved(tmp_path, 8)

    class Full:
        def write(self, path):
            (tmp_path / "ckpt-16_temp").mkdir()
            raise tf.errors.ResourceExhaustedError(None, None, f"{path}; No space left on device")

    monkeypatch.setattr(resume, "_checkpoint", lambda content: Full())
    state.trainer.at(16)
    with pytest.raises(paths.DiskFull, match=r"ckpt-16 could not be written; 0\.0 MB are needed, .* free"):
        state.save()
    assert state.nbytes == 408  # 100 float32 and an int64
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "checkpoint", "ckpt-8.data-00000-of-00001", "ckpt-8.index",
    ]  # fmt: skip
    monkeypatch.undo()
    assert state.restore() == str(tmp_path / "ckpt-8")


def test_other_errors_of_a_save_stay(tmp_path, monkeypatch):
    state = saved(tmp_path, 8)

    def fails(self, path):
        raise tf.errors.PermissionDeniedError(None, None, "no")

    monkeypatch.setattr(tf.train.Checkpoint, "write", fails)
    with pytest.raises(tf.errors.PermissionDeniedError):
        state.save()


def test_another_architecture_is_refused_by_name(tmp_path):
    RunState(tmp_path, trained(0)).save()
    other = trained(0, resolution=16)
    with pytest.raises(ValueError, match="another architecture") as error:
        RunState(tmp_path, other).restore()
    assert "16x16_conv0/kernel" in str(error.value)


def test_networks_alone(tmp_path):
    source = trained(0)
    for variables in source.state().values():
        for variable in variables:
            variable.assign(np.full(variable.shape, 3))
    RunState(tmp_path, source).save()
    gan = trained(0)
    gan.images_seen.assign(5)
    state = RunState(tmp_path, gan, clean=False)
    assert state.restore_networks() == state.latest
    for name, group in gan.state().items():
        pairs = zip(group, source.state()[name], strict=True)
        same = [np.array_equal(a.numpy(), b.numpy()) for a, b in pairs]
        assert all(same) == (name in ("discriminator", "generator", "generator_average", "augmentation"))
    assert int(gan.images_seen.numpy()) == 5
    with pytest.raises(ValueError, match="another architecture"):
        RunState(tmp_path, trained(0, resolution=16)).restore_networks()
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        RunState(tmp_path / "none", gan, clean=False).restore_networks()
    assert not (tmp_path / "none").exists()


def test_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        RunState(tmp_path, trained(0)).restore()


def test_non_finite_weights_are_not_saved(tmp_path):
    gan = trained(0)
    gan.generator.variables[1].assign(np.full(gan.generator.variables[1].shape, np.nan))
    state = RunState(tmp_path, gan)
    with pytest.raises(FloatingPointError, match="4x4_bias/bias"):
        state.save()
    assert state.latest is None


def test_left_overs_of_a_killed_save_are_removed(tmp_path):
    left_over = tmp_path / "ckpt-8_temp"
    left_over.mkdir()
    (left_over / "part-00000-of-00001").write_bytes(b"half")
    half_written = tmp_path / "ckpt-8.index.tempstate123"
    half_written.write_bytes(b"half")
    RunState(tmp_path, trained(0), clean=False)
    assert left_over.exists() and half_written.exists()
    RunState(tmp_path, trained(0))
    assert not left_over.exists() and not half_written.exists()


def check_kills(folder, kills):
    """SIGKILLs at random moments of a process that does nothing but save."""
    script = Path(__file__).with_name("killed_saver.py")
    done = subprocess.run([sys.executable, script, folder, str(kills)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"{kills} kills survived" in done.stdout


@pytest.mark.slow
def test_a_kill_at_any_moment_costs_one_save_at_most(tmp_path):
    check_kills(tmp_path, 8)


@pytest.mark.full
def test_many_kills(tmp_path):
    check_kills(tmp_path, 50)


def test_a_second_owner_is_refused_and_a_dead_one_is_not(tmp_path):
    with RunLock(tmp_path), pytest.raises(RuntimeError, match=f"pid {os.getpid()} on "), RunLock(tmp_path):
        pass
    code = (
        "import fcntl, sys, time\n"  # as the lock does: the module itself would import TensorFlow
        "file = open(sys.argv[1], 'a+'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "file.write('pid 7 on elsewhere'); file.flush(); print('locked', flush=True); time.sleep(60)"
    )
    path = str(tmp_path / "run.lock")
    child = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline().strip() == "locked"
    with pytest.raises(RuntimeError, match="in use by pid 7 on elsewhere"), RunLock(tmp_path):
        pass
    child.kill()
    child.wait()
    with RunLock(tmp_path):
        assert (tmp_path / "run.lock").read_text().startswith(f"pid {os.getpid()} on ")


def test_a_lock_on_a_full_disk(tmp_path, monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(resume.socket, "gethostname", full)
    with pytest.raises(paths.DiskFull, match=r"run\.lock could not be written"), RunLock(tmp_path):
        pass
