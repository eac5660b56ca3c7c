"""What stands for the classes of Python and NumPy."""

import argparse
import collections
import pickle

import numpy as np
import pytest
from checkpoint_files import ORDERED, Call, Global, dumps, numpy_array

from keras_gans.importers.readers import Unreadable, pickles
from keras_gans.importers.readers.names import NAMES


def load(value, protocol):
    return read(pickle.dumps(value, protocol))


def read(data):
    return pickles.load(memoryview(data), 0, NAMES)[0]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_numpy(protocol):
    value = {
        "plain": np.arange(6, dtype="float32").reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype="int64").reshape(2, 3)),
        "big": np.arange(3, dtype=">f8"),
        "empty": np.zeros((0, 2), "float16"),
        "scalar": np.float64(1.5),
    }
    value["again"] = value["plain"]
    found = load(value, protocol)
    for name, array in value.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)
    assert found["again"] is found["plain"]


@pytest.mark.parametrize("protocol", [2, 4])
def test_containers(protocol):
    value = [collections.OrderedDict(a=1), argparse.Namespace(b=2), {1, 2}]
    assert load(value, protocol) == [{"a": 1}, {"b": 2}, {1, 2}]


def test_pairs_of_python_2():
    """An ordered dictionary was made of a list of pairs there, and data were text."""
    assert read(dumps(Call(ORDERED, ([["a", 1], ("b", 2)],)))) == {"a": 1, "b": 2}
    shell = numpy_array(np.arange(3, dtype="uint8"))
    assert read(dumps(Call(shell.function, shell.arguments, (*shell.state[:4], "\0\1\xff")))).tolist() == [
        0,
        1,
        255,
    ]


FLOAT = Call(Global("numpy", "dtype"), ("f4", False, True))
ARRAY = Global("numpy.core.multiarray", "_reconstruct")
SHELL = (Global("numpy", "ndarray"), (0,), b"b")


def dtype(*arguments, state=None):
    return Call(Global("numpy", "dtype"), arguments, state)


def array(*state):
    return Call(ARRAY, SHELL, state)


@pytest.mark.parametrize(
    "value, message",
    [
        (dtype("O", False, True), r"NumPy's type 'O'\. Allowed are types of numbers"),
        (dtype("V2", False, True), "NumPy's type 'V2'"),
        (dtype("f4", state=(3, "?", None, None, None)), "type of NumPy has a state that is unknown"),
        (dtype("f4", state=3), "type of NumPy has a state that is unknown"),
        (dtype("f4", state=(3, "<", None, ("a",), {})), "a type with fields"),
        (Call(ARRAY, (None, (0,), b"b")), "it is no array"),
        (array(1, (2,), FLOAT, False, bytes(7)), r"an array of float32 and shape \(2,\) has 7 bytes"),
        (array(1, (2,), FLOAT, False), "array of NumPy has a state that is unknown"),
        (array(1, (2,), "f4", False, bytes(8)), "array of NumPy has a state that is unknown"),
        (array(1, (-2,), FLOAT, False, bytes(8)), "no tuple of whole numbers"),
        (array(1, (2,), FLOAT, False, 3), "no bytes or no type"),
        (array(1, (2,), FLOAT, False, "\u20ac"), "text beyond 'latin1'"),
        (Call(Global("numpy.core.multiarray", "scalar"), (FLOAT, bytes(8))), "has 8 bytes"),
        (Call(Global("_codecs", "encode"), ("a", "rot13")), "Allowed is text as 'latin1'"),
        (Call(ORDERED, ("text",)), "is made of a list of pairs"),
        (Call(ORDERED, ([3],)), "is made of pairs"),
        (Call(ORDERED, ([[("a",), 1]],)), "as a key"),
        (Call(Global("builtins", "set"), ("text",)), "a set is made of a list"),
        (Call(Global("argparse", "Namespace"), state=3, new=True), "a state is no dictionary"),
        (Call(Global("numpy", "ndarray"), (4,)), "calls an object of kind `Name`"),
    ],
)
def test_what_is_refused(value, message):
    with pytest.raises(Unreadable, match=message):
        read(dumps(value, 3))


def test_an_array_without_its_state_is_no_value():
    with pytest.raises(Unreadable, match="an object of kind `Array` as a value"):
        pickles.check_values(read(dumps([Call(ARRAY, SHELL)])), ())
