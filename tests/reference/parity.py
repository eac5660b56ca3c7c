"""What comparisons with other implementations share: files, the order of axes, how close is equal."""

import json
from pathlib import Path

import numpy as np


def arrays_of(name):
    """Returns all arrays of a file of this folder."""
    with np.load(Path(__file__).parent / f"{name}.npz") as file:
        return dict(file)


def load(name):
    """Returns configuration, tensors by their reference's names, and all arrays of a file of this folder."""
    arrays = arrays_of(name)
    meta = json.loads(str(arrays.pop("meta")))
    tensors = {name[8:]: array for name, array in arrays.items() if name.startswith("weights/")}
    return meta["config"], tensors, arrays


def channels_first(images):
    return np.asarray(images).transpose(0, 3, 1, 2)


def channels_last(images):
    return images.transpose(0, 2, 3, 1)


def assert_parity(ours, reference):
    """Equal to 1e-4 of the reference's standard deviation, or of 1 where that is smaller."""
    ours = np.asarray(ours)
    assert ours.shape == reference.shape
    assert np.max(np.abs(ours - reference)) <= 1e-4 * max(1.0, np.std(reference))
