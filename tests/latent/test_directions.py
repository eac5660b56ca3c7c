import numpy as np
import pytest
import tensorflow as tf

from keras_gans import latent
from keras_gans.latent import directions

random = np.random.default_rng(0)
BASIS = np.linalg.qr(random.standard_normal((6, 6)))[0]  # orthonormal rows


def cosine(left, right):
    return abs(left @ right) / np.linalg.norm(left) / np.linalg.norm(right)


def test_principal_components_are_the_axes_that_samples_were_made_with():
    deviations = np.array([5.0, 3.0, 2.0, 1.0, 0.5, 0.1])
    samples = 7.0 + (random.standard_normal((4000, 6)) * deviations) @ BASIS
    vectors, found = latent.principal_components(samples, 4)
    np.testing.assert_allclose(found, deviations[:4], rtol=0.05)
    np.testing.assert_allclose(np.abs(vectors @ BASIS.T), np.eye(4, 6), atol=0.05)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(4), atol=1e-12)
    assert (vectors[np.arange(4), np.abs(vectors).argmax(axis=1)] > 0).all()


def test_feature_directions_of_a_linear_layer_are_its_singular_vectors():
    """The features' components are left singular vectors; a latent moves along the right one."""
    gains = np.array([4.0, 2.0, 1.0])
    layer = BASIS[:3].T @ np.diag(gains) @ np.linalg.qr(random.standard_normal((10, 3)))[0].T
    latents = random.standard_normal((20000, 6))
    vectors, deviations = latent.feature_directions(latents, latents @ layer + 1.0, 3)
    np.testing.assert_allclose(deviations, gains, rtol=0.05)
    np.testing.assert_allclose(np.abs(vectors @ BASIS[:3].T), np.eye(3), atol=0.06)
    with pytest.raises(ValueError, match=r"as many `features` as `latents`. Received: 5, not 3"):
        latent.feature_directions(np.ones((3, 2)), np.ones((5, 2)))


def test_singular_directions_are_numpys():
    kernels = [random.standard_normal((6, 9)), 50.0 * random.standard_normal((6, 4))]
    rows = np.concatenate([kernel / np.linalg.norm(kernel, axis=0) for kernel in kernels], axis=1)
    left, values, _ = np.linalg.svd(rows)
    vectors, strengths = latent.singular_directions(kernels)
    np.testing.assert_allclose(strengths, values, rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(vectors * left.T, axis=1)), 1.0, rtol=1e-9)
    np.testing.assert_array_equal(latent.singular_directions(kernels[0], 2)[0].shape, (2, 6))
    with pytest.raises(ValueError, match=r"of one width. Received: \[\(6, 9\), \(5, 2\)\]"):
        latent.singular_directions([kernels[0], np.ones((5, 2))])


def test_the_normal_recovers_a_plane():
    normal = BASIS[0]
    latents = random.standard_normal((1500, 6))
    labels = latents @ normal > 1.0  # one in six
    found = latent.boundary_normal(latents, labels)
    assert found @ normal > 0.99 and np.linalg.norm(found) == pytest.approx(1.0)
    noisy = labels ^ (random.random(1500) < 0.1)
    assert latent.boundary_normal(latents, noisy) @ normal > 0.95
    assert directions.separation(latents, labels, normal) == 1.0
    assert directions.separation(latents, labels, -normal) < 0.9
    assert directions.separation(latents, labels, found) > 0.97


def test_labels_of_both_kinds_are_needed():
    latents = np.ones((3, 2))
    with pytest.raises(ValueError, match=r"both kinds. Received: 3 of 3 are true"):
        latent.boundary_normal(latents, np.array([True] * 3))
    with pytest.raises(ValueError, match=r"must be bool \(3,\). Received: int64 \(3,\)"):
        latent.boundary_normal(latents, np.arange(3))


def test_a_conditional_direction_leaves_the_others():
    direction = BASIS[0] + 2.0 * BASIS[1] - BASIS[2]
    left = latent.conditional(direction, 3.0 * BASIS[1:3])
    np.testing.assert_allclose(np.abs(left), np.abs(BASIS[0]), atol=1e-12)
    np.testing.assert_allclose(latent.conditional(direction, [BASIS[1], BASIS[1]]) @ BASIS[1], 0, atol=1e-12)
    with pytest.raises(ValueError, match=r"lies among the 2 others"):
        latent.conditional(BASIS[1] + BASIS[2], BASIS[1:3])


def test_shift():
    styles = np.zeros((2, 4, 3), "float32")
    direction = np.array([1.0, 0.0, -2.0])
    moved = latent.shift(styles, direction, [1.0, 3.0], layers=(1, 2))
    assert (moved[:, [0, 3]] == 0.0).all()
    np.testing.assert_array_equal(moved[1, 1:3], [3.0 * direction] * 2)
    np.testing.assert_array_equal(latent.shift(styles, direction, 2.0)[0, 3], 2.0 * direction)
    tensor = latent.shift(tf.zeros((2, 3)), direction, 0.5)
    assert tf.is_tensor(tensor)
    np.testing.assert_array_equal(tensor, [0.5 * direction] * 2)
    with pytest.raises(ValueError, match=r"must lie in 0-3, upwards. Received: 2-4"):
        latent.shift(styles, direction, 1.0, layers=(2, 4))
    with pytest.raises(ValueError, match=r"latents z have none"):
        latent.shift(styles[:, 0], direction, 1.0, layers=(0, 1))
    with pytest.raises(ValueError, match=r"must be finite. Received: amount=nan"):
        latent.shift(styles, direction, np.nan)
    with pytest.raises(ValueError, match=r"the shape \(3,\), as a latent. Received: \(2,\)"):
        latent.shift(styles, [1.0, 2.0], 1.0)


def test_what_is_no_sample():
    for samples, problem in ((np.ones(3), r"the shape \(3,\)"), ([[1.0, np.nan]] * 2, "NaN or infinity")):
        with pytest.raises(ValueError, match=rf"\(2 or more, dim\). Received: {problem}"):
            latent.principal_components(samples)
    with pytest.raises(ValueError, match=r"from 1 to 2. Received: 3"):
        latent.principal_components(random.standard_normal((5, 2)), 3)


def test_cosines():
    np.testing.assert_allclose(directions.cosines([[2.0, 0.0], [-1.0, 1.0]]), [[1, 0.5**0.5], [0.5**0.5, 1]])
