import numpy as np
import pytest

from harness import (
    assert_close,
    random_inputs,
)
from keras_gans.endpoints import limits
from keras_gans.networks import StarGANDiscriminator, StarGANGenerator

LABELS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], "float32")


def randomized(network):
    random = np.random.default_rng(0)
    for weight in network.weights:
        weight.assign(1.0 * (weight.name == "gamma") + 0.2 * random.standard_normal(weight.shape))
    return network


def test_the_labels_count():
    generator = randomized(StarGANGenerator(num_classes=3, width=2, num_blocks=1))
    x = np.broadcast_to(random_inputs([(1, 8, 8, 3)]), (4, 8, 8, 3))
    outputs = generator([x, LABELS]).numpy()
    assert len({output.tobytes() for output in outputs}) == 4
    assert_close(generator([x[:1], LABELS[3:]]), outputs[3:], 1e-6)


def test_one_image_of_as_many_rows_as_classes():
    """Its maps are those of its label, as in a batch of two."""
    generator = randomized(StarGANGenerator(num_classes=8, width=2, num_blocks=1))
    x, labels = random_inputs([(2, 8, 8, 3)]), np.eye(8, dtype="float32")[[3, 6]]
    assert_close(generator([x[:1], labels[:1]]), generator([x, labels])[:1])


def test_any_multiple_of_4():
    generator = StarGANGenerator(num_classes=3, width=2, num_blocks=1)
    assert generator([np.zeros((4, 12, 8, 3), "float32"), LABELS]).shape == (4, 12, 8, 3)
    with pytest.raises(ValueError, match=r"multiples of 4, at least 4\. Received: 12x10"):
        generator([np.zeros((4, 12, 10, 3), "float32"), LABELS])


@pytest.mark.parametrize("network_class", [StarGANGenerator, StarGANDiscriminator])
def test_arguments(network_class):
    with pytest.raises(ValueError, match=r"`num_blocks` must not be negative\. Received: -1"):
        StarGANGenerator(num_blocks=-1)
    with pytest.raises(ValueError, match="`resolution` must be given"):
        StarGANDiscriminator(resolution=None)
    with pytest.raises(ValueError, match=r"`num_classes` must be at least 1\. Received: 0"):
        network_class(num_classes=0)
    with pytest.raises(ValueError, match=r"multiples of .*\. Received: 66x66"):
        network_class(resolution=66)


def test_endpoint():
    generator = randomized(StarGANGenerator(num_classes=3, width=2, num_blocks=1, resolution=8))
    function, specs = generator.endpoints()["default"]
    assert {name: spec.shape for name, spec in specs.items()} == {
        "images": (None, 8, 8, 3),
        "domains": (None, 3),
    }
    assert limits(specs["domains"]) == limits(specs["images"]) == (0.0, 1.0)
    images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
    expected = generator([images * 2 - 1, LABELS]) * 0.5 + 0.5
    assert_close(function(images=images, domains=LABELS), expected, 1e-6)


def test_initial_weights():
    for weight in StarGANDiscriminator(resolution=32, width=16, num_layers=3).weights:
        if weight.name == "kernel":
            limit = 1 / np.sqrt(np.prod(weight.shape[:-1]))
            assert 0.98 * limit < np.abs(weight).max() <= limit, weight.path
        else:
            assert_close(weight, np.zeros(weight.shape))
