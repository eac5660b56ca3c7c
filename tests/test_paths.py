import errno
import os
import resource
import tempfile
from pathlib import Path

import pytest

from keras_gans import paths

FULL = "/dev/full"  # a device of Linux on which there is never room


@pytest.mark.parametrize("name", ["a*b", "a?b", "a[1]", "a]b", "a\\b"])
def test_a_path_that_would_be_a_pattern(tmp_path, name):
    (tmp_path / name).mkdir()
    with paths.without_patterns(tmp_path / name) as plain:
        assert paths.PATTERN.isdisjoint(str(plain))
        (plain / "file").write_text("text")
    assert (tmp_path / name / "file").read_text() == "text"
    assert not plain.parent.exists()


def test_other_paths_stay(tmp_path):
    with paths.without_patterns(tmp_path) as plain:
        assert plain == tmp_path


def test_no_folder_without_a_pattern(tmp_path, monkeypatch):
    folder = tmp_path / "t[1]"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(ValueError, match="Let TMPDIR name another"), paths.without_patterns(folder):
        pass


@pytest.mark.parametrize(
    "path, shown", [("runs/a", "runs/a"), ("-x/a", "./-x/a"), ("-a b", "'./-a b'"), ("/-x", "/-x")]
)
def test_a_path_as_an_argument(path, shown):
    assert paths.argument(Path(path)) == shown


def test_the_file_that_a_full_disk_refused_is_named():
    message = r"The disk is full: /dev/full could not be written; .* MB are free"
    with pytest.raises(paths.DiskFull, match=message) as error:
        paths.append_line(FULL, "line")
    assert error.value.errno == errno.ENOSPC and paths.is_disk_full(error.value)
    with pytest.raises(paths.DiskFull) as again, paths.writing("outer"):
        raise error.value
    assert again.value is error.value
    assert "1.5 MB are needed, " in str(paths.DiskFull.at(FULL, 1_500_000))


def test_other_errors_stay(tmp_path):
    for error in (OSError(errno.EACCES, "no"), KeyError("x")):
        assert not paths.is_disk_full(error)
        with pytest.raises(type(error)) as raised, paths.writing(tmp_path):
            raise error
        assert raised.value is error
    assert paths.is_disk_full(RuntimeError(f"run/ckpt; {os.strerror(errno.EDQUOT)}"))


def test_lines(tmp_path):
    path = tmp_path / "new" / "log"
    for line in ("a", "ä"):
        paths.append_line(path, line)
    assert path.read_text(encoding="utf-8") == "a\nä\n"


def test_half_a_line_is_taken_back(tmp_path):
    path = tmp_path / "log"
    path.write_text("whole\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))  # two bytes more, then an error
    try:
        with pytest.raises(OSError, match="too large"):
            paths.append_line(path, "another")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "whole\n"


def test_free_bytes(tmp_path):
    assert paths.free_bytes(tmp_path / "not" / "there") > 0
