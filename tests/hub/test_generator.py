import json

import numpy as np
import pytest
import tensorflow as tf
from small_exports import Module, save

from keras_gans import hub, latent
from keras_gans.export import card
from keras_gans.random import counter_normal

SAVEDMODELS = hub.locate("progan_emoji_32").parents[1]


def generators():
    """Pretrained exports that are generators; those whose images take a loop run with the full matrices."""
    cards = {path.parts[-3]: json.loads(path.read_text()) for path in SAVEDMODELS.glob("*/1/card.json")}
    for name, content in sorted(cards.items()):
        if "images" not in content["signatures"]["default"]["inputs"]:
            yield pytest.param(name, marks=[pytest.mark.full] if "denoise" in content["signatures"] else [])


@pytest.mark.parametrize("name", generators())
def test_pretrained_generators_are_bit_equal_to_their_signatures(name):
    raw = tf.saved_model.load(str(SAVEDMODELS / name / "1"))
    kind = hub.DiffusionGenerator if "denoise" in raw.signatures else hub.Generator
    model = kind(SAVEDMODELS / name, raw)
    signatures, seeds = raw.signatures, np.array([3, 2**40])
    z = signatures["latents"](seeds=tf.constant(seeds))["latents"]
    np.testing.assert_array_equal(model.latents(seeds), z)
    label = 2 if model.needs_label else None
    others = {}
    if model.needs_label:
        others = {"y": tf.one_hot([2, 2], model.num_classes), "truncation": tf.constant(1.0)}
    expected = signatures["default"](z=z, **others)["default"]
    np.testing.assert_array_equal(model.generate(z, label=label), expected)
    np.testing.assert_array_equal(model(z, label=label), expected)
    assert model.image_shape == expected.shape[1:] and model.resolution == expected.shape[1]
    if model.style_shape is not None:
        styles = signatures["mapping"](z=z, truncation=tf.constant(0.5))["mapping"]
        np.testing.assert_array_equal(model.styles(z, truncation=0.5), styles)
        np.testing.assert_array_equal(
            model.synthesize(styles), signatures["synthesis"](w=styles)["synthesis"]
        )
        noise = {"seeds": tf.constant([7, 7], "int64"), "strength": tf.constant(1.0)}
        expected = signatures["synthesis_with_noise"](w=styles, **noise)["synthesis_with_noise"]
        np.testing.assert_array_equal(model.generate(z, truncation=0.5, noise=7), expected)
    if kind is hub.Generator:
        numbers = {"num": tf.constant(2, "int64"), "seed": tf.constant(7, "int64")}
        others = {"y": others["y"][:1], "truncation": others["truncation"]} if others else {}
        if "truncation" in signatures["sample"].structured_input_signature[1]:
            others["truncation"] = tf.constant(0.5)
        expected = signatures["sample"](**numbers, **others)["sample"]
        level = 0.5 if "truncation" in others else None
        np.testing.assert_array_equal(model.sample(2, seed=7, label=label, truncation=level), expected)


def test_images_of_latents_in_batches(preset):
    model = hub.load(preset)
    told = []
    latents = model.latents(range(20))
    images = model.generate(tf.constant(latents), progress=lambda *all: told.append(all))
    assert images.dtype == "float32" and images.shape == (20, 4, 4, 3)
    np.testing.assert_allclose(images, model.loaded.default(latents), atol=1e-6)
    assert told == [("images", 16, 20), ("images", 20, 20)]
    assert model.generate(latents[:0]).shape == (0, 4, 4, 3)
    with pytest.raises(ValueError, match=r"must have the shape \(n, 5\)\. Received: \(2, 4\)"):
        model.generate(np.zeros((2, 4)))
    assert (model.num_classes, model.truncates, model.style_shape) == (0, "latents", None)


def test_gradients_flow(preset):
    model = hub.load(preset)
    z = tf.constant(model.latents([1]))
    with tf.GradientTape() as tape:
        tape.watch(z)
        total = tf.reduce_sum(model(z))
    assert np.abs(tape.gradient(total, z)).min() > 0


def test_samples_are_those_of_the_export(preset, conditional):
    model = hub.load(preset)
    np.testing.assert_array_equal(model.sample(5, seed=3), model.loaded.sample(num=5, seed=3))
    assert (model.sample(5, seed=4) != model.sample(5, seed=3)).any(axis=(1, 2, 3)).all()
    z = counter_normal(tf.fill([5], np.int64(3)), tf.range(5, dtype="int64"), (5,))
    np.testing.assert_allclose(
        model.sample(5, seed=3, truncation=0.5), model.generate(latent.truncate(z, 0.5)), atol=1e-6
    )
    with pytest.raises(ValueError, match=r"makes at most 1024 images of a seed\. Received: num=1025"):
        model.sample(1025)
    model = hub.load(conditional)
    labels = ["dog", 0, "2"]
    y = np.eye(3, dtype="float32")[[1, 0, 2]]
    expected = model.loaded.sample(num=3, seed=3, y=y, truncation=0.5)
    np.testing.assert_array_equal(model.sample(3, seed=3, label=labels, truncation=0.5), expected)


def test_truncation_without_an_input_of_that_name(preset):
    model = hub.load(preset)
    latents = model.latents(range(10))
    small = model.generate(latents, truncation=0.01)
    np.testing.assert_allclose(small, model.generate(latent.truncate(latents, 0.01)), atol=1e-6)
    assert np.ptp(small, axis=0).max() < 0.04 < np.ptp(model.generate(latents), axis=0).max()
    with pytest.raises(ValueError, match="`threshold` must be a positive number"):
        model.generate(latents, truncation=-1)


def test_classes_and_truncation(conditional):
    model = hub.load(conditional)
    z = model.latents([7, 8])
    dog = model.generate(z, label="dog", truncation=0.5)
    np.testing.assert_allclose(
        dog, model.loaded.default(z, np.eye(3, dtype="float32")[[1, 1]], 0.5), atol=1e-6
    )
    for same in (1, "1", np.int64(1), np.array([1, 1]), ["dog", 1]):
        np.testing.assert_array_equal(model.generate(z, label=same, truncation=0.5), dog)
    assert (model.generate(z, label="cat", truncation=0.5) != dog).any()
    assert (model.num_classes, model.truncates, model.needs_label) == (3, "images", True)
    with pytest.raises(ValueError, match=r"pass a `label`, a number from 0 to 2 or one of cat, dog, hat"):
        model.generate(z)
    with pytest.raises(ValueError, match=r"from 0 to 2 or one of cat, dog, hat\. Received: 'cow'"):
        model.generate(z, label="cow")
    with pytest.raises(ValueError, match=r"a sequence of 2\. Received: the shape \(3,\)"):
        model.generate(z, label=[0, 1, 2])
    with pytest.raises(ValueError, match="`guidance` goes with a `label` and an export that was trained"):
        model.generate(z, label="cat", guidance=2.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`truncation` must lie in \(0, 1\]"):
        model.generate(z, label="cat", truncation=3.0)


def test_a_model_without_classes_refuses_them(preset):
    model = hub.load(preset)
    with pytest.raises(ValueError, match=r"has no classes.*Received: label='cat'"):
        model.sample(2, label="cat")


def in_unit(images):
    return np.clip(np.asarray(images) * 0.5 + 0.5, 0.0, 1.0)


def test_styles_and_their_truncation(styled):
    model, network = hub.load(styled.path), styled.network
    assert (model.style_shape, model.truncates) == ((4, 8), "styles")
    latents = model.latents(range(3))
    for level in (0.2, 1.0, 0.0, -1.0):
        # Styles, unlike latents, may go to their average and beyond.
        expected = network.truncate(network.styles(latents), level)
        np.testing.assert_allclose(model.styles(latents, truncation=level), expected, atol=1e-5)
        images = in_unit(network.synthesize(expected))
        np.testing.assert_allclose(model.generate(latents, truncation=level), images, atol=1e-5)
        np.testing.assert_allclose(model.synthesize(expected), images, atol=1e-5)
    with pytest.raises(ValueError, match=r"`styles` of .* must have the shape \(n, 4, 8\)"):
        model.synthesize(latents)


def test_noise_of_styles(styled, preset):
    model, network = hub.load(styled.path), styled.network
    latents = model.latents(range(3))
    pictures = []
    for noise, seed, strength in ((None, 0, 1.0), (False, 0, 0.0), (0, 0, 1.0), (7, 7, 1.0)):
        given = None if noise is None else network.noise_of(np.full(3, seed), strength)
        pictures.append(in_unit(network.synthesize(network.styles(latents), given)))
        np.testing.assert_allclose(model.generate(latents, noise=noise), pictures[-1], atol=1e-5)
        assert all(np.abs(pictures[-1] - other).max() > 4e-3 for other in pictures[:-1])
    np.testing.assert_allclose(model.synthesize(network.styles(latents), noise=7), pictures[-1], atol=1e-5)
    for wrong in (True, -1, "loud"):
        with pytest.raises(ValueError, match="`noise` must be None, False or a seed from 0"):
            model.generate(latents, noise=wrong)
    other = hub.load(preset)
    with pytest.raises(ValueError, match="`noise` needs mapping and synthesis_with_noise as well"):
        other.sample(1, noise=False)
    with pytest.raises(ValueError, match="a style needs mapping and synthesis as well"):
        other.styles(other.latents([0]))


def z_of(count=5, seed=0):
    return counter_normal(tf.range(seed, seed + count, dtype="int64"), tf.zeros([count], "int64"), (5,))


def test_a_module_from_elsewhere(tmp_path):
    """Latents under any name; without the signatures `latents` and `sample` they are drawn here."""
    module = Module()
    path = save(
        tmp_path, module, default=(lambda latent: {"image": module.images(latent)}, {"latent": (None, 5)})
    )
    model = hub.load(path)
    np.testing.assert_array_equal(model.latents(range(5)), z_of())
    np.testing.assert_allclose(model.generate(z_of()), module.images(z_of()), atol=1e-6)
    z = counter_normal(tf.fill([3], np.int64(9)), tf.range(3, dtype="int64"), (5,))
    np.testing.assert_allclose(model.sample(3, seed=9), module.images(z), atol=1e-6)
    assert model.image_shape == (4, 4, 3)


def test_a_module_of_biggan_kind(tmp_path):
    module = Module(low=-1.0)

    def default(y, z, truncation):
        shift = tf.reduce_sum(y * tf.range(3.0), 1, keepdims=True)
        return {"default": module.images(z * truncation + shift)}

    path = save(tmp_path, module, default=(default, {"y": (None, 3), "z": (None, 5), "truncation": ()}))
    with pytest.raises(ValueError, match=r"must be float, in \[0, 1\].* gives -.*load it with `signed=True`"):
        hub.load(path).generate(z_of(), label=2)
    model = hub.load(path, signed=True)
    expected = module.images(z_of() * 0.5 + 2.0) * 0.5 + 0.5
    for made in (model.generate, model):
        np.testing.assert_allclose(made(z_of(), label="2", truncation=0.5), expected, atol=1e-6)
    assert (model.num_classes, model.truncates, model.latent_shape) == (3, "images", (5,))


def test_truncation_of_styles_alone(tmp_path):
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
    model = hub.load(path)
    made = model.generate(z_of(), truncation=0.5)
    np.testing.assert_allclose(made, module.images(0.125 + 0.5 * z_of()), atol=1e-6)
    np.testing.assert_allclose(model.generate(z_of()), module.images(z_of()), atol=1e-6)


def test_guidance(tmp_path, conditional):
    """One class of a generator that is led by guidance."""
    module = Module()

    def guided(z, labels, guidance):
        return {"guided": module.images(z * guidance + tf.cast(labels, "float32")[:, None])}

    path = save(
        tmp_path,
        module,
        default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}),
        guided=(guided, {"z": (None, 5), "labels": tf.TensorSpec((None,), "int32"), "guidance": ()}),
    )
    with pytest.raises(ValueError, match="no classes that its inputs or its card tell of"):
        hub.load(path).generate(z_of(), label=1)
    content = card.read(conditional)
    content["signatures"]["guided"] = {"inputs": {"labels": {"limits": [-1, 2]}}}
    (tmp_path / card.FILE).write_text(json.dumps(content))
    model = hub.load(path)
    assert (model.num_classes, model.needs_label) == (3, False)
    for options, expected in (
        ({}, z_of()),
        ({"label": "hat"}, 2.0 * z_of() + 2.0),
        ({"label": "dog", "guidance": 0.5}, 0.5 * z_of() + 1.0),
    ):
        np.testing.assert_allclose(model.generate(z_of(), **options), module.images(expected), atol=1e-6)
    with pytest.raises(ValueError, match="`guidance` goes with a `label`"):
        model.generate(z_of(), guidance=2.0)


def test_images_that_are_broken(tmp_path):
    """One module, whose inputs choose what is wrong."""
    module = Module()

    def default(z):
        made, kind = module.images(z), z[0, 0]
        return {
            "default": tf.where(kind > 9.0, made * float("nan"), tf.where(kind > 4.0, made * 255.0, made))
        }

    path = save(tmp_path, module, default=(default, {"z": (None, 5)}))
    for signed in (False, True):
        model = hub.load(path, signed=signed)
        with pytest.raises(ValueError, match="NaN or infinity in 2 of 2 images"):
            model.generate(np.full((2, 5), 10.0))
        with pytest.raises(ValueError, match=r", 1\]\. .* gives .* to 2.*scale them"):
            model.generate(np.full((2, 5), 5.0))


def test_a_module_with_serving_default_alone(tmp_path):
    """Of several outputs the images are taken."""
    module = Module()

    def serve(z):
        return {"images": module.images(z), "latents": z}

    model = hub.load(save(tmp_path, module, serving_default=(serve, {"z": (None, 5)})))
    assert model.image_shape == (4, 4, 3)
    np.testing.assert_allclose(model.generate(z_of()), module.images(z_of()), atol=1e-6)


def test_overshooting_is_clipped(tmp_path):
    module = Module(low=-0.4)
    path = save(tmp_path, module, default=(lambda z: {"default": module.images(z)}, {"z": (None, 5)}))
    made = hub.load(path).generate(z_of())
    np.testing.assert_allclose(made, np.maximum(module.images(z_of()), 0.0), atol=1e-6)
    assert made.min() == 0.0


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        (lambda z, steps: {"x": z}, {"z": (None, 5), "steps": ()}, r"may take y and truncation.*'steps'"),
        (lambda z: {"x": z, "other": z}, {"z": (None, 5)}, r"one output.*\['other', 'x'\]"),
        (lambda z: {"x": z}, {"z": (None, 5)}, r"gives images.* gives \(1, 5\)"),
        (lambda z: {"x": z}, {"z": (None, None)}, r"shape of the input z .* is not fixed"),
    ],
)
def test_modules_that_are_no_generators(tmp_path, function, inputs, message):
    path = save(tmp_path, Module(), default=(function, inputs))
    with pytest.raises(ValueError, match=message):
        hub.load(path).sample(1)


def test_edited_images(styled):
    """In z latents move, in w styles; amounts of several directions add up."""
    model = hub.load(styled.path)
    random = np.random.default_rng(0)
    directions = {
        "turn": hub.Direction(random.standard_normal(8).astype("float32"), "z"),
        "hair": hub.Direction(random.standard_normal(8).astype("float32"), "w", (1, 2)),
        "age": hub.Direction(random.standard_normal(8).astype("float32"), "w"),
    }
    turn, hair, age = (direction.vector for direction in directions.values())
    latents, known = model.latents([1, 2]), {"directions": directions}
    moved = latents + np.array([[2.0], [-1.0]]) * turn
    made = model.edit(latents, {"turn": [2.0, -1.0]}, truncation=0.5, noise=3, **known)
    np.testing.assert_allclose(made, model.generate(moved, truncation=0.5, noise=3), atol=1e-6)
    styles = model.styles(moved, truncation=0.5)
    styles[:, 1:3] += 0.5 * hair
    styles -= age
    amounts = {"hair": 0.5, "turn": [2.0, -1.0], "age": -1.0}
    made = model.edit(latents, amounts, truncation=0.5, **known)
    np.testing.assert_allclose(made, model.synthesize(styles), atol=1e-6)
    np.testing.assert_allclose(model.moved(latents, amounts, truncation=0.5, **known), styles, atol=1e-6)
    made = model.edit(styles, {"age": 1.0}, layers=(0, 0), **known)
    styles[:, 0] += age
    np.testing.assert_allclose(made, model.synthesize(styles), atol=1e-6)
    for wrong, given, options in (
        (r"no direction 'nose'. It has turn, hair, age", {"nose": 1.0}, {}),
        (r"'turn' is a direction of latents, z", {"turn": 1.0}, {"layers": (0, 1)}),
        (r"must lie in 0-3, upwards. Received: 3-4", {"age": 1.0}, {"layers": (3, 4)}),
        (r"must be finite. Received: amount=nan", {"age": np.nan}, {}),
    ):
        with pytest.raises(ValueError, match=wrong):
            model.edit(latents, given, **known, **options)
    with pytest.raises(ValueError, match="'turn' is a direction of latents"):
        model.edit(styles, {"turn": 1.0}, **known)
    with pytest.raises(ValueError, match="leave out `label` and `truncation`"):
        model.edit(styles, {"age": 1.0}, truncation=0.5, **known)
    many = {f"pca.{number}": directions["age"] for number in range(12)}
    with pytest.raises(ValueError, match=r"It has turn, hair, age, pca\.0 to pca\.11$"):
        model.edit(latents, {"pca.12": 1.0}, directions={**directions, **many})


def test_tensors_of_styles_in_a_graph(styled):
    model = hub.load(styled.path)
    latents = model.latents([1, 2])

    @tf.function(input_signature=[tf.TensorSpec((2, 8))])
    def made(latents):
        styles = model.style_tensor(latents)
        return styles, model(styles), model(latents)

    styles, images, same = made(latents)
    np.testing.assert_allclose(styles, model.styles(latents), atol=1e-6)
    np.testing.assert_allclose(images, model.synthesize(styles), atol=1e-6)
    np.testing.assert_allclose(same, model.generate(latents), atol=1e-6)


def test_endpoints_are_those_of_networks(styled, tmp_path):
    """Latents are z and styles w whatever a module calls them; signed images come in [0, 1]."""
    module = Module(low=-1.0)
    path = save(tmp_path / "signed", module, serving_default=(module.images, {"z": (None, 5)}))
    model = hub.load(path, signed=True)
    function, inputs = model.endpoints()["default"]
    latents = model.latents([1, 2])
    assert list(inputs) == ["z"] and inputs["z"].shape == (None, 5)
    np.testing.assert_allclose(function(z=latents), model.generate(latents), atol=1e-6)
    named = lambda codes: module.images(codes) * 0.5 + 0.5  # noqa: E731
    path = save(tmp_path / "named", module, default=(named, {"codes": (None, 5)}))
    function, inputs = hub.load(path).endpoints()["default"]
    assert list(inputs) == ["z"]
    np.testing.assert_allclose(function(z=latents), model.generate(latents), atol=1e-6)
    offered, latents = styled.model.endpoints(), styled.model.latents([1, 2])
    assert {name: list(inputs) for name, (_, inputs) in offered.items()} == {
        "default": ["z"],
        "mapping": ["z"],
        "synthesis": ["w"],
    }
    styles = offered["mapping"][0](z=latents)
    np.testing.assert_allclose(styles, styled.model.styles(latents), atol=1e-6)
    np.testing.assert_allclose(offered["synthesis"][0](w=styles), styled.model.generate(latents), atol=1e-6)
