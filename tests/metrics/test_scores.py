import dataclasses
import re

import numpy as np
import pytest
from PIL import Image, ImageFilter

from keras_gans import data, metrics
from keras_gans.metrics import (
    Images,
    LatentSpace,
    MetricsFailed,
    check_metric,
    compute_scores,
    parse_metric,
)
from keras_gans.metrics.cache import digest_of_images
from keras_gans.metrics.sliced_wasserstein import PatchDescriptors, descriptor_distance


def noise(count, size=16, seed=0, low=0):
    return np.random.default_rng(seed).integers(low, 256, (count, size, size, 3), "uint8")


def images_of(array, **options):
    return Images(array.__getitem__, len(array), **options)


def endless(array):
    return Images(array.__getitem__)


PROJECTION = metrics.random_projection(8, 6)
REAL, FAKE = noise(60), noise(40, seed=1, low=30)
ORDER = np.random.default_rng(0).permutation(60)


def statistics(vectors):
    result = metrics.FeatureStatistics(vectors.shape[1])
    result.update(vectors)
    return result


def by_name(scores):
    return {(score.metric, score.quantity): score for score in scores}


def test_every_metric_of_features_equals_its_function():
    names = [
        "fid20",
        "fid40_full",
        "kid30",
        "kid40_full",
        "pr25",
        "pr40_full",
        "dc25",
        "dc40_full",
    ]
    found = by_name(compute_scores(endless(FAKE), images_of(REAL), names, PROJECTION, seed=5, batch_size=9))
    real, fake = PROJECTION.extract(REAL[ORDER]), PROJECTION.extract(FAKE)
    expected = {
        ("fid20", "distance"): metrics.frechet_distance(statistics(real[:20]), statistics(fake[:20])),
        ("fid40_full", "distance"): metrics.frechet_distance(statistics(real), statistics(fake)),
    }
    for name, count, other in (("kid30", 30, 30), ("kid40_full", 40, 60)):
        size = min(count, other) // 2
        mean, std = metrics.kid(real[:other], fake[:count], subset_size=size, seed=5)
        expected[name, "distance"] = mean
        assert found[name, "distance"].std == pytest.approx(std, rel=1e-4)
        assert found[name, "distance"].note == f"100 subsets of {size}"
    for name, count, other in (("pr25", 25, 25), ("pr40_full", 40, 60)):
        pair = metrics.precision_recall(real[:other], fake[:count], neighbours=3)
        expected[name, "precision"], expected[name, "recall"] = pair
    for name, count, other in (("dc25", 25, 25), ("dc40_full", 40, 60)):
        pair = metrics.density_coverage(real[:other], fake[:count], neighbours=5)
        expected[name, "density"], expected[name, "coverage"] = pair
    assert list(found) == list(
        dict.fromkeys((name, quantity) for name in names for key, quantity in expected if key == name)
    )
    for key, value in expected.items():
        assert found[key].value == pytest.approx(value, rel=1e-4), key
        assert found[key].protocol == f"{key[0]}[random-8-6-0]"
        assert found[key].real_count == (60 if key[0].endswith("_full") else found[key].generated_count)
        assert (found[key].seed, found[key].resolution) == (5, 16)
    assert found["fid40_full", "distance"].generated_count == 40 and found["fid20", "distance"].std is None


class Classifier(metrics.FeatureExtractor):
    """Means over the channels as features, and times 10 as logits."""

    def __init__(self):
        super().__init__(
            lambda images: {"features": images.mean(axis=(1, 2)), "logits": 10 * images.mean(axis=(1, 2))},
            name="means",
            dim=3,
            size=4,
            value_range=(-1.0, 1.0),
            resize=metrics.features.antialiased,
            num_classes=3,
            fingerprint="",
        )
        self.seen = 0

    def outputs(self, images):
        self.seen += len(images)
        return super().outputs(images)


def test_inception_score_needs_no_reference():
    extractor = Classifier()
    [score] = compute_scores(endless(FAKE), None, ["is40"], extractor)
    mean, std = metrics.inception_score(extractor.logits(FAKE))
    assert (score.value, score.std) == (pytest.approx(mean), pytest.approx(std))
    assert (score.quantity, score.real_count, score.protocol) == ("score", 0, "is40[means]")


def test_metrics_of_images_need_no_extractor():
    scores = by_name(compute_scores(endless(FAKE), images_of(REAL), ["swd30", "msssim40"], seed=3))
    patches = [PatchDescriptors(seed=[3, side]) for side in (0, 1)]
    patches[0].update(REAL[ORDER[:30]])
    patches[1].update(FAKE[:30])
    expected = descriptor_distance(*patches, seed=3)
    assert scores["swd30", "16 px"].value == pytest.approx(expected[16])
    assert scores["swd30", "mean"].value == pytest.approx(expected["mean"])
    assert scores["swd30", "mean"].protocol == "swd30"
    similar = metrics.ms_ssim(FAKE[0::2], FAKE[1::2], scales=1)
    assert scores["msssim40", "similarity"].value == pytest.approx(similar.mean(), abs=1e-6)
    assert scores["msssim40", "similarity"].note.startswith("20 pairs, 1 of 5 scales")


def test_images_are_made_and_seen_once():
    asked, extractor = [], Classifier()

    def take(numbers):
        asked.extend(numbers.tolist())
        return FAKE[numbers]

    names = ["fid20", "kid40", "pr30", "dc20", "is20", "swd20", "msssim20", "fid40"]
    compute_scores(Images(take), images_of(REAL), names, extractor, batch_size=16)
    assert asked == list(range(40))
    assert extractor.seen == 80


def test_too_few_images_for_a_covariance_are_noted():
    extractor = metrics.random_projection(8, 50)
    few, enough = compute_scores(endless(FAKE), images_of(REAL), ["fid40_full", "fid20"], extractor)
    assert "(40) than features (50)" in few.note
    assert "(20 and 20) than features (50)" in enough.note
    [fine] = compute_scores(endless(FAKE), images_of(REAL), ["fid20"], PROJECTION)
    assert fine.note == ""


def test_the_reference_is_cached(tmp_path):
    names = ["fid20", "kid40", "swd20"]
    said = []
    cache = metrics.Cache(tmp_path, report=said.append)
    real = images_of(REAL, identity=digest_of_images(REAL))
    plain = compute_scores(endless(FAKE), real, names, Classifier())
    runs = []
    for _ in range(2):
        extractor = Classifier()
        assert compute_scores(endless(FAKE), real, names, extractor, cache=cache) == plain
        runs.append(extractor.seen)
    assert runs == [80, 40]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 255
        file.write_bytes(content)
    extractor = Classifier()
    assert compute_scores(endless(FAKE), real, names, extractor, cache=cache) == plain
    assert extractor.seen == 80 and len(said) == 2 and "will be made again" in said[0]
    other = REAL.copy()
    other[0, 0, 0] ^= 255
    extractor = Classifier()
    compute_scores(
        endless(FAKE), images_of(other, identity=digest_of_images(other)), ["fid20"], extractor, cache=cache
    )
    assert extractor.seen == 40


def test_the_smallest_references_of_each_metric():
    for name, count in (("kid20_full", 4), ("pr20_full", 4), ("dc20_full", 6), ("fid20_full", 2)):
        for score in compute_scores(endless(FAKE), images_of(REAL[:count]), [name], PROJECTION):
            assert np.isfinite(score.value) and score.real_count == count


def test_a_cached_reference_has_a_size(tmp_path):
    cache = metrics.Cache(tmp_path)
    for size in (16, 32):
        array = noise(40, size)
        real = images_of(array, identity="x")
        [score] = compute_scores(endless(array), real, ["fid20"], PROJECTION, cache=cache)
        assert score.value != 0.0 and score.resolution == size
        for other in (noise(40, 8), array[:, :, :8]):
            with pytest.raises(ValueError, match="cannot be compared with images of"):
                compute_scores(endless(other), real, ["fid20"], PROJECTION, cache=cache)
    assert len(list(tmp_path.iterdir())) == 2


def test_notes_of_the_images_are_those_of_the_scores():
    fake = Images(FAKE.__getitem__, note="classes drawn uniformly")
    kid, fid = compute_scores(fake, images_of(REAL), ["kid20", "fid20"], PROJECTION)
    assert kid.note == "100 subsets of 10; classes drawn uniformly" and fid.note == "classes drawn uniformly"


def test_grey_images_are_noted():
    grey = Images(FAKE[..., :1].__getitem__)
    [score] = compute_scores(grey, images_of(REAL[..., :1]), ["fid20"], PROJECTION)
    same = np.repeat(FAKE[..., :1], 3, axis=-1), np.repeat(REAL[..., :1], 3, axis=-1)
    [expected] = compute_scores(Images(same[0].__getitem__), images_of(same[1]), ["fid20"], PROJECTION)
    assert score.note == "grey images, repeated to three channels" and not expected.note
    assert score.value == expected.value


def test_progress_names_what_is_done():
    told = []
    compute_scores(
        endless(FAKE),
        images_of(REAL),
        ["fid20"],
        PROJECTION,
        batch_size=10,
        progress=lambda *all: told.append(all),
    )
    sides = ("real images", "generated images")
    assert told == [(side, done, 20) for side in sides for done in (10, 20)]


# --- path lengths ---


def linear_space(dim, matrix):
    """A generator whose images are linear in the latents, around grey: the paths can be measured by hand."""
    ends = np.random.default_rng(7).standard_normal((200, dim))

    def generate(latents, paths):
        assert len(latents) == len(paths)
        return (128.0 + latents @ matrix).reshape(-1, 4, 4, 3)

    return ends, LatentSpace(ends.__getitem__, generate)


def trimmed(values):
    low, high = np.percentile(values, 1, method="lower"), np.percentile(values, 99, method="higher")
    return values[(values >= low) & (values <= high)].mean()


def test_path_length_in_w():
    matrix = np.random.default_rng(8).standard_normal((5, 48)) * 5
    ends, space = linear_space(5, matrix)
    found = compute_scores(
        Images(None),
        None,
        ["ppl50_wend", "ppl50_wfull"],
        metrics.pixels(4),
        latent_spaces={"w": space},
        batch_size=8,
    )
    # The features are pixels / 255: straight lines stay straight, so t does not matter.
    expected = np.square((ends[1:100:2] - ends[0:100:2]) @ matrix / 255.0).sum(axis=1)
    for score in found:
        assert score.value == pytest.approx(trimmed(expected), rel=2e-2)
        assert (score.generated_count, score.resolution, score.quantity) == (50, 4, "length")
        assert "LPIPS" in score.note


def test_path_length_in_z():
    """On a sphere the speed is its radius times the angle, and an orthogonal generator keeps it."""
    basis = np.linalg.qr(np.random.default_rng(8).standard_normal((48, 4)))[0].T * 20
    ends, space = linear_space(4, basis)
    [end, full] = compute_scores(
        Images(None), None, ["ppl40_zend", "ppl40_zfull"], metrics.pixels(4), latent_spaces={"z": space}
    )
    unit = ends / np.linalg.norm(ends, axis=1, keepdims=True)
    angles = np.arccos((unit[0:80:2] * unit[1:80:2]).sum(axis=1))
    expected = trimmed(np.square(angles * np.sqrt(4) * 20 / 255.0))
    assert end.value == pytest.approx(expected, rel=2e-2)
    assert full.value == pytest.approx(expected, rel=2e-2)


# --- what is refused ---


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["fid50"], r"fid50 takes 50 generated images. Received: 40. fid40 would do"),
        (["swd50"], r"swd50 takes 50 generated images"),
        (["fid5kk"], "A metric must be one of"),
        (["is20"], "is20 needs logits, which the extractor random-8-6-0 does not give"),
        (["ppl20_zend"], "runs paths in z. What is judged offers: none. .*signatures mapping and synthesis"),
        (["ppl2_wend"], "runs paths in w"),
    ],
)
def test_what_cannot_be_computed(names, message):
    with pytest.raises(ValueError, match=message):
        compute_scores(images_of(FAKE), images_of(REAL), names, PROJECTION)


def test_references_that_do_not_do():
    few = images_of(REAL[:15])
    with pytest.raises(ValueError, match=r"ones, 20\. Received: 15\. fid20_full compares .* fid15 would"):
        compute_scores(endless(FAKE), few, ["fid20"], PROJECTION)
    with pytest.raises(ValueError, match=r"Received: 15\. swd15 would do"):
        compute_scores(endless(FAKE), few, ["swd20"])
    for reference in (None, endless(REAL)):
        with pytest.raises(ValueError, match="pass a `reference` with a count"):
            compute_scores(endless(FAKE), reference, ["fid20"], PROJECTION)
    with pytest.raises(ValueError, match="fid20 compares features: pass an `extractor`"):
        compute_scores(endless(FAKE), few, ["fid20"])


def test_mistakes_are_found_before_any_work():
    def take(numbers):
        raise AssertionError("an image was made")

    for name, count, message in (
        ("kid20_full", 3, r"kid20_full takes 4 real images or more\. Received: 3"),
        ("pr20_full", 3, r"pr20_full takes 4 real images or more, more than its 3 neighbours"),
        ("dc20_full", 5, r"dc20_full takes 6 real images"),
        ("fid20_full", 1, r"fid20_full takes 2 real images"),
    ):
        with pytest.raises(ValueError, match=message):
            compute_scores(Images(take), Images(take, count), [name], PROJECTION)
    with pytest.raises(ValueError, match="needs logits"):
        compute_scores(Images(take), Images(take, 100), ["fid20", "is20"], PROJECTION)


def test_sizes_and_classes_that_do_not_do_are_found_with_one_image():
    asked = []

    def images(size, classes=25):
        def take(numbers):
            asked.append(len(numbers))
            return noise(len(numbers), size)

        return Images(take, labels=lambda numbers: numbers % classes)

    for size, classes, name, message in (
        (24, 2, "swd20", r"swd20 takes square images of 16, 32, 64 .* pixels\. Received: 24x24"),
        (8, 2, "msssim20", r"msssim needs images of 11 pixels or more"),
        (16, 25, "msssim20", r"no two images of one class among 20\. Take more images"),
    ):
        with pytest.raises(ValueError, match=message):
            real = images_of(noise(20, size)) if name == "swd20" else None
            compute_scores(images(size, classes), real, ["is20", name], Classifier())
    with pytest.raises(ValueError, match=r"among 20\. Each has one of its own"):
        compute_scores(dataclasses.replace(images(16, 99), count=30), None, ["msssim20"])
    assert asked == [1] * 3
    # What is advised does: of 26 images two have one class.
    compute_scores(images(16), None, ["msssim26"])


@pytest.mark.parametrize(
    "name", ["fid50", "kid50", "pr50", "dc50", "swd50", "fid50_full", "is50", "msssim50"]
)
@pytest.mark.parametrize("made", [4, 10, 12, 40, None])
@pytest.mark.parametrize("real", [3, 5, 11, 40, 60])
def test_advice_works(name, made, real):
    """Whatever an error names instead is computed from the same images."""
    extractor = Classifier()
    sides = Images(FAKE.__getitem__, made), Images(REAL.__getitem__, real)
    protocol = parse_metric(name)
    try:
        check_metric(protocol, *sides, extractor, {})
    except ValueError as error:
        offered = re.findall(r"(\w+)(?: would do| compares with all)", str(error))
        for other in offered:
            check_metric(parse_metric(other), *sides, extractor, {})
        # Where each side has images for some metric, one is named.
        enough = min(made or 60, real if protocol.compares else 60) >= 10
        assert bool(offered) or (not enough and " or more" in str(error))


def test_one_that_fails_does_not_lose_the_others(monkeypatch):
    def broken(context):
        raise FloatingPointError("no number")

    monkeypatch.setitem(compute_scores.__globals__["_COMPUTE"], "kid", broken)
    sides = endless(FAKE), images_of(REAL)
    with pytest.raises(
        MetricsFailed, match=r"1 of the metrics .* kid20: FloatingPointError: no nu"
    ) as caught:
        compute_scores(*sides, ["fid20", "kid20", "pr20"], PROJECTION)
    assert [score.metric for score in caught.value.scores] == ["fid20", "pr20", "pr20"]
    assert caught.value.scores == compute_scores(*sides, ["fid20", "pr20"], PROJECTION)
    assert isinstance(caught.value.failures["kid20"], FloatingPointError)
    with pytest.raises(FloatingPointError, match="no number"):
        compute_scores(*sides, ["kid20"], PROJECTION)


def test_a_score_is_plain_data():
    [score] = compute_scores(endless(FAKE), images_of(REAL), ["fid20"], PROJECTION)
    names = "metric quantity value std protocol real_count generated_count resolution seed note"
    assert list(dataclasses.asdict(score)) == names.split()
    assert type(score.value) is float


# --- on real images ---

COUNT = 150


def blurred(images, radius):
    pictures = [Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)) for image in images]
    return np.stack([np.asarray(picture) for picture in pictures])


def noisy(images, deviation):
    added = np.random.default_rng(3).normal(0.0, deviation, images.shape)
    return np.clip(np.rint(images + added), 0, 255).astype("uint8")


def make_scores(extractor):
    """fid, kid, pr and dc of sets of 150 emoji, 32 pixels, against 150 others of one style."""
    source = data.open_source("emoji:noto")
    train = data.load(source, 32, progress=False)
    order = np.random.default_rng(0).permutation(len(train))
    real, same = train.images[order[:COUNT]], train.images[order[COUNT : 2 * COUNT]]
    people = train.class_names.index("People & Body")
    rest = order[2 * COUNT :]
    one_mode = train.images[rest[train.labels[rest] == people][:COUNT]]
    dropped = train.images[rest[train.labels[rest] != people][:COUNT]]
    test = data.load(data.open_source("emoji:noto", split="test"), 32, progress=False)
    generated = {
        "same": same,
        "test": test.images[:COUNT],
        "blur 1": blurred(same, 1.0),
        "blur 2": blurred(same, 2.0),
        "noise 20": noisy(same, 20),
        "noise 60": noisy(same, 60),
        "one mode": one_mode,
        "dropped": dropped,
        "static": noise(COUNT, 32),
    }
    cache = {}

    class Memory:
        """A cache without files: the real side is read once."""

        def load(self, key):
            return cache.get(str(key))

        def store(self, key, arrays):
            cache[str(key)] = arrays

    names = [f"{family}{COUNT}" for family in ("fid", "kid", "pr", "dc")]
    found = {}
    for name, images in generated.items():
        sides = images_of(images), images_of(real, identity="real")
        computed = compute_scores(*sides, names, extractor, cache=Memory())
        found[name] = {(score.metric.rstrip("0123456789"), score.quantity): score for score in computed}
    return found


@pytest.fixture(scope="module")
def scores():
    return make_scores(metrics.efficientnet_lite0())


def values(scores, family, quantity):
    return {name: found[family, quantity].value for name, found in scores.items()}


def test_damage_in_features_that_cost_nothing():
    scores = make_scores(metrics.random_projection(32, 16))
    for family in ("fid", "kid"):
        distance = values(scores, family, "distance")
        assert distance["same"] < distance["blur 1"] < distance["blur 2"] < distance["static"]
        assert distance["same"] < distance["noise 20"] < distance["noise 60"] < distance["static"]
        assert distance["same"] < min(distance["one mode"], distance["dropped"])
    same, blur = (scores[name]["kid", "distance"] for name in ("same", "blur 2"))
    assert abs(same.value) < 2 * same.std < blur.value
    recall, coverage = values(scores, "pr", "recall"), values(scores, "dc", "coverage")
    for poorer in ("one mode", "dropped"):
        assert recall[poorer] < recall["same"] - 0.05 and coverage[poorer] < coverage["same"] - 0.05
    precision, density = values(scores, "pr", "precision"), values(scores, "dc", "density")
    assert precision["noise 60"] < precision["same"] - 0.05 and precision["static"] < 0.5
    assert density["static"] < 0.2 and density["noise 60"] < density["same"] - 0.2


@pytest.mark.full
def test_distances_grow_with_damage(scores):
    for family in ("fid", "kid"):
        distance = values(scores, family, "distance")
        assert distance["same"] < distance["blur 1"] < distance["blur 2"] < distance["static"]
        assert distance["same"] < distance["noise 20"] < distance["noise 60"] < distance["static"]
        assert distance["same"] < min(distance["one mode"], distance["dropped"])
        assert distance["test"] < distance["blur 1"]
    distance = values(scores, "fid", "distance")
    assert distance["test"] < 0.3 * distance["static"]
    assert "than features (1,280)" in scores["same"]["fid", "distance"].note


@pytest.mark.full
def test_kid_of_two_halves_covers_0(scores):
    same, blur = (scores[name]["kid", "distance"] for name in ("same", "blur 1"))
    assert abs(same.value) < 2 * same.std
    assert blur.value > 2 * blur.std


@pytest.mark.full
def test_precision_falls_with_quality_and_recall_with_modes(scores):
    precision, recall = values(scores, "pr", "precision"), values(scores, "pr", "recall")
    assert precision["same"] > 0.7 and recall["same"] > 0.7
    assert precision["same"] > precision["blur 1"] > precision["blur 2"] > precision["static"]
    assert precision["noise 20"] < 0.5 * precision["same"]
    assert recall["one mode"] < recall["same"] - 0.1
    assert recall["dropped"] < recall["same"]
    assert precision["one mode"] > precision["same"] - 0.05
    assert precision["static"] == recall["static"] == 0.0
    density, coverage = values(scores, "dc", "density"), values(scores, "dc", "coverage")
    assert coverage["one mode"] < coverage["same"]
    assert coverage["dropped"] < coverage["same"] - 0.2  # more than half of the set are people
    assert density["static"] == coverage["static"] == 0.0
    assert 0.7 < density["same"] < 1.3
