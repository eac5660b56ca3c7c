import tracemalloc

import numpy as np
import pytest

from keras_gans.metrics import statistics
from keras_gans.metrics.precision_recall import (
    _points,
    _squared_distances,
    density_coverage,
    precision_recall,
)

FIXTURE = "metrics_features"
CASES = ["gauss", "clusters_equal_n"]


def direct(real, generated, k_manifold, k_density):
    """All distances at once, from differences."""

    def distances(a, b):
        return np.sqrt(np.sum((a[:, None].astype("float64") - b[None]) ** 2, axis=-1))

    def radii(x, k):
        return np.sort(distances(x, x), axis=1)[:, k]  # the first is the distance to itself

    between = distances(real, generated)
    precise = between <= radii(real, k_manifold)[:, None]
    recalled = between <= radii(generated, k_manifold)[None]
    inside = between < radii(real, k_density)[:, None]
    return (
        (precise.any(axis=0).mean(), recalled.any(axis=1).mean()),
        (inside.sum(axis=0).mean() / k_density, inside.any(axis=1).mean()),
    )


@pytest.mark.parametrize("case", CASES)
def test_published_precision_recall(fixture, case):
    precision, recall = precision_recall(fixture[f"inputs/{case}/real"], fixture[f"inputs/{case}/generated"])
    np.testing.assert_allclose(precision, fixture[f"outputs/{case}/precision_k3"], atol=1e-7)
    np.testing.assert_allclose(recall, fixture[f"outputs/{case}/recall_k3"], atol=1e-7)


@pytest.mark.parametrize("neighbours", [3, 5])
@pytest.mark.parametrize("case", CASES)
def test_published_prdc(fixture, case, neighbours):
    features = fixture[f"inputs/{case}/real"], fixture[f"inputs/{case}/generated"]
    ours = {}
    ours["precision"], ours["recall"] = precision_recall(*features, neighbours=neighbours)
    ours["density"], ours["coverage"] = density_coverage(*features, neighbours=neighbours)
    for name, value in ours.items():
        expected = fixture[f"outputs/{case}/prdc_{name}_k{neighbours}"]
        np.testing.assert_allclose(value, expected, atol=1e-12, err_msg=name)


def test_known_answers():
    random = np.random.RandomState(0)
    a = random.randn(500, 64).astype("float32")
    b = (random.randn(400, 64) * 1.3 + 0.2).astype("float32")
    np.testing.assert_allclose(precision_recall(b, a), (0.996, 0.03), atol=1e-12)
    np.testing.assert_allclose(density_coverage(b, a), (10.4504, 1.0), atol=1e-12)


@pytest.mark.parametrize("block", [4, 7, 20, 30, 31, 2048])
def test_in_blocks_as_directly(block):
    random = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        real = random.normal(size=(30, 4)).astype(dtype)
        generated = (random.normal(size=(40, 4)) + 0.4).astype(dtype)
        for k_manifold, k_density in ((3, 5), (1, 1), (6, 2), (29, 29)):
            expected = direct(real, generated, k_manifold, k_density)
            ours = (
                precision_recall(real, generated, neighbours=k_manifold, block=block),
                density_coverage(real, generated, neighbours=k_density, block=block),
            )
            np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_defaults_are_three_and_five():
    random = np.random.default_rng(1)
    real, generated = random.normal(size=(60, 3)), random.normal(size=(50, 3)) + 0.5
    expected = direct(real, generated, 3, 5)
    np.testing.assert_allclose(
        (precision_recall(real, generated), density_coverage(real, generated)), expected, atol=1e-12
    )


def test_by_hand():
    # On a line, k = 1: the balls of the real points 0, 1, 3, 7 have the radii 1, 1, 2, 4.
    real = np.array([[0.0], [1.0], [3.0], [7.0]])
    # -1 lies on the surface of the ball of 0, 2 on that of 1 and in that of 3, 11 on that of 7, 12 in none.
    generated = np.array([[-1.0], [2.0], [11.0], [12.0]])
    # Radii 3, 3, 1, 1 reach 0 and 1 from -1 and 2, and 3 from 2; 7 from none.
    assert precision_recall(real, generated, neighbours=1) == (0.75, 0.75)
    assert precision_recall(real, generated, neighbours=1, block=1) == (0.75, 0.75)
    # Without surfaces: only 2 in the ball of 3.
    assert density_coverage(real, generated, neighbours=1) == (0.25, 0.25)
    assert density_coverage(real, generated, neighbours=1, block=1) == (0.25, 0.25)
    # k = 2: radii 3, 2, 3, 6.
    assert density_coverage(real, generated, neighbours=2) == ((2 + 1 + 1 + 3) / 8, 1.0)


def test_identical_sets():
    # Each ball holds its own centre and the k - 1 nearest others; the k-th lies on the surface.
    features = np.random.default_rng(2).normal(size=(300, 50)).astype("float32")
    for block in (64, 300):
        assert precision_recall(features, features, block=block) == (1.0, 1.0)
        assert density_coverage(features, features, block=block) == (1.0, 1.0)
        assert density_coverage(features, features[::-1].copy(), block=block) == (1.0, 1.0)


def test_identical_features_are_at_distance_zero():
    # |x|^2 + |x|^2 - 2 x . x is a rounding error of either sign, which may differ from block to block.
    features = np.random.default_rng(3).normal(size=(200, 301)).astype("float32")
    real, generated = _points(features, features, 64)
    for rows in real.slices:
        distances = _squared_distances(real, rows, generated, slice(0, 200))
        own = np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)
        np.testing.assert_array_equal(distances[own], 0.0)
        distances[own] = 1.0
        assert distances.min() > 0.0


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_duplicates(offset):
    # Four copies of each of 10 points: with k = 3 all radii are 0, and only an exact copy lies in a ball.
    points = np.random.default_rng(3).normal(size=(20, 33)).astype("float32") + np.float32(offset)
    real, generated = np.repeat(points[:10], 4, axis=0), np.repeat(points[5:], 4, axis=0)
    assert precision_recall(real, generated, block=9) == (1 / 3, 0.5)
    # A ball of radius 0 has only a surface.
    assert density_coverage(real, generated, neighbours=3, block=9) == (0.0, 0.0)
    # With k = 4 the radius is the distance to another point.
    assert precision_recall(real, real, neighbours=4, block=9) == (1.0, 1.0)
    assert density_coverage(real, real, neighbours=4, block=9) == (1.0, 1.0)


def test_small_distances_far_from_the_origin_and_from_each_other():
    # Two tight groups: the norms, even about the mean, are 10^5 times the distances that count.
    random = np.random.default_rng(4)
    groups = np.repeat([[1e3] * 8, [-1e3] * 8], 40, axis=0) + 5e4
    real, generated = (groups + 0.01 * random.normal(size=groups.shape) for _ in range(2))
    ours = precision_recall(real, generated), density_coverage(real, generated)
    np.testing.assert_allclose(ours, direct(real, generated, 3, 5), atol=1e-12)
    assert ours[0][0] not in (0.0, 1.0)


def test_what_is_measured():
    random = np.random.default_rng(5)
    modes = 10.0 * np.eye(4)
    real = (modes[:, None] + random.normal(size=(4, 100, 4))).reshape(-1, 4)
    generated = (modes[:, None] + random.normal(size=(4, 100, 4))).reshape(-1, 4)
    precision, recall = precision_recall(real, generated)
    density, coverage = density_coverage(real, generated)
    assert precision > 0.75 and recall > 0.75 and 0.8 < density < 1.2 and coverage > 0.9
    # One mode of four: what is generated is real, but a quarter of it.
    collapsed = generated[:100]
    low_precision, low_recall = precision_recall(real, collapsed)
    assert low_precision > 0.75 and low_recall < 0.25
    assert density_coverage(real, collapsed)[1] < 0.25
    # Half of it far from everything real: recall stays.
    spoilt = np.concatenate([generated, generated + 100.0])
    half_precision, same_recall = precision_recall(real, spoilt)
    assert (half_precision, same_recall) == (precision / 2, recall)
    half_density, same_coverage = density_coverage(real, spoilt)
    np.testing.assert_allclose((half_density, same_coverage), (density / 2, coverage), rtol=1e-12)
    # Precision and recall change places with the sets.
    assert precision_recall(generated, real) == (recall, precision)


def test_memory_does_not_grow_with_the_number_of_features(monkeypatch):
    monkeypatch.setattr(statistics, "BLOCK", 40)
    random = np.random.default_rng(6)
    real, generated = random.normal(size=(2, 400, 1000)).astype("float32")
    for function in (precision_recall, density_coverage):
        tracemalloc.start()
        function(real, generated, block=50)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.75 * real.nbytes


def test_errors():
    real, generated = np.random.default_rng(7).normal(size=(2, 6, 3))
    for function in (precision_recall, density_coverage):
        for neighbours in (0, 6):
            with pytest.raises(ValueError, match=rf"number of `real` features, 6. Received: {neighbours}"):
                function(real, generated, neighbours=neighbours)
        with pytest.raises(ValueError, match=r"`block` must be at least 1. Received: 0"):
            function(real, generated, neighbours=1, block=0)
        with pytest.raises(ValueError, match=r"same dimension. Received: 3 and 2"):
            function(real, generated[:, :2])
        with pytest.raises(ValueError, match=r"`generated` must be finite. Received nan"):
            function(real, generated * np.nan)
        with pytest.raises(ValueError, match=r"`real` must be a non-empty float array .* shape \(6,\)"):
            function(real[:, 0], generated)
    with pytest.raises(ValueError, match=r"number of `generated` features, 3. Received: 3"):
        precision_recall(real, generated[:3])
    # Density and coverage need no neighbours among the generated features.
    assert density_coverage(real, generated[:1], neighbours=5)[1] >= 0.0
