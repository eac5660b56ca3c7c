"""Every export of `savedmodels/` loads and gives the images that it gave when it was recorded.

`pretrained.json` holds a digest of every export's images; `python tests/export/test_pretrained.py` writes it
anew. Processors round differently, so images are quantised first, to few levels and with an offset that keeps
every value well away from a step: that distance is recorded as `margin`.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_gans.endpoints import open_size
from keras_gans.export import card, consumers, load

ROOT = Path(__file__).parents[2]
EXPORTS = sorted(path.parent for path in (ROOT / "savedmodels").glob("*/*/saved_model.pb"))
RECORDED = Path(__file__).with_name("pretrained.json")
LEVELS = 16


def name_of(path):
    return path.relative_to(ROOT / "savedmodels").as_posix()


def arguments(signature):
    """Arguments of a signature, equal everywhere: dict, name -> tensor."""
    given = {"num": 2, "seed": 0, "steps": 2, "labels": 2, "eta": 0.0, "guidance": 2.0, "truncation": 0.7}
    found = {}
    for name, one in signature["inputs"].items():
        shape = [2, *(size or open_size(*one["open_sizes"]) for size in one["shape"][1:])]
        if name in given and len(shape) == 1:
            found[name] = tf.constant(given[name], one["dtype"])
        elif name in ("y", "labels"):
            found[name] = tf.one_hot([2, 0], shape[-1], dtype=one["dtype"])
        elif one["limits"][0] is None:
            found[name] = tf.random.stateless_normal(shape, [0, 0])
        else:
            found[name] = tf.random.stateless_uniform(shape, [0, 0])
    return found


def images_of(path):
    """Two images of an export: its samples, or where it has none the translation of noise."""
    signatures = card.read(path)["signatures"]
    name = "sample" if "sample" in signatures else "default"
    return getattr(load(path), name)(**arguments(signatures[name])).numpy()


def quantised(images, offset):
    """Levels of images in `[0, 1]`, and the smallest distance of a value to the next level."""
    scaled = images.astype("float64") * LEVELS + offset
    margin = np.abs(scaled - np.rint(scaled)).min() / LEVELS
    return np.floor(scaled).astype("uint8"), float(margin)


def digest(levels):
    return hashlib.sha256(str(levels.shape).encode() + levels.tobytes()).hexdigest()


def record(path):
    """What `pretrained.json` holds of an export."""
    images = images_of(path)
    offset = max(np.arange(1, 4096) / 4096, key=lambda offset: quantised(images, offset)[1])
    levels, margin = quantised(images, offset)
    return {"offset": float(offset), "margin": margin, "sha256": digest(levels)}


def exports():
    """Of the exports whose images take a loop, one; the others run with the full matrices."""
    for path in EXPORTS:
        signatures = card.read(path)["signatures"]
        loops = "denoise" in signatures and "decode" not in signatures
        yield pytest.param(path, marks=[pytest.mark.full] if loops else [], id=name_of(path))


@pytest.mark.parametrize("path", exports())
def test_images_are_the_recorded_ones(path):
    recorded = json.loads(RECORDED.read_text())[name_of(path)]
    levels, margin = quantised(images_of(path), recorded["offset"])
    assert digest(levels) == recorded["sha256"]
    assert margin > recorded["margin"] / 2


def test_every_record_has_its_export():
    assert sorted(json.loads(RECORDED.read_text())) == [name_of(path) for path in EXPORTS]


def test_digests_see_small_changes():
    """A difference of one level in one pixel, and other shapes; not one far below the margin."""
    images = np.linspace(0.01, 0.99, 48).reshape(1, 4, 4, 3)
    offset = 0.25
    levels, margin = quantised(images, offset)
    assert 0 < margin < 1 / LEVELS and set(levels.ravel()) == set(range(17))
    assert digest(quantised(images + 0.9 * margin, offset)[0]) == digest(levels)
    changed = images.copy()
    changed[0, 1, 2, 0] += 1 / LEVELS
    assert digest(quantised(changed, offset)[0]) != digest(levels)
    assert digest(levels.reshape(1, 2, 8, 3)) != digest(levels)


@pytest.mark.full
@pytest.mark.parametrize("path", EXPORTS, ids=name_of)
def test_loaded_as_tensorflow_loads_it(path):
    """Bit for bit, in every signature."""
    ours, theirs = load(path), tf.saved_model.load(str(path))
    subject = consumers.Subject(path)
    for name in subject.card["signatures"]:
        given = subject.arguments(theirs, name, rows=2)
        expected = theirs.signatures[name](**given)
        for key, actual in ours.signatures[name](**given).items():
            np.testing.assert_array_equal(actual, expected[key], err_msg=f"{name}: {key}")


if __name__ == "__main__":
    records = {name_of(path): record(path) for path in EXPORTS}
    RECORDED.write_text(json.dumps(records, indent=2) + "\n")
