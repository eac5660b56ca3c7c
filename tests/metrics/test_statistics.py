import tracemalloc

import numpy as np
import pytest

from keras_gans.metrics import statistics
from keras_gans.metrics.statistics import FeatureStatistics, check_features, check_pair

FEATURES = np.random.default_rng(0).standard_normal((1000, 6)) @ np.diag([1, 2, 3, 4, 5, 60]) + 7.0


def collected(features):
    result = FeatureStatistics(features.shape[1])
    result.update(features)
    return result


def assert_same(one, other, tolerance=1e-12):
    assert one.count == other.count
    np.testing.assert_allclose(one.mean, other.mean, rtol=tolerance)
    limit = tolerance * np.abs(other.covariance).max()
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=0, atol=limit)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_mean_and_covariance(dtype):
    features = FEATURES.astype(dtype)
    result = collected(features)
    exact = features.astype("float64")
    assert result.count == 1000
    assert result.mean.dtype == result.covariance.dtype == np.float64
    np.testing.assert_allclose(result.mean, exact.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(result.covariance, np.cov(exact, rowvar=False), rtol=1e-11, atol=1e-11)


def test_two_vectors_by_hand():
    result = FeatureStatistics(2)
    result.update(np.array([[1.0, 5.0]]))
    result.update(np.array([[3.0, 1.0]]))
    np.testing.assert_array_equal(result.mean, [2.0, 3.0])
    np.testing.assert_array_equal(result.covariance, [[2.0, -4.0], [-4.0, 8.0]])


@pytest.mark.parametrize("sizes", [[1] * 40 + [960], [1, 2, 3, 5, 89, 233, 667], [999, 1]])
def test_any_batches_give_the_same(sizes):
    streamed = FeatureStatistics(6)
    for batch in np.split(FEATURES, np.cumsum(sizes)[:-1]):
        streamed.update(batch)
    assert_same(streamed, collected(FEATURES))


def test_blocks_inside_a_batch(monkeypatch):
    whole = collected(FEATURES)
    monkeypatch.setattr(statistics, "BLOCK", 7)
    assert_same(collected(FEATURES), whole)


def test_merge():
    whole = collected(FEATURES)
    merged, empty = collected(FEATURES[:13]), FeatureStatistics(6)
    merged.merge(collected(FEATURES[13:700]))
    merged.merge(empty)
    last = collected(FEATURES[700:])
    last.merge(merged)
    assert_same(last, whole)
    assert merged.count == 700
    empty.merge(FeatureStatistics(6))
    assert empty.count == 0
    empty.merge(whole)
    assert_same(empty, whole, tolerance=0)
    empty.merge(empty)
    assert_same(empty, collected(np.concatenate([FEATURES, FEATURES])))
    assert whole.count == 1000


def test_a_mean_far_from_zero_costs_no_precision():
    # The sum of squares loses all digits here: 1e8^2 + 1 is 1e8^2.
    streamed = FeatureStatistics(6)
    far = FEATURES + 1e8
    for batch in np.split(far, [1, 8, 500]):
        streamed.update(batch)
    exact = np.cov(far - 1e8, rowvar=False)
    np.testing.assert_allclose(streamed.covariance, exact, rtol=0, atol=1e-8 * np.abs(exact).max())


def test_arrays_round_trip(tmp_path):
    np.savez(tmp_path / "statistics.npz", **collected(FEATURES[:300]).to_arrays())
    with np.load(tmp_path / "statistics.npz") as arrays:
        restored = FeatureStatistics.from_arrays(arrays)
    assert_same(restored, collected(FEATURES[:300]), tolerance=0)
    restored.update(FEATURES[300:])
    assert_same(restored, collected(FEATURES))
    empty = FeatureStatistics.from_arrays(FeatureStatistics(3).to_arrays())
    assert (empty.count, empty.dim) == (0, 3)


def test_nothing_given_out_is_a_view_of_the_state():
    result = collected(FEATURES)
    arrays = result.to_arrays()
    restored = FeatureStatistics.from_arrays(arrays)
    for array in (result.mean, result.covariance, arrays["mean"], arrays["scatter"]):
        array[:] = 0.0
    assert_same(result, collected(FEATURES), tolerance=0)
    assert_same(restored, collected(FEATURES), tolerance=0)


def test_memory_does_not_grow_with_the_number_of_features():
    features = np.zeros((50_000, 64), "float32")
    result = FeatureStatistics(64)
    tracemalloc.start()
    result.update(features)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * features.nbytes


@pytest.mark.parametrize(
    "features, message",
    [
        (np.zeros(6), r"shape \(6,\), dtype float64"),
        (np.zeros((2, 3, 6)), r"shape \(2, 3, 6\)"),
        (np.zeros((0, 6)), r"non-empty .* shape \(0, 6\)"),
        (np.zeros((4, 6), "int32"), "dtype int32"),
        (np.zeros((4, 5)), "dimension 6. Received: 5"),
        (np.where(np.arange(24).reshape(4, 6) == 15, np.nan, 0.0), "nan at row 2, column 3"),
        (np.where(np.arange(24).reshape(4, 6) == 23, -np.inf, 0.0), "-inf at row 3, column 5"),
    ],
)
def test_bad_features_change_nothing(features, message, monkeypatch):
    monkeypatch.setattr(statistics, "BLOCK", 1)
    result = collected(FEATURES)
    with pytest.raises(ValueError, match=message):
        result.update(features)
    assert_same(result, collected(FEATURES), tolerance=0)


def test_checks():
    good = np.zeros((3, 2), "float32")
    assert check_features(good, "features") is good
    assert check_pair(good, good[:1])[1].shape == (1, 2)
    with pytest.raises(ValueError, match=r"same dimension. Received: 2 and 3"):
        check_pair(good, np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"`real` must be finite"):
        check_pair(good + np.nan, good)
    with pytest.raises(ValueError, match=r"`generated` must be finite"):
        check_pair(good, good + np.inf)


def test_other_errors():
    for dim in (0, -1, 2.0, True, None):
        with pytest.raises(ValueError, match=r"`dim` must be an integer of at least 1"):
            FeatureStatistics(dim)
    with pytest.raises(ValueError, match=r"at least 1 feature vector. Received: 0"):
        _ = FeatureStatistics(3).mean
    with pytest.raises(ValueError, match=r"at least 2 feature vectors. Received: 1"):
        _ = collected(FEATURES[:1]).covariance
    with pytest.raises(ValueError, match=r"dimension 6. Received: 5"):
        collected(FEATURES).merge(FeatureStatistics(5))
    arrays = collected(FEATURES).to_arrays()
    for changed, message in (
        ({"mean": np.zeros(5)}, r"mean \(5,\), scatter \(6, 6\)"),
        ({"count": -1}, "count -1"),
        ({"scatter": arrays["scatter"] * np.nan}, "must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            FeatureStatistics.from_arrays({**arrays, **changed})
    with pytest.raises(ValueError, match=r"lacks \['scatter'\]"):
        FeatureStatistics.from_arrays({"count": 1, "mean": np.zeros(2)})
