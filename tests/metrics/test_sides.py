import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from small_exports import Module, save

from keras_gans import data, hub, metrics
from keras_gans.metrics import sides
from keras_gans.random import counter_normal

NUMBERS = np.array([0, 1, 2, 7, 40])


def opened(path, **options):
    return sides.GeneratedSide(hub.load(path), **{"seed": 3, **options})


def assert_shows(judged, expected):
    """The images of `NUMBERS` are these float images in [0, 1], up to the rounding of a half."""
    actual = judged.images.take(NUMBERS)
    assert actual.dtype == "uint8"
    np.testing.assert_allclose(actual, np.asarray(expected) * 255, atol=0.501)


def test_images_of_an_export_follow_from_seed_and_number(preset):
    judged = opened(preset)
    model = judged.model.loaded
    assert_shows(judged, model.default(model.latents(3 * 2**32 + NUMBERS)))
    images = judged.images.take(NUMBERS)
    np.testing.assert_array_equal(judged.images.take(NUMBERS[3:]), images[3:])
    assert (opened(preset, seed=4).images.take(NUMBERS) != images).any(axis=(1, 2, 3)).all()
    assert (judged.resolution, judged.images.count, judged.images.labels) == (4, None, None)
    small = opened(preset, truncation=0.01).images.take(NUMBERS).astype(int)
    assert np.ptp(small, axis=0).max() <= 10
    for seed in (-1, 2**31):
        with pytest.raises(ValueError, match=rf"`seed` must be from 0 to 2147483647\. Received: {seed}"):
            opened(preset, seed=seed)


def reference(counts, names=("cat", "dog", "hat")):
    labels = np.repeat(np.arange(len(counts)), counts)
    return metrics.Images(None, len(labels), labels.__getitem__, class_names=names)


def test_classes(conditional):
    judged = opened(conditional, truncation=0.5)
    assert judged.images.note == "classes drawn uniformly"
    labels = judged.images.labels(np.arange(3000))
    assert np.abs(np.bincount(labels) - 1000).max() < 100
    np.testing.assert_array_equal(judged.images.labels(NUMBERS), labels[NUMBERS])
    assert (opened(conditional, seed=4).images.labels(np.arange(3000)) != labels).any()
    model = judged.model.loaded
    z = model.latents(3 * 2**32 + NUMBERS)
    assert_shows(judged, model.default(z, np.eye(3, dtype="float32")[labels[NUMBERS]], 0.5))
    for other in (reference((1, 2), ("cat", "dog")), reference((1, 2, 3), ("a", "b", "c"))):
        judged.follow(other)
    judged.follow(metrics.Images(None, 3))
    assert judged.images.note == "classes drawn uniformly"
    judged.follow(reference((60, 0, 30)))
    assert judged.images.note == "classes drawn as often as the data has them"
    labels = judged.images.labels(np.arange(3000))
    counts = np.bincount(labels, minlength=3)
    assert counts[1] == 0 and abs(counts[0] - 2000) < 100
    np.testing.assert_array_equal(judged.images.labels(NUMBERS), labels[NUMBERS])
    assert_shows(judged, model.default(z, np.eye(3, dtype="float32")[labels[NUMBERS]], 0.5))
    one = opened(conditional, label="dog")
    one.follow(reference((60, 0, 30)))
    assert one.images.labels(NUMBERS).tolist() == [1] * 5 and one.images.note == ""


def test_a_class_with_guidance(diffusing):
    judged = opened(diffusing, label="hat", guidance=3.0)
    model = judged.model
    latents = counter_normal(np.full(5, 3, "int64"), NUMBERS, (48,))  # it has no signature `latents`
    assert_shows(judged, model.generate(latents, label=1, guidance=3.0))
    assert judged.images.labels(NUMBERS).tolist() == [1] * 5
    plain = opened(diffusing)
    assert_shows(plain, model.generate(latents))
    assert plain.images.labels is None and plain.images.note == ""


def test_paths_through_z(conditional):
    judged = opened(conditional)
    space = judged.spaces["z"]
    assert judged.spaces.keys() == {"z"}
    model, paths = judged.model.loaded, np.array([4, 9])
    ends = space.ends(paths)
    np.testing.assert_array_equal(ends, model.latents(3 * 2**32 + paths))
    y = np.eye(3, dtype="float32")[judged.images.labels(paths)]
    pixels = space.generate(ends, paths)
    np.testing.assert_allclose(pixels, 255 * np.asarray(model.default(ends, y, 1.0)), atol=1e-4)
    assert (pixels != np.rint(pixels)).any()


def test_paths_through_w(tmp_path):
    """Both ends of a path have one class; a module without `latents` gets normal ones."""
    module = Module()

    def mapping(z, y):
        shift = tf.reduce_sum(y * tf.range(3.0), axis=1)[:, None, None]
        return {"mapping": tf.stack([z, 2.0 * z], axis=1) + shift}

    path = save(
        tmp_path,
        module,
        default=(
            lambda z, y: {"default": module.images(z + 0.0 * y[:, :1])},
            {"z": (None, 5), "y": (None, 3)},
        ),
        mapping=(mapping, {"z": (None, 5), "y": (None, 3)}),
        synthesis=(lambda w: {"synthesis": module.images(w[:, 1])}, {"w": (None, 2, 5)}),
    )
    judged = opened(path)
    assert judged.spaces.keys() == {"z", "w"}
    space, paths = judged.spaces["w"], np.arange(6)
    labels = judged.images.labels(paths)
    assert len(set(labels)) > 1
    for numbers in (2 * paths, 2 * paths + 1):
        z = np.asarray(counter_normal(np.full(6, 3, "int64"), numbers, (5,)))
        np.testing.assert_allclose(judged.spaces["z"].ends(numbers), z, atol=1e-6)
        expected = np.stack([z, 2 * z], axis=1) + labels[:, None, None]
        np.testing.assert_allclose(space.ends(numbers), expected.reshape(6, 10), atol=1e-6)
    pixels = space.generate(space.ends(2 * paths).astype("float32"), paths)
    w = space.ends(2 * paths).reshape(6, 2, 5)
    np.testing.assert_allclose(pixels, 255 * np.asarray(module.images(w[:, 1])), atol=1e-3)


def test_images_that_are_not_square(tmp_path):
    module = Module(height=4, width=6)
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    assert opened(path).resolution == (4, 6)


def test_a_folder_of_images(tmp_path):
    for number in range(6):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        pixels = np.full((12, 9, 3), 10 * number, "uint8")
        Image.fromarray(pixels).save(tmp_path / "ab"[number % 2] / f"{number}.png")
    judged = sides.of_folder(tmp_path, crop="center")
    assert (judged.images.count, judged.resolution, judged.spaces) == (6, 9, {})
    images = judged.images.take(np.arange(6))
    assert images.shape == (6, 9, 9, 3)
    assert images[:, 0, 0, 0].tolist() == [0, 20, 40, 10, 30, 50]
    assert judged.images.labels(np.array([0, 5])).tolist() == [0, 1]
    (tmp_path / "letters").mkdir()
    with pytest.raises(FileNotFoundError, match="letters holds neither an export nor images"):
        sides.of_folder(tmp_path / "letters")


def test_a_folder_of_several_sizes(tmp_path):
    for number, size in enumerate([8, 8, 8, 12, 9]):
        Image.fromarray(np.full((size, size, 3), 10 * number, "uint8")).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"")
    counts = r"in pixels of the shorter side: 3 of 8, 1 of 9, 1 of 12\. Pass `resolution=N`, at most 8,"
    with pytest.raises(ValueError, match=counts):
        sides.of_folder(tmp_path)
    (tmp_path / "broken.png").unlink()
    for resolution in (8, 4):  # as advised
        judged = sides.of_folder(tmp_path, resolution=resolution)
        assert judged.resolution == resolution
        images = judged.images.take(np.arange(5))
        assert images.shape == (5, resolution, resolution, 3)
        assert images[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    with pytest.raises(ValueError, match="smaller than 9 pixels"):
        sides.of_folder(tmp_path, resolution=9)
    for size in range(20, 24):
        Image.fromarray(np.zeros((size, size, 3), "uint8")).save(tmp_path / f"{size}.png")
    with pytest.raises(ValueError, match=r"1 of 20, 1 of 21 and 2 more sizes\."):
        sides.of_folder(tmp_path)
    Image.fromarray(np.zeros((8, 9, 3), "uint8")).save(tmp_path / "wide.png")
    with pytest.raises(ValueError, match=r"1 not square.*pass crop=.center."):
        sides.of_folder(tmp_path)


def test_an_array():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), "uint8")
    for array in (pixels, (pixels / 255.0).astype("float32")):
        judged = sides.of_array(array)
        assert (judged.images.count, judged.resolution, judged.channels) == (6, 4, "rgb")
        np.testing.assert_array_equal(judged.images.take(np.array([5, 0])), pixels[[5, 0]])
    assert sides.of_array(pixels[..., :1]).channels == "grey"
    with pytest.raises(ValueError, match=r"must give images .*Received: the shape \(6, 4, 4\)"):
        sides.of_array(pixels[..., 0])
    with pytest.raises(ValueError, match=r"in \[0, 1\]\. The array gives 0\.00 to 255\.00\. Map them"):
        sides.of_array(pixels.astype("float32"))


def test_a_callable():
    module = Module()
    judged = sides.of_callable(module.images, latent_dim=5, seed=3)
    z = counter_normal(np.full(5, 3, "int64"), NUMBERS, (5,))
    assert_shows(judged, module.images(z))
    assert (judged.resolution, judged.images.count) == (4, None)
    space = judged.spaces["z"]
    np.testing.assert_array_equal(space.ends(NUMBERS), z)
    np.testing.assert_allclose(space.generate(z, NUMBERS), 255 * np.asarray(module.images(z)), atol=1e-4)
    with pytest.raises(ValueError, match="pass `latent_dim`"):
        sides.of_callable(module.images, latent_dim=None)


@pytest.fixture
def photos(tmp_path):
    """12 images of noise, 8 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), "uint8")):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def test_real_images_in_grey(photos):
    grey = sides.open_reference(str(photos), 8, channels="grey").take(np.arange(12))
    colours = sides.open_reference(str(photos), 8).take(np.arange(12))
    assert grey.shape == (12, 8, 8, 1) and colours.shape == (12, 8, 8, 3)
    np.testing.assert_allclose(grey[..., 0], colours @ [0.299, 0.587, 0.114], atol=0.6)


@pytest.mark.parametrize("in_memory", [True, False])
def test_identity_of_real_images(photos, monkeypatch, in_memory):
    if not in_memory:
        load = data.load
        monkeypatch.setattr(data, "load", lambda *args, **options: load(*args, **options, cache=False))

    def identity(resolution=4):
        return sides.open_reference(str(photos), resolution).identity

    first = identity()
    assert identity() == first and identity(8) != first
    if in_memory:
        (photos / "05.png").rename(photos / "99.png")  # another order
    else:
        (photos / "05.png").touch()
    assert identity() != first


def test_images_of_a_folder_that_are_not_square(tmp_path):
    for number in range(2):
        Image.fromarray(np.full((12, 8, 3), 40 * number, "uint8")).save(tmp_path / f"{number}.png")
    side = sides.of_folder(tmp_path)
    assert side.resolution == (12, 8) and side.images.take(np.arange(2)).shape == (2, 12, 8, 3)
    assert sides.of_folder(tmp_path, resolution=(6, 4)).resolution == (6, 4)
    real = sides.open_reference(str(tmp_path), side.resolution)
    np.testing.assert_array_equal(real.take(np.arange(2)), side.images.take(np.arange(2)))
