import errno
import importlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keras_gans.data import base
from keras_gans.data import prepare as prepare_function
from keras_gans.data.embedded import Emoji
from keras_gans.data.folder import ImageFolder
from keras_gans.data.image_data import load
from keras_gans.data.prepare import prepare

# The package's name `prepare` is the function.
prepare_module = importlib.import_module("keras_gans.data.prepare")


def test_the_package_exports_the_function():
    assert prepare_function is prepare


def test_emoji_round_trip(tmp_path):
    report = prepare("emoji:noto", tmp_path / "new" / "noto", resolution=64, split="test")
    source, back = Emoji("noto", "test"), ImageFolder(tmp_path / "new" / "noto")
    assert len(back) == report.count == 341 and report.skipped == ()
    for i in range(341):
        np.testing.assert_array_equal(back.read(i), source.read(i))
    np.testing.assert_array_equal(back.labels, source.labels)
    assert back.class_names == source.class_names
    assert back.provenance == source.provenance
    assert report.class_counts["People & Body"] == 197
    assert "341 images of 64x64" in str(report) and "0 skipped" in str(report)
    assert not list((tmp_path / "new").glob(".*"))


def test_result_equals_loading_the_original(tmp_path, encode, noise):
    source = tmp_path / "raw"
    for i in range(6):
        (source / "xyz"[i % 3]).mkdir(parents=True, exist_ok=True)
        (source / "xyz"[i % 3] / f"{i}.png").write_bytes(encode(noise(20, 22 + i, i)))
    prepare(source, tmp_path / "clean", resolution=16)
    direct = load(ImageFolder(source, crop="center"), 16)
    clean = load(ImageFolder(tmp_path / "clean"), 16)
    np.testing.assert_array_equal(clean.images, direct.images)
    np.testing.assert_array_equal(clean.labels, direct.labels)
    assert clean.class_names == ("x", "y", "z")
    with zipfile.ZipFile(tmp_path / "clean.zip", "w") as archive:
        for file in (tmp_path / "clean").rglob("*"):
            archive.write(file, file.relative_to(tmp_path / "clean"))
    zipped = load(ImageFolder(tmp_path / "clean.zip"), 16)
    np.testing.assert_array_equal(zipped.images, direct.images)


def test_dataset_json_has_the_known_form(tmp_path, flat_folder):
    folder = flat_folder(3)
    (folder / "dataset.json").write_text(
        json.dumps({"labels": [["000.png", 1], ["001.png", 0], ["002.png", 1]]})
    )
    prepare(folder, tmp_path / "clean", resolution=8)
    index = json.loads((tmp_path / "clean" / "dataset.json").read_text())
    files = ["00000/img00000000.png", "00000/img00000001.png", "00000/img00000002.png"]
    assert index["labels"] == [[files[0], 1], [files[1], 0], [files[2], 1]]
    assert index["class_names"] == ["0", "1"]
    prepared = index["prepared"]
    assert (prepared["resolution"], prepared["count"], prepared["skipped"]) == (8, 3, 0)
    assert str(tmp_path) not in json.dumps(index)


def test_unlabelled_stays_unlabelled(tmp_path, flat_folder):
    report = prepare(flat_folder(3), tmp_path / "clean", resolution=4)
    back = ImageFolder(tmp_path / "clean")
    assert report.class_counts is None and back.labels is None and back.class_names is None
    assert back.prepared["resolution"] == 4


def test_unusable_files_are_skipped_and_listed(tmp_path, flat_folder, encode, noise):
    folder = flat_folder(250, side=16)
    (folder / "010a.png").write_bytes(b"")
    (folder / "010b.png").write_bytes(encode(noise(5)))
    report = prepare(folder, tmp_path / "clean", resolution=16)
    assert report.count == 250 and len(report.skipped) == 2
    lines = (tmp_path / "clean" / "bad_files.txt").read_text().splitlines()
    assert lines == ["010a.png\tthe file is empty", "010b.png\tsmaller than 16 pixels: 5x5"]
    values = load(ImageFolder(tmp_path / "clean"), 16).images[:, 0, 0, 0]
    np.testing.assert_array_equal(values, np.arange(250))
    assert "2 skipped" in str(report) and "010b.png" in str(report)


def test_too_many_unusable_files_need_force(tmp_path, flat_folder):
    folder = flat_folder(10)
    (folder / "x.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"1 of 11 images.*x.png.*force=True"):
        prepare(folder, tmp_path / "clean", resolution=8)
    assert prepare(folder, tmp_path / "clean", resolution=8, force=True).count == 10


def test_nothing_usable_is_an_error_in_spite_of_force(tmp_path, flat_folder):
    with pytest.raises(ValueError, match="3 of 3"):
        prepare(flat_folder(3), tmp_path / "clean", resolution=64, force=True)
    assert not (tmp_path / "clean").exists()


def test_crop_none_skips_what_is_not_square(tmp_path, flat_folder, encode, noise):
    folder = flat_folder(2)
    (folder / "wide.png").write_bytes(encode(noise(8, 12)))
    report = prepare(folder, tmp_path / "clean", resolution=8, crop=None, force=True)
    assert report.skipped == (("wide.png", "not square: 12x8"),)
    assert prepare(folder, tmp_path / "cropped", resolution=8).count == 3


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, flat_folder):
    target = tmp_path / "target"
    target.mkdir()
    (target / "precious.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"new or an empty folder\. Received: .*target"):
        prepare(flat_folder(2), target, resolution=8)
    assert [path.name for path in target.iterdir()] == ["precious.txt"]
    with pytest.raises(FileExistsError, match="precious"):
        prepare("emoji", target / "precious.txt", resolution=8)


def test_an_empty_folder_is_taken(tmp_path, flat_folder):
    (tmp_path / "target").mkdir()
    assert prepare(flat_folder(2), tmp_path / "target", resolution=8).count == 2
    assert len(ImageFolder(tmp_path / "target")) == 2


@pytest.mark.parametrize(
    "error, message",
    [
        (OSError(errno.ENOSPC, "full"), r"disk is full: .*img00000004\.png could not"),
        (KeyboardInterrupt(), None),
    ],
)
def test_a_run_that_ends_early_goes_on_where_it_stopped(tmp_path, flat_folder, monkeypatch, error, message):
    folder, decoded, written = flat_folder(6), [], []
    read, write = ImageFolder.read, prepare_module.write_png

    def fail(path, image):
        if len(written) == 4:
            raise error
        written.append(path.name)
        return write(path, image)

    monkeypatch.setattr(prepare_module, "write_png", fail)
    monkeypatch.setattr(base, "thread_count", lambda: 1)
    monkeypatch.setattr(ImageFolder, "read", lambda *a: decoded.append(a[1]) or read(*a))
    with pytest.raises(type(error), match=message) as caught:
        prepare(folder, tmp_path / "clean", resolution=8)
    [note] = caught.value.__notes__
    assert note.startswith(f"What was done is kept in {tmp_path / '.clean.partial'}; the same call goes on")
    assert not (tmp_path / "clean").exists()
    monkeypatch.setattr(prepare_module, "write_png", write)
    (tmp_path / ".clean.partial" / "00000" / "img00000002.png").write_bytes(b"")  # as a power cut leaves it
    decoded.clear()
    assert prepare(folder, tmp_path / "clean", resolution=8).count == 6
    assert decoded == [2, 4, 5]
    values = load(ImageFolder(tmp_path / "clean"), 8).images[:, 0, 0, 0]
    np.testing.assert_array_equal(values, np.arange(6))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean", "flat"]
    assert sorted(path.name for path in (tmp_path / "clean").iterdir()) == ["00000", "dataset.json"]


def test_what_another_set_left_is_not_taken(tmp_path, flat_folder, encode, noise):
    folder = flat_folder(10)
    (folder / "x.png").write_bytes(b"")
    with pytest.raises(ValueError, match="1 of 11 images"):
        prepare(folder, tmp_path / "clean", resolution=8)
    assert len(list((tmp_path / ".clean.partial").rglob("*.png"))) == 10
    (folder / "000.png").write_bytes(encode(noise(8)))
    prepare(folder, tmp_path / "clean", resolution=8, force=True)
    np.testing.assert_array_equal(ImageFolder(tmp_path / "clean").read(0), noise(8))
    (tmp_path / ".other.partial").mkdir()
    (tmp_path / ".other.partial" / "partial.json").write_text("{")
    assert prepare(folder, tmp_path / "other", resolution=8, force=True).count == 10


def test_it_ends_where_it_would_fail(tmp_path, flat_folder):
    folder = flat_folder(200)
    for number in (20, 30, 40, 50):
        (folder / f"{number:03d}.png").write_bytes(b"")
    message = r"3 of 200 images.*\(the file is empty\)\. It stopped after 41 of 200\. Pass force=True"
    with pytest.raises(ValueError, match=message):
        prepare(folder, tmp_path / "clean", resolution=8)
    assert prepare(folder, tmp_path / "clean", resolution=8, force=True).count == 196


def test_a_folder_that_cannot_be_replaced_is_refused_before_the_work(tmp_path, flat_folder, monkeypatch):
    folder, target = flat_folder(2), tmp_path / "target"
    target.mkdir()
    monkeypatch.chdir(target)
    with pytest.raises(FileExistsError, match=r"Name a new folder in it\. Received: .*target"):
        prepare(folder, ".", resolution=8)
    assert prepare(folder, "new", resolution=8).destination == Path("new")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "volume")
    (tmp_path / "volume").mkdir()
    with pytest.raises(FileExistsError, match="a mount point cannot be"):
        prepare(folder, "volume", resolution=8)
    assert not list(tmp_path.glob(".*"))


def test_a_link_to_an_empty_folder_is_taken(tmp_path, flat_folder):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    prepare(flat_folder(2), tmp_path / "link", resolution=8)
    assert (tmp_path / "link").is_symlink() and len(ImageFolder(tmp_path / "elsewhere")) == 2


def test_what_was_left_out_is_said(tmp_path, flat_folder):
    folder = flat_folder(2)
    (folder / "a.heic").write_bytes(b"")
    report = prepare(folder, tmp_path / "clean", resolution=8)
    assert "\nnote        1 image in a format that cannot be read left out: 1 .heic;" in str(report)


def test_a_link_that_leads_nowhere_is_skipped(tmp_path, flat_folder):
    folder = flat_folder(2)
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    report = prepare(folder, tmp_path / "clean", resolution=8, force=True)
    assert report.count == 2 and report.skipped[0][0] == "gone.png"


def test_others_may_read_the_result(tmp_path, flat_folder):
    prepare(flat_folder(2), tmp_path / "clean", resolution=8)
    plain = tmp_path / "plain"
    plain.mkdir()
    assert (tmp_path / "clean").stat().st_mode == plain.stat().st_mode


def test_empty_source_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty has no images"):
        prepare(tmp_path / "empty", tmp_path / "clean", resolution=8)


def test_any_shape(tmp_path, encode, noise):
    source = tmp_path / "raw"
    source.mkdir()
    for number, size in enumerate([(16, 40), (30, 20), (9, 13)]):
        (source / f"{number}.png").write_bytes(encode(noise(*size, number)))
    assert "3 images of 8x12 in" in str(prepare(source, tmp_path / "new", resolution=(8, 12)))
    back = ImageFolder(tmp_path / "new")
    assert back.prepared["resolution"] == [8, 12]
    loaded = [load(back, size, cache=False) for size in ((8, 12), (4, 6))]  # without another pass
    assert [data.take(np.arange(3)).shape for data in loaded] == [(3, 8, 12, 3), (3, 4, 6, 3)]
    direct = load(ImageFolder(source, crop="center"), (8, 12))
    np.testing.assert_array_equal(loaded[0].take(np.arange(3)), direct.images)
