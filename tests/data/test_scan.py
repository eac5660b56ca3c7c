import keras
import pytest

from keras_gans import paths
from keras_gans.data import scan
from keras_gans.data.base import Source
from keras_gans.data.decoding import BadImage


class Sized(Source):
    name = "things"

    def __init__(self, count, crop=None):
        self.count = count
        self.crop = crop

    def __len__(self):
        return self.count


def test_one_per_cent_may_be_bad_and_no_more():
    bad = [(f"{i}.png", "empty") for i in range(8)]
    scan.check_bad_share(Sized(800), bad, "")
    with pytest.raises(ValueError) as caught:
        scan.check_bad_share(Sized(799), bad, "Do this.")
    text = str(caught.value)
    assert "8 of 799 images of things" in text and text.endswith("; .... Do this.")
    assert "4.png (empty)" in text and "5.png" not in text


def test_sizes_error_says_count_extremes_names_and_way_out():
    sizes = [(64, 64), (20, 31), (800, 600), (30, 30)]
    misfits = [
        ("thin.png", BadImage("smaller than 32 pixels: 20x31", size=(20, 31))),
        ("wide.png", BadImage("not square: 800x600", size=(800, 600))),
        ("tiny.png", BadImage("smaller than 32 pixels: 30x30", size=(30, 30))),
    ]
    with pytest.raises(ValueError) as caught:
        scan.check_sizes(Sized(4), misfits, sizes, 32)
    text = str(caught.value)
    for part in (
        "3 of 4 images of things",
        "2 not square, 2 smaller than 32 pixels",
        "from 20x31 to 800x600",
        "thin.png",
        "wide.png (not square: 800x600)",
        'crop="center"',
        "resolution of at most 20",
        "keras-gans prepare",
    ):
        assert part in text, part


def test_sizes_error_does_not_advise_a_crop_that_is_on():
    misfits = [("a.png", BadImage("small", size=(20, 31)))]
    with pytest.raises(ValueError) as caught:
        scan.check_sizes(Sized(4, crop="center"), misfits, [(20, 31)], 32)
    assert "crop" not in str(caught.value) and "square" not in str(caught.value)


def test_no_misfits_no_error():
    scan.check_sizes(Sized(1), [], [(64, 64)], 32)


def test_empty_source_is_refused():
    with pytest.raises(ValueError, match=r"things has no images\."):
        scan.check_not_empty(Sized(0))
    source = Sized(0)
    source.notes = ("it holds 2 .npy",)
    with pytest.raises(ValueError, match=r"^things has no images\. It holds 2 \.npy\.$"):
        scan.check_not_empty(source)


def test_misfits_are_sound_images():
    assert scan.is_misfit(BadImage("small", size=(1, 1)))
    assert not scan.is_misfit(BadImage("broken"))
    assert not scan.is_misfit("an image")


def test_bad_files_list_has_a_line_a_file(tmp_path):
    with pytest.raises(paths.DiskFull, match="/dev/full could not be written"):
        scan.write_bad_files("/dev/full", [("a.png", "x")])
    scan.write_bad_files(tmp_path / "bad.txt", [("a b.png", "two\nlines"), ("é.png", "x")])
    text = (tmp_path / "bad.txt").read_text(encoding="utf-8")
    assert text == "a b.png\ttwo lines\né.png\tx\n"


def test_progress_appears_only_when_it_takes_long(monkeypatch):
    clock, shown = [100.0], []

    class Bar:
        def __init__(self, total, unit_name):
            assert total == 10

        def update(self, done):
            shown.append(done)

    monkeypatch.setattr(scan.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(keras.utils, "Progbar", Bar)
    for show in (False, True):
        clock[0] = 100.0
        progress = scan.Progress(10, show=show)
        for done in range(1, 11):
            clock[0] += 0.5
            progress.update(done)
    assert shown == [4, 8, 10]
