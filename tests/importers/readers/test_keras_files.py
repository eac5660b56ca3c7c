"""Weights that Keras wrote."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from keras_gans.importers.readers import Unreadable, read


@pytest.fixture(scope="module")
def network():
    layers = [keras.layers.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    return keras.Sequential(layers, name="small")


def hdf5(write, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as written:
        write(written)
    return file.getvalue()


def check(tensors, network):
    assert sorted(array.tobytes() for array in tensors.values()) == sorted(
        array.tobytes() for array in network.get_weights()
    )
    assert "layers/dense/vars/0" in tensors


def test_weights(tmp_path, network):
    network.save_weights(tmp_path / "network.weights.h5")
    found = read(tmp_path / "network.weights.h5")
    assert found.kind == "keras weights"
    check(found.content, network)


def test_a_model(tmp_path, network):
    network.save(tmp_path / "network.keras")
    found = read(tmp_path / "network.keras")
    assert found.kind == "keras model"
    assert (found.content.class_name, found.content.config["name"]) == ("Sequential", "small")
    check(found.content.tensors, network)


def test_arrays_within_descriptions_and_empty_ones(file):
    def write(written):
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((2,))
        dataset = h5py.h5d.create(written.id, b"compact", h5py.h5t.NATIVE_INT32, space, creation)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([4, 5], "int32"))
        written.create_dataset("empty", (0, 2), "float32")

    found = read(file(hdf5(write))).content
    assert found["compact"].tolist() == [4, 5] and found["empty"].shape == (0, 2)


def test_a_block_in_front(file):
    found = read(file(hdf5(lambda w: w.create_dataset("a", data=np.arange(3.0)), userblock_size=512)[512:]))
    assert found.content["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda w: w.__setitem__("a", h5py.ExternalLink("/etc/hostname", "/")), "'a' links to another"),
        (lambda w: w.__setitem__("a", h5py.SoftLink("/b")), "'a' links to another"),
        (lambda w: w.create_dataset("a", (2,), "f4", external="elsewhere"), "no plain array"),
        (lambda w: w.create_dataset("a", (2**40,), "f4"), "no plain array"),
        (lambda w: w.create_dataset("a", data=np.zeros(9), compression="gzip"), "no plain array"),
        (lambda w: w.create_dataset("a", data="text"), "no plain array"),
        (lambda w: w.create_dataset("a", data=h5py.Empty("f4")), "no plain array"),
    ],
)
def test_what_is_refused(file, write, message):
    with pytest.raises(Unreadable, match=message):
        read(file(hdf5(write)))


def test_too_many_arrays(file, monkeypatch):
    monkeypatch.setattr("keras_gans.importers.readers.keras_files.OBJECTS", 2)
    with pytest.raises(Unreadable, match="more than 2 arrays"):
        read(file(hdf5(lambda w: w.create_dataset("a/b/c", data=np.zeros(1)))))


def test_a_damaged_file(file):
    data = hdf5(lambda w: w.create_dataset("a", data=np.zeros(999)))
    with pytest.raises(Unreadable, match="is damaged"):
        read(file(data[: len(data) // 2]))


def test_a_configuration_without_a_class(file):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("config.json", json.dumps({"class_name": 3}))
        written.writestr("model.weights.h5", hdf5(lambda w: None))
    with pytest.raises(Unreadable, match="names no class"):
        read(file(archive.getvalue()))
