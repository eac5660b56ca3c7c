import importlib
import tracemalloc

import numpy as np
import pytest

from keras_gans.metrics.sliced_wasserstein import (
    PatchDescriptors,
    descriptor_distance,
    descriptors,
    laplacian_pyramid,
    sliced_distance,
    sliced_wasserstein,
)

# The package gives the name of the module to the function.
MODULE = importlib.import_module("keras_gans.metrics.sliced_wasserstein")
FIXTURE = "metrics_swd"


def photos(count, size=32, seed=0, channels=3):
    """uint8 images of random smoothness."""
    random = np.random.default_rng(seed)
    images = random.normal(size=(count, size, size, channels))
    images = (
        images
        + np.roll(images, 1, axis=1)
        + np.roll(images, 1, axis=2)
        + random.normal(size=(count, 1, 1, 1))
    )
    return np.clip(127 + 40 * images, 0, 255).astype("uint8")


def unit_directions(dim, count, seed=0):
    directions = np.random.default_rng(seed).normal(size=(dim, count))
    return (directions / np.linalg.norm(directions, axis=0)).astype("float32")


def test_published_pyramid(fixture):
    images = fixture["inputs/images_a"][:3]
    pyramid = laplacian_pyramid(images, 3)
    assert [level.shape for level in pyramid] == [(3, size, size, 3) for size in (64, 32, 16)]
    for level, size in zip(pyramid, (64, 32, 16), strict=True):
        assert level.dtype == np.float32
        reference = fixture[f"outputs/laplacian_{size}_first3"].transpose(0, 2, 3, 1)
        np.testing.assert_allclose(level, reference, atol=1e-3)


def published_patches(fixture, images):
    places = [fixture[f"inputs/patch_centre_{axis}"].reshape(6, 16) for axis in "yx"]
    return descriptors(laplacian_pyramid(fixture[images][:6], 3)[1], *places)


def test_published_descriptors(fixture):
    patches = published_patches(fixture, "inputs/images_a")
    assert patches.shape == (96, 7, 7, 3) and patches.dtype == np.float32
    normalised = (patches - patches.mean(axis=(0, 1, 2))) / patches.std(axis=(0, 1, 2))
    # The reference's order is channel, column, row.
    flat = normalised.transpose(0, 3, 2, 1).reshape(96, 147)
    np.testing.assert_allclose(flat, fixture["outputs/descriptors_level1_first6"], atol=1e-4)


def test_published_distance(fixture):
    directions = fixture["inputs/directions_unnormalised"]
    directions = directions / np.linalg.norm(directions, axis=0)
    directions = directions.reshape(3, 7, 7, 128).transpose(2, 1, 0, 3).reshape(147, 128)
    sets = [[published_patches(fixture, name)] for name in ("inputs/images_a", "inputs/images_b")]
    expected = fixture["outputs/sliced_wasserstein_level1_first6"]
    np.testing.assert_allclose(sliced_distance(*sets, directions), expected, atol=1e-5)


def test_published_metric(fixture):
    images = fixture["inputs/images_a"], fixture["inputs/images_b"]
    mean, deviation = fixture["outputs/swd_mean"], fixture["outputs/swd_std_over_10_seeds"]
    runs = []
    for seed in range(2):
        distances = sliced_wasserstein(*images, seed=seed)
        assert list(distances) == [64, 32, 16, "mean"]
        runs.append(list(distances.values()))
        assert (np.abs(runs[-1] - mean) <= 4 * deviation + 0.01 * mean).all()
    # The mean of two has less spread, and that of the published ten has some.
    assert (np.abs(np.mean(runs, axis=0) - mean) <= 4 * deviation * np.sqrt(1 / 2 + 1 / 10)).all()
    assert runs[0] != runs[1]


def filtered(image):
    """5 x 5 filter of one channel, weight by weight, mirrored without repeating the border."""
    weights = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    padded = np.pad(image.astype("float64"), 2, mode="reflect")
    height, width = image.shape
    shifts = [(y, x) for y in range(5) for x in range(5)]
    return sum(weights[y, x] * padded[y : y + height, x : x + width] for y, x in shifts)


@pytest.mark.parametrize("size", [(4, 4), (8, 12), (48, 16)])
def test_pyramid_with_two_dimensional_filters(size):
    images = np.random.default_rng(0).normal(size=(2, *size, 2))
    levels = 2 if size == (4, 4) else 3
    pyramid = laplacian_pyramid(images, levels)
    for i in range(2):
        for channel in range(2):
            image = images[i, :, :, channel]
            for level in pyramid[:-1]:
                smaller = filtered(image)[::2, ::2]
                larger = np.zeros(image.shape)
                larger[::2, ::2] = smaller
                np.testing.assert_allclose(level[i, :, :, channel], image - 4 * filtered(larger), atol=1e-6)
                image = smaller
            np.testing.assert_allclose(pyramid[-1][i, :, :, channel], image, atol=1e-6)


def test_pyramid_of_flat_images():
    flat = np.full((1, 32, 32, 1), 77, "uint8")
    for level, value in zip(laplacian_pyramid(flat, 3), (0, 0, 77), strict=True):
        np.testing.assert_array_equal(level, value)
    assert laplacian_pyramid(flat, 1)[0].dtype == np.float32


def test_descriptors_are_the_pixels_around_the_centre():
    level = np.random.default_rng(0).normal(size=(2, 12, 9, 3))
    rows, columns = np.array([[3, 8], [4, 5]]), np.array([[3, 5], [4, 3]])
    patches = descriptors(level, rows, columns)
    expected = [
        level[i, r - 3 : r + 4, c - 3 : c + 4]
        for i in range(2)
        for r, c in zip(rows[i], columns[i], strict=True)
    ]
    np.testing.assert_array_equal(patches, expected)
    for name, bad in (
        ("rows", (rows + 1, columns)),
        ("rows", (rows - 1, columns)),
        ("columns", (rows, columns + 1)),
    ):
        with pytest.raises(ValueError, match=rf"`{name}` must be from 3 to \d at a size of \d+. Received: "):
            descriptors(level, *bad)


def test_distance_direct():
    random = np.random.default_rng(1)
    scale, shift = random.uniform(1, 9, 3), random.normal(size=3) * 20
    real = (random.normal(size=(60, 7, 7, 3)) * scale + shift).astype("float32")
    generated = random.uniform(-1, 5, size=(60, 7, 7, 3)).astype("float32") ** 3
    directions = unit_directions(147, 20)
    projections = []
    for patches in (real.astype("float64"), generated.astype("float64")):
        patches = (patches - patches.mean(axis=(0, 1, 2))) / patches.std(axis=(0, 1, 2))
        projections.append(np.sort(patches.reshape(60, 147) @ directions, axis=0))
    expected = np.abs(projections[0] - projections[1]).mean()
    np.testing.assert_allclose(sliced_distance([real], [generated], directions), expected, rtol=1e-5)
    # However the patches are cut and ordered.
    cut = [real[::-1][:7], real[::-1][7:]]
    np.testing.assert_allclose(sliced_distance(cut, [generated], directions), expected, rtol=1e-5)
    assert sliced_distance(cut, [real], directions) < 1e-6


def test_directions_in_groups(monkeypatch):
    random = np.random.default_rng(2)
    real, generated = random.normal(size=(2, 30, 7, 7, 1)).astype("float32")
    directions = unit_directions(49, 10)
    whole = sliced_distance([real], [generated], directions)
    for block in (1, 100):
        monkeypatch.setattr(MODULE, "PROJECTIONS", block)
        np.testing.assert_allclose(sliced_distance([real], [generated], directions), whole, rtol=1e-6)


@pytest.mark.parametrize("split", [[5], [1, 2, 3], [9, 10]])
def test_batches_do_not_matter(split, monkeypatch):
    images = photos(11, size=64)
    whole, parts = (
        PatchDescriptors(patches_per_image=6, seed=3),
        PatchDescriptors(patches_per_image=6, seed=3),
    )
    whole.update(images)
    monkeypatch.setattr(MODULE, "PIXELS", 64 * 64 * 3 * 2)  # two images at a time
    for batch in np.split(images, split):
        parts.update(batch)
    assert whole.count == parts.count == 11 and list(parts.levels) == [64, 32, 16]
    for size in whole.levels:
        np.testing.assert_array_equal(np.concatenate(whole.levels[size]), np.concatenate(parts.levels[size]))


def test_places():
    # An image whose pixels are their own numbers shows where patches come from.
    numbers = np.arange(256, dtype="float32").reshape(1, 16, 16, 1).repeat(50, axis=0)
    patches = PatchDescriptors(patches_per_image=100, seed=0)
    patches.update(numbers)
    corners = patches.levels[16][0][:, 0, 0, 0].astype(int)
    for place in np.divmod(corners, 16):
        assert set(place) == set(range(10))
        counts = np.bincount(place)
        assert counts.min() > 400 and counts.max() < 600
    other = PatchDescriptors(patches_per_image=100, seed=1)
    other.update(numbers)
    assert np.any(other.levels[16][0] != patches.levels[16][0])
    # Every image and every level has its own places.
    assert np.any(corners[:100] != corners[100:200])


def test_every_level_has_its_own_places(monkeypatch):
    heights = {}

    def recorded(level, rows, columns):
        size = level.shape[1]
        heights[size] = (rows.ravel() - 3) / (size - 7)
        return descriptors(level, rows, columns)

    monkeypatch.setattr(MODULE, "descriptors", recorded)
    PatchDescriptors(seed=0).update(photos(4, size=64))
    assert list(heights) == [64, 32, 16]
    for one, other in ((64, 32), (64, 16), (32, 16)):
        assert abs(np.corrcoef(heights[one], heights[other])[0, 1]) < 0.2  # 4.5 / sqrt(512)


def test_memory():
    patches = PatchDescriptors(patches_per_image=10)
    patches.update(photos(3, size=32))
    assert patches.nbytes == 3 * 10 * 2 * 49 * 3 * 4
    images = np.zeros((400, 64, 64, 3), "uint8")
    tracemalloc.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODULE, "PIXELS", 10 * 64 * 64 * 3)
        patches = PatchDescriptors(patches_per_image=1)
        patches.update(images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - patches.nbytes < images.nbytes


def test_arrays_and_batches_of_either_type():
    real, generated = photos(12, seed=0), photos(12, seed=1)
    arguments = {"patches_per_image": 20, "repeats": 2, "directions": 16, "seed": 5}
    whole = sliced_wasserstein(real, generated, **arguments)
    streamed = sliced_wasserstein(
        np.split(real, [5]), (batch for batch in np.split(generated, 4)), **arguments
    )
    # The range is normalised away.
    floats = sliced_wasserstein(real / 127.5 - 1.0, (generated / 255.0).astype("float32"), **arguments)
    for other in (streamed, floats):
        assert list(other) == [32, 16, "mean"]
        np.testing.assert_allclose(list(other.values()), list(whole.values()), rtol=1e-4)
    np.testing.assert_allclose(whole["mean"], (whole[32] + whole[16]) / 2, rtol=1e-12)
    sets = [PatchDescriptors(patches_per_image=20, seed=[5, i]) for i in range(2)]
    for patches, images in zip(sets, (real, generated), strict=True):
        patches.update(images)
    assert descriptor_distance(*sets, repeats=2, directions=16, seed=5) == whole
    for changed in ({"patches_per_image": 21}, {"repeats": 3}, {"directions": 17}, {"seed": 6}):
        assert sliced_wasserstein(real, generated, **{**arguments, **changed}) != whole


def test_what_is_measured():
    real, same = photos(64, seed=0), photos(64, seed=1)
    base = sliced_wasserstein(real, same, repeats=1, directions=32)
    # Half of each image without detail.
    half = same.copy()
    half[:, :16] = same.mean(axis=(1, 2), keepdims=True)
    fine = sliced_wasserstein(real, half, repeats=1, directions=32)
    assert fine[32] > 5 * base[32] and fine[32] > fine[16] > base[16]
    # Detail in one colour is not detail in three.
    grey = sliced_wasserstein(real, np.repeat(same[..., :1], 3, axis=-1), repeats=1, directions=32)
    assert grey[32] > 1.5 * base[32]
    # The independent places of equal images leave the distance of two samples, not 0.
    assert 0.0 < sliced_wasserstein(real, real, repeats=1, directions=32)["mean"] < 2 * base["mean"]


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((2, 32, 32), "uint8"), r"Received: \(2, 32, 32\)"),
        (np.zeros((2, 32, 16, 3), "uint8"), r"Received: \(2, 32, 16, 3\)"),
        (
            np.zeros((2, 48, 48, 3), "uint8"),
            r"16, 32, 64 or another power of two. Received: \(2, 48, 48, 3\)",
        ),
        (np.zeros((2, 8, 8, 3), "uint8"), r"Received: \(2, 8, 8, 3\)"),
        (np.zeros((0, 32, 32, 3), "uint8"), r"Received: \(0, 32, 32, 3\)"),
        (np.zeros((2, 32, 32, 3), "int64"), r"uint8 or float. Received: int64"),
        (np.full((2, 32, 32, 3), np.nan), r"must be finite"),
        (np.full((2, 32, 32, 3), np.inf), r"must be finite"),
        (np.zeros((2, 16, 16, 3), "uint8"), r"\(32, 32, 3\) as before. Received: \(16, 16, 3\)"),
        (np.zeros((2, 32, 32, 3), "float32"), r"must be uint8 as before, in one range. Received: float32"),
        (np.zeros((2, 32, 32, 1), "uint8"), r"\(32, 32, 3\) as before. Received: \(32, 32, 1\)"),
    ],
)
def test_bad_images_change_nothing(images, message):
    patches = PatchDescriptors(patches_per_image=2)
    patches.update(photos(2))
    size = patches.nbytes
    with pytest.raises(ValueError, match=message):
        patches.update(images)
    assert (patches.count, patches.nbytes) == (2, size)


def test_errors():
    with pytest.raises(ValueError, match=r"`levels` must be at least 1. Received: 0"):
        laplacian_pyramid(photos(1), 0)
    for images, levels in ((photos(1), 6), (photos(1)[:, :30], 3), (photos(1)[0], 1)):
        with pytest.raises(ValueError, match=rf"halved {levels - 1} times, down to 2 or more. Received: \("):
            laplacian_pyramid(images, levels)
    assert len(laplacian_pyramid(photos(1), 5)) == 5
    with pytest.raises(ValueError, match=r"`patches_per_image` must be at least 1. Received: 0"):
        PatchDescriptors(patches_per_image=0)
    real, generated = photos(4), photos(3)
    with pytest.raises(ValueError, match=r"equally many images .* Received: 4 of \(32, 32, 3\) and 3 of"):
        sliced_wasserstein(real, generated)
    with pytest.raises(ValueError, match=r"Received: 0 of None and 0 of None"):
        sliced_wasserstein([], [])
    for arguments in ({"repeats": 0}, {"directions": 0}):
        with pytest.raises(ValueError, match=r"`repeats` and `directions` must be at least 1. Received: "):
            sliced_wasserstein(real, real, **arguments)
    flat = real.copy()
    flat[..., 1] = 9
    with pytest.raises(ValueError, match=r"patches of the `generated` images are constant in channel 1"):
        sliced_wasserstein(real, flat)
    patches = [np.random.default_rng(0).normal(size=(n, 7, 7, 1)).astype("float32") for n in (3, 4)]
    with pytest.raises(ValueError, match=r"equally many patches. Received: \[3, 4\]"):
        sliced_distance(patches[:1], patches[1:], unit_directions(49, 2))
