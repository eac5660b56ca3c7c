import numpy as np
import pytest
import tensorflow as tf
from network_check import count, randomized

from harness import assert_close, random_inputs
from keras_gans.layers import Dropout
from keras_gans.networks import CycleGANGenerator, CycleGANTranslator


def size(width, num_blocks, batch_norm=False, source=3, colors=3):
    """Kernels, and a bias or two numbers of batch norm a channel; a bias at the end."""
    each = 2 if batch_norm else 1
    total = 49 * source * width + each * width + 49 * width * colors + colors
    for inner, outer in ((1, 2), (2, 4), (4, 2), (2, 1), *[(4, 4)] * (2 * num_blocks)):
        total += 9 * inner * outer * width**2 + each * outer * width
    return total


def test_parameters_with_batch_norm():
    assert count(CycleGANGenerator(num_blocks=2, width=4, batch_norm=True)) == size(4, 2, True)


def test_dropout_in_every_block_and_only_in_training():
    generator = randomized(CycleGANGenerator(num_blocks=2, width=2, dropout=0.5))
    plain = CycleGANGenerator(num_blocks=2, width=2)
    plain.set_weights([weight for weight in generator.weights if weight.trainable])
    x = random_inputs([(2, 8, 8, 3)])
    assert_close(generator(x), plain(x), 1e-6)
    assert np.abs(generator(x, training=True) - plain(x)).max() > 1e-3
    assert sum(type(layer) is Dropout for layer in generator.layers) == 2


def test_any_multiple_of_4():
    generator = CycleGANGenerator(num_blocks=1, width=2)
    assert generator(np.zeros((2, 12, 32, 3), "float32")).shape == (2, 12, 32, 3)
    for height, width in ((32, 30), (4, 8)):
        with pytest.raises(ValueError, match=f"multiples of 4, at least 8. Received: {height}x{width}"):
            generator(np.zeros((1, height, width, 3), "float32"))
    with pytest.raises(ValueError, match=r"Received: 18x18"):
        CycleGANGenerator(resolution=18)
    with pytest.raises(ValueError, match=r"`num_blocks` must not be negative\. Received: -1"):
        CycleGANGenerator(num_blocks=-1)


def test_open_sizes_are_checked_first():
    """Not by the padding, which four pixels are too few for."""
    generator = CycleGANGenerator(num_blocks=1, width=2)
    graph = tf.function(generator, input_signature=[tf.TensorSpec((None, None, None, 3))])
    with pytest.raises(tf.errors.InvalidArgumentError, match="slice index 7 of dimension 0") as error:
        graph(np.zeros((1, 4, 8, 3), "float32"))
    assert "height_and_width" in str(error.value)


def test_nothing_is_known_about_the_border():
    """The reflection: a picture of one colour stays one, which zeros around it would not leave."""
    generator = randomized(CycleGANGenerator(num_blocks=1, width=2, batch_norm=True))
    first = generator.get_layer("first_conv")
    features = first(generator.layers[2](tf.ones((1, 8, 8, 3)))).numpy()
    assert features.shape == (1, 8, 8, 2)
    assert_close(features, np.broadcast_to(features[:, :1, :1], features.shape), 1e-6)


def test_endpoint():
    generator = randomized(CycleGANGenerator(num_blocks=1, width=2))
    function, specs = generator.endpoints()["default"]
    assert {name: spec.shape for name, spec in specs.items()} == {"images": (None, None, None, 3)}
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
    assert_close(function(images=images), generator(images * 2 - 1) * 0.5 + 0.5, 1e-6)
    fixed = CycleGANGenerator(num_blocks=1, width=2, resolution=8).endpoints()["default"][1]
    assert fixed["images"].shape == (None, 8, 8, 3)


def test_initial_weights():
    for weight in CycleGANGenerator(num_blocks=1, width=16).trainable_weights:
        if weight.name == "kernel":
            assert np.std(weight) == pytest.approx(0.02, rel=0.1), weight.path
        else:
            assert_close(weight, np.zeros(weight.shape))


def test_both_directions_in_one():
    forward, backward = (randomized(CycleGANGenerator(num_blocks=1, width=2)) for _ in range(2))
    backward.set_weights([-weight for weight in backward.get_weights()])
    translator = CycleGANTranslator(forward, backward)
    x = random_inputs([(2, 8, 8, 3)])
    assert_close(translator(x), forward(x), 1e-6)
    assert len(translator.weights) == 2 * len(forward.weights)
    unit = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
    endpoints = translator.endpoints()
    assert list(endpoints) == ["default", "backward"]
    for name, network in (("default", forward), ("backward", backward)):
        assert_close(endpoints[name][0](images=unit), network(unit * 2 - 1) * 0.5 + 0.5, 1e-6)
    again = CycleGANTranslator.from_config(translator.get_config())
    again.set_weights(translator.get_weights())
    assert_close(again(x), translator(x), 1e-6)
