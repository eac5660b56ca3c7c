import hashlib

import numpy as np
import pytest
from idx_files import idx_bytes, write_part

from keras_gans.data import IDX, idx, load, open_source


def digits(count, seed=0, side=8):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, side, side), "uint8"), random.integers(0, 3, count, "uint8")


@pytest.fixture
def folder(tmp_path):
    """A folder with 5 packed images to train on and 3 plain ones to test with."""
    write_part(tmp_path, "train", *digits(5, seed=5), packed=True)
    write_part(tmp_path, "t10k", *digits(3, seed=3))
    return tmp_path


@pytest.mark.parametrize("split, counts", [("train", [5]), ("test", [3]), ("all", [5, 3])])
def test_images_and_labels_of_a_split(folder, split, counts):
    source = open_source(folder, split=split, crop="center")
    assert isinstance(source, IDX) and source.crop == "center"
    assert source.name == f"{folder.name} ({split})" and source.provenance["licence"] == "not stated"
    images, labels = (np.concatenate(part) for part in zip(*(digits(n, n) for n in counts), strict=True))
    assert len(source) == sum(counts) and source.labels.dtype == "int32"
    np.testing.assert_array_equal(source.labels, labels)
    assert source.class_names == tuple(map(str, range(labels.max() + 1)))
    np.testing.assert_array_equal(source.read(1), np.stack([images[1]] * 3, axis=-1))
    names = [source.item_name(index) for index in range(len(source))]
    assert (
        len(set(names)) == len(names)
        and names[-1] == f"{'train' if split == 'train' else 't10k'}/{counts[-1] - 1}"
    )
    # Grey goes through RGB and back without a change.
    np.testing.assert_array_equal(load(source, 8, channels="grey").images[..., 0], images)


def test_a_set_is_known_by_its_labels(folder, monkeypatch):
    digest = hashlib.sha256(digits(5, 5)[1]).hexdigest()
    monkeypatch.setitem(idx._KNOWN, digest, "Fashion-MNIST")
    source = IDX(folder)
    assert source.class_names[0] == "T-shirt/top" and len(source.class_names) == 10
    assert source.name == "Fashion-MNIST (train)" and source.provenance["licence"].startswith("MIT")
    assert IDX(folder, "all").class_names[0] == "0"  # the other part is not


def test_wrong_split_and_missing_files(folder):
    with pytest.raises(ValueError, match=r"must be one of train, test, all\. Received: 'val'"):
        IDX(folder, "val")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    message = r"must hold t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz\. Found: t10k-images-idx3"
    with pytest.raises(ValueError, match=message):
        IDX(folder, "test")
    assert len(IDX(folder)) == 5


IMAGES = "t10k-images-idx3-ubyte"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda data: data[:-1], "208 bytes are announced. Received: 207"),
        (lambda data: data + b"0", "208 bytes are announced. Received: more"),
        (lambda data: data[:9], "damaged or truncated"),
        (lambda data: b"", "damaged or truncated"),
        (lambda data: b"\x89PNG" + data[4:], "must begin with 00 00 08 03.*Received: 89 50 4e 47"),
        (lambda data: idx_bytes(digits(2)[0]), "They hold 2 images and 3 labels"),
    ],
)
def test_damaged_files(folder, change, message):
    data = (folder / IMAGES).read_bytes()
    (folder / IMAGES).write_bytes(change(data))
    with pytest.raises(ValueError, match=message):
        IDX(folder, "test")


def test_a_damaged_archive(folder):
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged or truncated"):
        IDX(folder)


def test_splits_of_several_sizes(folder):
    (folder / IMAGES).write_bytes(idx_bytes(digits(3, side=4)[0]))
    with pytest.raises(ValueError, match=r"several sizes: \[\(4, 4\), \(8, 8\)\]"):
        IDX(folder, "all")
