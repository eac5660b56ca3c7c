import numpy as np
import pytest
from PIL import Image
from small_exports import Module, save

import keras_gans
from keras_gans import data, hub, metrics
from keras_gans.metrics import sides

PROJECTION = metrics.random_projection(4, 6)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """60 images of noise, 8 pixels: folder and array."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    folder.mkdir()
    array = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), "uint8")
    for number, pixels in enumerate(array):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder, array


def test_a_model_a_path_and_a_name(preset, photos, monkeypatch, tmp_path):
    model = keras_gans.load(preset)
    real = data.load(data.open_source(photos[0]), 4, progress=False)
    side = sides.GeneratedSide(model, seed=7)
    names = ["fid20", "kid40_full", "pr20"]
    expected = metrics.compute_scores(
        metrics.Images(side.images.take), metrics.Images(real.take, 60), names, PROJECTION, seed=7
    )
    (tmp_path / "mine").symlink_to(preset)
    monkeypatch.setenv("KERAS_GANS_HOME", str(tmp_path))
    for judged, given in ((model, names), (preset, "fid20, kid40_full,pr20"), ("mine", names)):
        scores = metrics.evaluate(judged, str(photos[0]), given, features=PROJECTION, seed=7)
        assert [score.protocol for score in scores] == [score.protocol for score in expected]
        for found, score in zip(scores, expected, strict=True):
            assert found.value == pytest.approx(score.value, rel=1e-4)
            assert (found.seed, found.resolution) == (7, 4)


def test_a_folder_an_array_and_images(photos):
    folder, array = photos
    for judged, real in (
        (folder, folder),
        (array, str(folder)),
        (array / 255.0, array),
        (folder, metrics.Images(array.__getitem__, 60)),
    ):
        fid, dc, coverage = metrics.evaluate(judged, real, ["fid60", "dc60"], features=PROJECTION)
        assert abs(fid.value) < 1e-6 and coverage.value == 1.0  # the same images
        assert dc.real_count == 60


def test_a_callable(photos):
    module = Module()
    side = sides.of_callable(module.images, latent_dim=5, seed=2)
    real = sides.open_reference(str(photos[0]), 4)
    expected = metrics.compute_scores(side.images, real, ["fid20"], PROJECTION, seed=2)
    found = metrics.evaluate(
        module.images, str(photos[0]), ["fid20"], features=PROJECTION, latent_dim=5, seed=2
    )
    assert found[0].value == pytest.approx(expected[0].value, rel=1e-4)
    [path] = metrics.evaluate(module.images, None, ["ppl20_zend"], features=PROJECTION, latent_dim=5)
    assert path.value > 0


def test_what_is_passed_on(conditional, photos, tmp_path):
    told = []
    options = {
        "features": PROJECTION,
        "cache": metrics.Cache(tmp_path),
        "progress": lambda *all: told.append(all),
        "batch_size": 20,
        "truncation": 0.5,
    }
    one, dog = (
        metrics.evaluate(conditional, photos[0], ["fid20"], label=label, **options)[0]
        for label in (None, "dog")
    )
    assert one.note == "classes drawn uniformly" and dog.note == ""
    assert one.value != dog.value
    assert told == [(f"{side} images", 20, 20) for side in ("real", "generated", "generated")]
    assert len(list(tmp_path.iterdir())) == 1


def test_signed_images(tmp_path, photos):
    module = Module(low=-1.0)
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match="load it with `signed=True`"):
        metrics.evaluate(path, photos[1][:, :4, :4], ["swd20"])
    assert metrics.evaluate(path, photos[0], ["fid20"], features=PROJECTION, signed=True)[0].value > 0


def test_what_is_refused(preset, darkener, dyer, photos, tmp_path):
    (tmp_path / "letters").mkdir()
    cases = [
        ((preset, None, ["fid20"]), {}, "fid20 compares with real images: pass `real`$"),
        ((preset, None, []), {}, "`metrics` must name at least one"),
        ((preset, photos[0], ["fid"]), {}, "A metric must be one of"),
        ((preset, photos[0], ["fid20"]), {"features": "vgg"}, "inception-2015, efficientnet-lite0"),
        ((preset, photos[0], ["fid20"]), {"label": "cat"}, "has no classes"),
        ((photos[0], photos[0], ["fid20"]), {"truncation": 0.5}, "`truncation` is for exported generators"),
        ((photos[1], photos[0], ["fid20"]), {"label": 1}, "`label` is for exported generators"),
        ((lambda z: z, photos[0], ["fid20"]), {}, "pass `latent_dim`"),
        ((darkener, photos[0], "fid20"), {}, "translates images: its metrics are pairs and domains"),
        (
            (darkener, "emoji:noto,fluent", "pairs,fid20"),
            {},
            "go with no other metric.*Received: pairs, fid20",
        ),
    ]
    for arguments, options, message in cases:
        with pytest.raises(ValueError, match=message):
            metrics.evaluate(*arguments, **{"features": PROJECTION, **options})
    with pytest.raises(FileNotFoundError, match=r"holds no export.*letters.*Nor are there images"):
        metrics.evaluate(tmp_path, photos[0], ["fid20"])
    with pytest.raises(FileNotFoundError, match=r"There is no export .*none.*Looked for"):
        metrics.evaluate(tmp_path / "none", photos[0], ["fid20"])


def test_open_model(preset, darkener, photos):
    assert isinstance(metrics.open_model(preset), hub.Generator)
    assert isinstance(metrics.open_model(darkener), hub.Translator)
    assert isinstance(metrics.open_model(str(photos[0])), sides.ImagesSide)
    assert metrics.open_model(photos[1]) is photos[1]


def test_options_of_others_are_refused(preset, darkener, photos):
    for judged, names, options, message in (
        (preset, "fid20", {"direction": "backward"}, "`direction` is for pairs and domains, of translators"),
        (preset, "fid20", {"test_data": "emoji"}, "`test_data` is for pairs and domains"),
        (preset, "fid20", {"resolution": 8}, r"have 4 pixels\. Received: resolution=8"),
        (
            darkener,
            "pairs",
            {"truncation": 0.5},
            r"`truncation` is for generators.* Received: truncation=0\.5",
        ),
        (darkener, "pairs", {"signed": True}, "`signed` is for generators, not for pairs and domains"),
    ):
        with pytest.raises(ValueError, match=message):
            metrics.evaluate(judged, photos[1], names, features=PROJECTION, **options)
    [score] = metrics.evaluate(photos[0], photos[1][:, ::2, ::2], "fid60", features=PROJECTION, resolution=4)
    assert score.resolution == 4
