import numpy as np
import pytest

from keras_gans.metrics import collection, features
from keras_gans.metrics.cache import Cache
from keras_gans.metrics.ssim import ms_ssim


def noise(count, size=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), "uint8")


def images_of(array, **options):
    return collection.Images(array.__getitem__, len(array), **options)


class Counter:
    """An extractor that counts its images."""

    def __init__(self):
        self.inner = features.random_projection(8, 6)
        self.dim, self.num_classes, self.fingerprint, self.name = 6, 4, "counter", "counter"
        self.seen = 0

    def outputs(self, images):
        self.seen += len(images)
        vectors = self.inner.extract(images)
        return {"features": vectors, "logits": vectors[:, :4] * 2}


@pytest.fixture
def collector():
    return collection.Collector(Counter(), seed=0, batch_size=7, progress=lambda *_: None)


def test_everything_from_one_pass(collector):
    array = noise(40)
    order = np.random.default_rng(0).permutation(40)
    vectors = features.random_projection(8, 6).extract(array[order])
    wants = {
        ("statistics", 10),
        ("statistics", 33),
        ("features", 20),
        ("logits", 25),
        ("patches", 12),
        ("pairs", 9),
    }
    found = collector.collect("real", images_of(array), wants, side=0)
    assert found.keys() == wants
    assert collector.extractor.seen == 33  # no image twice, and none that nobody needs
    for count in (10, 33):
        assert found["statistics", count].count == count
        np.testing.assert_allclose(found["statistics", count].mean, vectors[:count].mean(axis=0), atol=1e-5)
        covariance = np.cov(vectors[:count].astype("float64"), rowvar=False)
        np.testing.assert_allclose(found["statistics", count].covariance, covariance, atol=1e-5)
    np.testing.assert_allclose(found["features", 20], vectors[:20], atol=1e-5)
    np.testing.assert_allclose(found["logits", 25], 2 * vectors[:25, :4], atol=1e-5)
    assert found["patches", 12].count == 12
    similarities, scales = found["pairs", 9]
    assert scales == 1 and len(similarities) == 4


def test_images_alone_need_no_extractor():
    collector = collection.Collector(None, seed=0, batch_size=5, progress=lambda *_: None)
    found = collector.collect("real", images_of(noise(12)), {("patches", 12)}, side=0)
    assert found["patches", 12].count == 12


def test_batches_do_not_matter():
    array, found = noise(30), []
    wants = {("statistics", 30), ("patches", 30), ("pairs", 30)}
    labels = np.arange(30) % 3
    for size in (1, 8, 30):
        collector = collection.Collector(Counter(), seed=0, batch_size=size, progress=lambda *_: None)
        found.append(collector.collect("real", images_of(array, labels=labels.__getitem__), wants, side=0))
    for other in found[1:]:
        assert np.allclose(other["statistics", 30].covariance, found[0]["statistics", 30].covariance)
        pairs = [np.sort(one["pairs", 30][0]) for one in (other, found[0])]
        np.testing.assert_allclose(*pairs, atol=1e-6)
        patches = [np.concatenate(one["patches", 30].levels[16]) for one in (other, found[0])]
        np.testing.assert_array_equal(*patches)


def test_pairs_are_of_one_class(collector):
    """Each class has one picture of its own: within a class all pairs are equal, between classes none."""
    pictures = noise(3)
    labels = np.array([0, 1, 2, 2, 1, 0, 0, 2, 1, 1, 0, 2, 2])
    array = pictures[labels]
    sides = images_of(array, labels=labels.__getitem__)
    similarities, _ = collector.collect("fake", sides, {("pairs", 13)}, side=1)["pairs", 13]
    assert len(similarities) == 2 + 2 + 2  # 4, 4 and 5 images
    np.testing.assert_allclose(similarities, 1.0, atol=1e-6)
    mixed, _ = collector.collect("fake", images_of(array), {("pairs", 13)}, side=1)["pairs", 13]
    assert len(mixed) == 6 and mixed.min() < 0.5


def test_pairs_of_one_image_each(collector):
    similarities, scales = collector.collect(
        "fake", images_of(noise(4), labels=lambda numbers: numbers), {("pairs", 4)}, side=1
    )["pairs", 4]
    assert len(similarities) == 0 and scales is None


def test_pairs_equal_the_function():
    array = noise(8, size=64)
    collector = collection.Collector(None, seed=0, batch_size=3, progress=lambda *_: None)
    endless = collection.Images(array.__getitem__)
    similarities, scales = collector.collect("fake", endless, {("pairs", 8)}, side=1)["pairs", 8]
    assert scales == 3
    np.testing.assert_allclose(similarities, ms_ssim(array[0::2], array[1::2], scales=3), atol=1e-6)


@pytest.mark.parametrize(
    ("size", "scales"),
    [(11, 1), (20, 1), (21, 2), (32, 2), (41, 3), (64, 3), (128, 4), (160, 4), (161, 5), (512, 5)],
)
def test_scales(size, scales):
    assert collection.scales_for((size, size)) == scales


def test_too_small_for_similarity():
    with pytest.raises(ValueError, match=r"11 pixels or more\. Received: 8 x 8"):
        collection.scales_for((8, 8))


def test_endless_images_come_in_order(collector):
    asked = []

    def take(numbers):
        asked.extend(numbers.tolist())
        return noise(len(numbers))

    collector.collect("fake", collection.Images(take), {("features", 20), ("statistics", 11)}, side=1)
    assert asked == list(range(20))


def test_a_finite_set_is_sampled_the_same_way_every_time(collector):
    asked = []

    def take(numbers):
        asked.extend(numbers.tolist())
        return noise(len(numbers))

    for count in (20, 50):
        collector.collect("real", collection.Images(take, 100), {("features", count)}, side=0)
    assert asked[:20] == asked[20:40] and len(set(asked[20:])) == 50 and sorted(asked[20:]) != asked[20:]


def test_grey_images_become_rgb(collector):
    grey = noise(12)[..., :1]
    found = collector.collect("real", images_of(grey), {("patches", 12), ("features", 12)}, side=0)
    assert found["patches", 12].shape == (16, 16, 3)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((3, 8, 8, 3), "float32"),
        np.zeros((3, 8, 8, 4), "uint8"),
        np.zeros((3, 8, 8), "uint8"),
        np.zeros((2, 8, 8, 3), "uint8"),
    ],
)
def test_images_that_are_none(collector, bad):
    with pytest.raises(ValueError, match=r"uint8 images \(3, height, width, 1 or 3\). Received: "):
        collector.collect("real", collection.Images(lambda numbers: bad, 3), {("features", 3)}, side=0)


def test_both_sides_have_one_size(collector):
    collector.collect("real", images_of(noise(4)), {("features", 4)}, side=0)
    with pytest.raises(ValueError, match="32 pixels cannot be compared with images of 16"):
        collector.collect("fake", images_of(noise(4, 32)), {("features", 4)}, side=1)


def test_features_that_are_not_finite_are_refused(collector, tmp_path):
    class Broken(Counter):
        def outputs(self, images):
            return {"features": np.full((len(images), 6), np.nan, "float32")}

    collector.extractor = Broken()
    for kind in ("features", "statistics"):
        with pytest.raises(ValueError, match="`features` must be finite"):
            collector.collect("real", images_of(noise(4)), {(kind, 4)}, side=0)


def test_files_with_other_arrays_are_damaged(collector, tmp_path):
    said = []
    cache, extractor = Cache(tmp_path, report=said.append), Counter()
    images = images_of(noise(12), identity="a")
    wants = {("features", 12), ("statistics", 12)}
    results = collector.collect("real", images, wants, side=0)
    collection.store_cached(cache, images, results, extractor)
    assert collection.load_cached(cache, images, wants, extractor).keys() == wants
    good = results["statistics", 12].to_arrays()
    bad = {
        "features": ({}, {"other": np.zeros(3)}, {"features": np.zeros((11, 6), "float32")},
                     {"features": np.full((12, 6), np.nan, "float32")}),
        "statistics": ({"mean": good["mean"]}, {**good, "count": np.int64(11)},
                       {**good, "count": np.zeros(2)}),
    }  # fmt: skip
    for want, key in collection._keys(cache, images, wants, extractor):
        for number, arrays in enumerate(bad[want[0]]):
            said.clear()
            cache.store(key, arrays)
            assert want not in collection.load_cached(cache, images, wants, extractor), (want, number)
            assert "damaged and will be made again" in said[0] and not cache.path(key).exists()


def test_progress():
    told = []
    collector = collection.Collector(Counter(), seed=0, batch_size=8, progress=lambda *all: told.append(all))
    collector.collect("real images", images_of(noise(20)), {("features", 20), ("statistics", 10)}, side=0)
    assert told == [("real images", done, 20) for done in (8, 10, 18, 20)]


def test_longest():
    wants = {("features", 5), ("features", 9), ("statistics", 5), ("statistics", 9), ("logits", 3)}
    assert collection.longest(wants) == wants - {("features", 5)}
    results = {("features", 9): np.arange(9), ("statistics", 5): "s"}
    assert collection.collected(results, "features", 5).tolist() == [0, 1, 2, 3, 4]
    assert collection.collected(results, "statistics", 5) == "s"


def test_cached(tmp_path, collector):
    cache, wants = Cache(tmp_path), {("statistics", 9), ("features", 12), ("patches", 12)}
    array = noise(20)
    real = images_of(array, identity="twenty")
    assert collection.load_cached(cache, real, wants, collector.extractor) == {}
    fresh = collector.collect("real", real, wants, side=0)
    collection.store_cached(cache, real, fresh, collector.extractor)
    found = collection.load_cached(cache, real, wants, collector.extractor)
    assert found.keys() == {("statistics", 9), ("features", 12)}
    np.testing.assert_array_equal(found["features", 12], fresh["features", 12])
    np.testing.assert_array_equal(found["statistics", 9].covariance, fresh["statistics", 9].covariance)
    assert found["statistics", 9].count == 9


def test_the_cache_depends_on_everything(tmp_path, collector, monkeypatch):
    cache, want = Cache(tmp_path), {("features", 12)}
    real = images_of(noise(20), identity="twenty")
    collection.store_cached(cache, real, collector.collect("real", real, want, side=0), collector.extractor)

    def found(images=real, extractor=collector.extractor, wants=want):
        return collection.load_cached(cache, images, wants, extractor).keys() == wants

    assert found()
    assert not found(wants={("features", 11)})
    assert not found(images=images_of(noise(20), identity="other"))
    assert not found(images=images_of(noise(21), identity="twenty"))
    assert not found(images=images_of(noise(20)))
    other = Counter()
    other.fingerprint = "other"
    assert not found(extractor=other)
    monkeypatch.setattr(collection, "VERSION", collection.VERSION + 1)
    assert not found()


def test_without_identity_nothing_is_stored(tmp_path, collector):
    real = images_of(noise(20))
    fresh = collector.collect("real", real, {("features", 12)}, side=0)
    collection.store_cached(Cache(tmp_path), real, fresh, collector.extractor)
    assert list(tmp_path.iterdir()) == []
