import math

import numpy as np
import pytest
import tensorflow as tf

from keras_gans import latent


def normal_cdf(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


@pytest.mark.parametrize("threshold", [0.02, 0.5, 1.0, 2.0, 6.0])
def test_definition(threshold):
    """F(z') = F(-t) + F(z) (F(t) - F(-t)), with F from the standard library."""
    z = np.array([-5.0, -1.5, -0.3, 0.0, 0.7, 2.0, 4.0], "float32")
    low, high = normal_cdf(-threshold), normal_cdf(threshold)
    found = [normal_cdf(float(value)) for value in latent.truncate(z, threshold)]
    expected = [low + normal_cdf(float(value)) * (high - low) for value in z]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_distribution_is_the_truncated_normal():
    z = tf.random.stateless_normal((100_000,), [0, 0])
    found = latent.truncate(z, 1.0).numpy()
    assert np.abs(found).max() <= 1.0
    # Variance of the normal distribution truncated to [-1, 1]: 1 - 2 f(1) / (F(1) - F(-1)).
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * density / (normal_cdf(1) - normal_cdf(-1))
    np.testing.assert_allclose(found.var(), variance, rtol=0.01)
    np.testing.assert_allclose(found.mean(), 0.0, atol=0.01)
    resampled = z.numpy()[np.abs(z) <= 1.0]  # section 3.1 of the paper
    quantiles = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(np.quantile(found, quantiles), np.quantile(resampled, quantiles), atol=0.02)


def test_extremes():
    z = tf.constant([[-60.0, -9.0, 0.0], [9.0, 60.0, 3e30]])
    for threshold in (1e-4, 2.0, 30.0, 100.0):
        found = latent.truncate(z, threshold).numpy()
        assert np.isfinite(found).all() and np.abs(found).max() <= np.float32(threshold)
        assert found.shape == (2, 3) and found[0, 2] == 0.0
        assert (np.diff(found.ravel()) >= 0).all()
    np.testing.assert_allclose(latent.truncate(z[:, :1], 100.0)[0], -37.5, atol=0.1)
    np.testing.assert_allclose(latent.truncate([9.0, -9.0], 100.0), [9.0, -9.0], rtol=1e-6)


def test_gradient_flows():
    z = tf.constant([-1.0, 0.5])
    with tf.GradientTape() as tape:
        tape.watch(z)
        total = tf.reduce_sum(latent.truncate(z, 1.0))
    step = 1e-2
    expected = (latent.truncate(z + step, 1.0) - latent.truncate(z - step, 1.0)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(total, z), expected, rtol=1e-3)


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_errors(threshold):
    with pytest.raises(ValueError, match="`threshold`"):
        latent.truncate([0.0], threshold)
