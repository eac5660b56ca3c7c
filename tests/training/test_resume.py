import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import small
from keras_gans.training import RunLock, RunState


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
    # save_counter is CheckpointManager's own.
    assert len([name for name in content if not name.startswith("save_counter")]) == everything
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
