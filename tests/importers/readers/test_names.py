"""What stands for the classes of Python and NumPy."""

import argparse
import collections
import pickle

import numpy as np
import pytest

from keras_gans.importers.readers import pickles
from keras_gans.importers.readers.names import NAMES


def load(value, protocol):
    return pickles.load(memoryview(pickle.dumps(value, protocol)), 0, NAMES)[0]


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
