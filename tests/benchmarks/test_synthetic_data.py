import numpy as np

from benchmarks import synthetic_data


def test_few_of_each():
    labels = np.array([0, 1, 1, 1, 0, 1, 2])
    chosen = synthetic_data.few_of_each(labels, 2, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [2, 2, 1] and (np.diff(chosen) > 0).all()
    assert synthetic_data.few_of_each(labels, 9, seed=0).tolist() == list(range(7))


def test_batches_have_as_many_of_each_part():
    parts = [(np.full((3, 4, 4, 3), value, "uint8"), np.full(3, value)) for value in (0, 255)]
    images, labels = next(iter(synthetic_data.batches(parts, flip=True, seed=0)))
    assert images.shape == (64, 4, 4, 3) and np.bincount(labels)[[0, 255]].tolist() == [32, 32]
    np.testing.assert_array_equal(np.unique(images), [-1, 1])


def test_a_classifier_learns(monkeypatch):
    """Bright and dark images, after a few steps."""
    monkeypatch.setattr(synthetic_data, "RESOLUTION", 8)
    monkeypatch.setattr(synthetic_data, "BATCH", 8)
    images = np.repeat(np.array([0, 200], "uint8"), 8)[:, None, None, None] * np.ones((1, 8, 8, 3), "uint8")
    part = images, np.repeat([0, 1], 8)
    assert synthetic_data.accuracy([part], part, flip=False, steps=40, seed=0, num_classes=2) > 0.7
