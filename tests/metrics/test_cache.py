import json
import os
import types
import zipfile

import numpy as np
import pytest

from keras_gans.metrics import cache

KEY = {"images": "abc", "count": 3}


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(tmp_path, said):
    return cache.Cache(tmp_path / "cache", report=said.append)


def arrays():
    return {"mean": np.arange(1000.0), "count": np.int64(7)}


def test_store_and_load(store, said):
    assert store.load(KEY) is None
    store.store(KEY, arrays())
    found = store.load({"count": 3, "images": "abc"})  # the order of a key does not matter
    assert found.keys() == arrays().keys()
    np.testing.assert_array_equal(found["mean"], arrays()["mean"])
    assert found["count"] == 7 and found["mean"].dtype == "float64"
    assert store.load({**KEY, "count": 4}) is None
    assert said == []
    assert [path.name for path in store.directory.iterdir()] == [store.path(KEY).name]


def test_the_name_is_the_digest_of_the_key(store):
    # printf of this text, piped into sha256sum
    text = json.dumps(KEY, sort_keys=True)
    assert text == '{"count": 3, "images": "abc"}'
    assert store.path(KEY).name == "ea4e88e94880a0209a149cdb2ec0af18e580f28ae4bd8dc9d717868139e6a803.npz"


def spoil(path, change):
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))


def flipped(data):
    data[len(data) // 2] ^= 1
    return data


@pytest.mark.parametrize(
    "change",
    [flipped, lambda data: data[:-40], lambda data: b"", lambda data: b"hello", lambda data: data[:300]],
    ids=["one bit", "end", "empty", "text", "beginning"],
)
def test_a_damaged_file_is_reported_and_made_again(store, said, change):
    store.store(KEY, arrays())
    spoil(store.path(KEY), change)
    assert store.load(KEY) is None
    assert len(said) == 1 and str(store.path(KEY)) in said[0] and "damaged and will be made again" in said[0]
    assert not store.path(KEY).exists()
    store.store(KEY, arrays())
    np.testing.assert_array_equal(store.load(KEY)["mean"], arrays()["mean"])


def test_a_file_of_another_key(store, said):
    store.store(KEY, arrays())
    other = {**KEY, "count": 4}
    os.replace(store.path(KEY), store.path(other))
    assert store.load(other) is None
    assert "belongs to another key" in said[0]


def test_no_pickle_is_ever_run(store, said):
    store.directory.mkdir()
    with zipfile.ZipFile(store.path(KEY), "w") as file:
        np.save(file.open("key.npy", "w"), np.array([{}], dtype=object), allow_pickle=True)
    assert store.load(KEY) is None
    assert "damaged" in said[0]


def test_a_write_that_fails_leaves_nothing(store, said, monkeypatch):
    store.store(KEY, arrays())

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    store.store({**KEY, "count": 4}, arrays())
    assert "cannot be written, so nothing is kept: no space left" in said[0]
    assert [path.name for path in store.directory.iterdir()] == [store.path(KEY).name]


def test_a_directory_that_cannot_be_used_is_reported_once(tmp_path, said):
    (tmp_path / "file").write_text("")
    for first in ("load", "store"):
        store = cache.Cache(tmp_path / "file" / "cache", report=said.append)
        if first == "load":
            assert store.load(KEY) is None
        store.store(KEY, arrays())
        assert store.load(KEY) is None
    assert len(said) == 2 and "cannot be read" in said[0] and "cannot be written" in said[1]


@pytest.mark.parametrize("error", [MemoryError(), NotImplementedError("method 99"), RuntimeError("deflate")])
def test_whatever_reading_raises_is_damage(store, said, monkeypatch, error):
    store.store(KEY, arrays())

    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(np, "load", broken)
    assert store.load(KEY) is None
    assert "damaged and will be made again" in said[0] and not store.path(KEY).exists()


def test_identity(tmp_path):
    pixels = np.zeros((2, 4, 4, 3), "uint8")
    data = types.SimpleNamespace(images=pixels, resolution=4)
    assert cache.identity_of(data, None, "emoji") == cache.digest_of_images(pixels)
    data.images = None
    assert cache.identity_of(data, None, "tfds:x") is None
    (tmp_path / "a.png").write_bytes(b"1")

    class Source:
        crop, item_name = "center", staticmethod(["a.png"].__getitem__)

        def __len__(self):
            return 1

    digest = cache.digest_of_paths(tmp_path, ["a.png"])
    assert cache.identity_of(data, Source(), tmp_path) == [digest, "center", 4]


def test_a_write_that_is_killed_leaves_no_file_of_that_name(store, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        store.store(KEY, arrays())
    assert list(store.directory.iterdir()) == []


def test_default_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GANS_CACHE", str(tmp_path / "here"))
    assert cache.Cache().directory == tmp_path / "here"
    monkeypatch.delenv("KERAS_GANS_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.default_directory() == tmp_path / ".cache" / "keras_gans"


def test_digest_of_images():
    images = np.zeros((2, 4, 4, 3), "uint8")
    digests = [cache.digest_of_images(images)]
    images[1, 2, 3, 0] = 1
    digests += [cache.digest_of_images(images), cache.digest_of_images(images[::-1])]
    digests.append(cache.digest_of_images(images.reshape(2, 2, 8, 3)))
    assert len(set(digests)) == 4
    assert cache.digest_of_images(images.copy()) == digests[1]


def test_digest_of_paths(tmp_path):
    names = ["a.png", "b/c.png"]
    (tmp_path / "b").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(b"1234")
        os.utime(tmp_path / name, ns=(0, 10**9))
    first = cache.digest_of_paths(tmp_path, names)
    assert cache.digest_of_paths(tmp_path, names) == first
    assert cache.digest_of_paths(tmp_path, names[:1]) != first
    os.utime(tmp_path / "a.png", ns=(0, 10**9 + 1))
    touched = cache.digest_of_paths(tmp_path, names)
    assert touched != first
    archive = tmp_path / "a.png"
    assert cache.digest_of_paths(archive, names) != cache.digest_of_paths(archive, names[:1])
