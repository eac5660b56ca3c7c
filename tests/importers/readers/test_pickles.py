"""The machine that reads pickles: what it gives, and what it refuses without running it."""

import os
import pickle
import sys
import types

import pytest
from checkpoint_files import Call, Global, Raw, Reference, dumps

from keras_gans.importers.readers import Unreadable, pickles
from keras_gans.importers.readers.names import NAMES

PLAIN = {"a": [1, -2, 300, 70000, 2**40, 1.5, None, True, False], "b": ("text", "ä", "x" * 300), "c": {}}
RECORDER = Global("recorder", "record")


def load(data, names=NAMES):
    return pickles.load(memoryview(data), 0, names)[0]


def raw(*operations):
    return b"".join((pickle.PROTO, b"\2", *operations, pickle.STOP))


@pytest.fixture
def calls(monkeypatch):
    """What a function recorded that pickles name as `recorder.record`."""
    calls = []
    module = types.SimpleNamespace(record=lambda *arguments: calls.append(arguments))
    monkeypatch.setitem(sys.modules, "recorder", module)
    return calls


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_plain_values(protocol):
    assert load(dumps(PLAIN, protocol)) == PLAIN
    assert load(pickle.dumps(PLAIN, protocol)) == PLAIN


def test_texts_of_python_2():
    texts = pickle.SHORT_BINSTRING + b"\2\xe4b", pickle.BINSTRING + b"\1\0\0\0c", pickle.TUPLE2
    assert load(raw(*texts)) == ("äb", "c")


def test_long_bytes_are_views():
    data = dumps(b"x" * 300, 3)
    assert load(data).obj is data and load(dumps(b"", 4)) == b""


NAMED = {
    "called": Call(RECORDER, ("argument",)),
    "called without arguments": Call(RECORDER),
    "made": Call(RECORDER, new=True),
    "given a state": Call(RECORDER, state={"a": 1}),
    "given items": Call(RECORDER, items={"a": 1}),
    "a value": [RECORDER],
    "a key": {RECORDER: 1},
    "an argument": Call(Global("collections", "OrderedDict"), ([["a", RECORDER]],)),
    "a state": Call(Global("argparse", "Namespace"), state={"a": RECORDER}, new=True),
    "an identifier": Reference(("storage", RECORDER)),
    "a member": Raw(pickle.EMPTY_SET + pickle.MARK + b"crecorder\nrecord\n" + pickle.ADDITEMS),
    "deep within": [[[{"a": (1, Call(RECORDER))}]]],
    "by a dotted name": Call(Global("recorder", "record.__call__")),
    "by a module above": Call(Global("", "recorder.record")),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("case", NAMED)
def test_a_name_that_is_not_listed_is_refused_and_not_called(calls, case, protocol):
    with pytest.raises(Unreadable, match=r"`.*record.*`, which is not among .* Save the tensors alone"):
        load(dumps(NAMED[case], protocol))
    assert calls == []


# Harmless ones, of modules whose other functions are not.
FUNCTIONS = """
builtins.len builtins.print builtins.getattr codecs.lookup copyreg.pickle functools.partial
importlib.reload io.StringIO logging.getLogger math.sqrt numpy.load numpy.zeros operator.add os.getcwd
os.path.join pathlib.Path platform.node re.compile shutil.which sys.getsizeof time.time torch.load
types.SimpleNamespace zipfile.is_zipfile
"""


@pytest.mark.parametrize("function", FUNCTIONS.split())
def test_functions_of_python_are_refused(function):
    module, _, name = function.rpartition(".")
    with pytest.raises(Unreadable, match=f"`{module}.{name}`"):
        load(dumps(Global(module, name)))


@pytest.mark.parametrize("module", ["writes_when_imported", "os.path", "collections.abc"])
def test_a_module_is_never_imported(tmp_path, monkeypatch, module):
    (tmp_path / "writes_when_imported.py").write_text("open('trace', 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unreadable, match=f"`{module}.f`"):
        load(dumps(Global(module, "f")))
    assert os.listdir(tmp_path) == ["writes_when_imported.py"]


REFUSED = "INST OBJ EXT1 NEWOBJ_EX LONG4 BINBYTES8 BINUNICODE8 BYTEARRAY8 NEXT_BUFFER READONLY_BUFFER PERSID"
REFUSED += " DUP POP POP_MARK FROZENSET INT LONG FLOAT STRING UNICODE LIST DICT GET PUT"


@pytest.mark.parametrize("name", REFUSED.split())
def test_operations_that_are_not_needed(name):
    with pytest.raises(Unreadable, match=f"the operation {name}, which"):
        load(raw(getattr(pickle, name)))


@pytest.mark.parametrize("version", [0, 1, 6])
def test_other_protocols(version):
    with pytest.raises(Unreadable, match=f"protocol {version}. Allowed are 2 to 5"):
        load(pickle.PROTO + bytes([version]) + pickle.NONE + pickle.STOP)


def test_every_truncation_is_found():
    data = dumps(PLAIN, 4)
    for end in range(len(data)):
        with pytest.raises(Unreadable, match="the pickle is damaged"):
            load(data[:end])


@pytest.mark.parametrize(
    "operations, message",
    [
        ([b"\xff"], "is no operation"),
        ([pickle.TUPLE1], "a value is missing"),
        ([pickle.NONE, pickle.MARK, pickle.TUPLE1], "a value is missing"),
        ([pickle.TUPLE], "a mark is missing"),
        ([pickle.NONE, pickle.NONE], "values left over"),
        ([pickle.MARK, pickle.NONE], "values left over"),
        ([pickle.BINGET, b"\0"], "value 0 was not stored"),
        ([pickle.EMPTY_DICT, pickle.NONE, pickle.APPEND], "where a list should be"),
        ([pickle.EMPTY_LIST, pickle.NONE, pickle.NONE, pickle.SETITEM], "where a dict should be"),
        ([pickle.EMPTY_DICT, pickle.MARK, pickle.NONE, pickle.SETITEMS], "value of a dictionary is missing"),
        ([pickle.NONE, pickle.NONE, pickle.STACK_GLOBAL], "a name is no text"),
        ([pickle.GLOBAL, b"a" * 1000], "a name does not end"),
        ([pickle.SHORT_BINUNICODE, b"\1\xff"], "a text is no utf-8"),
        ([b"ccollections\nOrderedDict\n", pickle.NONE, pickle.REDUCE], "arguments are no tuple"),
        ([b"ccollections\nOrderedDict\n", pickle.NONE, pickle.TUPLE1, pickle.REDUCE], "do not fit"),
        ([pickle.BINSTRING, b"\xff" * 4], "a text of -1 bytes"),
        ([pickle.BINUNICODE, b"\xff" * 4], "a text of 4,294,967,295 bytes"),
        ([pickle.BINBYTES, b"\xff" * 4], "4,294,967,295 bytes are needed and 1 are left"),
        ([pickle.NONE, pickle.EMPTY_TUPLE, pickle.REDUCE], "calls an object of kind `NoneType`"),
        ([pickle.EMPTY_DICT, pickle.NONE, pickle.BUILD], "a state to an object of kind `dict`"),
        ([b"ccollections\nOrderedDict\n", pickle.EMPTY_DICT, pickle.BUILD], "a state to .* kind `Name`"),
        ([pickle.NONE, pickle.BINPERSID], "data outside of the pickle"),
    ],
)
def test_operations_that_make_no_sense(operations, message):
    with pytest.raises(Unreadable, match=message):
        load(raw(*operations))


def test_a_large_index_of_the_memo_takes_no_memory():
    assert load(raw(pickle.NONE, pickle.LONG_BINPUT, b"\xff" * 4)) is None


def test_keys():
    item = pickle.SHORT_BINUNICODE + b"\1a" + pickle.NONE
    with pytest.raises(Unreadable, match="the key 'a' twice"):
        load(raw(pickle.EMPTY_DICT, pickle.MARK, item, item, pickle.SETITEMS))
    for key in (("a",), 2**100, b"a"):
        with pytest.raises(Unreadable, match=r"as a key\. Allowed are texts and numbers"):
            load(dumps({key: 1}, 3))
    with pytest.raises(Unreadable, match="an object of kind `list` as a key"):
        load(raw(pickle.EMPTY_DICT, pickle.EMPTY_LIST, pickle.NONE, pickle.SETITEM))


def test_calls_that_take_the_same_again_and_again():
    store = pickle.BINUNICODE + (2**20).to_bytes(4, "little") + b"x" * 2**20 + pickle.BINPUT + b"\0"
    encoded = b"c_codecs\nencode\n" + pickle.BINGET + b"\0" + pickle.SHORT_BINUNICODE + b"\6latin1"
    call = encoded + pickle.TUPLE2 + pickle.REDUCE
    with pytest.raises(Unreadable, match="take the same values again and again"):
        load(raw(pickle.EMPTY_LIST, pickle.MARK, store, call * 10, pickle.APPENDS))


def test_many_operations(monkeypatch):
    monkeypatch.setattr(pickles, "OPERATIONS", 10)
    with pytest.raises(Unreadable, match="more than 10 operations"):
        load(dumps([None] * 10))


def chain(count, wrap):
    value = []
    for _ in range(count):
        value = wrap(value)
    return value


def test_values_of_bounded_depth_and_size():
    shared = chain(10, lambda value: [value, value])
    assert pickles.check_values({"a": [1, "b", shared], "c": (None, {2})}, ()) == {int, str, type(None)}
    with pytest.raises(Unreadable, match="more than 2,000,000 values"):
        pickles.check_values(chain(60, lambda value: [value, value]), ())
    with pytest.raises(Unreadable, match="more than 100 deep"):
        pickles.check_values(chain(1_000, lambda value: (value,)), ())
    loop = []
    loop.append({"a": loop})
    with pytest.raises(Unreadable, match="contains itself"):
        pickles.check_values(loop, ())
    with pytest.raises(Unreadable, match="an object of kind `Name` as a value"):
        pickles.check_values([pickles.Name()], ())
