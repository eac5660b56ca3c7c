from statistics import NormalDist

import keras
import numpy as np
import pytest

from harness import assert_close
from keras_gans.networks import truncated
from keras_gans.networks.truncated_latents import TruncatedEndpoints
from keras_gans.random import counter_normal


def test_the_map_of_distribution_functions():
    z = np.array([-6.0, -2.5, -1.0, -1e-3, 0.0, 0.3, 1.7, 40.0], "float32")
    normal = NormalDist()
    low, high = normal.cdf(-2.0), normal.cdf(2.0)
    expected = [normal.inv_cdf(low + normal.cdf(value) * (high - low)) for value in z]
    assert_close(truncated(z[:, None], 1.0)[:, 0], expected, 2e-6)
    assert_close(truncated(z[:, None], 0.25)[:, 0], 0.25 * np.array(expected), 1e-6)
    assert truncated(z, 1.0).dtype == "float32"


def test_samples_have_the_truncated_distribution():
    z = np.random.default_rng(0).standard_normal(200_000)
    found = np.asarray(truncated(z, 1.0))
    assert np.abs(found).max() <= 2.0
    # The variance of the normal distribution between -2 and 2: 1 - 2 * 2 pdf(2) / (cdf(2) - cdf(-2)).
    normal = NormalDist()
    variance = 1.0 - 4.0 * normal.pdf(2.0) / (normal.cdf(2.0) - normal.cdf(-2.0))
    assert found.var() == pytest.approx(variance, rel=0.01)
    assert np.mean(found < 1.0) == pytest.approx((normal.cdf(1.0) - normal.cdf(-2.0)) / 0.9545, abs=0.004)


def test_one_truncation_for_each_example():
    z = np.full((2, 3), 1.3, "float32")
    rows = np.asarray(truncated(z, np.array([[0.5], [1.0]], "float32")))
    assert_close(rows[0], 0.5 * rows[1], 1e-6)


class Painter(TruncatedEndpoints):
    """Shows what reaches it: three numbers of latents, classes and truncation as the colours of a pixel."""

    latent_dim, num_classes = 2, 3

    def graph(self, latents, classes, truncation):
        x = keras.ops.concatenate([latents[:, 1:], classes[:, 2:], truncation], axis=-1)
        return keras.ops.reshape(x, (-1, 1, 1, 3))


def test_endpoints():
    endpoints = Painter().endpoints()
    assert list(endpoints) == ["default", "signed", "sample", "latents"]
    latents, specs = endpoints.pop("latents")
    seeds = np.array([3, 2**40], "int64")
    drawn = counter_normal(seeds, np.zeros(2, "int64"), (2,))
    assert_close(latents(seeds, np.array([[0.5], [1.0]], "float32")), truncated(drawn, [[0.5], [1.0]]), 1e-6)
    assert {name: spec.dtype for name, spec in specs.items()} == {"seeds": "int64", "truncation": "float32"}
    for _, specs in endpoints.values():
        shapes = {name: (spec.shape, spec.dtype) for name, spec in specs.items()}
        assert shapes == {
            "z": ((None, 2), "float32"),
            "y": ((None, 3), "float32"),
            "truncation": ((), "float32"),
        }
    z = np.array([[0.0, -0.75], [0.0, 0.5]], "float32")
    y = np.array([[0.5, 0.5, 0.0], [0.75, 0.0, 0.25]], "float32")
    for levels in (0.5, np.array([0.5, 0.25], "float32"), np.array([[0.5], [0.25]], "float32")):
        row = np.broadcast_to(np.reshape(levels, (-1, 1)), (2, 1))
        expected = np.concatenate([z[:, 1:], y[:, 2:], row], axis=1)[:, None, None]
        found = {name: np.asarray(call(z, y, levels)) for name, (call, _) in endpoints.items()}
        assert_close(found["signed"], expected, 1e-6)
        assert_close(found["default"], (expected + 1) / 2, 1e-6)
        expected[:, 0, 0, :1] = np.asarray(truncated(z, row))[:, 1:]
        assert_close(found["sample"], (expected + 1) / 2, 1e-6)
