import json

import numpy as np
import pytest
import tensorflow as tf
from small_exports import save

from keras_gans import hub
from keras_gans.random import counter_normal

SAVEDMODELS = hub.locate("progan_emoji_32").parents[1]


@pytest.mark.parametrize("name", ["cyclegan_emoji_32", "pix2pix_emoji_64", "stargan_emoji_32"])
def test_pretrained_translators_are_bit_equal_to_their_signatures(name):
    raw = tf.saved_model.load(str(SAVEDMODELS / name / "1"))
    model = hub.Translator(SAVEDMODELS / name, raw)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    inputs = {"images": tf.constant(pictures / 255.0, "float32")}
    label = 3 if model.class_names else None
    if label:
        inputs["labels"] = tf.one_hot([3], len(model.class_names))
    for direction, signature in zip(model.directions, ("default", "backward"), strict=False):
        expected = raw.signatures[signature](**inputs)[signature]
        found = model.translate(pictures, label=label, direction=direction)
        np.testing.assert_array_equal(found, expected)


def test_every_pretrained_translator_is_compared():
    cards = [json.loads(path.read_text()) for path in SAVEDMODELS.glob("*/1/card.json")]
    found = {one["preset"] for one in cards if "images" in one["signatures"]["default"]["inputs"]}
    assert found == {"cyclegan_emoji_32", "pix2pix_emoji_64", "stargan_emoji_32"}


def test_directions(darkener):
    model = hub.load(darkener)
    assert (model.directions, model.class_names, model.resolution) == (("forward", "backward"), (), None)
    images = np.full((3, 8, 12, 3), 100, "uint8")
    for given in (images, (images / 255.0).astype("float32"), tf.constant(images / 255.0, "float32")):
        for direction, expected in (("forward", 50), ("backward", 200)):
            found = model.translate(given, direction=direction)
            assert found.dtype == "float32"
            np.testing.assert_allclose(found, expected / 255.0, atol=1e-6)
    shown = "directions=('forward', 'backward'), resolution=None, class_names=(), signatures=("
    assert repr(model).startswith(f"Translator(name='painter_noise_4', {shown}")


def flat(count=2, level=100, size=8):
    return np.full((count, size, size, 3), level, "uint8")


def levels(model, count=2, **options):
    """What flat images become: list of numbers from 0 to 255."""
    found = model.translate(flat(count), batch_size=2, **options) * 255.0
    assert np.ptp(found, axis=(1, 2, 3)).max() < 1e-3
    return np.rint(found[:, 0, 0, 0]).tolist()


def test_noise_by_the_number_of_the_image(noisy_darkener):
    model = hub.load(noisy_darkener)
    assert levels(model, 5, seed=10) == [60, 61, 62, 63, 64]
    told = []
    model.translate(flat(3), batch_size=2, progress=lambda *all: told.append(all))
    assert told == [("images", 2, 3), ("images", 3, 3)]
    with pytest.raises(ValueError, match=r"`direction` must be forward for .*\. Received: 'backward'"):
        model.translate(flat(), direction="backward")


@pytest.mark.parametrize(
    "shape, size, expected",
    [
        ((16, 24), None, (16, 24)),
        ((17, 27), None, (16, 28)),
        ((3, 9), None, (8, 8)),
        ((10, 20), 24, (24, 48)),
        ((40, 30), 8, (12, 8)),
    ],
)
def test_any_size(darkener, shape, size, expected):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype="uint8")
    fitted = hub.load(darkener).fit(image, size)
    assert fitted.shape == (*expected, 3)
    if expected == shape:
        np.testing.assert_array_equal(fitted, image)


def test_one_size_only(noisy_darkener):
    image = np.zeros((8, 16, 3), "uint8")
    image[:, 4:12] = 200
    model = hub.load(noisy_darkener)
    assert np.all(model.fit(image) == 200) and model.fit(image).shape == (8, 8, 3)
    assert model.fit(image[:, :4], 8).shape == (8, 8, 3)
    with pytest.raises(ValueError, match=r"`size` must be 8, which is fixed\. Received: 16"):
        model.fit(image, 16)
    with pytest.raises(ValueError, match=r"multiples of 8, at least 8 and at most that; .*Received: 16 x 16"):
        model.translate(flat(size=16))


def test_images_that_do_not_do(darkener, grey_darkener, preset):
    model = hub.load(darkener)
    for wrong, message in (
        (flat(size=10), r"multiples of 4, at least 8; `fit` makes them so\. Received: 10 x 10"),
        (flat(size=4), r"at least 8; .*Received: 4 x 4"),
        (flat()[0], r"must have the shape \(n, height, width, 3\)\. Received: \(8, 8, 3\)"),
        (flat() * 1.0, r"uint8, or float in \[0, 1\]\. Received values from 100\.00 to 100\.00"),
        (flat() * np.nan, r"uint8, or float in \[0, 1\]"),
    ):
        with pytest.raises(ValueError, match=message):
            model.translate(wrong)
    with pytest.raises(ValueError, match=r"Images come with 3 channels\. .* takes 1 of `images`"):
        hub.load(grey_darkener)
    with pytest.raises(ValueError, match=r"A network to translate takes `images`.* takes \['z'\]"):
        hub.Translator(preset)


def test_domains_by_name_and_number(dyer):
    model = hub.load(dyer)
    assert model.class_names == ("cat", "dog", "fox")
    # Half of 100, plus a tenth of 255, two and four.
    expected = {"cat": 76, "dog": 101, "fox": 152, "1": 101, 2: 152}
    for label, level in expected.items():
        assert levels(model, 3, label=label) == [level] * 3
    assert levels(model, label=["cat", 2]) == [178] * 2  # attributes: both


def test_domains_that_are_none(dyer, styler, darkener):
    allowed = r"a number from 0 to 2 or one of cat, dog, fox"
    for label in ("wolf", 3, ["cat", "wolf"]):
        wrong = label[1] if isinstance(label, list) else label
        with pytest.raises(ValueError, match=rf"`label` must be {allowed}\. Received: {wrong!r}"):
            hub.load(dyer).translate(flat(), label=label)
    with pytest.raises(ValueError, match=f"pass a `label`, {allowed}"):
        hub.load(dyer).translate(flat())
    with pytest.raises(ValueError, match="`reference` is for networks with styles"):
        hub.load(dyer).translate(flat(), label="cat", reference=flat()[0])
    with pytest.raises(ValueError, match=r"translates to one domain\. Received: label='cat'"):
        hub.load(darkener).translate(flat(), label="cat")
    with pytest.raises(ValueError, match=r"`label` must be .* Received: \['cat', 'dog'\]"):
        hub.load(styler).translate(flat(), label=["cat", "dog"])


def test_styles_of_latents_by_the_number_of_the_image(styler):
    model = hub.load(styler)
    for domain, name in enumerate(model.class_names):
        found = model.translate(flat(3), label=name, seed=5, batch_size=2)
        z = counter_normal(tf.range(5, 8, dtype="int64"), tf.zeros([3], "int64"), (4,))
        means = 1.0 / (1.0 + np.exp(-np.sum(z, axis=1)))
        expected = 50 / 255 + 0.1 * (means + domain)
        np.testing.assert_allclose(found[:, 0, 0, 0], expected, atol=1e-5)


def test_styles_of_a_reference(styler):
    model = hub.load(styler)
    reference = np.full((20, 12, 3), 100, "uint8")
    for given in (reference, reference / 255.0):
        assert levels(model, label="fox", reference=given) == [50 + 10 + 51] * 2


def test_sizes_to_judge_at(darkener, noisy_darkener):
    assert hub.load(noisy_darkener).check_resolution(None) == 8
    model = hub.load(darkener)
    assert model.check_resolution(12) == 12
    for resolution in (None, 4, 10):
        with pytest.raises(ValueError, match=rf"multiple of 4, at least 8\. Received: {resolution}"):
            model.check_resolution(resolution)


def test_without_a_card(tmp_path, darkener):
    (tmp_path / "1").mkdir()
    for name in ("saved_model.pb", "variables", "fingerprint.pb"):
        (tmp_path / "1" / name).symlink_to(f"{darkener}/{name}")
    with pytest.raises(ValueError, match=r"shape of the input images .* is not known: it has no card"):
        hub.load(tmp_path)


@pytest.mark.parametrize(("name", "size"), [("images", 8), ("keras_tensor_3", 8), ("x", None)])
def test_a_module_of_others_with_serving_default_alone(tmp_path, name, size):
    """The sizes are those of its signature; of several outputs the images are taken."""

    def serve(**inputs):
        return {"half": inputs[name] / 2.0, "score": tf.reduce_mean(inputs[name], axis=(1, 2, 3))}

    model = hub.load(save(tmp_path, tf.Module(), serving_default=(serve, {name: (None, size, size, 3)})))
    assert isinstance(model, hub.Translator)
    assert (model.resolution, model.directions, model.class_names) == (size, ("forward",), ())
    assert levels(model) == [50, 50]
    image = np.full((16, 24, 3), 100, "uint8")
    assert model.fit(image).shape == ((8, 8, 3) if size else (16, 24, 3))
    assert model.check_resolution(8) == 8


def test_a_module_of_others_whose_images_do_not_do(tmp_path):
    def serve(images):
        return {"x": images + tf.where(images > 0.5, np.nan, 0.0)}

    model = hub.load(save(tmp_path / "1", tf.Module(), serving_default=(serve, {"images": (None, 8, 8, 3)})))
    assert levels(model) == [100, 100]
    with pytest.raises(ValueError, match=r"gives NaN or infinity in 2 of 2 images"):
        model.translate(flat(level=200))
    path = save(tmp_path / "2", tf.Module(), serving_default=(serve, {"images": (None, 8, 4, 3)}))
    with pytest.raises(ValueError, match=r"must be square\. .* takes 4x8"):
        hub.load(path)


def test_what_translate_would_refuse_is_refused_before(styler, noisy_darkener, dyer):
    hub.load(styler).check(label="dog", reference=flat()[0], size=8)
    for path, options, message in (
        (styler, {"label": "wolf"}, "`label` must be"),
        (noisy_darkener, {"size": 9}, "`size` must be 8"),
        (noisy_darkener, {"direction": "backward"}, "`direction` must be forward"),
        (dyer, {"label": "cat", "reference": flat()[0]}, "`reference` is for networks with styles"),
    ):
        with pytest.raises(ValueError, match=message):
            hub.load(path).check(**options)
