import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import (
    POLICIES,
    assert_close,
    check_config,
    check_gradients,
    check_modes,
    check_network,
    policy,
    random_inputs,
)
from keras_gans.endpoints import limits
from keras_gans.networks import StarGANDiscriminator, StarGANGenerator

LABELS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], "float32")


def generator_size(width, num_blocks, classes, colors=3):
    """Kernels without biases, two numbers of instance norm a channel; none at the end."""
    total = 49 * (colors + classes) * width + 2 * width + 49 * width * colors
    for inner, outer in ((1, 2), (2, 4), (4, 2), (2, 1)):
        total += 16 * inner * outer * width**2 + 2 * outer * width
    return total + 2 * num_blocks * (9 * 16 * width**2 + 8 * width)


def discriminator_size(resolution, width, num_layers, classes, colors=3):
    total, inner = 0, colors
    for number in range(num_layers):
        total, inner = total + (16 * inner + 1) * width * 2**number, width * 2**number
    return total + 9 * inner + (resolution // 2**num_layers) ** 2 * inner * classes


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def randomized(network):
    random = np.random.default_rng(0)
    for weight in network.weights:
        weight.assign(1.0 * (weight.name == "gamma") + 0.2 * random.standard_normal(weight.shape))
    return network


@pytest.mark.slow
def test_generator(tmp_path):
    arguments = {"resolution": 8, "channels": 2, "num_classes": 3, "width": 3, "num_blocks": 1}
    check_network(
        StarGANGenerator,
        arguments={**arguments, "name": "painter"},
        inputs=[random_inputs([(4, 8, 8, 2)]), LABELS],
        output_shape=(8, 8, 2),
        trainable_parameters=generator_size(3, 1, 3, 2),
        folder=tmp_path,
        prepare=randomized,
        # Between two pixels each way, instance norm leaves a sign: what half precision rounds, it enlarges.
        policies={"float32": 1e-5, "mixed_float16": 5e-2, "mixed_bfloat16": 3e-1},
    )


@pytest.mark.slow
def test_discriminator(tmp_path):
    """As `check_network`, of two outputs."""
    arguments = {"resolution": 8, "channels": 2, "num_classes": 3, "width": 3, "num_layers": 2}
    arguments["name"] = "critic"
    network = randomized(StarGANDiscriminator(**arguments))
    x = random_inputs([(4, 8, 8, 2)])

    def joined(x, training=False, network=network):
        scores, class_logits = network(x, training=training)
        assert scores.shape[1:] == (2, 2, 1) and class_logits.shape[1:] == (3,)
        assert scores.dtype == class_logits.dtype == "float32"
        return tf.concat([tf.reshape(scores, (-1, 4)), class_logits], axis=1)

    outputs = joined(x).numpy()
    assert count(network) == discriminator_size(8, 3, 2, 3, 2)
    assert network.output_shape == [(None, 2, 2, 1), (None, 3)]
    check_modes(joined, x, outputs, 2e-5)
    again = check_config(network, arguments)
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(joined(x, network=again), outputs)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is StarGANDiscriminator and loaded.get_config() == network.get_config()
    np.testing.assert_array_equal(joined(x, network=loaded), outputs)
    assert_close(joined(x[2:3]), outputs[2:3], 2e-5)
    for name, closeness in POLICIES.items():
        with policy(name):
            low = randomized(StarGANDiscriminator(**arguments))
        assert_close(joined(x, network=low), outputs, closeness)
        check_gradients(lambda x, low=low: joined(x, network=low), x, low.trainable_weights)


@pytest.fixture
def shapes_only():
    """Networks have weights without numbers: large ones take no memory."""
    with keras.StatelessScope(initialize_variables=False):
        yield


@pytest.mark.usefixtures("shapes_only")
def test_published_parameter_counts():
    assert count(StarGANGenerator(resolution=128)) == generator_size(64, 6, 5) == 8_430_528
    assert count(StarGANDiscriminator()) == discriminator_size(128, 64, 6, 5) == 44_762_048


def test_the_labels_count():
    generator = randomized(StarGANGenerator(num_classes=3, width=2, num_blocks=1))
    x = np.broadcast_to(random_inputs([(1, 8, 8, 3)]), (4, 8, 8, 3))
    outputs = generator([x, LABELS]).numpy()
    assert len({output.tobytes() for output in outputs}) == 4
    assert_close(generator([x[:1], LABELS[3:]]), outputs[3:], 1e-6)


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
        "labels": (None, 3),
    }
    assert limits(specs["labels"]) == limits(specs["images"]) == (0.0, 1.0)
    images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
    expected = generator([images * 2 - 1, LABELS]) * 0.5 + 0.5
    assert_close(function(images=images, labels=LABELS), expected, 1e-6)


def test_initial_weights():
    for weight in StarGANDiscriminator(resolution=32, width=16, num_layers=3).weights:
        if weight.name == "kernel":
            limit = 1 / np.sqrt(np.prod(weight.shape[:-1]))
            assert 0.98 * limit < np.abs(weight).max() <= limit, weight.path
        else:
            assert_close(weight, np.zeros(weight.shape))
