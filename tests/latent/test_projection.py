import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans import hub, latent
from keras_gans.latent import projection


def given(shape):
    return keras.InputSpec(shape=(None, *shape))


class Points:
    """Latents of `size` numbers are images of as many pixels."""

    def __init__(self, size=1):
        self.size = size

    def endpoints(self):
        return {"default": (self.images, {"z": given((self.size,))})}

    def images(self, z):
        return tf.reshape(z, (-1, 1, self.size, 1))


class Noisy:
    """Two styles of one number; images of 8 pixels are their mean plus a tenth of the noise."""

    noise_shapes = ((8, 8, 1),)
    noise_constants = (lambda styles: tf.random.stateless_normal((1, 8, 8, 1), (1, 2)) * 3.0 + 1.0,)

    def endpoints(self):
        mapping = lambda z, truncation: tf.repeat(z[:, None], 2, axis=1) * truncation[:, None]  # noqa: E731
        truncation = keras.InputSpec(shape=())
        return {
            "default": (lambda z: self.synthesize(z[:, None]), {"z": given((1,))}),
            "mapping": (mapping, {"z": given((1,)), "truncation": truncation}),
            "synthesis": (lambda w: self.synthesize(w), {"w": given((2, 1))}),
        }

    def synthesize(self, styles, noise=None):
        noise = self.noise_constants[0](styles) if noise is None else noise[0]
        return tf.reduce_mean(styles, axis=1)[:, None, None] + 0.1 * noise


PLAIN = {"restarts": 1, "candidates": 1}


def test_loss_and_steps_by_hand():
    """The loss is |z - target| + 0.5 | |z| - 1 |; Adam moves by its rate."""
    start = np.array([[3.0], [-2.0]], "float32")
    options = {"initial": start, "learning_rate": 0.1, "length_weight": 0.5, "seed": 3}
    targets = np.array([0.0, 0.5], "float32").reshape(2, 1, 1, 1)
    found = latent.project(Points(), targets, steps=2, **options)
    np.testing.assert_allclose(found.history[0], [3.0 + 1.0, 2.5 + 0.5], rtol=1e-6)
    np.testing.assert_allclose(found.history[1], [2.9 + 0.95, 2.4 + 0.45], rtol=1e-6)
    # The best of all steps, and its picture.
    np.testing.assert_allclose(found.rows, [[2.9], [-1.9]], atol=1e-6)
    np.testing.assert_allclose(found.losses, found.history[1])
    np.testing.assert_allclose(found.images.reshape(2), [1.0, 0.0])  # clipped
    assert found.space == "z" and found.labels is None and found.noise == () and not found.interrupted
    # `pixel_weight`, and features of [-1, 1] instead.
    features = lambda images, others: tf.reduce_sum(tf.square(images - others), axis=(1, 2, 3))  # noqa: E731
    options |= {"length_weight": 0.0, "pixel_weight": 2.0, "features": features, "feature_weight": 3.0}
    found = latent.project(Points(), targets, steps=1, **options)
    np.testing.assert_allclose(found.history, [[2 * 3.0 + 3 * 36.0, 2 * 2.5 + 3 * 25.0]], rtol=1e-6)


def test_ramps():
    """As in the paper: up over the first 5 %, and the half of a cosine down over the last 25 %."""
    for begun, t, expected in ((0.01, 0.0, 0.2), (0.05, 0.04, 1.0), (0.7, 0.69, 1.0), (0.9, 0.875, 0.5)):
        np.testing.assert_allclose(projection._ramp(tf.constant(begun), tf.constant(t)), expected, rtol=1e-5)


def test_what_disturbs_the_codes():
    """0.05 sigma (1 - t / 0.75)^2 times normal numbers, the same for all images; sigma is sqrt(d) in z."""
    targets = np.full((2, 1, 64, 1), 0.5, "float32")
    options = {"initial": np.full((2, 64), 0.5), "learning_rate": 0.0, "length_weight": 0.0}
    found = latent.project(Points(64), targets, steps=8, code_noise=0.05, **options)
    np.testing.assert_allclose(found.history[:, 0], found.history[:, 1])
    t = np.arange(8) / 8
    expected = 0.05 * 8 * np.maximum(0.0, 1.0 - t / 0.75) ** 2 * np.sqrt(2 / np.pi)  # mean of |normal|
    np.testing.assert_allclose(found.history[:, 0], expected, rtol=0.4)
    assert (found.history[6:] == 0.0).all()


def test_recovers_latents_of_an_export(preset):
    model = hub.load(preset)
    latents = model.latents([5, 6])
    seen = []
    found = latent.project(
        model,
        model.generate(latents),
        steps=200,
        progress=lambda what, done, total: seen.append((done, total)),
    )
    assert found.space == "z" and found.history.shape == (200, 2)
    np.testing.assert_allclose(found.images, model.generate(found.rows), atol=1e-6)
    assert np.abs(found.images - model.generate(latents)).max() < 0.01
    assert seen[-1] == (250, 250) and len(seen) == 100 and seen == sorted(seen)


def test_recovers_styles_of_an_export(styled):
    model, mixed = styled.model, styled.model.styles(styled.model.latents([7, 8]))
    own = model.synthesize(mixed)
    mixed = mixed.copy()
    mixed[0, :2] = mixed[1, :2]
    targets = np.concatenate([own, model.synthesize(mixed[:1])])
    errors = {}
    for space in ("w", "w+"):
        found = model.project(targets, space=space, steps=150, frames=3, batch_size=2)
        np.testing.assert_allclose(found.images, model.synthesize(found.rows), atol=1e-6)
        assert found.frames.shape == (3, 3, 8, 8, 3)
        np.testing.assert_array_equal(found.frames[-1], found.images)
        errors[space] = np.abs(found.images - targets).mean(axis=(1, 2, 3))
        assert np.ptp(found.rows, axis=1).max() > 0 or space == "w"
    assert errors["w+"].max() < 0.03 and errors["w+"][2] < errors["w"][2]


def test_seed_and_independent_rows(preset):
    model = hub.load(preset)
    targets = model.generate(model.latents([1, 2, 3]))
    options = {"steps": 7, "restarts": 2, "restart_steps": 5, "candidates": 16}
    first, other = (latent.project(model, targets, seed=seed, **options) for seed in (3, 4))
    assert np.abs(first.rows - other.rows).max() > 0.1
    alone = latent.project(model, targets[1:2], seed=3, **options)
    np.testing.assert_allclose(alone.rows[0], first.rows[1], atol=1e-4)


def test_classes_given_and_found(conditional):
    model = hub.load(conditional)
    targets = model.generate(model.latents([1, 2, 3]), label=[0, 1, 2])
    found = model.project(targets, steps=60, restarts=3)
    assert found.labels.tolist() == [0, 1, 2]
    shown = model.generate(found.rows, label=found.labels)
    np.testing.assert_allclose(found.images, shown, atol=1e-6)
    told = model.project(targets, steps=0, label=["cat", "cat", 2], restarts=1, batch_size=2)
    assert told.labels.tolist() == [0, 0, 2]
    with pytest.raises(ValueError, match="must be a number from 0 to 2 or one of cat, dog, hat"):
        model.project(targets, label="cow")
    with pytest.raises(ValueError, match="`initial` of a model with classes goes with a `label`"):
        model.project(targets, initial=found.rows)
    again = model.project(targets, initial=found.rows, label=found.labels, steps=0)
    np.testing.assert_allclose(again.losses, found.losses, atol=1e-6)


def test_styles_of_classes(styled_classes):
    model = hub.load(styled_classes)
    targets = model.synthesize(model.styles(model.latents([1]), label="dog"))
    found = model.project(targets, space="w+", label="dog", steps=30, candidates=8)
    assert found.labels.tolist() == [1] and found.losses[0] < 0.01


def test_maps_of_noise():
    """The target has the mean of the styles; the maps must lose their pattern, and stay normal."""
    network = Noisy()
    targets = np.full((1, 8, 8, 1), 0.5, "float32")
    found = latent.project(network, targets, space="w+", steps=30, noise_maps=True, **PLAIN)
    [maps] = found.noise
    assert maps.shape == (1, 8, 8, 1) and abs(maps.mean()) < 1e-5
    np.testing.assert_allclose(maps.std(), 1.0, rtol=1e-4)
    shown = network.synthesize(found.rows, [maps]) * 0.5 + 0.5
    np.testing.assert_allclose(np.clip(shown, 0, 1), found.images, atol=1e-6)
    for model, space in ((network, "z"), (Points(), "z")):
        with pytest.raises(ValueError, match="needs a network whose `synthesize` takes them"):
            latent.project(model, targets, space=space, noise_maps=True)


def test_the_penalty_of_maps():
    random = np.random.default_rng(0)
    maps = [random.standard_normal((2, size, size, 1)).astype("float32") for size in (4, 16)]
    expected = np.zeros(2)
    halved = 2.0 * maps[1].reshape(2, 8, 2, 8, 2, 1).mean(axis=(2, 4))
    for one in (*maps, halved):
        for axis in (1, 2):
            expected += np.mean(one * np.roll(one, 1, axis), axis=(1, 2, 3)) ** 2
    np.testing.assert_allclose(latent.projection.map_penalty(maps), expected, rtol=1e-4)


@pytest.mark.parametrize("after, steps", [(1, 0), (60, 10)], ids=["restarts", "search"])
def test_an_interrupted_search_keeps_its_best(preset, after, steps):
    model = hub.load(preset)
    targets = model.generate(model.latents([5, 6]))

    def progress(what, done, total):
        if done == after:
            raise KeyboardInterrupt
        assert total == 2 * (50 + 100)

    found = model.project(targets, steps=100, batch_size=1, frames=11, progress=progress)
    assert found.interrupted and len(found.rows) == 1  # of the second batch nothing began
    assert found.frames.shape[1:] == (1, 4, 4, 3) and np.isfinite(found.losses).all()
    np.testing.assert_allclose(found.images, model.generate(found.rows), atol=1e-6)


def test_joined_batches(preset):
    model = hub.load(preset)
    targets = model.generate(model.latents([5, 6, 7]))
    count = []

    def progress(what, done, total):
        count.append(done)
        if done == 2 * (50 + 50) - 20:
            raise KeyboardInterrupt

    found = model.project(targets, steps=50, batch_size=2, frames=51, progress=progress)
    assert found.interrupted and len(found.rows) == 3 and found.frames.shape[:2] == (51, 3)
    assert np.isfinite(found.history[:, :2]).all() and np.isnan(found.history[-1, 2])
    np.testing.assert_array_equal(found.frames[-1], found.images)


def test_large_images_are_averaged_before_their_features():
    seen = []

    def features(images, others):
        seen.append((images.shape, others.shape))
        return tf.reduce_mean(tf.square(images - others), axis=(1, 2, 3))

    loss = projection._Loss(latent.Search(features=features), "w")
    images = tf.zeros((1, 600, 512, 3))
    np.testing.assert_allclose(loss.of_images(images, images + 0.5), [0.5 + 1.0])
    assert seen == [((1, 300, 256, 3), (1, 300, 256, 3))]


def test_what_cannot_be_projected(preset, styled):
    model = hub.load(preset)
    images = np.zeros((2, 4, 4, 3), "float32")
    for wrong, message in (
        (
            np.zeros((1, 4, 5, 3), "float32"),
            r"size of those of painter_noise_4, \(4, 4, 3\)\. Received: \(4, 5, 3\)",
        ),
        (np.zeros((1, 4, 4, 4), "uint8"), "no alpha channel"),
        (images[0], r"must have the shape \(n, height, width, 1 or 3\)"),
        (images[:0], r"must have the shape \(n, height, width, 1 or 3\)"),
        (images + np.nan, r"uint8, or float in \[0, 1\]"),
        (images - 0.5, r"uint8, or float in \[0, 1\]\. Received: float32 from -0.50 to -0.50"),
        (images.astype("int64"), r"uint8, or float in \[0, 1\]\. Received: int64"),
    ):
        with pytest.raises(ValueError, match=message):
            latent.project(model, wrong, steps=0)
    with pytest.raises(ValueError, match=r"must be z: it has no endpoints mapping and synthesis\. .*'w\+'"):
        latent.project(model, images, space="w+")
    with pytest.raises(ValueError, match=r"must be z or w or w\+\. Received: 'v'"):
        latent.project(styled.model, images, space="v")
    for label in (0, [0, 1]):
        with pytest.raises(ValueError, match="must be None, without classes"):
            latent.project(model, images, label=label)
    for initial in (np.zeros((2, 4)), np.full((2, 5), np.nan)):
        with pytest.raises(ValueError, match=r"`initial` must be finite, with the shape \(2, 5\)"):
            latent.project(model, images, initial=initial)
    still = types.SimpleNamespace(
        name="still",
        endpoints=lambda: {"default": (lambda z: tf.round(0.0 * z[:, None, None]), {"z": given((1,))})},
    )
    with pytest.raises(ValueError, match="No gradient flows through still"):
        latent.project(still, np.zeros((1, 1, 1, 1), "float32"), steps=1, **PLAIN)


@pytest.mark.parametrize(
    "wrong, least",
    [({"steps": -1}, 0), ({"restarts": 0}, 1), ({"batch_size": 0}, 1), ({"pixel_weight": np.nan}, 0)],
)
def test_settings_that_are_none(wrong, least):
    [(name, value)] = wrong.items()
    with pytest.raises(ValueError, match=f"`{name}` must be finite, {least} or more. Received: {value}"):
        latent.Search(**wrong)


def test_uint8_and_grey_images():
    found = latent.project(Points(2), np.array([[[[0], [255]]]], "uint8"), steps=300, length_weight=0.0)
    np.testing.assert_allclose(found.rows, [[0.0, 1.0]], atol=0.01)
