import errno
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from keras_gans import atomic
from keras_gans.export import checksums

# Loads the module by its path: no TensorFlow, so that a child is up within a moment.
CHILD = """
import importlib.util, os, shutil, signal, sys
module, target, first, second, fatal = sys.argv[1:]
spec = importlib.util.spec_from_file_location("atomic", module)
atomic = importlib.util.module_from_spec(spec)
spec.loader.exec_module(atomic)
calls = 0

def counted(function):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == int(fatal):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

if fatal != "0":
    for name in ("mkdir", "fsync", "rename", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))
    atomic.exchange = counted(atomic.exchange)
    shutil.copy2 = counted(shutil.copy2)
print("ready", flush=True)
for source in [second] if fatal != "0" else [first, second] * 1000:
    with atomic.new_directory(target, overwrite=True) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True, copy_function=shutil.copy2)
"""


def tree(folder, content):
    """A folder as an export has it, with the sums of its files."""
    for name in ("saved_model.pb", "card.json", "variables/variables.index"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content * 1000)
    sums = {name: checksums.digest(folder / name) for name in checksums.files(folder)}
    (folder / checksums.FILE).write_text(checksums.as_text(sums), encoding="utf-8")
    return folder


@pytest.fixture
def first(tmp_path):
    return tree(tmp_path / "first", b"first")


@pytest.fixture
def second(tmp_path):
    return tree(tmp_path / "second", b"second")


def child(target, first, second, fatal=0):
    command = [sys.executable, "-c", CHILD, atomic.__file__, target, first, second, str(fatal)]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE)


def make(target, first):
    with atomic.new_directory(target) as temporary:
        for name in checksums.files(first):
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_bytes((first / name).read_bytes())
        (temporary / checksums.FILE).write_bytes((first / checksums.FILE).read_bytes())


@pytest.mark.full
def test_25_random_kills(first, second, tmp_path):
    target, generator = tmp_path / "model" / "1", random.Random(0)
    make(target, first)
    seen = []
    for _ in range(25):
        process = child(target, first, second)
        process.stdout.readline()
        time.sleep(generator.uniform(0.0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        checksums.verify(target)
        seen.append(checksums.digest(target / "saved_model.pb"))
    both = {checksums.digest(path / "saved_model.pb") for path in (first, second)}
    assert set(seen) == both


@pytest.mark.slow
@pytest.mark.parametrize("can_exchange", [True, False])
def test_every_crash_point(first, second, tmp_path, monkeypatch, can_exchange):
    target, fatal, survived = tmp_path / "model" / "1", 0, False
    make(target, first)
    module = atomic.__file__
    if not can_exchange:
        source = pathlib.Path(module).read_text()
        source = source.replace("RENAME_EXCHANGE = 2", "RENAME_EXCHANGE = 99")
        module = tmp_path / "atomic.py"
        module.write_text(source)
    monkeypatch.setattr(atomic, "__file__", str(module))
    while not survived:
        fatal += 1
        process = child(target, first, second, fatal)
        process.communicate()
        assert process.returncode in (0, -signal.SIGKILL)
        survived = process.returncode == 0
        if target.exists():
            checksums.verify(target)
        else:  # between two renames; the next one puts it back
            assert not can_exchange
            assert list(target.parent.glob(".1.old-*"))
    assert fatal > 20
    assert [entry.name for entry in target.parent.iterdir()] == ["1"]
    checksums.verify(target)


def test_first_of_two_renames_is_undone(tmp_path):
    old = tmp_path / ".1.old-77"
    old.mkdir()
    (old / "file").write_text("whole")
    with (
        pytest.raises(FileExistsError, match="overwrite=True"),
        atomic.new_directory(tmp_path / "1"),
    ):
        pass
    assert (tmp_path / "1" / "file").read_text() == "whole"


def test_two_renames_where_none_can_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "exchange", lambda first, second: False)
    for text in ("one", "two"):
        with atomic.new_directory(tmp_path / "1", overwrite=True) as temporary:
            (temporary / "file").write_text(text)
    assert (tmp_path / "1" / "file").read_text() == "two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["1"]


def test_error_leaves_what_was_there(tmp_path):
    with atomic.new_directory(tmp_path / "1") as temporary:
        (temporary / "file").write_text("one")
    with (
        pytest.raises(ZeroDivisionError),
        atomic.new_directory(tmp_path / "1", overwrite=True) as temporary,
    ):
        raise ZeroDivisionError
    assert (tmp_path / "1" / "file").read_text() == "one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["1"]


def test_exchange_and_its_errors(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not atomic.exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange")
    assert (tmp_path / "a" / "b").exists()
    with pytest.raises(OSError, match="No such file"):
        atomic.exchange(tmp_path / "a", tmp_path / "nothing")


def test_write_file(tmp_path):
    atomic.write_file(tmp_path / "file", b"old")
    atomic.write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/file'"):
        atomic.write_file(tmp_path / "file", b"new")
    assert not list(tmp_path.iterdir())
