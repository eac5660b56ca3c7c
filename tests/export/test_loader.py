import gc
import shutil

import pytest
import tensorflow as tf

from keras_gans.export import load, loader


def test_highest_version(exported, tmp_path):
    for version in ("2", "10", "9", "draft"):
        shutil.copytree(exported, tmp_path / version)
    (tmp_path / "11").mkdir()  # without a model
    assert loader.find(tmp_path) == tmp_path / "10"
    assert loader.find(exported.parent) == exported


def test_what_is_missing_is_said(exported, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"does not exist.*holds: 1"):
        loader.find(exported.parent / "2")
    (tmp_path / "notes").touch()
    with pytest.raises(FileNotFoundError, match=r"holds no export.*notes"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="is a file"):
        load(tmp_path / "notes")
    with pytest.raises(FileNotFoundError, match="Nor does"):
        load(tmp_path / "no" / "where")


def test_one_expression_for_every_function(exported):
    gc.collect()
    assert load(exported).sample(num=2, seed=0).shape == (2, 8, 8, 3)
    images = load(exported).signatures["serving_default"](tf.zeros([1, 6]))["default"]
    assert images.shape == (1, 8, 8, 3)
