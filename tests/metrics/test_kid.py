import tracemalloc

import numpy as np
import pytest

from keras_gans.metrics.kid import kid, kid_one_block

FIXTURE = "metrics_features"
RANDOM = np.random.default_rng(0)
REAL, GENERATED = RANDOM.normal(size=(23, 5)), 1.5 * RANDOM.normal(size=(17, 5)) + 0.3


def k(x, y):
    return (sum(p * q for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3


def direct(real, generated):
    """Pair by pair."""
    total = 0.0
    for s in (real, generated):
        pairs = [k(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j]
        total += np.mean(pairs)
    return total - 2 * np.mean([k(x, y) for x in real for y in generated])


@pytest.mark.parametrize("case", ["gauss", "clusters_equal_n"])
def test_published_one_block(fixture, case):
    distance = kid_one_block(fixture[f"inputs/{case}/real"], fixture[f"inputs/{case}/generated"])
    assert abs(distance - fixture[f"outputs/{case}/kid_tfgan_one_block"]) < 1e-12


def test_published_subsets(fixture):
    features = fixture["inputs/clusters_equal_n/real"], fixture["inputs/clusters_equal_n/generated"]
    mean, deviation = kid(*features, subsets=1, subset_size=300)
    assert abs(mean - fixture["outputs/clusters_equal_n/kid_torch_fidelity_all"]) < 1e-5
    assert deviation == 0.0


def test_known_answer():
    random = np.random.RandomState(0)
    a = random.randn(500, 64).astype("float32")
    b = (random.randn(400, 64) * 1.3 + 0.2).astype("float32")
    np.testing.assert_allclose(kid_one_block(a, b), 0.1614270, rtol=2e-6)


@pytest.mark.parametrize("block", [1, 4, 17, 22, 2048])
def test_pair_by_pair(block, monkeypatch):
    monkeypatch.setitem(kid_one_block.__globals__, "BLOCK", block)
    distance = kid_one_block(REAL, GENERATED)
    np.testing.assert_allclose(distance, direct(REAL, GENERATED), rtol=1e-12)
    np.testing.assert_allclose(kid_one_block(GENERATED, REAL), distance, rtol=1e-12)


def test_one_point_each():
    # All real features are u, all generated ones v: k(u, u) + k(v, v) - 2 k(u, v).
    real, generated = np.tile([1.0, 2.0], (3, 1)), np.tile([0.0, -2.0], (4, 1))
    expected = (5 / 2 + 1) ** 3 + (4 / 2 + 1) ** 3 - 2 * (-4 / 2 + 1) ** 3
    np.testing.assert_allclose(kid_one_block(real, generated), expected, rtol=1e-14)


def test_unbiased():
    # Means of pairs of small sets of one distribution lie around 0; with the diagonal they would not.
    random = np.random.default_rng(1)
    distances = np.array([kid_one_block(*random.normal(size=(2, 12, 4))) for _ in range(2000)])
    error = distances.std() / np.sqrt(len(distances))
    assert abs(distances.mean()) < 4 * error
    assert (distances < 0).mean() > 0.2 and (distances > 0).mean() > 0.2
    # The diagonal adds (E k(x, x) - E k(x, y)) / 12 from each set: it would have been noticed.
    x, y = random.normal(size=(2, 10_000, 4))
    added = 2 * np.mean((np.sum(x * x, axis=1) / 4 + 1) ** 3 - (np.sum(x * y, axis=1) / 4 + 1) ** 3) / 12
    assert added > 20 * error


def test_halves_of_one_sample():
    random = np.random.default_rng(2)
    sample = random.normal(size=(1000, 16)) @ random.normal(size=(16, 16)) / 4
    mean, deviation = kid(sample[:500], sample[500:], subsets=200, subset_size=100)
    assert mean - 2 * deviation < 0.0 < mean + 2 * deviation
    mean, deviation = kid(sample[:500], sample[500:] + 0.5, subsets=200, subset_size=100)
    assert mean > 2 * deviation


def test_subsets():
    random = np.random.default_rng(3)
    real, generated = random.normal(size=(300, 6)), random.normal(size=(200, 6)) * 1.2
    mean, deviation = kid(real, generated, subsets=400, subset_size=50)
    exact = kid_one_block(real, generated)
    assert abs(mean - exact) < 4 * deviation / np.sqrt(400)
    assert kid(real, generated, subsets=5, subset_size=50) != kid(
        real, generated, subsets=5, subset_size=50, seed=1
    )
    first = kid(real, generated, subsets=5, subset_size=50, seed=7)
    assert first == kid(real, generated, subsets=5, subset_size=50, seed=7)
    # Without replacement: a subset as large as the set is the set.
    mean, deviation = kid(real[:200], generated, subsets=3, subset_size=200)
    np.testing.assert_allclose(mean, kid_one_block(real[:200], generated), rtol=1e-9)
    assert deviation < 1e-10


def test_large_features():
    # Features far from 0 as those of networks are: float32 gives 256 for 219.
    random = np.random.default_rng(4)
    real, generated = (random.normal(size=(2, 40, 64)) * 0.1 + 30.0).astype("float32")
    expected = direct(real.astype("float64"), generated.astype("float64"))
    np.testing.assert_allclose(kid_one_block(real, generated), expected, atol=1e-6)


def test_memory_does_not_grow_with_the_number_of_features(monkeypatch):
    monkeypatch.setitem(kid_one_block.__globals__, "BLOCK", 64)
    real = np.ones((1000, 512), "float32")
    tracemalloc.start()
    kid_one_block(real, real)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.75 * real.nbytes


def test_errors():
    with pytest.raises(ValueError, match=r"from 2 to 17, the size of the smaller set. Received: 1000"):
        kid(REAL, GENERATED)
    with pytest.raises(ValueError, match=r"from 2 to 17, .* Received: 1"):
        kid(REAL, GENERATED, subset_size=1)
    with pytest.raises(ValueError, match=r"`subsets` must be at least 1. Received: 0"):
        kid(REAL, GENERATED, subsets=0, subset_size=5)
    with pytest.raises(ValueError, match=r"at least 2 features each. Received: \(23, 1\)"):
        kid_one_block(REAL, GENERATED[:1])
    for function in (kid, kid_one_block):
        with pytest.raises(ValueError, match=r"same dimension. Received: 5 and 4"):
            function(REAL, GENERATED[:, :4])
        with pytest.raises(ValueError, match=r"`real` must be finite"):
            function(REAL * np.nan, GENERATED)
        with pytest.raises(ValueError, match=r"`generated` must be a non-empty .* shape \(0, 5\)"):
            function(REAL, GENERATED[:0])
