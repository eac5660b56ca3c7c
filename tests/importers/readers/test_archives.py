"""Members of ZIP files, and archives that are refused."""

import io
import struct
import zipfile

import pytest

from keras_gans.importers.readers import Unreadable, archives
from keras_gans.importers.readers.archives import check_stored, members

STORED = {"a": b"content of a", "b/c": b"content of b/c"}


def archive(content, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as written:
        for name, data in content.items():
            written.writestr(name, data)
    return file.getvalue()


def members_of(path):
    return members(path, memoryview(path.read_bytes()))


def test_members_are_views(file):
    found = members_of(file(archive(STORED)))
    assert {name: bytes(member.data) for name, member in found.items()} == STORED
    assert not any(member.compressed for member in found.values())


def test_bytes_in_front_of_the_archive(file):
    found = members_of(file(b"some bytes" + archive(STORED)))
    assert bytes(found["a"].data) == STORED["a"]


def test_large_archives(file, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)  # the form of sizes beyond 4 GB
    found = members_of(file(archive(STORED)))
    assert {name: bytes(member.data) for name, member in found.items()} == STORED


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a//b", "C:/a"])
def test_names_stay_inside(file, name):
    with pytest.raises(Unreadable, match="a member named"):
        members_of(file(archive({name: b""})))


@pytest.mark.parametrize("name", [b"a\\b", b"a\0b"])
def test_names_of_other_systems(file, name):
    with pytest.raises(Unreadable, match="a member named"):
        members_of(file(archive({"a_b": b""}).replace(b"a_b", name)))


def test_compressed_members(file):
    found = members_of(file(archive(STORED, compression=zipfile.ZIP_DEFLATED)))
    assert found["a"].compressed and found["a"].size == len(STORED["a"])
    check_stored(members_of(file(archive(STORED))))
    with pytest.raises(Unreadable, match="member 'a' is compressed"):
        check_stored(found)
    with pytest.raises(Unreadable, match="encrypted or compressed by method 12"):
        members_of(file(archive(STORED, compression=zipfile.ZIP_BZIP2)))


def changed(data, central=(), local=()):
    """An archive with other numbers in the headers of its first member: pairs of position and bytes."""
    data = bytearray(data)
    for start, changes in ((data.index(b"PK\1\2"), central), (0, local)):
        for position, new in changes:
            data[start + position : start + position + len(new)] = new
    return bytes(data)


def number(value, form="<I"):
    return struct.pack(form, value)


@pytest.mark.parametrize(
    "central, local, message",
    [
        ([(8, b"\1")], [], "'a' is encrypted or compressed"),
        ([], [(6, b"\1")], "the header of its member 'a' differs"),
        ([], [(8, b"\x08")], "the header of its member 'a' differs"),
        ([], [(0, b"XX")], "the header of its member 'a' differs"),
        ([], [(30, b"x")], "the header of its member 'a' differs"),
        ([(20, number(11))], [], "two sizes of the member 'a'"),
        ([(24, number(2**31))], [], "two sizes of the member 'a'"),
        ([(20, number(60)), (24, number(60))], [], "'b/c' lies on another one"),
        ([(20, number(2**31)), (24, number(2**31))], [], "'a' lies on another one or outside"),
        ([(42, number(10**6))], [], "'a' lies outside of the file"),
        ([(0, b"XX")], [], "its directory is damaged"),
    ],
)
def test_headers_that_do_not_fit(file, central, local, message):
    with pytest.raises(Unreadable, match=message):
        members_of(file(changed(archive(STORED), central, local)))


def test_two_members_of_one_name(file):
    data = archive({"a1": b"one", "a2": b"two"}).replace(b"a2", b"a1")
    with pytest.raises(Unreadable, match="two members named 'a1'"):
        members_of(file(data))


def test_long_directories(file, monkeypatch):
    monkeypatch.setattr(archives, "DIRECTORY", 80)
    with pytest.raises(Unreadable, match=r"its directory has \d+ bytes\. Allowed are 80"):
        members_of(file(archive(STORED)))


def test_a_truncated_archive(file):
    with pytest.raises(Unreadable, match=r"its directory is damaged \(File is not a zip file\)"):
        members_of(file(archive(STORED)[:-1]))
