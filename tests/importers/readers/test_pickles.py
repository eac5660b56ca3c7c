"""The machine that reads pickles: what it gives, and what it refuses without running it."""

import os
import pickle

import pytest
from checkpoint_files import Call, Global, Raw, dumps

from keras_gans.importers.readers import Unreadable, pickles

PLAIN = {"a": [1, -2, 300, 70000, 2**40, 1.5, None, True, False], "b": ("text", "ä", "x" * 300), "c": {}}


def load(data, names=None):
    return pickles.load(memoryview(data), 0, names or {})[0]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_plain_values(protocol):
    assert load(dumps(PLAIN, protocol)) == PLAIN
    assert load(pickle.dumps(PLAIN, protocol)) == PLAIN


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_name_that_is_not_listed_is_refused_and_not_called(protocol, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "getcwd", lambda: calls.append("called"))
    with pytest.raises(Unreadable, match=r"`os.getcwd`, which is not among"):
        load(dumps(Call(Global("os", "getcwd")), protocol))
    assert calls == []


def test_a_name_is_never_imported(tmp_path, monkeypatch):
    (tmp_path / "writes_when_imported.py").write_text("open('trace', 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unreadable, match=r"`writes_when_imported.f`"):
        load(dumps(Global("writes_when_imported", "f")))
    assert [path.name for path in tmp_path.iterdir()] == ["writes_when_imported.py"]


def test_nothing_but_what_stands_for_a_function_is_called():
    with pytest.raises(Unreadable, match="calls an object of kind `str`"):
        load(dumps(Raw(dumps("text")[2:-1] + pickle.EMPTY_TUPLE + pickle.REDUCE)))
