import json
import os
import struct
import zipfile

import numpy as np
import pytest

from keras_gans.data.decoding import BadImage
from keras_gans.data.folder import ImageFolder


def write(folder, names, encode, noise):
    """Writes one random image a name and returns the pixels by name."""
    pixels = {}
    for seed, name in enumerate(names):
        pixels[name] = noise(6, 6, seed)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encode(pixels[name]))
    return pixels


def zipped(folder):
    path = folder.with_name(folder.name + ".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*"), reverse=True):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


NAMES = ["cat/b.PNG", "cat/a.png", "dog/x/deep.png", "ant/1.png"]
IGNORED = ["__MACOSX/cat/a.png", ".git/a.png", "cat/._b.png", "notes.txt", "cat/readme.html"]


@pytest.mark.parametrize("pack", [lambda folder: folder, zipped], ids=["folder", "zip"])
def test_folder_and_zip_give_the_same(tmp_path, encode, noise, pack):
    folder = tmp_path / "pets"
    pixels = write(folder, NAMES + IGNORED, encode, noise)
    source = ImageFolder(pack(folder))
    names = [source.item_name(i) for i in range(len(source))]
    assert names == ["ant/1.png", "cat/a.png", "cat/b.PNG", "dog/x/deep.png"]
    for i, name in enumerate(names):
        np.testing.assert_array_equal(source.read(i), pixels[name])
    assert source.class_names == ("ant", "cat", "dog")
    assert source.labels.dtype == np.int32
    np.testing.assert_array_equal(source.labels, [0, 1, 1, 2])


@pytest.mark.parametrize(
    "extension",
    ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "TIFF", "jfif", "jpe", "avif", "JP2", "ppm", "apng"],
)
def test_all_extensions_count(tmp_path, encode, noise, extension):
    (tmp_path / f"a.{extension}").write_bytes(encode(noise(4)))
    assert len(ImageFolder(tmp_path)) == 1


@pytest.mark.parametrize(
    "names", [["a/1.png", "a/2.png"], ["a/1.png", "b/2.png", "3.png", "4.png"], ["1.png", "2.png"]]
)
def test_no_labels_unless_nearly_all_images_are_in_two_sub_folders(tmp_path, encode, noise, names):
    write(tmp_path, names, encode, noise)
    source = ImageFolder(tmp_path)
    assert source.labels is None and source.class_names is None


def index_of(tmp_path, encode, noise, index):
    folder = tmp_path / "set"
    write(folder, NAMES, encode, noise)
    text = index if isinstance(index, str) else json.dumps(index)
    (folder / "dataset.json").write_text(text)
    return folder


def test_labels_come_from_dataset_json_first(tmp_path, encode, noise):
    labels = [[name, label] for name, label in zip(NAMES, (3, 0, 1, 2), strict=True)]
    folder = index_of(tmp_path, encode, noise, {"labels": labels})
    for path in (folder, zipped(folder)):
        source = ImageFolder(path)
        np.testing.assert_array_equal(source.labels, [2, 0, 3, 1])
        assert source.class_names == ("0", "1", "2", "3")


def test_class_names_come_from_dataset_json(tmp_path, encode, noise):
    labels = [[name, 1] for name in NAMES]
    index = {"labels": labels, "class_names": ["x", "y", "z"]}
    source = ImageFolder(index_of(tmp_path, encode, noise, index))
    assert source.class_names == ("x", "y", "z")
    np.testing.assert_array_equal(source.labels, [1, 1, 1, 1])


def test_null_labels_mean_none_in_spite_of_sub_folders(tmp_path, encode, noise):
    source = ImageFolder(index_of(tmp_path, encode, noise, {"labels": None}))
    assert source.labels is None and source.class_names is None


@pytest.mark.parametrize(
    "index, message",
    [
        ({"labels": [["cat/a.png", 0]]}, "no label for 3 of 4 images: ant/1.png"),
        ({"labels": [[name, -1] for name in NAMES]}, "0 or more. Received: -1 for ant/1.png"),
        ({"labels": [[name, 0.5] for name in NAMES]}, "Received: 0.5"),
        ({"labels": [[name, True] for name in NAMES]}, "Received: True"),
        ({"labels": [[name, 2] for name in NAMES], "class_names": ["a", "b"]}, r"\[0, 2\)"),
        ({"labels": [1, 2]}, "pairs"),
        ([], "must hold an object"),
        ("{", "is no JSON"),
    ],
)
def test_wrong_dataset_json_is_refused(tmp_path, encode, noise, index, message):
    with pytest.raises(ValueError, match=message):
        ImageFolder(index_of(tmp_path, encode, noise, index))


def test_damaged_zip_entry_is_a_bad_image(tmp_path, encode, noise):
    folder = tmp_path / "set"
    write(folder, ["a.png"], encode, noise)
    path = zipped(folder)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 6] ^= 255
    path.write_bytes(data)
    with pytest.raises(BadImage, match="Bad CRC-32"):
        ImageFolder(path).read(0)


def test_encrypted_zip_is_refused(tmp_path, encode, noise):
    folder = tmp_path / "set"
    write(folder, ["a.png"], encode, noise)
    path = zipped(folder)
    data = bytearray(path.read_bytes())
    flags = data.index(b"PK\x01\x02") + 8
    data[flags : flags + 2] = struct.pack("<H", 1)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="encrypted"):
        ImageFolder(path)


def test_oversized_file_is_refused_unread(tmp_path):
    with open(tmp_path / "huge.png", "wb") as file:
        os.truncate(file.fileno(), 2**30 + 1)  # sparse: takes no space
    with pytest.raises(BadImage, match="over 1024 MiB"):
        ImageFolder(tmp_path).read(0)


def test_dangling_link_is_a_bad_image(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(BadImage, match="cannot be read"):
        ImageFolder(tmp_path).read(0)


def test_path_must_be_a_folder_or_zip(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"no zip file: .*a.txt"):
        ImageFolder(tmp_path / "a.txt")
    with pytest.raises(ValueError, match=r"does not exist: .*none"):
        ImageFolder(tmp_path / "none")


def test_crop_is_checked_at_once(tmp_path):
    with pytest.raises(ValueError, match="'middle'"):
        ImageFolder(tmp_path, crop="middle")


def test_provenance_does_not_tell_where_the_folder_was(tmp_path, encode, noise):
    folder = tmp_path / "set"
    write(folder, ["a.png"], encode, noise)
    provenance = ImageFolder(folder).provenance
    assert provenance["description"] == "1 images of the folder set"
    assert provenance["licence"] == "not stated"


def labels_of(source):
    return {source.item_name(i): source.class_names[label] for i, label in enumerate(source.labels)}


@pytest.mark.parametrize("pack", [lambda folder: folder, zipped], ids=["folder", "zip"])
def test_a_stray_image_does_not_cost_the_labels(tmp_path, encode, noise, pack):
    folder = tmp_path / "set"
    pixels = write(folder, ["cat/a.png", "dog/b.png", "banner.png"], encode, noise)
    source = ImageFolder(pack(folder))
    assert labels_of(source) == {"cat/a.png": "cat", "dog/b.png": "dog"}
    np.testing.assert_array_equal(source.read(1), pixels["dog/b.png"])
    assert source.notes == ("1 image left out, which lies beside the folders of the classes: banner.png",)
    unlabelled = ImageFolder(folder, labelled=False)
    assert len(unlabelled) == 3 and unlabelled.labels is None and unlabelled.notes == ()


def test_a_linked_class_folder_is_a_class(tmp_path, encode, noise):
    pixels = write(tmp_path, ["set/cat/a.png", "elsewhere/b.png"], encode, noise)
    (tmp_path / "set" / "dog").symlink_to(tmp_path / "elsewhere")
    source = ImageFolder(tmp_path / "set")
    assert labels_of(source) == {"cat/a.png": "cat", "dog/b.png": "dog"}
    np.testing.assert_array_equal(source.read(1), pixels["elsewhere/b.png"])
    # And a linked set has the name under which it was given.
    (tmp_path / "pets").symlink_to(tmp_path / "set")
    assert ImageFolder(tmp_path / "pets").name == "pets"


def test_parts_of_a_set_are_no_classes(tmp_path, encode, noise):
    files = ["train/cat/a.png", "train/dog/b.png", "train/dog/c.png", "val/cat/d.png", "val/dog/e.png"]
    write(tmp_path / "pets", files, encode, noise)
    message = (
        r"^pets holds parts of a set, which are no classes: train \(3 images\), val \(2 images\)\. "
        r"Name one of them, as in pets/train, or take all of them with --split all\.$"
    )
    for path in (tmp_path / "pets", zipped(tmp_path / "pets")):
        with pytest.raises(ValueError, match=message.replace("pets", path.name.replace(".", r"\."))):
            ImageFolder(path)
        source = ImageFolder(path, split="all")
        assert list(labels_of(source).values()) == ["cat", "dog", "dog", "cat", "dog"]
        assert source.class_names == ("cat", "dog") and source.notes == ()
    assert labels_of(ImageFolder(tmp_path / "pets" / "train"))["cat/a.png"] == "cat"
    with pytest.raises(ValueError, match="parts of a set"):
        ImageFolder(tmp_path / "pets", labelled=False)


def test_the_single_folder_of_a_zip_file_is_looked_through(tmp_path, encode, noise):
    pixels = write(tmp_path / "outer" / "pets", NAMES, encode, noise)
    labels = {"labels": [[name, number] for number, name in enumerate(NAMES)]}
    (tmp_path / "outer" / "pets" / "dataset.json").write_text(json.dumps(labels))
    for path in (tmp_path / "outer", zipped(tmp_path / "outer")):
        source = ImageFolder(path)
        assert source.item_name(1) == "pets/cat/a.png" and source.key(1) == "cat/a"
        assert source.labels.tolist() == [3, 1, 0, 2] and source.stamp(1)[0] == "cat/a.png"
        np.testing.assert_array_equal(source.read(1), pixels["cat/a.png"])
        (tmp_path / "outer" / "pets" / "dataset.json").unlink(missing_ok=True)
    assert ImageFolder(tmp_path / "outer").class_names == ("ant", "cat", "dog")


def test_images_that_cannot_be_read_are_counted(tmp_path, encode, noise):
    write(tmp_path, ["a.png"], encode, noise)
    for name in ("b.heic", "c.HEIC", "d.jxl", "notes.txt", ".e.heic"):
        (tmp_path / name).write_bytes(b"x")
    source = ImageFolder(tmp_path)
    assert [source.item_name(i) for i in range(len(source))] == ["a.png"]
    assert source.notes == (
        "3 images in formats that cannot be read left out: 2 .heic, 1 .jxl; convert to PNG or JPEG",
    )


def test_a_folder_without_images_says_what_it_holds(tmp_path):
    for name in ("a.zip", "b.npy", "c.npy", "README"):
        (tmp_path / name).write_bytes(b"x")
    assert ImageFolder(tmp_path).notes == ("it holds 1 without a suffix, 2 .npy, 1 .zip",)


def test_names_that_are_no_text_can_be_read(tmp_path, encode, noise):
    name = os.fsdecode(b"caf\xe9.png")
    pixels = write(tmp_path, [name], encode, noise)
    np.testing.assert_array_equal(ImageFolder(tmp_path).read(0), pixels[name])
