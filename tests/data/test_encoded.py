import json

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import data
from keras_gans.data import encoded as module


@pytest.fixture(scope="module")
def images():
    return data.load(data.open_source("emoji:noto", split="test"), 8, progress=False)


def halves(calls=None):
    """An encoder: left and right half of an image, averaged."""

    def encoder(pixels):
        if calls is not None:
            calls.append(len(pixels))
        return tf.reduce_mean(tf.reshape(pixels, (-1, 8, 2, 4, 3)), axis=(1, 3))  # (batch, 2, 3)

    return encoder


def expected(images):
    pixels = images.images.astype("float32") / 127.5 - 1.0
    return pixels.reshape(-1, 8, 2, 4, 3).mean(axis=(1, 3))


def test_images_and_mirrored_images_are_encoded(images):
    calls = []
    found = data.encode(images, halves(calls), flip=True, digest="", progress=False)
    assert found.values.shape == (2, len(images), 2, 3) and len(found) == len(images)
    np.testing.assert_allclose(found.values[0], expected(images), atol=1e-5)
    np.testing.assert_allclose(found.values[1], expected(images)[:, ::-1], atol=1e-5)
    assert set(calls) == {module.CHUNK}  # of one size, the last too


def test_batches_come_in_the_order_of_the_images(images):
    found = data.encode(images, halves(), flip=True, digest="", progress=False)
    options = {"batch_size": 6, "seed": 3, "start": 12, "flip": True}
    batch = next(iter(found.at(8).batches(**options)))
    same = next(iter(images.batches(**options)))
    pixels = same["images"].numpy().reshape(-1, 8, 2, 4, 3)
    np.testing.assert_allclose(batch["images"], pixels.mean(axis=(1, 3)), atol=1e-5)
    np.testing.assert_array_equal(batch["labels"], same["labels"])
    assert batch["images"].shape == (6, 2, 3)
    plain = next(iter(found.batches(**{**options, "flip": False})))
    assert np.abs(plain["images"] - batch["images"]).max() > 0.1


def test_values_are_kept_and_read_again(images, tmp_path):
    calls, folder = [], tmp_path / "run" / "latents"
    first = data.encode(images, halves(calls), folder, flip=False, digest="a", progress=False)
    count = len(calls)
    again = data.encode(images, halves(calls), folder, flip=False, digest="a", progress=False)
    assert len(calls) == count and isinstance(again.values, np.memmap)
    np.testing.assert_array_equal(again.values, first.values)
    np.testing.assert_allclose(again.values[0], expected(images), atol=1e-5)
    assert sorted(file.name for file in folder.iterdir()) == ["encoded.json", "encoded.npy"]


@pytest.mark.parametrize("change", ["digest", "flip", "images", "damage", "killed"])
def test_other_values_are_made_anew(images, tmp_path, change):
    folder, calls = tmp_path / "latents", []
    data.encode(images, halves(), folder, flip=False, digest="a", progress=False)
    options = {"flip": change == "flip", "digest": "b" if change == "digest" else "a"}
    if change == "damage":
        (folder / "encoded.json").write_text("{")
    if change == "killed":  # the folder that a killed process leaves has no record
        (folder / "encoded.json").unlink()
    if change == "images":
        images = images.subset(np.arange(len(images) - 1))
    found = data.encode(images, halves(calls), folder, **options, progress=False)
    assert calls and found.values.shape[:2] == (1 + (change == "flip"), len(images))
    assert json.loads((folder / "encoded.json").read_text())["flip"] == (change == "flip")


def test_what_is_refused(images, tmp_path):
    with pytest.raises(ValueError, match="NaN or infinite values for images 0 to 63"):
        data.encode(images, lambda x: x * np.nan, tmp_path / "x", flip=False, digest="", progress=False)
    assert not (tmp_path / "x").exists()
    found = data.encode(images, halves(), flip=False, digest="", progress=False)
    with pytest.raises(ValueError, match="Only the images as they are were encoded"):
        found.batches(batch_size=2, seed=0, flip=True)
    with pytest.raises(ValueError, match=r"encoded at 8 px\. Received: 4"):
        found.at(4)
