import warnings

import numpy as np
import pytest

from keras_gans.metrics.fid import frechet_distance, is_rank_deficient
from keras_gans.metrics.statistics import FeatureStatistics

FIXTURE = "metrics_features"


def collected(features):
    statistics = FeatureStatistics(features.shape[1])
    statistics.update(features)
    return statistics


def injected(mean, covariance, count=1001):
    """Statistics with exactly this mean and covariance."""
    covariance = np.asarray(covariance, "float64")
    arrays = {"count": count, "mean": mean, "scatter": covariance * (count - 1)}
    return FeatureStatistics.from_arrays(arrays)


def nuclear(real, generated):
    """From the data alone: the trace of the root is the nuclear norm of the product of both sets."""
    deviations = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, generated)]
    root = np.linalg.norm(deviations[0] @ deviations[1].T, "nuc")
    shift = real.mean(axis=0) - generated.mean(axis=0)
    return shift @ shift + sum(np.sum(x**2) for x in deviations) - 2 * root


@pytest.mark.parametrize("case", ["gauss", "clusters_equal_n"])
def test_published_packages(fixture, case):
    real, generated = fixture[f"inputs/{case}/real"], fixture[f"inputs/{case}/generated"]
    expected = {name: float(fixture[name]) for name in fixture if name.startswith(f"outputs/{case}/fid_")}
    assert len(expected) == 4
    distance = frechet_distance(collected(real), collected(generated))
    for name, value in expected.items():
        assert abs(distance - value) <= 1e-4 * value + 1e-4, name
    # The only one computed in float64 from float64 features.
    exact = expected[f"outputs/{case}/fid_pytorch_fid_float64_features"]
    np.testing.assert_allclose(distance, exact, rtol=1e-11)


def test_known_answer():
    # The same in four packages.
    random = np.random.RandomState(0)
    a = random.randn(500, 64).astype("float32")
    b = (random.randn(400, 64) * 1.3 + 0.2).astype("float32")
    np.testing.assert_allclose(frechet_distance(collected(a), collected(b)), 15.1388281, rtol=1e-7)


def test_normal_distributions_with_common_axes():
    # Covariances Q diag(v) Q^T commute: |m1 - m2|^2 + sum (sqrt(v1) - sqrt(v2))^2.
    random = np.random.default_rng(0)
    dim = 12
    means, variances = random.normal(size=(2, dim)), random.uniform(1e-6, 9.0, (2, dim))
    expected = np.sum((means[0] - means[1]) ** 2) + np.sum(np.subtract(*np.sqrt(variances)) ** 2)
    turn = np.linalg.qr(random.normal(size=(dim, dim)))[0]
    for axes in (np.eye(dim), turn):
        both = [injected(m, axes @ np.diag(v) @ axes.T) for m, v in zip(means, variances, strict=True)]
        np.testing.assert_allclose(frechet_distance(*both), expected, rtol=1e-12)


def test_normal_distributions_with_other_axes():
    # In two dimensions tr((A B)^(1/2)) = sqrt(tr(A B) + 2 sqrt(det(A B))).
    a, b = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[0.5, -0.3], [-0.3, 4.0]])
    root = np.sqrt(np.trace(a @ b) + 2.0 * np.sqrt(np.linalg.det(a @ b)))
    expected = 25.0 + np.trace(a) + np.trace(b) - 2.0 * root
    distance = frechet_distance(injected([3.0, 0.0], a), injected([0.0, -4.0], b))
    np.testing.assert_allclose(distance, expected, rtol=1e-13)


def test_is_a_squared_distance():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(300, 20)), random.normal(size=(200, 20)) @ random.normal(size=(20, 20)) + 1.0
    one, other = collected(a), collected(b)
    distance = frechet_distance(one, other)
    np.testing.assert_allclose(frechet_distance(other, one), distance, rtol=1e-12)
    assert 0.0 <= frechet_distance(one, one) < 1e-12
    np.testing.assert_allclose(frechet_distance(collected(3.0 * a), collected(3.0 * b)), 9.0 * distance)
    np.testing.assert_allclose(frechet_distance(collected(a + 1e3), collected(b + 1e3)), distance)
    np.testing.assert_allclose(distance, nuclear(a, b), rtol=1e-11)


@pytest.mark.parametrize("sizes", [(20, 30), (2, 500), (50, 50), (51, 30)])
def test_fewer_features_than_dimensions(sizes):
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(sizes[0], 50)), 2.0 * random.normal(size=(sizes[1], 50)) + 1.0
    with pytest.warns(UserWarning, match=r"features of dimension 50 give a singular covariance") as caught:
        distance = frechet_distance(collected(real), collected(generated))
    assert len(caught) == sum(size <= 50 for size in sizes)
    assert type(distance) is float
    np.testing.assert_allclose(distance, nuclear(real, generated), rtol=1e-10)


def test_each_singular_set_is_named():
    few, many = collected(np.eye(3)), collected(np.eye(4)[:, :3])
    for real, generated, names in ((few, many, ["real"]), (many, few, ["generated"])):
        with pytest.warns(UserWarning, match=r"N under the feature dimension") as caught:
            frechet_distance(real, generated)
        assert [str(w.message).split()[6] for w in caught] == names
        assert caught[0].filename == __file__
    assert [is_rank_deficient(s) for s in (few, many)] == [True, False]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(many, many)


def test_degenerate_covariances():
    # Along different axes the root vanishes; without any variance only the means count.
    distance = frechet_distance(
        injected([1.0, 0.0, 0.0], np.diag([4.0, 0.0, 0.0])),
        injected([0.0, 0.0, 3.0], np.diag([0.0, 9.0, 0.0])),
    )
    np.testing.assert_allclose(distance, 1.0 + 9.0 + 4.0 + 9.0, rtol=1e-14)
    nothing = np.zeros((2, 2))
    assert frechet_distance(injected([1.0, 2.0], nothing), injected([0.0, 0.0], nothing)) == 5.0
    np.testing.assert_allclose(
        frechet_distance(injected([1.0, 2.0], nothing), injected([0.0, 0.0], np.eye(2))), 7.0, rtol=1e-14
    )


def test_rounding_gives_no_negative_distance():
    for dim in range(2, 14):
        same = collected(100.0 * np.random.default_rng(dim).normal(size=(50, dim)))
        assert 0.0 <= frechet_distance(same, same) < 1e-8  # of traces up to 1e5


def test_many_null_dimensions_add_nothing():
    # The square root of eigenvalues that are rounding errors would add about 1e-8 for each.
    random = np.random.default_rng(0)
    features = random.normal(size=(10, 300)) * 100.0
    with pytest.warns(UserWarning):
        distance = frechet_distance(collected(features), collected(features[::-1]))
    assert distance < 1e-8  # of a trace of 3e6


def test_errors():
    four = collected(np.eye(5)[:, :4])
    with pytest.raises(ValueError, match=r"same feature dimension. Received: 4 and 3"):
        frechet_distance(four, collected(np.eye(4)[:, :3]))
    with pytest.raises(ValueError, match=r"at least 2 feature vectors. Received: 1"):
        frechet_distance(four, collected(np.ones((1, 4))))
    with pytest.raises(ValueError, match=r"at least 2 feature vectors. Received: 0"):
        frechet_distance(FeatureStatistics(4), four)
