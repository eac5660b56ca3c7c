import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gans import data
from keras_gans.metrics import features


def noise(count, height, width=None, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width or height, channels), "uint8")


class Spy:
    """Keeps what it is called with and returns means over pixels."""

    def __init__(self):
        self.inputs = []

    def __call__(self, images):
        self.inputs.append(images)
        return {"features": images.mean(axis=(1, 2)), "logits": images.mean(axis=(1, 2))[:, :2]}


def extractor(function, **changes):
    arguments = {
        "name": "spy",
        "dim": 3,
        "size": 4,
        "value_range": (-1.0, 1.0),
        "resize": features.antialiased,
        "num_classes": 2,
        "fingerprint": "a",
        "batch_size": 4,
    }
    return features.FeatureExtractor(function, **{**arguments, **changes})


def test_value_range_and_batches():
    spy = Spy()
    images = np.zeros((10, 4, 4, 3), "uint8")
    images[:, :2] = 255
    outputs = extractor(spy).outputs(images)
    assert [len(batch) for batch in spy.inputs] == [4, 4, 2]
    assert all(batch.dtype == "float32" and batch.shape[1:] == (4, 4, 3) for batch in spy.inputs)
    assert spy.inputs[0][0, 0, 0, 0] == 1.0 and spy.inputs[0][0, 3, 0, 0] == -1.0
    np.testing.assert_allclose(outputs["features"], np.zeros((10, 3)), atol=1e-7)
    assert outputs["logits"].shape == (10, 2) and outputs["features"].dtype == "float32"


def test_batches_do_not_matter():
    images = noise(11, 6)
    results = [extractor(Spy(), batch_size=size).extract(images) for size in (1, 4, 50)]
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=1e-6)


def test_grey_images_have_three_equal_channels():
    grey = noise(2, 4, channels=1)
    spy = Spy()
    extractor(spy).extract(grey)
    np.testing.assert_allclose(spy.inputs[0], np.repeat(grey / 127.5 - 1.0, 3, axis=3), atol=1e-6)


def test_floats_are_not_rounded():
    spy = Spy()
    extractor(spy, value_range=(0.0, 255.0)).extract(np.full((1, 4, 4, 3), 100.25, "float32"))
    assert spy.inputs[0].max() == spy.inputs[0].min() == 100.25


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 4, 4), "uint8"), r"shape \(n, height, width, 1 or 3\).*Received: \(2, 4, 4\)"),
        (np.zeros((2, 4, 4, 4), "uint8"), r"Received: \(2, 4, 4, 4\)"),
        (np.zeros((0, 4, 4, 3), "uint8"), r"Received: \(0, 4, 4, 3\)"),
        (np.full((2, 4, 4, 3), -1.0), r"float in \[0, 255\]. Received: float64 from -1.0 to -1.0"),
        (np.full((2, 4, 4, 3), np.nan), "from nan to nan"),
        (np.zeros((2, 4, 4, 3), int), "Received: int64"),
    ],
)
def test_images_that_are_none(images, message):
    with pytest.raises(ValueError, match=message):
        extractor(Spy()).extract(images)


def test_networks_that_break_their_contract():
    with pytest.raises(ValueError, match=r"spy must give features of the shape \(2, 5\). Received: \(2, 3\)"):
        extractor(Spy(), dim=5).extract(noise(2, 4))
    with pytest.raises(ValueError, match=r"gives \['other'\], without 'features'"):
        extractor(lambda images: {"other": images}).extract(noise(2, 4))
    with pytest.raises(ValueError, match="spy has no logits"):
        extractor(Spy(), num_classes=None).logits(noise(2, 4))


def test_the_fingerprint_covers_the_contract():
    same = extractor(Spy()).fingerprint
    assert extractor(Spy(), batch_size=7).fingerprint == same
    others = [{"fingerprint": "b"}, {"size": 5}, {"value_range": (0.0, 1.0)}, {"name": "other"}, {"dim": 2}]
    others.append({"resize": features.legacy_bilinear})
    found = {extractor(Spy(), **change).fingerprint for change in others}
    assert len(found) == len(others) and same not in found


@pytest.mark.parametrize(
    ("height", "width", "size"), [(32, 32, 299), (64, 64, 16), (7, 13, 10), (300, 300, 299)]
)
def test_legacy_bilinear_is_that_of_tensorflow_1(height, width, size):
    images = noise(2, height, width).astype("float32")
    expected = tf.compat.v1.image.resize_bilinear(images, (size, size))
    np.testing.assert_allclose(features.legacy_bilinear(images, size), expected, atol=1e-3)
    # It is not the resizing of today: the corner of the picture stays where it is.
    np.testing.assert_array_equal(features.legacy_bilinear(images, size)[:, 0, 0], images[:, 0, 0])


@pytest.mark.parametrize(("old", "size"), [(32, 224), (64, 16), (50, 17)])
def test_antialiased_is_that_of_pillow(old, size):
    image = noise(1, old)[0, :, :, 0].astype("float32")
    expected = Image.fromarray(image, mode="F").resize((size, size), Image.Resampling.BILINEAR)
    actual = features.antialiased(np.repeat(image[None, ..., None], 3, axis=3), size)
    np.testing.assert_allclose(actual[0, :, :, 1], expected, atol=0.02)


def test_pixels():
    images = noise(3, 8)
    one = features.pixels(8)
    assert (one.name, one.dim) == ("pixels-8", 192)
    np.testing.assert_allclose(one.extract(images), images.reshape(3, -1) / 255.0, atol=1e-6)


def test_random_projection():
    images = noise(200, 8)
    one = features.random_projection(8, 5, seed=3)
    assert (one.name, one.dim) == ("random-8-5-3", 5)
    result = one.extract(images)
    np.testing.assert_array_equal(features.random_projection(8, 5, seed=3).extract(images), result)
    assert (features.random_projection(8, 5, seed=4).extract(images) != result).all()
    # Linear in the pixels, and as large as they are: uniform noise in [-1, 1] has the variance 1/3.
    half = (one.extract(images) + one.extract(255 - images)) / 2
    np.testing.assert_allclose(half, 0.0, atol=1e-5)
    assert 0.2 < result.var() < 0.5


def small_model(outputs=None):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(5, 3)(inputs))
    return keras.Model(inputs, outputs(pooled) if outputs else pooled)


def test_from_keras():
    model = small_model()
    one = features.from_keras(model, name="mine", value_range=(0.0, 1.0))
    assert (one.name, one.dim, one.size, one.num_classes) == ("mine", 5, 8, None)
    images = noise(3, 8)
    np.testing.assert_allclose(one.extract(images), model(images / np.float32(255)), atol=1e-5)
    before = one.fingerprint
    assert features.from_keras(model, name="mine", value_range=(0.0, 1.0)).fingerprint == before
    model.weights[0].assign(model.weights[0] + 1.0)
    assert features.from_keras(model, name="mine", value_range=(0.0, 1.0)).fingerprint != before


def test_from_keras_with_logits():
    model = small_model(lambda x: {"features": x, "logits": keras.layers.Dense(4)(x)})
    one = features.from_keras(model, name="mine", value_range=(-1.0, 1.0))
    assert one.logits(noise(3, 8)).shape == (3, 4)


def test_from_keras_refuses_other_shapes():
    inputs = keras.Input((None, None, 3))
    whole = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match=r"with a fixed size. Received: \(None, None, None, 3\)"):
        features.from_keras(whole, name="mine", value_range=(0.0, 1.0))
    for outputs in (lambda x: {"pooled": x}, lambda x: keras.ops.reshape(x, (-1, 5, 1))):
        with pytest.raises(ValueError, match=r"must give features \(batch, dim\).*Received widths"):
            features.from_keras(small_model(outputs), name="mine", value_range=(0.0, 1.0))


class Inception(tf.Module):
    """Stands for the published module: the same inputs and outputs, other numbers."""

    def __init__(self, scale=1.0, pool="pool_3"):
        super().__init__()
        self.scale, self.pool = tf.Variable(scale), pool

    @tf.function(input_signature=[tf.TensorSpec((None, 299, 299, 3), "float32")])
    def __call__(self, images):
        means = tf.reduce_mean(images, axis=(1, 2)) * self.scale
        extremes = tf.stack([tf.reduce_min(images), tf.reduce_max(images)])[None] + 0.0 * means[:, :2]
        pooled = tf.concat([means, extremes, tf.zeros((tf.shape(images)[0], 2043))], axis=1)
        logits = tf.tile(means[:, :1], (1, 1008))
        return {self.pool: tf.reshape(pooled, (-1, 1, 1, 2048)), "logits": logits}


@pytest.fixture
def save(tmp_path):
    def saved(name="inception", **arguments):
        tf.saved_model.save(Inception(**arguments), str(tmp_path / name))
        return str(tmp_path / name)

    return saved


def test_inception(save):
    path = save()
    one = features.get_extractor(f"inception-2015:{path}")
    name = f"inception-2015@{features.digest_of_files(path)[:8]}"  # it may be any module
    assert (one.name, one.dim, one.num_classes, one.size) == (name, 2048, 1008, 299)
    images = np.zeros((3, 10, 10, 3), "uint8")
    images[:, 5:] = 255
    outputs = one.outputs(images)
    assert outputs["features"].shape == (3, 2048) and outputs["logits"].shape == (3, 1008)
    # (pixel - 128) / 128
    np.testing.assert_allclose(outputs["features"][:, 3:5], [[-1.0, 127 / 128]] * 3)
    resized = tf.compat.v1.image.resize_bilinear(images.astype("float32"), (299, 299)).numpy()
    np.testing.assert_allclose(outputs["features"][:, :3], (resized.mean(axis=(1, 2)) - 128) / 128, atol=1e-4)
    assert features.inception_2015(path).fingerprint == one.fingerprint
    assert features.inception_2015(save("other", scale=2.0)).fingerprint != one.fingerprint


def test_the_published_module_keeps_its_name(save, monkeypatch):
    path = save()
    monkeypatch.setattr("tensorflow_hub.resolve", lambda handle: path)
    for given in (None, features.INCEPTION_URL):
        assert features.inception_2015(given).name == "inception-2015"


class Means(tf.Module):
    """Means over the pixels, twice, and with more outputs their sum."""

    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(2.0)

    def outputs(self, images):
        return {"features": tf.reduce_mean(images, (1, 2), keepdims=True) * self.factor}


def save_means(path, size=4, **more):
    module = Means()
    spec = tf.TensorSpec((None, size, size, 3), "float32", name="pictures")
    function = tf.function(
        lambda pictures: {**module.outputs(pictures), **{key: f(pictures) for key, f in more.items()}}
    )
    module.functions = concrete = function.get_concrete_function(pictures=spec)
    tf.saved_model.save(module, str(path), signatures={"serving_default": concrete})
    return str(path)


def test_saved_models(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)  # a path needs none
    images = noise(5, 6)
    means = features.antialiased(images.astype("float32"), 4).mean(axis=(1, 2))
    path = save_means(tmp_path / "a [1]")  # brackets, which TensorFlow reads as a pattern
    one = features.get_extractor(f"saved-model:{path}")
    digest = features.digest_of_files(path)[:8]
    assert (one.name, one.dim, one.size, one.num_classes) == (f"saved-model@{digest}", 3, 4, None)
    np.testing.assert_allclose(one.extract(images), 2.0 * means / 255.0, rtol=1e-4)
    signed = features.saved_model_extractor(path, name="mine", value_range=(-1.0, 1.0))
    assert signed.name == "mine" and signed.fingerprint != one.fingerprint
    np.testing.assert_allclose(signed.extract(images), 2.0 * (means / 127.5 - 1.0), atol=1e-4)
    path = save_means(
        tmp_path / "b", None, logits=lambda x: x[:, 0, 0, :2], pool=lambda x: tf.reduce_max(x, (1, 2))
    )
    with pytest.raises(ValueError, match=r"is not fixed\. .*saved_model_extractor\(path, size=224\)"):
        features.saved_model_extractor(path)
    both = features.saved_model_extractor(path, size=4)
    assert (both.dim, both.num_classes) == (3, 2) and both.logits(images).shape == (5, 2)
    pool = features.saved_model_extractor(path, size=4, output="pool")
    assert pool.fingerprint != both.fingerprint and (pool.extract(images) <= 1.0).all()
    with pytest.raises(ValueError, match=r"gives \['features', 'logits', 'pool'\]\. Save it with one output"):
        features.saved_model_extractor(path, size=4, output="other")
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    with pytest.raises(ValueError, match="none of the endpoints __call__, default, serving_default"):
        features.saved_model_extractor(tmp_path / "empty", size=4)


def test_saved_models_that_can_be_called(save):
    one = features.saved_model_extractor(save(pool="features"), size=299, value_range=(-1.0, 1.0))
    assert (one.dim, one.num_classes) == (2048, 1008)


def test_a_module_of_another_kind(save, tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    with pytest.raises(OSError, match=r"none of the endpoints __call__.*inception-2015:PATH"):
        features.inception_2015(str(tmp_path / "empty"))
    with pytest.raises(ValueError, match=r"inception-2015@.* gives .* without 'features'"):
        features.inception_2015(save(pool="mixed_7")).extract(noise(1, 8))


def test_without_the_module_it_says_what_else_there_is(tmp_path, monkeypatch):
    with pytest.raises(OSError, match=r"efficientnet-lite0.*inception-2015:PATH") as error:
        features.get_extractor(f"inception-2015:{tmp_path}/none")
    assert f"{tmp_path}/none" in str(error.value)

    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    with pytest.raises(ImportError, match=r"pip install tensorflow-hub.*efficientnet-lite0"):
        features.get_extractor("inception-2015")
    with pytest.raises(OSError, match="none"):
        features.saved_model_extractor(f"{tmp_path}/none", size=4)
    monkeypatch.undo()

    def refused(handle):
        raise OSError("no route to host")

    monkeypatch.setattr("tensorflow_hub.resolve", refused)
    with pytest.raises(OSError, match=r"tfgan/eval/inception/1 .*no route to host.*Offline"):
        features.get_extractor("inception-2015")


@pytest.mark.parametrize(
    "name", ["inception", "inception-2015:", "efficientnet-lite0:x", "vgg", "saved-model", "saved-model:", ""]
)
def test_unknown_names(name):
    with pytest.raises(ValueError, match="inception-2015, efficientnet-lite0, inception-2015:PATH or saved-"):
        features.get_extractor(name)


# Emoji of one style whose class among the 1000 of ImageNet is beyond doubt.
CLASSES = {
    "umbrella": 879,
    "hourglass": 604,
    "teapot": 849,
    "pretzel": 932,
    "hammer": 587,
    "screwdriver": 784,
}


@pytest.mark.slow
def test_efficientnet_sees_what_is_there():
    one = features.get_extractor("efficientnet-lite0")
    assert (one.name, one.dim, one.num_classes, one.size) == ("efficientnet-lite0", 1280, 1000, 224)
    source = data.Emoji("noto", "all")
    found = {entry["name"]: index for index, entry in enumerate(source.metadata) if entry["name"] in CLASSES}
    assert found.keys() == CLASSES.keys()
    images = np.stack([source.read(found[name]) for name in CLASSES])
    outputs = one.outputs(images)
    assert outputs["logits"].argmax(axis=1).tolist() == list(CLASSES.values())
    # Pooled outputs of a ReLU6, and each image its own.
    assert outputs["features"].min() >= 0.0 and outputs["features"].max() <= 6.0
    similar = np.corrcoef(outputs["features"])
    assert similar[~np.eye(len(images), dtype=bool)].max() < 0.8
    alone = one.extract(images[2:3])
    np.testing.assert_allclose(alone[0], outputs["features"][2], atol=1e-4)
