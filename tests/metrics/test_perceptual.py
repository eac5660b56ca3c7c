import numpy as np
import pytest
import tensorflow as tf

from harness import random_inputs
from keras_gans import metrics
from keras_gans.metrics import efficientnet, perceptual
from keras_gans.metrics.features import antialiased

X, Y = random_inputs([(2, 16, 16, 3)] * 2)


def halved(images):
    return images.reshape(2, images.shape[1] // 2, 2, images.shape[2] // 2, 2, 3).mean(axis=(2, 4))


def test_pyramid_is_the_mean_over_four_sizes():
    difference, expected = X - Y, 0.0
    for _ in range(4):
        expected += np.abs(difference).mean(axis=(1, 2, 3)) / 4
        difference = halved(difference)
    np.testing.assert_allclose(metrics.perceptual_distance("pixels")(X, Y), expected, rtol=1e-5)
    assert perceptual.pyramid_distance(X[:, :1, :1], Y[:, :1, :1]).shape == (2,)  # nothing to halve


def test_features_are_compared_by_their_direction():
    """Two depths; lengths of the feature vectors have no say."""

    def features(images):
        return [images, 3.0 * images[:, ::2, ::2]]

    def unit(vectors):
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    expected = 0.0
    for step in (1, 2):
        one, other = unit(X[:, ::step, ::step]), unit(Y[:, ::step, ::step])
        expected += np.square(one - other).sum(axis=-1).mean(axis=(1, 2)) / 2
    distance = perceptual.feature_distance(features)
    np.testing.assert_allclose(distance(X, Y), expected, rtol=1e-4)
    np.testing.assert_allclose(distance(X, 7.0 * X), 0.0, atol=1e-5)
    grey = X[..., :1]
    np.testing.assert_allclose(distance(grey, Y), distance(np.repeat(grey, 3, axis=-1), Y), rtol=1e-6)


def test_saved_models_compare_by_their_features(tmp_path):
    """Means of the colours at 4 px, of images in [0, 1]."""
    module = tf.Module()
    spec = tf.TensorSpec((None, 4, 4, 3), tf.float32, name="images")
    module.mean = tf.function(lambda images: {"features": tf.reduce_mean(images, (1, 2))}, [spec])
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.mean})
    distance = metrics.perceptual_distance(f"saved-model:{tmp_path}")
    expected = np.square(0.5 * (X - Y).mean(axis=(1, 2))).mean(axis=-1)
    small = [images.reshape(2, 4, 4, 4, 4, 3).mean(axis=(2, 4)) for images in (X, Y)]
    np.testing.assert_allclose(distance(*small), expected, rtol=1e-4)
    shrunk = [antialiased(images, 4) for images in (X, Y)]
    np.testing.assert_allclose(distance(X, Y), distance(*shrunk), rtol=1e-4)
    with tf.GradientTape() as tape:
        x = tf.constant(small[0])
        tape.watch(x)
        total = distance(x, small[1])
    assert np.abs(tape.gradient(total, x)).max() > 0.0


def test_what_auto_means(monkeypatch):
    assert perceptual.resolve("saved-model:x") == "saved-model:x"
    monkeypatch.setattr(perceptual.importlib.util, "find_spec", lambda name: None)
    assert perceptual.resolve("auto") == "pixels"
    monkeypatch.setattr(perceptual.importlib.util, "find_spec", lambda name: name)
    assert perceptual.resolve("auto") == "efficientnet-lite0"


@pytest.mark.parametrize("name", ["auto", "lpips", "saved-model:"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match=f"must be efficientnet-lite0, pixels or .* Received: '{name}'"):
        metrics.perceptual_distance(name)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="no SavedModel in"):
        metrics.perceptual_distance(f"saved-model:{tmp_path / 'none'}")


def test_efficientnet_sees_pixels_as_it_was_trained(monkeypatch):
    seen = []

    def network(images, training):
        seen.append(images)
        return [images]

    monkeypatch.setattr(efficientnet, "load", lambda build: network)
    distance = metrics.perceptual_distance("efficientnet-lite0")
    np.testing.assert_allclose(distance(X, X), 0.0, atol=1e-6)
    np.testing.assert_allclose(seen[0], ((X + 1.0) * 127.5 - 127.0) / 128.0, atol=1e-6)
