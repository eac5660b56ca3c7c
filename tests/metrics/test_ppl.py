import numpy as np
import pytest

from keras_gans import latent
from keras_gans.metrics.ppl import linear, path_distances, perceptual_path_length, spherical

FIXTURE = "ppl"
RANDOM = np.random.default_rng(0)
START, END = RANDOM.normal(size=(2, 50, 6))
T = RANDOM.uniform(size=50)


def networks(fixture):
    """Mapping, synthesis and features of the file."""

    def mapping(z):
        return np.tanh(z @ fixture["inputs/mapping_matrix"])

    def synthesis(w):
        images = np.sin(w @ fixture["inputs/synthesis_matrix"]).reshape(-1, 3, 8, 8)
        return (images.transpose(0, 2, 3, 1) + 1.0) * 127.5

    def features(images):
        return images.transpose(0, 3, 1, 2).reshape(len(images), -1) @ fixture["inputs/feature_matrix"]

    return mapping, synthesis, features


@pytest.mark.parametrize("space", ["z", "w"])
@pytest.mark.parametrize("sampling", ["full", "end"])
def test_published(fixture, space, sampling):
    mapping, synthesis, features = networks(fixture)
    z0, z1, t = (fixture[f"inputs/{name}"] for name in ("z0", "z1", "t"))
    t = t if sampling == "full" else np.zeros_like(t)
    if space == "z":
        path = (lambda z: synthesis(mapping(z))), features, z0, z1, t
        distances = path_distances(*path, interpolate=spherical, epsilon=1e-2)
    else:
        path = synthesis, features, mapping(z0), mapping(z1), t
        distances = path_distances(*path, interpolate=linear, epsilon=1e-2)
    reference = fixture[f"outputs/distance_{space}_{sampling}"]
    np.testing.assert_allclose(distances, reference, rtol=1e-2)
    expected = fixture[f"outputs/ppl_{space}_{sampling}"]
    np.testing.assert_allclose(perceptual_path_length(reference), expected, rtol=1e-6)
    np.testing.assert_allclose(perceptual_path_length(distances), expected, rtol=1e-3)


def test_published_slerp(fixture):
    path = spherical(*(fixture[f"inputs/{name}"] for name in ("z0", "z1", "t")))
    np.testing.assert_allclose(path, fixture["outputs/slerp"], atol=1e-6)


def test_paths():
    np.testing.assert_allclose(linear(START, END, T), (1 - T[:, None]) * START + T[:, None] * END, atol=1e-15)
    path = spherical(START, END, T)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 1.0, rtol=1e-12)
    for i in range(5):
        expected = latent.slerp(START[i], END[i], T[i : i + 1])[0]
        expected /= np.linalg.norm(expected)
        np.testing.assert_allclose(path[i], expected, atol=1e-6)
    for interpolate, ends in (
        (linear, (START, END)),
        (spherical, [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (START, END)]),
    ):
        np.testing.assert_allclose(interpolate(START, END, np.zeros(50)), ends[0], atol=1e-15)
        np.testing.assert_allclose(interpolate(START, END, np.ones(50)), ends[1], atol=1e-15)


def test_great_circles_between_near_and_equal_points():
    near = START + 1e-9 * END
    unit = START / np.linalg.norm(START, axis=1, keepdims=True)
    for end in (START, near, 3.0 * START):
        np.testing.assert_allclose(spherical(START, end, T), unit, atol=1e-8)


def as_images(values):
    return values.reshape(len(values), 1, 1, -1)


def as_features(images):
    return images.reshape(len(images), -1)


def test_a_linear_generator():
    # |A (end - start)|^2, whatever t; the step cancels out.
    matrix = RANDOM.normal(size=(6, 9))
    expected = np.sum(((END - START) @ matrix) ** 2, axis=1)
    for epsilon in (0.5, 1e-2):
        distances = path_distances(
            lambda w: as_images(w @ matrix), as_features, START, END, T, interpolate=linear, epsilon=epsilon
        )
        assert distances.shape == (50,) and distances.dtype == np.float64
        np.testing.assert_allclose(distances, expected, rtol=1e-3)


def test_speed_on_the_sphere():
    # The identity as generator: the squared angle between both ends.
    cosine = np.sum(START * END, axis=1) / np.linalg.norm(START, axis=1) / np.linalg.norm(END, axis=1)
    for t in (T, np.zeros(50)):
        distances = path_distances(as_images, as_features, START, END, t, interpolate=spherical, epsilon=1e-2)
        np.testing.assert_allclose(distances, np.arccos(cosine) ** 2, rtol=1e-3)


def test_the_published_step_is_the_default_and_float32_resolves_it():
    latents = []

    def generate(z):
        latents.append(z)
        return as_images(np.sin(3.0 * z.astype("float64")))

    distances = path_distances(generate, as_features, START, END, T, interpolate=linear)
    assert [z.dtype for z in latents] == ["float32", "float32"]
    np.testing.assert_allclose(latents[1] - latents[0], 1e-4 * (END - START), atol=3e-7)
    slope = 3.0 * np.cos(3.0 * linear(START, END, T)) * (END - START)
    np.testing.assert_allclose(distances, np.sum(slope**2, axis=1), rtol=1e-2)


def test_the_extremes_are_left_out():
    # Of 0 to 199 the 1st percentile is 1.99, the 99th 197.01: the values 1 to 198 stay.
    numbers = np.random.default_rng(1).permutation(200)
    assert perceptual_path_length(numbers) == 99.5
    assert perceptual_path_length(numbers**2) == np.mean(np.arange(1, 199) ** 2)
    # Outliers have no weight, and of few distances all stay.
    numbers[numbers == 199] = 10**9
    assert perceptual_path_length(numbers) == 99.5
    assert perceptual_path_length([1.0, 2.0, 9.0]) == 4.0
    assert perceptual_path_length([5.0]) == 5.0


@pytest.mark.parametrize("interpolate", [linear, spherical])
def test_errors_of_paths(interpolate):
    for start, end, t in (
        (START, END[:3], T),
        (START, END, T[:3]),
        (START[0], END[0], T),
        (START[:0], END[:0], T[:0]),
    ):
        with pytest.raises(ValueError, match=r"shape \(n, dim\), `t` \(n,\), none empty. Received: \("):
            interpolate(start, end, t)
    for number, name in enumerate(("start", "end", "t")):
        arrays = [START, END, T]
        arrays[number] = arrays[number] * np.nan
        with pytest.raises(ValueError, match=rf"`{name}` must be finite"):
            interpolate(*arrays)


def test_errors_on_the_sphere():
    zero, opposite = START.copy(), START.copy()
    zero[7], opposite[11] = 0.0, -2.0 * START[11]
    with pytest.raises(ValueError, match=r"must not be zero. Received zero in row 7"):
        spherical(START, zero, T)
    with pytest.raises(ValueError, match=r"opposite directions.* in row 11"):
        spherical(START, opposite, T)


def test_other_errors():
    for epsilon in (0.0, -1e-4, np.nan):
        with pytest.raises(ValueError, match=r"`epsilon` must be positive. Received: "):
            path_distances(as_images, as_features, START, END, T, interpolate=linear, epsilon=epsilon)
    for features in (lambda x: x, lambda x: as_features(x)[1:], lambda x: as_features(x) * np.nan):
        with pytest.raises(
            ValueError, match=r"`features` must return finite values of shape \(50, features\)"
        ):
            path_distances(as_images, features, START, END, T, interpolate=linear)
    for distances in ([], [[1.0]], [1.0, np.nan]):
        with pytest.raises(
            ValueError, match=r"`distances` must be finite, of shape \(n,\) with n at least 1"
        ):
            perceptual_path_length(distances)
