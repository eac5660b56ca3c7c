"""Members of ZIP files, and archives that are refused."""

import io
import zipfile

import pytest

from keras_gans.importers.readers import Unreadable
from keras_gans.importers.readers.archives import check_stored, members


def archive(names, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as written:
        for name in names:
            written.writestr(name, b"content of " + name.encode())
    return file.getvalue()


def members_of(path):
    return members(path, memoryview(path.read_bytes()))


def test_members_are_views(file):
    found = members_of(file(archive(["a", "b/c"])))
    assert {name: bytes(member.data) for name, member in found.items()} == {
        "a": b"content of a",
        "b/c": b"content of b/c",
    }


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a//b", "C:/a"])
def test_names_stay_inside(file, name):
    with pytest.raises(Unreadable, match="a member named"):
        members_of(file(archive([name])))


def test_compressed_members(file):
    found = members_of(file(archive(["a"], compression=zipfile.ZIP_DEFLATED)))
    assert found["a"].compressed and found["a"].size == len(b"content of a")
    check_stored(members_of(file(archive(["a"]))))
    with pytest.raises(Unreadable, match="member 'a' is compressed"):
        check_stored(found)
    with pytest.raises(Unreadable, match="encrypted or compressed by method 12"):
        members_of(file(archive(["a"], compression=zipfile.ZIP_BZIP2)))
