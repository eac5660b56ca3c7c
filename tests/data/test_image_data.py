import json
import os

import numpy as np
import pytest
from PIL import Image

from keras_gans.data.base import Source
from keras_gans.data.embedded import Emoji
from keras_gans.data.folder import ImageFolder
from keras_gans.data.image_data import load


def write(folder, name, pixels, encode):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode(pixels))


def test_images_are_decoded_cropped_and_resized(tmp_path, encode, noise):
    pixels = [noise(20, 30, 0), noise(40, 24, 1), noise(16, 16, 2)]
    for i, image in enumerate(pixels):
        write(tmp_path, f"{i}.png", image, encode)
    data = load(ImageFolder(tmp_path, crop="center"), 16)
    assert data.images.dtype == np.uint8 and data.images.shape == (3, 16, 16, 3)
    for got, image in zip(data.images, pixels, strict=True):
        picture = Image.fromarray(image)
        width, height = picture.size
        side = min(picture.size)
        left, top = (width - side) // 2, (height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
        picture = picture.resize((16, 16), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(got, np.asarray(picture))


def test_on_demand_equals_in_memory(tmp_path, encode, noise):
    for i in range(12):
        write(tmp_path, f"{'ab'[i % 2]}/{i}.png", noise(20, 20, i), encode)
    source = ImageFolder(tmp_path)
    cached, lazy = load(source, 16), load(source, 16, memory_limit_gib=1e-9)
    assert cached.images is not None and lazy.images is None
    assert len(lazy) == 12 and "on demand" in lazy.summary()
    arguments = {"batch_size": 5, "seed": 1, "flip": True}
    for a, b in ((cached, lazy), (cached.at(4), lazy.at(4))):
        pairs = zip(a.batches(**arguments).take(4), b.batches(**arguments).take(4), strict=True)
        for one, two in pairs:
            np.testing.assert_array_equal(one["images"], two["images"])
            np.testing.assert_array_equal(one["labels"], two["labels"])


@pytest.mark.parametrize("cache", [True, False])
def test_grey_images_have_one_channel(tmp_path, encode, noise, cache):
    pixels = [noise(16, 16, i) for i in range(3)]
    for i, image in enumerate(pixels):
        write(tmp_path, f"{i}.png", image, encode)
    data = load(ImageFolder(tmp_path), 16, channels="grey", cache=cache)
    assert data.channels == "grey" and "16x16, grey" in data.summary()
    luma = np.stack(pixels) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(data.take(np.arange(3))[..., 0], luma, atol=0.6)
    assert data.at(8).take(np.arange(3)).shape == (3, 8, 8, 1)
    assert data.subset(np.array([2])).take(np.array([0])).shape == (1, 16, 16, 1)
    [batch] = data.batches(batch_size=2, seed=0, flip=True).take(1)
    assert batch["images"].shape == (2, 16, 16, 1)


def test_unknown_channels(flat_folder):
    with pytest.raises(ValueError, match=r"`channels` must be one of rgb, grey\. Received: 'gray'"):
        load(ImageFolder(flat_folder(1)), 8, channels="gray")


def test_memory_limit_is_exact_and_can_be_overruled(flat_folder):
    source = ImageFolder(flat_folder(4, side=8))
    exact = 4 * 8 * 8 * 3 / 2**30
    assert load(source, 8, memory_limit_gib=exact).images is not None
    assert load(source, 8, memory_limit_gib=exact * 0.99).images is None
    assert load(source, 8, memory_limit_gib=exact * 0.99, cache=True).images is not None
    assert load(source, 8, cache=False).images is None
    with pytest.raises(ValueError, match="'always'"):
        load(source, 8, cache="always")


@pytest.mark.parametrize("cache", [True, False])
def test_bad_files_are_skipped_and_listed(flat_folder, tmp_path, cache):
    folder = flat_folder(199)
    (folder / "100x.png").write_bytes(b"<html>")
    (folder / "dataset.json").write_text(
        json.dumps({"labels": [[p.name, int(p.name[:3])] for p in folder.glob("*.png")]})
    )
    listing = tmp_path / "bad_files.txt"
    data = load(ImageFolder(folder), 8, cache=cache, bad_files=listing)
    assert len(data) == 199
    np.testing.assert_array_equal(data.labels, np.arange(199))
    np.testing.assert_array_equal(data.take(np.arange(199))[:, 0, 0, 0], np.arange(199))
    assert [name for name, _ in data.bad_files] == ["100x.png"]
    line = listing.read_text()
    assert line.startswith("100x.png\tno image") and line.count("\n") == 1
    assert "bad files   1" in data.summary() and "100x.png" in data.summary()


def test_no_list_without_bad_files(flat_folder, tmp_path):
    load(ImageFolder(flat_folder(3)), 8, bad_files=tmp_path / "bad_files.txt")
    assert not (tmp_path / "bad_files.txt").exists()


def test_more_than_one_per_cent_bad_is_an_error(flat_folder, tmp_path):
    folder = flat_folder(193)
    for i in range(7):
        (folder / f"bad{i}.jpg").write_bytes(b"")
    listing = tmp_path / "bad_files.txt"
    with pytest.raises(ValueError) as caught:
        load(ImageFolder(folder), 8, bad_files=listing)
    text = str(caught.value)
    assert "7 of 200 images of flat" in text and str(listing) in text
    assert "bad4.jpg (the file is empty)" in text and "bad5.jpg" not in text
    assert listing.read_text().count("\n") == 7


def test_no_images_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match="has no images"):
        load(ImageFolder(tmp_path), 8)


def test_too_small_images_are_one_error(tmp_path, encode, noise):
    for i in range(7):
        write(tmp_path, f"small{i}.png", noise(10 + i), encode)
    write(tmp_path, "large.png", noise(40), encode)
    with pytest.raises(ValueError) as caught:
        load(ImageFolder(tmp_path), 32)
    text = str(caught.value)
    assert "7 of 8 images" in text and "from 10x10 to 40x40" in text
    assert "small4.png" in text and "small5.png" not in text


def test_mixed_sizes_that_are_not_square_are_one_error(tmp_path, encode, noise):
    for i in range(6):
        write(tmp_path, f"{i}.png", noise(30 + i, 40 + i), encode)
    with pytest.raises(ValueError) as caught:
        load(ImageFolder(tmp_path), 16)
    text = str(caught.value)
    assert "6 of 6 images" in text and "6 not square" in text
    assert "from 40x30 to 45x35" in text and 'crop="center"' in text
    assert len(load(ImageFolder(tmp_path, crop="center"), 16)) == 6


def test_squares_of_mixed_sizes_are_fine(tmp_path, encode, noise):
    for i in range(3):
        write(tmp_path, f"{i}.png", noise(16 + i), encode)
    assert load(ImageFolder(tmp_path), 16).images.shape == (3, 16, 16, 3)


def test_at_averages_blocks_and_keeps_order_and_labels():
    data = load(Emoji("noto", "test"), 64)
    small = data.at(16)
    assert data.at(64) is data and data.at(16) is small and small.resolution == 16
    blocks = data.images.reshape(341, 16, 4, 16, 4, 3).astype(float)
    np.testing.assert_array_equal(small.images, np.floor(blocks.mean(axis=(2, 4)) + 0.5))
    np.testing.assert_array_equal(small.labels, data.labels)
    assert small.at(8) is data.at(8)
    blocks = data.images.reshape(341, 8, 8, 8, 8, 3).astype(float)
    np.testing.assert_array_equal(data.at(8).images, np.floor(blocks.mean(axis=(2, 4)) + 0.5))
    with pytest.raises(ValueError, match="16 divided by a power of two"):
        small.at(32)
    one = next(iter(data.batches(batch_size=4, seed=0)))
    two = next(iter(small.batches(batch_size=4, seed=0)))
    means = one["images"].numpy().reshape(4, 16, 4, 16, 4, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(two["images"], means, atol=0.5 / 127.5 + 1e-5)


@pytest.mark.parametrize("resolution", [0, -4, 3, 12, 24, 48, 128])
def test_at_refuses_other_resolutions(resolution, flat_folder):
    data = load(ImageFolder(flat_folder(2, side=48)), 48)
    if resolution in (3, 12, 24, 48):
        assert data.at(resolution).resolution == resolution
        return
    with pytest.raises(ValueError, match=f"48 divided by a power of two. Received: {resolution}"):
        data.at(resolution)


def test_summary_counts_classes():
    text = load(Emoji("noto", "test"), 32).summary()
    for part in ("emoji:noto (test)", "341", "32x32", "classes     9", "197  People & Body"):
        assert part in text, part
    assert f"{341 * 32 * 32 * 3 / 2**20:.1f} MiB" in text


class Stream(Source):
    name = "stream"
    random_access = False

    def __len__(self):
        return 1000


def test_a_source_without_random_access_must_fit_into_memory():
    with pytest.raises(ValueError, match=r"stream at resolution 64 takes 0\.0 GiB.*prepare"):
        load(Stream(), 64, memory_limit_gib=0.001)


def test_prepared_sets_skip_the_pass_only_if_they_are_what_was_prepared(flat_folder, monkeypatch):
    folder = flat_folder(4, side=8)
    passes = []
    each = ImageFolder.each
    monkeypatch.setattr(ImageFolder, "each", lambda *a: passes.append(1) or each(*a))

    def count_passes(wanted, **prepared):
        passes.clear()
        index = {"labels": None, "prepared": prepared}
        (folder / "dataset.json").write_text(json.dumps(index))
        data = load(ImageFolder(folder), wanted, cache=False)
        np.testing.assert_array_equal(data.take(np.array([3, 1]))[:, 0, 0, 0], [3, 1])
        return len(passes)

    assert count_passes(8, resolution=8, count=4) == 0
    assert count_passes(4, resolution=8, count=4) == 0
    assert count_passes(8, resolution=8, count=5) == 1
    assert count_passes(8, resolution=4, count=4) == 1


def test_batches_of_a_too_small_set_are_refused(flat_folder):
    data = load(ImageFolder(flat_folder(3)), 8)
    with pytest.raises(ValueError, match="3 images, fewer than one global batch of 2 x 2 = 4"):
        data.batches(batch_size=2, seed=0, replicas=2)


@pytest.mark.parametrize("cache", [True, False])
def test_subset(flat_folder, cache):
    data = load(ImageFolder(flat_folder(6)), 8, cache=cache)
    some = data.subset(np.array([4, 1]))
    assert len(some) == 2 and some.keys() == ["004", "001"] and some.resolution == 8
    assert some.take(np.arange(2))[:, 0, 0, 0].tolist() == [4, 1]
    assert some.at(4).take(np.arange(2)).shape == (2, 4, 4, 3)


def test_summary_says_what_was_left_out(flat_folder):
    folder = flat_folder(2)
    (folder / "a.heic").write_bytes(b"")
    data = load(ImageFolder(folder), 8)
    assert data.notes == data.subset(np.array([1])).notes == data.at(4).notes
    [line] = [line for line in data.summary().splitlines() if line.startswith("note")]
    assert line.startswith(
        "note        1 image in a format that cannot be read left out: 1 .heic; convert to"
    )


def test_a_broken_file_whose_name_is_no_text_can_be_listed(flat_folder, tmp_path):
    folder = flat_folder(120)
    (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    data = load(ImageFolder(folder), 8, bad_files=tmp_path / "bad.txt")
    assert (tmp_path / "bad.txt").read_text(encoding="utf-8").startswith(r"caf\udce9.png")
    assert r"caf\udce9.png: the file is empty" in data.summary()


@pytest.mark.parametrize("cache", [True, False])
def test_images_that_are_not_square(tmp_path, encode, noise, cache):
    """The largest part of the shape, from the middle; height stands first."""
    pixels = [noise(30, 20, 0), noise(40, 16, 1), noise(13, 31, 2)]
    for i, image in enumerate(pixels):
        write(tmp_path, f"{i}.png", image, encode)
    data = load(ImageFolder(tmp_path, crop="center"), [12, 8], cache=cache)
    assert data.resolution == (12, 8) and "resolution  12x8, rgb" in data.summary()
    cut = [pixels[0], pixels[1][8:32], pixels[2][:, 11:19]]
    for got, image in zip(data.take(np.arange(3)), cut, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(image)).resize((8, 12), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(got, np.asarray(picture))
    [batch] = data.at((6, 4)).batches(batch_size=3, seed=0, jitter=1.3).take(1)
    assert batch["images"].shape == (3, 6, 4, 3)
    assert data.at((6, 4)) is data.at([6, 4]) and data.at((12, 8)) is data
    for other in (8, (12, 4), (5, 4)):
        with pytest.raises(ValueError, match=r"must be 12x8 divided by a power of two\. Received: "):
            data.at(other)


def test_another_shape_is_one_error(tmp_path, encode, noise):
    write(tmp_path, "long.png", noise(24, 16, 0), encode)
    write(tmp_path, "square.png", noise(24, 24, 1), encode)
    write(tmp_path, "small.png", noise(6, 4, 2), encode)
    with pytest.raises(
        ValueError,
        match=r"resolution 12x8 \(height x width; 8x12 as files have it\): 1 not of the shape 8x12, "
        r"1 smaller than 8x12 pixels.*4x6 to 24x24",
    ):
        load(ImageFolder(tmp_path), (12, 8))
    (tmp_path / "square.png").unlink()
    (tmp_path / "small.png").unlink()
    assert load(ImageFolder(tmp_path), (12, 8)).images.shape == (1, 12, 8, 3)
