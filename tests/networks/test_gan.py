import keras
import numpy as np
import pytest
from network_check import count
from reference.classic_numpy import gan_discriminator, gan_generator, weights_of

from harness import assert_close, random_inputs
from keras_gans.networks import GANDiscriminator, GANGenerator

LABELS = np.array([0, 2, 1, 2], "int32")


def randomized(network, scale=0.5):
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(scale * random.standard_normal(weight.shape))
    return network


@pytest.mark.parametrize("classes", [0, 3])
def test_generator_in_numpy(classes):
    network = randomized(
        GANGenerator(resolution=4, latent_dim=5, num_classes=classes, width=8, label_width=6, dropout=0.5)
    )
    latents = random_inputs([(4, 5)])
    labels = [LABELS] if classes else []
    expected = gan_generator(weights_of(network), latents, *labels, classes=classes, shape=(4, 4, 1))
    assert_close(network([latents, LABELS] if classes else latents), expected)
    assert np.abs(expected).max() > 0.5


@pytest.mark.parametrize("classes", [0, 3])
def test_discriminator_in_numpy(classes):
    network = randomized(
        GANDiscriminator(resolution=4, num_classes=classes, width=4, label_width=3, pieces=(3, 2))
    )
    images = random_inputs([(4, 4, 4, 1)])
    labels = [LABELS] if classes else []
    expected = gan_discriminator(weights_of(network), images, *labels, classes=classes, pieces=(3, 2))
    assert_close(network([images, LABELS] if classes else images), expected)


def test_dropout_is_part_of_training_only():
    images = random_inputs([(64, 4, 4, 1)])
    network = randomized(GANDiscriminator(resolution=4, width=8, pieces=(2, 2)))
    assert_close(network(images), network(images))
    first, second = (np.asarray(network(images, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 0.1
    without = randomized(
        GANDiscriminator(resolution=4, width=8, pieces=(2, 2), dropout=0.0, input_dropout=0.0)
    )
    np.testing.assert_array_equal(without(images, training=True), without(images))
    latents = random_inputs([(64, 100)])
    plain = GANGenerator(resolution=4, width=8)
    np.testing.assert_array_equal(plain(latents, training=True), plain(latents))


def test_the_share_that_is_dropped():
    """The logit of an all-ones network counts what is left: units twice as strong, half of them."""
    network = GANDiscriminator(resolution=2, width=400, pieces=(1, 1), dropout=0.5, input_dropout=0.0)
    for weight in network.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    network.get_layer("hidden_maxout").bias.assign(np.ones(400))
    network.get_layer("logit").kernel.assign(np.ones((400, 1)))
    logits = np.asarray(network(np.ones((200, 2, 2, 1), "float32"), training=True))
    assert abs(logits.mean() - 400) < 10  # of 2 * binomial(400, 1/2): deviation 20 / sqrt(200)
    assert abs(logits.std() - 20) < 5


def test_labels_matter():
    generator = randomized(GANGenerator(resolution=4, num_classes=3, width=8, label_width=4))
    latents = np.repeat(random_inputs([(1, 100)]), 3, axis=0)
    images = np.asarray(generator([latents, np.arange(3)]))
    assert min(np.abs(images[i] - images[j]).max() for i, j in ((0, 1), (0, 2), (1, 2))) > 1e-3


@pytest.mark.parametrize("label_width", [0, 8, 9])
def test_label_widths_that_leave_nothing(label_width):
    message = f"between 0 and `width`. Received: label_width={label_width}, width=8"
    with pytest.raises(ValueError, match=message):
        GANGenerator(num_classes=3, width=8, label_width=label_width)
    assert count(GANGenerator(resolution=2, width=8, label_width=label_width)) > 0  # not used without classes


def test_pieces_are_two_numbers():
    with pytest.raises(ValueError, match=r"`pieces` must be two numbers.* Received: \[5\]"):
        GANDiscriminator(pieces=[5])


def test_initial_weights():
    """Uniform, as far as in the public configuration of 1406.2661."""
    for network, bound in (GANGenerator(), 0.05), (GANDiscriminator(), 0.005):
        for layer in (layer for layer in network.layers if isinstance(layer, keras.layers.Dense)):
            kernel = layer.kernel.numpy()
            assert np.abs(kernel).max() <= bound
            assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.15)
            assert not layer.bias.numpy().any()
