import os
import zipfile

import pytest

from keras_gans.data import files
from keras_gans.data.files import FolderFiles, ZipFiles, open_files


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def packed(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return ZipFiles(path)


FOREIGN = [
    ".DS_Store",
    "._a.jpg",
    "__MACOSX/cat/a.jpg",
    "cat/.ipynb_checkpoints/a-checkpoint.jpg",
    "cat/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
    "$RECYCLE.BIN/a.jpg",
]


def test_files_of_systems_are_not_seen(tmp_path):
    touch(tmp_path / "set", "cat/a.jpg", "Thumbs.db", *FOREIGN)
    (tmp_path / "set" / "dog").mkdir()
    for found in (
        FolderFiles(tmp_path / "set"),
        packed(tmp_path / "set.zip", "cat/a.jpg", "Thumbs.db", "dog/", *FOREIGN),
    ):
        assert found.names == ["Thumbs.db", "cat/a.jpg"]
        assert found.folders == ["cat", "dog"] and found.notes == ()
        assert found.size("cat/a.jpg") == 9
        assert found.read("cat/a.jpg") == found.head("cat/a.jpg") == b"cat/a.jpg"


def test_linked_folders_and_files_are_read(tmp_path):
    touch(tmp_path, "set/cat/a.jpg", "elsewhere/b.jpg", "elsewhere/deep/c.jpg")
    (tmp_path / "set" / "dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "cat" / "d.jpg").symlink_to(tmp_path / "elsewhere" / "b.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    for path in (tmp_path / "set", tmp_path / "link"):
        found = FolderFiles(path)
        assert found.names == ["cat/a.jpg", "cat/d.jpg", "dog/b.jpg", "dog/deep/c.jpg"]
        assert found.folders == ["cat", "dog", "dog/deep"] and found.notes == ()


def test_circles_of_links_end_and_are_said(tmp_path):
    touch(tmp_path, "set/cat/a.jpg", "set/dog/b.jpg")
    (tmp_path / "set" / "cat" / "top").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "cat" / "above").symlink_to(tmp_path)
    (tmp_path / "set" / "cat" / "dogs").symlink_to(tmp_path / "set" / "dog")
    (tmp_path / "set" / "dog" / "cats").symlink_to(tmp_path / "set" / "cat")
    found = FolderFiles(tmp_path / "set")
    assert found.names == ["cat/a.jpg", "cat/dogs/b.jpg", "dog/b.jpg", "dog/cats/a.jpg"]
    assert found.notes == (
        "6 links that lead round in a circle left out: cat/above, cat/dogs/cats, cat/top, dog/cats/above, "
        "dog/cats/dogs, ...",
    )


def test_links_that_lead_nowhere_are_said(tmp_path):
    touch(tmp_path, "cat/a.jpg")
    (tmp_path / "dog").symlink_to(tmp_path / "gone")
    (tmp_path / "cat" / "b.jpg").symlink_to(tmp_path / "gone.jpg")
    found = FolderFiles(tmp_path)
    assert found.notes == ("1 link that leads nowhere left out: dog",)
    assert found.names == ["cat/a.jpg", "cat/b.jpg"]  # an image that cannot be read is a bad file


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    touch(tmp_path, "cat/a.jpg", "dog/a.jpg")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(files.os, "scandir", refuse)
    with pytest.raises(ValueError, match=r"The folder .*dog cannot be read: Permission denied"):
        FolderFiles(tmp_path)


def test_names_of_other_packers_are_made_plain(tmp_path):
    found = packed(tmp_path / "a.zip", "cat\\a.jpg", "./cat/b.jpg", "/dog/c.jpg", "ant\\", "../up.jpg")
    assert found.names == ["cat/a.jpg", "cat/b.jpg", "dog/c.jpg"]
    assert found.folders == ["ant", "cat", "dog"]
    assert found.read("cat/a.jpg") == b"cat\\a.jpg" and found.head("dog/c.jpg") == b"/dog/c.jpg"


def test_a_damaged_zip_file_is_refused(tmp_path):
    packed(tmp_path / "a.zip", "a.jpg")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place : place + 4] = b"XXXX"
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ValueError, match=r"zip file .*a\.zip is damaged"):
        open_files(tmp_path / "a.zip")


def test_names_in_texts():
    assert files.first(["a", "b"]) == "a, b" and files.first(list("abcdef")) == "a, b, c, d, e, ..."
    assert files.printable(os.fsdecode(b"caf\xe9")) == r"caf\udce9"
    assert files.counted([1], "thing", "things") == "1 thing"
    assert files.counted(range(1000), "thing", "things") == "1,000 things"
    assert files.suffix_of("a/B.JPG") == ".jpg" and files.suffix_of("a.b/c") == ""
