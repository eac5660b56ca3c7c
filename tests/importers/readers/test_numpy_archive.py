"""Archives of NumPy."""

import io
import zipfile

import numpy as np
import pytest

from keras_gans.importers.readers import Unreadable, read

ARRAYS = {
    "l1/W": np.arange(6, dtype="float32").reshape(2, 3),
    "l1/b": np.asfortranarray(np.arange(6, dtype="float64").reshape(3, 2)),
    "N": np.array(7),
    "empty": np.zeros((0, 2), "float16"),
}


def packed(arrays, save=np.savez):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def archive(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as written:
        for name, data in members.items():
            written.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays(file, save):
    found = read(file(packed(ARRAYS, save)))
    assert found.kind == "numpy archive" and list(found.content) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found.content[name].dtype == array.dtype
        np.testing.assert_array_equal(found.content[name], array)
        assert not found.content[name].flags.writeable


def test_types_that_are_no_numbers(file):
    for array in (np.array([None]), np.array(["text"]), np.zeros(2, [("a", "f4")])):
        with pytest.raises(Unreadable, match=r"member 'a\.npy', .*is no array of numbers"):
            read(file(packed({"a": array})))


def header(shape, kind="<f8", fortran=False):
    text = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }} \n".encode()
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("shape", ["(4,)", "(4L,)", "(2, 2)"])
def test_headers(file, shape):
    found = read(file(archive({"a.npy": header(shape) + np.arange(4.0).tobytes()}))).content["a"]
    assert found.ravel().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "data, message",
    [
        (b"text", "is no array"),
        (header("(4,)") + bytes(31), "has 31 bytes"),
        (header("(1000000000000, 1000000000000)") + bytes(32), "has 32 bytes"),
        (header("(" + "1, " * 40 + ")") + bytes(8), "has 8 bytes"),
        (header("(-4,)") + bytes(32), "is no array"),
        (header("(" * 1000) + bytes(32), "is no array"),
        (header("(4,)", "f16") + bytes(64), "is no array"),
        (header("(4,)").replace(b"\1\0", b"\3\0") + bytes(32), "is no array"),
    ],
)
def test_members_that_are_no_arrays(file, data, message):
    with pytest.raises(Unreadable, match=message):
        read(file(archive({"a.npy": data})))


def test_members_that_are_far_larger_than_the_file(file, monkeypatch):
    data = archive({"a.npy": bytes(10**6)}, compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr("keras_gans.importers.readers.numpy_archive.UNPACKED", (20, 10**4))
    with pytest.raises(Unreadable, match=r"unpacked, it has 1,000,000 bytes. Allowed are"):
        read(file(data))


def test_members_of_another_size_than_they_say(file):
    data = archive({"a.npy": bytes(1000)}, compression=zipfile.ZIP_DEFLATED)
    wrong = data.replace((1000).to_bytes(4, "little"), (999).to_bytes(4, "little"))
    with pytest.raises(Unreadable, match="another size than the directory says"):
        read(file(wrong))
    begin = 30 + len("a.npy")
    with pytest.raises(Unreadable, match="is damaged"):
        read(file(data[:begin] + b"\xff" * 4 + data[begin + 4 :]))
