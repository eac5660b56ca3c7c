import importlib
import tracemalloc

import numpy as np
import pytest

from keras_gans.metrics.inception_score import inception_score

# The package gives the name of the module to the function.
MODULE = importlib.import_module("keras_gans.metrics.inception_score")
FIXTURE = "metrics_features"


def direct(logits, splits):
    scores = []
    for i in range(splits):
        part = logits[i * len(logits) // splits : (i + 1) * len(logits) // splits].astype("float64")
        p = np.exp(part) / np.exp(part).sum(axis=1, keepdims=True)
        divergences = [np.sum(row * np.log(row / p.mean(axis=0))) for row in p]
        scores.append(np.exp(np.mean(divergences)))
    return np.mean(scores), np.std(scores)


@pytest.mark.parametrize("splits", [1, 10])
def test_published_package(fixture, splits):
    mean, deviation = inception_score(fixture["inputs/logits"], splits=splits)
    np.testing.assert_allclose(mean, fixture[f"outputs/inception_score_{splits}splits_mean"], atol=1e-5)
    np.testing.assert_allclose(deviation, fixture[f"outputs/inception_score_{splits}splits_std"], atol=1e-5)


def test_another_published_package(fixture):
    mean, _ = inception_score(fixture["inputs/logits"], splits=1)
    np.testing.assert_allclose(mean, fixture["outputs/inception_score_tfgan_1split"], atol=1e-5)


def test_known_answer():
    a = np.random.RandomState(0).randn(500, 64).astype("float32")
    np.testing.assert_allclose(inception_score(a, splits=1)[0], 1.6014179, rtol=1e-7)


@pytest.mark.parametrize("block", [1, 5, 4096])
@pytest.mark.parametrize("splits", [1, 3, 7, 50])
def test_uneven_splits_in_blocks(splits, block, monkeypatch):
    monkeypatch.setattr(MODULE, "BLOCK", block)
    logits = 3.0 * np.random.default_rng(0).normal(size=(50, 4)) + 100.0
    np.testing.assert_allclose(
        inception_score(logits, splits=splits), direct(logits, splits), rtol=1e-11, atol=1e-12
    )


def test_ten_splits_by_default(fixture):
    logits = fixture["inputs/logits"]
    assert inception_score(logits) == inception_score(logits, splits=10) != inception_score(logits, splits=9)


def test_extremes():
    classes = 6
    alike = np.tile(np.arange(classes, dtype="float32"), (30, 1))
    np.testing.assert_allclose(inception_score(alike), (1.0, 0.0), atol=1e-12)
    # Probabilities of exactly 0 and 1.
    certain = np.tile(1e5 * np.eye(classes, dtype="float32"), (20, 1))
    np.testing.assert_allclose(inception_score(certain), (classes, 0.0), rtol=1e-12, atol=1e-12)
    one_class = certain[::classes]
    np.testing.assert_allclose(inception_score(one_class), (1.0, 0.0), atol=1e-12)
    # Two of the six classes, three to one: exp of the entropy.
    unequal = certain[[0, 0, 0, 1]]
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    np.testing.assert_allclose(inception_score(unequal, splits=1)[0], np.exp(entropy), rtol=1e-12)


def test_memory_does_not_grow_with_the_number_of_images(monkeypatch):
    monkeypatch.setattr(MODULE, "BLOCK", 256)
    logits = np.zeros((20_000, 100), "float32")
    tracemalloc.start()
    inception_score(logits, splits=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.25 * logits.nbytes


def test_errors():
    logits = np.zeros((9, 3))
    for splits in (0, 10):
        with pytest.raises(ValueError, match=rf"from 1 to 9, the number of rows. Received: {splits}"):
            inception_score(logits, splits=splits)
    with pytest.raises(ValueError, match=r"`logits` must be a non-empty float array .* shape \(3,\)"):
        inception_score(logits[0])
    with pytest.raises(ValueError, match=r"`logits` must be finite. Received nan at row 0, column 0"):
        inception_score(logits * np.nan)
    with pytest.raises(ValueError, match=r"dtype int64"):
        inception_score(logits.astype("int64"))
