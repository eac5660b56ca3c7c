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
        with pytest.raises(Unreadable, match=r"member 'a\.npy' is of type"):
            read(file(packed({"a": array})))


def test_members_that_are_no_arrays(file):
    file_of_one = io.BytesIO()
    np.save(file_of_one, np.zeros(4))
    for data, message in (
        (b"text", "is no array"),
        (file_of_one.getvalue()[:-1], "has 31 bytes; shape"),
        (file_of_one.getvalue().replace(b"(4,)", b"(-4,)").replace(b" \n", b"\n"), "has 32 bytes; shape"),
        (b"\x93NUMPY\3\0" + file_of_one.getvalue()[8:], "is no array"),
    ):
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
