import numpy as np
import pytest

from keras_gans import latent

RANDOM = np.random.default_rng(0)
V1, V2 = RANDOM.standard_normal((2, 16))


def tutorial(v1, v2, num_steps):
    """The definition of the TF-Hub tutorial, in NumPy."""
    v2 = v2 * (np.linalg.norm(v1) / np.linalg.norm(v2))
    vectors = []
    for step in range(num_steps):
        vector = v1 + (v2 - v1) * step / (num_steps - 1)
        vectors.append(vector * (np.linalg.norm(v1) / np.linalg.norm(vector)))
    return np.stack(vectors)


def test_hypersphere_is_that_of_the_tutorial():
    path = latent.hypersphere(V1, V2, 9)
    assert path.shape == (9, 16) and path.dtype == "float32"
    np.testing.assert_allclose(path, tutorial(V1, V2, 9), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(V1), rtol=1e-6)
    np.testing.assert_allclose(path[0], V1, atol=1e-6)
    # Two axes of the plane: at a third of the chord the direction is (2, 1).
    path = latent.hypersphere([3.0, 0.0], [0.0, 5.0], [0.0, 1 / 3, 1.0])
    expected = [[3, 0], [6 / np.sqrt(5), 3 / np.sqrt(5)], [0, 3]]
    np.testing.assert_allclose(path, expected, atol=1e-6)


def test_slerp_turns_at_constant_speed():
    path = latent.slerp([2.0, 0.0], [0.0, 2.0], 4)
    angles = np.radians([0, 30, 60, 90])
    expected = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(path, expected, atol=1e-6)
    path = latent.slerp(V1, V2, 11).numpy()
    np.testing.assert_allclose(path[[0, -1]], [V1, V2], atol=1e-6)
    lengths = np.linalg.norm(path, axis=1)
    expected = np.linspace(np.linalg.norm(V1), np.linalg.norm(V2), 11)
    np.testing.assert_allclose(lengths, expected, rtol=1e-6)
    units = path / lengths[:, None]
    steps = np.sum(units[1:] * units[:-1], axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)


def test_slerp_of_nearly_equal_vectors():
    for distance in (0.0, 1e-9, 1e-5):
        path = latent.slerp([1.0, 0.0], [1.0, distance], 3).numpy()
        np.testing.assert_allclose(path[1], [1.0, distance / 2], atol=1e-7)


def test_linear():
    path = latent.linear([1.0, 0.0], [-1.0, 4.0], 5)
    assert path.dtype == "float32"
    np.testing.assert_allclose(path, [[1, 0], [0.5, 1], [0, 2], [-0.5, 3], [-1, 4]], atol=1e-7)
    np.testing.assert_allclose(latent.linear(V1, -V1, [0.25]), [0.5 * V1], atol=1e-7)
    np.testing.assert_allclose(latent.linear(V1, 0 * V1, [0.0, 0.75]), [V1, 0.25 * V1], atol=1e-7)
    with pytest.raises(ValueError, match=r"must be finite\. Received lengths"):
        latent.linear(V1, np.nan * V1, 2)
    with pytest.raises(ValueError, match=r"same shape \(dim,\)\. Received: \(16,\) and \(3,\)"):
        latent.linear(V1, V2[:3], 2)


def test_one_vector_is_the_first():
    for method in (latent.hypersphere, latent.linear, latent.slerp):
        np.testing.assert_allclose(method(V1, V2, 1), [V1], atol=1e-6)


def test_walk():
    keyframes = np.stack([V1, V2, -V1 + V2])
    path = latent.walk(keyframes, 9).numpy()
    np.testing.assert_allclose(path[[0, 4, 8]], keyframes, atol=1e-6)
    np.testing.assert_allclose(path[:5], latent.slerp(V1, V2, 5), atol=1e-6)
    path = latent.walk(keyframes, 5, interpolate=latent.linear)
    np.testing.assert_allclose(path[1::2], (keyframes[1:] + keyframes[:-1]) / 2, atol=1e-6)
    assert latent.walk(keyframes, 10).shape == (10, 16)
    np.testing.assert_allclose(latent.walk(keyframes, 10)[-1], keyframes[-1], atol=1e-6)


def test_walk_on_the_hypersphere_has_no_jumps():
    keyframes = np.stack([V1, 3 * V2, -V1 + V2])
    path = latent.walk(keyframes, 201, interpolate=latent.hypersphere).numpy()
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(V1), rtol=1e-5)
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.15
    direction = path[100] / np.linalg.norm(path[100])
    np.testing.assert_allclose(direction, V2 / np.linalg.norm(V2), atol=1e-6)


@pytest.mark.parametrize("method", [latent.hypersphere, latent.slerp])
def test_errors(method):
    with pytest.raises(ValueError, match="opposite"):
        method(V1, -2 * V1, 3)
    with pytest.raises(ValueError, match="not zero"):
        method(V1, 0 * V1, 3)
    with pytest.raises(ValueError, match="same shape"):
        method(V1, V2[:3], 3)
    with pytest.raises(ValueError, match="`num`"):
        method(V1, V2, 0)


def test_walk_errors():
    for keyframes, frames in (([V1], 5), ([V1, V2], 1), (V1, 5)):
        with pytest.raises(ValueError, match="2 or more"):
            latent.walk(keyframes, frames)
