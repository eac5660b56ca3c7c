import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_gans.data.folder import ImageFolder
from keras_gans.data.image_data import load
from keras_gans.data.prepare import prepare
from keras_gans.data.sources import open_source
from keras_gans.data.tfds import TFDS

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # of the Debian package


@pytest.fixture
def mocked():
    tfds = pytest.importorskip("tensorflow_datasets")
    with tfds.testing.mock_data(num_examples=12):
        yield


def test_celeb_a_is_cropped_and_has_no_labels(mocked):
    source = open_source("tfds:celeb_a", split="train", crop="center")
    data = load(source, 64)
    assert data.images.shape == (12, 64, 64, 3) and data.images.std() > 10
    assert data.labels is None and data.class_names is None
    assert "celeb_a" in data.provenance["description"]
    assert "see http" in data.provenance["licence"]


def test_celeb_a_without_crop_is_an_error(mocked):
    source = TFDS("celeb_a")
    with pytest.raises(ValueError, match=r'12 not square.*178x218.*crop="center"'):
        load(source, 64)


def test_fashion_mnist_has_labels_and_becomes_rgb(mocked):
    source = open_source("tfds:fashion_mnist", split="test")
    assert len(source) == 12
    images = dict(source.each(lambda index, image: image))
    assert len(images) == 12 and images[0].shape == (28, 28, 3)
    assert [index for index, _ in source.each(lambda index, image: image, {0, 1, 11})] == list(range(2, 11))
    name, size, check = source.stamp(3)
    assert (name, size) == ("fashion_mnist/3", 0) and check == source.stamp(4)[2]
    np.testing.assert_array_equal(images[3][..., 0], images[3][..., 2])
    assert source.labels.shape == (12,) and source.labels.dtype == np.int32
    assert source.class_names[9] == "Ankle boot"
    assert source.item_name(3) == "fashion_mnist/3"


@pytest.mark.parametrize("name", ["celeb_ab", "no_such_set_at_all"])
def test_unknown_set_is_refused(mocked, name):
    with pytest.raises(ValueError, match=f"No set '{name}' in TensorFlow Datasets"):
        TFDS(name)


def test_set_without_images_is_refused(mocked):
    with pytest.raises(ValueError, match='no 8-bit "image" feature'):
        TFDS("iris")


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ImportError, match="pip install tensorflow-datasets"):
        open_source("tfds:celeb_a")


def idx(name):
    """Reads an IDX file: big-endian sizes after a magic number whose last byte is the rank."""
    data = gzip.decompress((FASHION_MNIST / name).read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, "uint8", offset=4 + 4 * rank).reshape(shape)


def original_gzip(name):
    """The file with the gzip header that the upstream download has, whose checksum TFDS knows."""
    time = 1504176606 if name.startswith("train") else 1504176627
    header = b"\x1f\x8b\x08\x08" + struct.pack("<I", time) + b"\x00\x03"
    body = (FASHION_MNIST / name).read_bytes()[10:]
    return header + name.removesuffix(".gz").encode() + b"\0" + body


@pytest.mark.slow
@pytest.mark.skipif(not FASHION_MNIST.exists(), reason="needs the Debian package dataset-fashion-mnist")
def test_real_fashion_mnist(tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    manual = tmp_path / "manual"
    manual.mkdir()
    for path in FASHION_MNIST.glob("*.gz"):
        (manual / path.name).write_bytes(original_gzip(path.name))
    config = tfds.download.DownloadConfig(manual_dir=manual, max_examples_per_split=300)
    tfds.builder("fashion_mnist", data_dir=tmp_path / "tfds").download_and_prepare(download_config=config)
    source = TFDS("fashion_mnist", "test", data_dir=tmp_path / "tfds")
    assert len(source) == 300
    with pytest.raises(ValueError, match=r"`split` of fashion_mnist.*Received: 'valid'"):
        TFDS("fashion_mnist", "valid", data_dir=tmp_path / "tfds")
    report = prepare(source, tmp_path / "clean", resolution=28)
    assert report.count == 300 and not report.skipped
    back = ImageFolder(tmp_path / "clean")
    originals, labels = idx("t10k-images-idx3-ubyte.gz"), idx("t10k-labels-idx1-ubyte.gz")
    place = {image.tobytes(): i for i, image in enumerate(originals)}
    found = [place[back.read(i)[..., 1].tobytes()] for i in range(300)]
    assert len(set(found)) == 300
    np.testing.assert_array_equal(back.labels, labels[found])
    assert back.class_names[0] == "T-shirt/top" and len(back.class_names) == 10
    for index in (0, 123, 299):
        np.testing.assert_array_equal(source.read(index), back.read(index))
