import keras
import numpy as np

from harness import assert_close, random_inputs, randomize
from keras_gans.networks.class_conditioning import batch_norm, beside_classes, label_input, one_hot

LABELS = np.array([0, 2, 1, 2], "int32")


def test_labels_only_with_classes():
    images = keras.Input((2, 2, 3))
    assert label_input(images, 0) == (images, None)
    inputs, labels = label_input(images, 3)
    assert inputs == [images, labels]
    assert (labels.shape, labels.dtype, labels.name) == ((None,), "int32", "labels")


def test_latents_beside_classes():
    latents = keras.Input((5,))
    assert beside_classes(latents, 0) == (latents, latents)
    network = keras.Model(*beside_classes(latents, 3))
    x = random_inputs([(4, 5)])
    np.testing.assert_array_equal(network([x, LABELS]), np.concatenate([x, np.eye(3)[LABELS]], axis=-1))
    assert one_hot(LABELS, 3).dtype == "float32"


def test_gains_and_biases_of_the_class():
    images = keras.Input((2, 3, 5))
    inputs, labels = label_input(images, 3)
    options = {"num_classes": 3, "epsilon": 0.1, "dtype": "float32"}
    network = keras.Model(inputs, batch_norm(images, labels, "norm", **options))
    x = random_inputs([(4, 2, 3, 5)])
    norm = network.get_layer("norm")
    assert norm.synchronized and norm.momentum == 0.9
    normalized = x / np.sqrt(1.1)  # a mean of 0 and a variance of 1 are stored
    assert_close(network([x, LABELS]), normalized)  # gains start at 1, biases at 0
    randomize(network)
    mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    gain, bias = (network.get_layer(f"norm_{part}").embeddings.numpy()[LABELS] for part in ("gain", "bias"))
    expected = (x - mean) / np.sqrt(variance + 0.1) * gain[:, None, None] + bias[:, None, None]
    assert_close(network([x, LABELS]), expected)
    plain = keras.Model(images, batch_norm(images, None, "norm", **options))
    assert {weight.name for weight in plain.trainable_weights} == {"gamma", "beta"}
