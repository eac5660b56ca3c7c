import numpy as np
import pytest
from PIL import Image

from keras_gans import data, metrics
from keras_gans.metrics import translator_scores


def test_pairs(darkener, dyer):
    """The targets are what `darkener` makes of the images, but for the style."""
    scores = metrics.evaluate(darkener, "emoji:noto,fluent", "pairs", resolution=16)
    values = {score.quantity: score.value for score in scores}
    noto, fluent = (
        data.load(data.open_source(f"emoji:{style}", split="test"), 16, progress=False).images / 255.0
        for style in ("noto", "fluent")
    )
    assert values["L1"] == pytest.approx(np.abs(noto / 2 - fluent).mean(), abs=2e-3)
    assert values["L1 of the images as they were"] == pytest.approx(np.abs(noto - fluent).mean(), rel=1e-6)
    assert 0 < values["MS-SSIM"] < 1 and 0 < values["MS-SSIM of the images as they were"] < 1
    assert {(s.protocol, s.real_count, s.resolution, s.note) for s in scores} == {
        ("pairs", 341, 16, "1 scales")
    }
    bright = metrics.evaluate(darkener, "emoji:noto,fluent", "pairs", resolution=16, direction="backward")
    assert bright[0].value == pytest.approx(np.abs(np.minimum(2 * noto, 1) - fluent).mean(), abs=2e-3)
    fox = metrics.evaluate(dyer, "emoji:noto,fluent", "pairs", resolution=16, label="fox")
    assert fox[0].value == pytest.approx(np.abs(noto / 2 + 0.4 - fluent).mean(), abs=1e-2)


def flat_images(folder, levels, count):
    """A folder for each level, with images of about this level."""
    random = np.random.default_rng(0)
    for name, level in levels.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = np.clip(level + random.integers(-6, 7, (8, 8, 3)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return str(folder)


def test_domains(dyer, tmp_path):
    """Half of it plus 26, 51 or 102: a cat becomes a fox, all others stay nearer to something else."""
    levels = {"cat": 20, "dog": 200, "fox": 115}
    train, test = (
        flat_images(tmp_path / name, levels, count) for name, count in (("train", 16), ("test", 4))
    )
    scores = metrics.evaluate(dyer, train, ["domains"], test_data=test, resolution=8, classifier_steps=80)
    values = {score.quantity: score.value for score in scores}
    assert values == {
        "share in the domain asked for": pytest.approx(4 / 24),
        "share of real images in their domain": 1.0,
        "share in cat": 0.0,
        "share in dog": 0.0,
        "share in fox": 0.5,
    }
    assert {(s.protocol, s.real_count, s.generated_count) for s in scores} == {("domains", 12, 24)}


def test_what_is_refused(preset, darkener, dyer):
    cases = [
        ((preset, "emoji", "pairs"), {}, "pairs and domains are for networks from images to images"),
        ((darkener, None, "pairs"), {}, "compare with a data set"),
        ((darkener, "emoji:noto,fluent", "pairs"), {}, "multiple of 4, at least 8. Received: None"),
        ((darkener, "emoji", "pairs"), {"resolution": 16}, "Two sets"),
        ((darkener, "emoji", "domains"), {"resolution": 16}, "the metric pairs is for such networks"),
        ((dyer, "emoji:noto,fluent", "pairs"), {"resolution": 16}, "pass a `label`"),
        ((dyer, "emoji", "domains"), {"resolution": 16}, "The domains must be cat, dog, fox"),
    ]
    for arguments, options, message in cases:
        with pytest.raises(ValueError, match=message):
            metrics.evaluate(*arguments, **options)


def test_no_more_images_at_a_time_than_a_batch(noisy_darkener, tmp_path, monkeypatch):
    """Pairs are decoded when their turn comes, and image number i has noise number i whatever the batch."""
    folders = [flat_images(tmp_path / name, {"a": 100}, 7) for name in ("from", "to")]
    taken, take = [], data.PairData.take

    def counted(pairs, indices):
        assert pairs.inputs.images is None and pairs.targets.images is None
        taken.append(len(indices))
        return take(pairs, indices)

    monkeypatch.setattr(data.PairData, "take", counted)
    monkeypatch.setattr(translator_scores, "scales_for", lambda size: 1)
    seen = []

    def compared(images, translated, targets):
        seen.append((translated.astype(int) - images // 2)[:, 0, 0, 0])
        return {"L1": float(np.mean(seen[-1]))}

    monkeypatch.setattr(translator_scores, "against_targets", compared)
    told = []
    options = {"split": "train", "batch_size": 3, "progress": lambda *all: told.append(all)}
    [score] = metrics.evaluate(noisy_darkener, ",".join(folders), "pairs", seed=5, **options)
    assert taken == [3, 3, 1] and told == [("images", done, 7) for done in (3, 6, 7)]
    noise = np.concatenate(seen)
    np.testing.assert_allclose(noise, np.arange(5, 12), atol=1)
    assert score.value == pytest.approx(noise.mean())


def test_one_that_fails_does_not_lose_the_other(keeper, monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("no domains")

    monkeypatch.setattr(data, "load_domains", broken)
    with pytest.raises(metrics.MetricsFailed, match="domains: RuntimeError: no domains") as caught:
        metrics.evaluate(keeper, "emoji:noto,fluent", "pairs,domains", resolution=12, label="dark")
    assert [score.metric for score in caught.value.scores] == ["pairs"] * 4


def test_all_data_are_opened_before_any_are_read(dyer, tmp_path, monkeypatch):
    sets = [flat_images(tmp_path / name, {"a": 100}, 3) for name in ("a", "b")]
    monkeypatch.setattr(data, "load_pairs", lambda *all, **options: pytest.fail("it worked first"))
    with pytest.raises(ValueError, match="The domains must be cat, dog, fox"):
        metrics.evaluate(dyer, ",".join(sets), "pairs,domains", label="fox", split="train", resolution=8)
