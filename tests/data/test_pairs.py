import numpy as np
import pytest

from keras_gans.data import Emoji, Half, load_pairs, open_pairs
from keras_gans.data.pairs import PairData


def make_folder(path, names, encode, *, offset=0, side=8):
    """PNG files whose pixels all have the number of their name plus `offset`."""
    path.mkdir()
    for name in names:
        value = int(name.split(".")[0]) + offset
        (path / name).write_bytes(encode(np.full((side, side, 3), value, "uint8")))
    return path


@pytest.fixture
def folders(tmp_path, encode):
    """24 images of the values 0 to 23, and as many targets of the values 100 to 123."""
    names = [f"{i:02d}.png" for i in range(24)]
    make_folder(tmp_path / "a", names, encode)
    make_folder(tmp_path / "b", names, encode, offset=100)
    return f"{tmp_path / 'a'},{tmp_path / 'b'}"


def values(batches, name):
    """The numbers of the images, in the order in which they came."""
    pixels = np.concatenate([batch[name] for batch in batches])
    return np.rint((pixels[:, 0, 0, 0] + 1) * 127.5).astype(int)


def take(data, count, **options):
    return list(data.batches(prefetch=False, **options).take(count).as_numpy_iterator())


def test_aligned_pairs_stay_together(folders):
    data = load_pairs(open_pairs(folders, aligned=True), 8)
    assert len(data) == 24 and data.labels is None and data.class_names is None
    batches = take(data, 12, batch_size=4, seed=3)
    images, targets = values(batches, "images"), values(batches, "targets")
    np.testing.assert_array_equal(targets, images + 100)
    assert sorted(images[:24]) == sorted(images[24:]) == list(range(24))
    assert batches[0]["images"].dtype == np.float32 and set(batches[0]) == {"images", "targets"}
    alone = take(data.inputs, 12, batch_size=4, seed=3)
    np.testing.assert_array_equal(images, values(alone, "images"))


def test_unpaired_sets_have_an_order_each(folders):
    data = load_pairs(open_pairs(folders, aligned=False), 8)
    batches = take(data, 12, batch_size=4, seed=3)
    images, targets = values(batches, "images"), values(batches, "targets")
    assert sorted(targets[:24]) == list(range(100, 124))
    assert np.mean(targets == images + 100) < 0.3


def test_unpaired_sets_of_other_sizes_and_names(tmp_path, encode):
    make_folder(tmp_path / "a", ["1.png", "2.png", "3.png"], encode)
    make_folder(tmp_path / "b", [f"{i}.png" for i in range(10, 17)], encode)
    data = load_pairs(open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=False), 8)
    assert len(data) == 7
    batches = take(data, 21, batch_size=1, seed=0)
    assert sorted(values(batches, "images")) == sorted([1, 2, 3] * 7)
    assert sorted(values(batches, "targets")) == sorted(list(range(10, 17)) * 3)
    assert data.examples(9)["images"].shape == (3, 8, 8, 3)


@pytest.mark.parametrize("aligned", [True, pytest.param(False, marks=pytest.mark.full)])
def test_any_position_and_any_division(folders, aligned):
    """A later start, and two pipelines, see the same global batches."""
    data = load_pairs(open_pairs(folders, aligned=aligned), 8, jitter=1.25)
    options = {"seed": 5, "flip": True}
    whole = take(data, 8, batch_size=4, **options)
    halves = [
        take(data, 4, batch_size=2, start=16, replicas=2, local_replicas=1, pipeline=i, **options)
        for i in (0, 1)
    ]
    for batch, *parts in zip(whole[4:], *halves, strict=True):
        for name in batch:
            np.testing.assert_array_equal(batch[name], np.concatenate([part[name] for part in parts]))


@pytest.mark.parametrize("aligned", [True, False])
def test_flips_and_crops_are_those_of_the_pair(tmp_path, encode, noise, aligned):
    """The same pictures on both sides, in both orders the same: they stay equal if aligned only."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(encode(noise(16)))
    data = load_pairs(open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=aligned), 16, jitter=1.25)
    batches = take(data, 16, batch_size=1, seed=1, flip=True)
    equal = [np.array_equal(batch["images"], batch["targets"]) for batch in batches]
    assert all(equal) if aligned else np.mean(equal) < 0.5
    assert len({batch["images"].tobytes() for batch in batches}) > 8


def test_names_match_without_extension_and_broken_files_cost_the_pair(tmp_path, encode):
    names = [f"{i:03d}" for i in range(120)]
    make_folder(tmp_path / "a", [f"{name}.png" for name in names], encode)
    make_folder(tmp_path / "b", [f"{name}.png" for name in names], encode, offset=100)
    (tmp_path / "a" / "007.png").write_bytes(b"")
    (tmp_path / "b" / "011.png").rename(tmp_path / "b" / "011.bmp")
    (tmp_path / "b" / "013.png").write_bytes(b"<html>")
    listing = tmp_path / "bad.txt"
    data = load_pairs(
        open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=True), 8, bad_files=listing, progress=False
    )
    assert len(data) == 118
    assert [name for name, _ in data.bad_files] == ["007.png", "013.png"]
    assert listing.read_text().startswith("007.png") and "bad files   2" in data.summary()
    images, targets = data.take(np.arange(118))
    np.testing.assert_array_equal(targets, images + 100)
    lazy = load_pairs(
        open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=True), 8, cache=False, progress=False
    )
    assert "on demand" in lazy.summary()
    for ours, theirs in zip(lazy.take(np.arange(118)), (images, targets), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_side_by_side(tmp_path, encode):
    for i in range(3):
        picture = np.repeat(np.array([[[i], [100 + i]]], "uint8"), 8, axis=1).repeat(8, axis=0)
        (tmp_path / f"{i}.png").write_bytes(encode(picture.repeat(3, axis=2)))
    pair = open_pairs(f"left-to-right:{tmp_path}", aligned=True)
    assert type(pair.images) is Half
    images, targets = load_pairs(pair, 8).take(np.arange(3))
    assert images[:, 0, 0, 0].tolist() == [0, 1, 2] and targets[:, 7, 7, 2].tolist() == [100, 101, 102]
    back = load_pairs(open_pairs(f"right-to-left:{tmp_path}", aligned=True), 8)
    np.testing.assert_array_equal(back.take(np.arange(3))[0], targets)
    assert back.provenance["description"].count("3 images") == 1


def test_notes_of_both_sides_are_said(tmp_path, encode):
    for name, other in (("a", "x.heic"), ("b", "x.jxl")):
        make_folder(tmp_path / name, ["1.png"], encode)
        (tmp_path / name / other).write_bytes(b"")
    summary = load_pairs(open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=True), 8).summary()
    assert "\nnote        a: 1 image in a format that cannot be read left out: 1 .heic;" in summary
    assert "\nnote        b: 1 image in a format that cannot be read left out: 1 .jxl;" in summary


def test_notes_of_halves_are_said_once(tmp_path, encode, noise):
    (tmp_path / "a.png").write_bytes(encode(noise(8, 16)))
    (tmp_path / "b.heic").write_bytes(b"")
    data = load_pairs(open_pairs(f"left-to-right:{tmp_path}", aligned=True), 8)
    assert data.summary().count("\nnote ") == 1


def test_the_single_folder_of_a_side_is_not_part_of_its_names(tmp_path, encode):
    make_folder(tmp_path / "a", ["1.png"], encode)
    (tmp_path / "b").mkdir()
    make_folder(tmp_path / "b" / "b", ["1.png"], encode)
    assert open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", aligned=True).targets.key(0) == "1"


def test_emoji():
    pair = open_pairs("emoji:noto,fluent", aligned=True, split="test")
    assert isinstance(pair.images, Emoji) and pair.targets.styles == ("fluent",)
    same = open_pairs("emoji:noto,emoji:fluent", aligned=True, split="test")
    assert (same.images.styles, same.targets.styles) == (("noto",), ("fluent",))
    both = Emoji(("noto", "fluent"), "test")
    data = load_pairs(pair, 64, progress=False)
    images, targets = data.take(np.array([17]))
    np.testing.assert_array_equal(images[0], both.read(34))
    np.testing.assert_array_equal(targets[0], both.read(35))
    assert "Noto Emoji" in data.provenance["licence"] and "Microsoft" in data.provenance["licence"]
    assert data.summary().startswith("pairs       emoji:noto (test) to emoji:fluent (test), aligned\n")
    small = data.at(32)
    assert small.resolution == 32 and small.take(np.arange(2))[1].shape == (2, 32, 32, 3)
    assert data.at(64) is data


@pytest.mark.parametrize(
    "spec, message",
    [
        ("emoji", "Two sets of images must be .*left-to-right:DIR.*Received: 'emoji'"),
        ("emoji:noto", "Received: 'emoji:noto'"),
        ("emoji:noto,fluent,twemoji", "Two sets"),
        ("emoji:noto,fluemt", "Did you mean 'fluent'"),
        ("left-to-right:emoji", "left-to-right needs a folder or zip file. Received: 'left-to-right:emoji'"),
        ("nowhere,emoji:noto", "Received: 'nowhere'"),
    ],
)
def test_other_specs_are_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        open_pairs(spec, aligned=True)


def test_names_that_do_not_match(tmp_path, encode):
    make_folder(tmp_path / "a", ["1.png", "2.png", "3.png"], encode)
    make_folder(tmp_path / "b", ["2.png", "3.png", "4.png", "5.png"], encode)
    spec = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    with pytest.raises(ValueError, match=r"Only in a, 1 of 3: 1. Only in b, 2 of 4: 4, 5$"):
        open_pairs(spec, aligned=True)
    assert len(open_pairs(spec, aligned=False).targets) == 4
    (tmp_path / "a" / "1.bmp").write_bytes(b"")
    with pytest.raises(ValueError, match=r"must be unique without their extensions. In a occur .* 1$"):
        open_pairs(spec, aligned=True)


def test_wrong_pairs(folders):
    pair = open_pairs(folders, aligned=True)
    with pytest.raises(ValueError, match=r"at least 1. Received: 0.9"):
        load_pairs(pair, 8, jitter=0.9)
    data = load_pairs(pair, 8)
    with pytest.raises(ValueError, match=r"same resolution. Received: 8 and 4"):
        PairData(data.inputs, data.targets.at(4), aligned=True)
    with pytest.raises(ValueError, match=r"as many images. Received: 24 and 2"):
        PairData(data.inputs, data.targets.subset(np.arange(2)), aligned=True)
    with pytest.raises(ValueError, match="fewer than one global batch"):
        data.batches(batch_size=25, seed=0)
