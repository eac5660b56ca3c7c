"""The safetensors format, and headers that do not fit their file."""

import struct

import ml_dtypes
import numpy as np
import pytest
from checkpoint_files import safetensors

from keras_gans.importers.readers import Unreadable, read

TENSORS = {
    "b": np.arange(6, dtype="float32").reshape(2, 3),
    "a": np.arange(3).astype(ml_dtypes.bfloat16),
    "empty": np.zeros((0, 2), "float16"),
    "scalar": np.array(7),
    "odd": np.array([True]),
    "unaligned": np.arange(2, dtype="float32"),
}


def test_tensors(file):
    found = read(file(safetensors(TENSORS)))
    assert found.kind == "safetensors" and list(found.content) == list(TENSORS)
    for name, array in TENSORS.items():
        assert found.content[name].dtype == array.dtype
        np.testing.assert_array_equal(found.content[name], array)
        assert not found.content[name].flags.writeable


def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


PAIR = {"a": np.zeros(2, "float32"), "b": np.zeros(2, "float32")}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"b": entry(offsets=(0, 8))}, "'b' of 8 bytes lies at 0 to 8; the one before ends at 8"),
        ({"b": entry(offsets=(12, 20))}, "'b' of 8 bytes lies at 12"),
        ({"b": entry(offsets=(8, 24))}, "lies at 8 to 24"),
        ({"b": entry(offsets=(2**40, 2**40 + 8))}, "lies at 1,099,511,627,776 to"),  # as in large files
        ({"b": entry(offsets=(-8, 0))}, r"the offsets \[-8, 0\]"),
        ({"b": entry(shape=(4,), offsets=(8, 24))}, "the file at 16"),
        ({"b": None}, "8 bytes behind its tensors"),
        ({"b": entry(shape=(2**30, 2**20), offsets=(8, 16))}, "'b' of 4,503,599,627,370,496 bytes"),
        ({"b": entry(shape=(0, 2**40, 2**40), offsets=(8, 8))}, "'b' the shape"),
        ({"b": entry("F4")}, "type 'F4'. Allowed are F64"),
        ({"b": entry([])}, r"type \[\]"),
        ({"b": entry(shape=(-2,))}, r"the shape \[-2\]"),
        ({"b": entry(shape=(True,))}, r"the shape \[True\]"),
        ({"b": entry(shape=[1] * 40)}, "'b' the shape"),
        ({"b": entry(offsets=(8,))}, r"offsets \[8\]. Allowed are 2"),
        ({"b": entry(more=1)}, "describes tensor 'b'"),
        ({"b": 3}, "describes tensor 'b' as 3"),
    ],
)
def test_headers_that_do_not_fit(file, changes, message):
    with pytest.raises(Unreadable, match=message):
        read(file(safetensors(PAIR, **changes)))


def test_lengths_that_do_not_fit(file):
    data = safetensors(PAIR)
    for cut in (9, 100, len(data) - 1):
        with pytest.raises(Unreadable, match="Download it again"):
            read(file(data[:cut]))
    with pytest.raises(Unreadable, match="its header should have 1,000 bytes"):
        read(file(struct.pack("<Q", 1000) + data[8:]))
    with pytest.raises(Unreadable, match="1 bytes behind"):
        read(file(data + b"\0"))
