import json
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gans import metrics
from keras_gans.cli import samples
from keras_gans.export import card, load
from keras_gans.random import counter_normal


def options(directory, **changes):
    values = {"seed": 3, "truncation": None, "label": None, "guidance": None, "signed": False, "crop": None}
    return types.SimpleNamespace(directory=str(directory), **{**values, **changes})


def opened(directory, **changes):
    return samples.open_samples(options(directory, **changes))


NUMBERS = np.array([0, 1, 2, 7, 40])


def assert_shows(judged, expected):
    """The images of `NUMBERS` are these float images in [0, 1], up to the rounding of a half."""
    actual = judged.images.take(NUMBERS)
    assert actual.dtype == "uint8"
    np.testing.assert_allclose(actual, np.asarray(expected) * 255, atol=0.501)


def test_images_of_an_export_follow_from_seed_and_number(preset):
    judged = opened(preset)
    model = load(preset)
    assert_shows(judged, model.default(model.latents(3 * 2**32 + NUMBERS)))
    images = judged.images.take(NUMBERS)
    np.testing.assert_array_equal(judged.images.take(NUMBERS[3:]), images[3:])
    assert (opened(preset, seed=4).images.take(NUMBERS) != images).any(axis=(1, 2, 3)).all()
    assert (judged.resolution, judged.images.count, judged.images.labels) == (4, None, None)


def test_truncation_without_an_input_of_that_name(preset, capsys):
    small = opened(preset, truncation=0.01).images.take(NUMBERS).astype(int)
    assert np.ptp(small, axis=0).max() <= 10
    assert "confined to [-0.01, 0.01]" in capsys.readouterr().out


def test_classes_are_drawn_uniformly(conditional):
    judged = opened(conditional, truncation=0.5)
    labels = judged.images.labels(np.arange(3000))
    assert np.abs(np.bincount(labels) - 1000).max() < 100
    np.testing.assert_array_equal(judged.images.labels(NUMBERS), labels[NUMBERS])
    assert (opened(conditional, seed=4).images.labels(np.arange(3000)) != labels).any()
    model = load(conditional)
    z, y = model.latents(3 * 2**32 + NUMBERS), np.eye(3, dtype="float32")[labels[NUMBERS]]
    assert_shows(judged, model.default(z, y, 0.5))


def reference(counts, names=("cat", "dog", "hat")):
    labels = np.repeat(np.arange(len(counts)), counts)
    return metrics.Images(None, len(labels), labels.__getitem__, class_names=names)


def test_classes_are_drawn_as_often_as_the_data_has_them(conditional):
    judged = opened(conditional)
    assert judged.images.note == "classes drawn uniformly"
    for other in (
        reference((1, 2), ("cat", "dog")),
        reference((1, 2, 3), ("a", "b", "c")),
        metrics.Images(None, 3),
    ):
        judged.follow(other)
        assert judged.images.note == "classes drawn uniformly"
    judged.follow(reference((60, 0, 30)))
    assert judged.images.note == "classes drawn as often as the data has them"
    labels = judged.images.labels(np.arange(3000))
    counts = np.bincount(labels, minlength=3)
    assert counts[1] == 0 and abs(counts[0] - 2000) < 100
    np.testing.assert_array_equal(judged.images.labels(NUMBERS), labels[NUMBERS])
    model = load(conditional)
    z, y = model.latents(3 * 2**32 + NUMBERS), np.eye(3, dtype="float32")[labels[NUMBERS]]
    assert_shows(judged, model.default(z, y, 1.0))
    one = opened(conditional, label="dog")
    one.follow(reference((60, 0, 30)))
    assert one.images.labels(NUMBERS).tolist() == [1] * 5 and one.images.note == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x * float("nan"), r"NaN or infinity in 1 of 1 images"),
        (lambda x: tf.where(x > 0.5, x, float("inf")), r"NaN or infinity in 1 of 1 images"),
        (lambda x: x * 255.0, r"in \[0, 1\]\. .* gives .* to 2.*[Ss]cale them"),
        (lambda x: tf.cast(x * 255.0, "uint8"), r"in \[0, 1\]\. .* gives uint8.*[Ss]cale them"),
    ],
    ids=["nan", "infinite", "bytes as floats", "bytes"],
)
def test_images_that_are_broken(tmp_path, change, message):
    module = Module()
    path = save(tmp_path, module, default=(lambda z: {"default": change(module.images(z))}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match=message):
        opened(path)
    with pytest.raises(ValueError, match=message.replace("[0", "[-1").replace(" to 2", "")):
        opened(path, signed=True)


def test_one_broken_image_among_many(tmp_path):
    module = Module()
    path = save(
        tmp_path,
        module,
        default=(
            lambda z: {"default": module.images(tf.where(z[:, :1] < 1.0, z, float("nan")))},
            {"z": (None, 5)},
        ),
    )
    with pytest.raises(ValueError, match="NaN or infinity in"):
        opened(path).images.take(np.arange(100))


def test_overshooting_is_clipped(tmp_path):
    module = Module(low=-0.4)
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    assert opened(path).images.take(NUMBERS).min() == 0


def test_guidance(tmp_path, conditional):
    """One class of a generator that is led by guidance."""
    module = Module()

    def guided(z, labels, guidance):
        return {"guided": module.images(z * guidance + tf.cast(labels, "float32")[:, None])}

    concrete = {
        "default": tf.function(lambda z: {"default": module.images(z)}).get_concrete_function(
            z=tf.TensorSpec((None, 5), name="z")
        ),
        "guided": tf.function(guided).get_concrete_function(
            z=tf.TensorSpec((None, 5), name="z"),
            labels=tf.TensorSpec((None,), "int32", name="labels"),
            guidance=tf.TensorSpec((), name="guidance"),
        ),
    }
    module.functions = concrete
    tf.saved_model.save(module, str(tmp_path), signatures=concrete)
    with pytest.raises(ValueError, match="--class needs a card"):
        opened(tmp_path, label="1")
    content = card.read(conditional)
    content["signatures"]["guided"] = {"inputs": {"labels": {"limits": [-1, 2]}}}
    (tmp_path / card.FILE).write_text(json.dumps(content))
    z = counter_normal(tf.fill([5], np.int64(3)), tf.constant(NUMBERS), (5,))
    assert_shows(opened(tmp_path), module.images(z))
    assert opened(tmp_path).num_classes == 0
    assert_shows(opened(tmp_path, label="hat"), module.images(2.0 * z + 2.0))
    assert_shows(opened(tmp_path, label="dog", guidance=0.5), module.images(0.5 * z + 1.0))
    for options in ({"guidance": 2.0}, {}):
        with pytest.raises(ValueError, match="--guidance goes with --class"):
            opened(tmp_path if options else conditional, **{"guidance": 1.0, **options})


def test_one_class(conditional):
    judged = opened(conditional, label="dog")
    assert judged.images.labels(NUMBERS).tolist() == [1] * 5
    with pytest.raises(ValueError, match=r"--class must be .*cat, dog, hat\. Received: 'cow'"):
        opened(conditional, label="cow")


def test_paths_through_z(conditional):
    judged = opened(conditional)
    space = judged.spaces["z"]
    assert judged.spaces.keys() == {"z"}
    model, paths = load(conditional), np.array([4, 9])
    ends = space.ends(paths)
    np.testing.assert_array_equal(ends, model.latents(3 * 2**32 + paths))
    y = np.eye(3, dtype="float32")[judged.images.labels(paths)]
    pixels = space.generate(ends, paths)
    np.testing.assert_allclose(pixels, 255 * np.asarray(model.default(ends, y, 1.0)), atol=1e-4)
    assert (pixels != np.rint(pixels)).any()


class Module(tf.Module):
    """A module from elsewhere: no card, no `latents`, static shapes."""

    def __init__(self, height=4, width=4, low=0.0):
        super().__init__()
        self.height, self.width, self.low = height, width, low
        self.matrix = tf.Variable(tf.random.stateless_normal((5, height * width * 3), (1, 2)))

    def images(self, z):
        pixels = tf.sigmoid(z @ self.matrix) * (1.0 - self.low) + self.low
        return tf.reshape(pixels, (-1, self.height, self.width, 3))


def save(path, module, **signatures):
    """Saves functions with their input specifications: name = (function, {input: shape})."""
    concrete = {}
    for name, (function, inputs) in signatures.items():
        specs = {key: tf.TensorSpec(shape, "float32", name=key) for key, shape in inputs.items()}
        concrete[name] = tf.function(function).get_concrete_function(**specs)
    module.functions = concrete
    tf.saved_model.save(module, str(path), signatures=concrete)
    return str(path)


def test_a_module_from_elsewhere(tmp_path):
    module = Module()
    path = save(
        tmp_path, module, default=(lambda latent: {"default": module.images(latent)}, {"latent": (None, 5)})
    )
    judged = opened(path)
    numbers = tf.constant(NUMBERS)
    latents = counter_normal(tf.fill([5], np.int64(3)), numbers, (5,))
    assert_shows(judged, module.images(latents))
    assert judged.images.labels is None
    with pytest.raises(ValueError, match=r"has no classes\. Received: --class 1"):
        opened(path, label="1")


def test_a_module_of_biggan_kind(tmp_path):
    module = Module(low=-1.0)

    def default(y, z, truncation):
        return {"default": module.images(z * truncation + tf.reduce_sum(y * tf.range(3.0), 1, keepdims=True))}

    path = save(tmp_path, module, default=(default, {"y": (None, 3), "z": (None, 5), "truncation": ()}))
    with pytest.raises(ValueError, match=r"must be float, in \[0, 1\].* gives -.*pass --signed"):
        opened(path)
    judged = opened(path, signed=True, truncation=0.5, label="2")
    latents = counter_normal(tf.fill([5], np.int64(3)), tf.constant(NUMBERS), (5,))
    assert_shows(judged, module.images(latents * 0.5 + 2.0) * 0.5 + 0.5)
    assert judged.num_classes == 3


def test_truncation_of_styles_alone(tmp_path, capsys):
    """Where only `mapping` takes a truncation, images are made of its styles, and latents stay whole."""
    module = Module()

    def mapping(z, truncation):
        return {"mapping": tf.stack([z, 0.25 + truncation * (z - 0.25)], axis=1)}

    path = save(
        tmp_path,
        module,
        default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}),
        mapping=(mapping, {"z": (None, 5), "truncation": ()}),
        synthesis=(lambda w: {"synthesis": module.images(w[:, 1])}, {"w": (None, 2, 5)}),
    )
    judged = opened(path, truncation=0.5)
    assert "confined" not in capsys.readouterr().out
    z = np.asarray(counter_normal(tf.fill([5], np.int64(3)), tf.constant(NUMBERS), (5,)))
    assert_shows(judged, module.images(0.125 + 0.5 * z))
    ends = judged.spaces["w"].ends(NUMBERS)
    np.testing.assert_allclose(ends.reshape(5, 2, 5), np.stack([z, 0.125 + 0.5 * z], axis=1), atol=1e-6)
    assert_shows(opened(path), module.images(z))


def test_paths_through_w(tmp_path):
    """Latents of an intermediate space may have an axis of layers; both ends of a path have one class."""
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
        z = np.asarray(judged.latents(numbers))
        expected = np.stack([z, 2 * z], axis=1) + labels[:, None, None]
        np.testing.assert_allclose(space.ends(numbers), expected.reshape(6, 10), atol=1e-6)
    pixels = space.generate(space.ends(2 * paths).astype("float32"), paths)
    w = space.ends(2 * paths).reshape(6, 2, 5)
    np.testing.assert_allclose(pixels, 255 * np.asarray(module.images(w[:, 1])), atol=1e-3)


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        (
            lambda z, steps: {"default": z},
            {"z": (None, 5), "steps": ()},
            r"may take y and truncation.*'steps'",
        ),
        (lambda z: {"default": z, "other": z}, {"z": (None, 5)}, r"one output.*\['default', 'other'\]"),
        (lambda z: {"default": z}, {"z": (None, 5)}, r"gives images.* gives \(1, 5\)"),
        (lambda z: {"default": z}, {"z": (None, None)}, r"shape of the input z .* is not fixed"),
    ],
)
def test_modules_that_are_no_generators(tmp_path, function, inputs, message):
    with pytest.raises(ValueError, match=message):
        opened(save(tmp_path, Module(), default=(function, inputs)))


def test_a_module_without_default(tmp_path):
    path = save(tmp_path, Module(), other=(lambda z: {"x": z}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match=r"signatures \['other'\]; this command needs default"):
        opened(path)


def test_images_that_are_not_square(tmp_path):
    module = Module(height=4, width=6)
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match=r"must be square.* gives 6x4"):
        opened(path)


def test_a_folder_of_images(tmp_path):
    for number in range(6):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        pixels = np.full((12, 9, 3), 10 * number, "uint8")
        Image.fromarray(pixels).save(tmp_path / "ab"[number % 2] / f"{number}.png")
    judged = opened(tmp_path, crop="center")
    assert (judged.images.count, judged.resolution, judged.spaces) == (6, 9, {})
    images = judged.images.take(np.arange(6))
    assert images.shape == (6, 9, 9, 3)
    assert images[:, 0, 0, 0].tolist() == [0, 20, 40, 10, 30, 50]
    assert judged.images.labels(np.array([0, 5])).tolist() == [0, 1]
    for name, value in (("truncation", 0.5), ("label", "a"), ("signed", True)):
        with pytest.raises(
            ValueError, match=f"--{name.replace('label', 'class')} is for exported generators"
        ):
            opened(tmp_path, **{name: value})
    with pytest.raises(ValueError, match="a folder of images has none"):
        judged.read_scores()


def test_neither_an_export_nor_images(tmp_path):
    (tmp_path / "letters").mkdir()
    with pytest.raises(FileNotFoundError, match=r"holds no export.*letters.*Nor are there images"):
        opened(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        opened(tmp_path / "none")


def test_scores_without_a_card(tmp_path):
    module = Module()
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    with pytest.raises(ValueError, match=r"--update-card needs .* has no card\.json\. --json keeps"):
        opened(path).read_scores()


def test_scores_of_a_card(conditional):
    judged = opened(conditional)
    assert judged.read_scores() == {}
    judged.write_scores({"fid5k[x]": 1.5})
    assert judged.read_scores() == {"fid5k[x]": 1.5}
    judged.write_scores({})
    load(conditional, verify=True)
