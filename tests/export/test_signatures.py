import keras
import numpy as np
import tensorflow as tf

from keras_gans.endpoints import Argument, limits
from keras_gans.export import signatures
from keras_gans.random import counter_normal


def test_as_function_takes_positions_and_names():
    specs = {
        "z": keras.InputSpec(shape=(None, 2), dtype="float32"),
        "num": keras.InputSpec(shape=(), dtype="int64"),
    }
    function = signatures.as_function(lambda z, num: z * tf.cast(num, "float32"), specs)
    for result in (
        function([1.0, 2.0], 3),
        function(z=[1.0, 2.0], num=3),
        function([1.0, 2.0], num=3),
    ):
        assert result.numpy().tolist() == [3.0, 6.0]


def test_cap():
    assert signatures.samples_cap((32, 32, 3)) == 1024
    assert signatures.samples_cap((256, 256, 3)) == 170
    assert signatures.samples_cap((1024, 1024, 3)) == 10
    assert signatures.samples_cap((16384, 16384, 3)) == 1


def test_png_bytes(loaded):
    z = tf.random.stateless_normal((3, 6), [0, 0])
    images = loaded.default(z).numpy()
    files = loaded.signatures["image_bytes"](z)["image_bytes"]
    for image, file in zip(images, files, strict=True):
        np.testing.assert_array_equal(tf.io.decode_png(file), np.rint(image * 255))
    assert loaded.signatures["image_bytes"](z[:0])["image_bytes"].shape == (0,)


def test_constants_do_not_follow_the_weights(make_network):
    network = make_network()
    function, specs = network.endpoints()["default"]
    constant = signatures.with_constants(network, signatures.guarded(function, specs))
    z = tf.ones([1, 6])
    before = constant(z=z).numpy()
    np.testing.assert_allclose(before, function(z=z), atol=1e-6)
    network.conv.bias.assign([0.3, 0.3, 0.3])
    np.testing.assert_array_equal(constant(z=z), before)
    assert np.abs(function(z=z) - before).max() > 1e-2


def test_example_arguments():
    specs = {
        "z": keras.InputSpec(shape=(None, 2), dtype="float32"),
        "y": keras.InputSpec(shape=(None, 3), dtype="float32"),
        "labels": keras.InputSpec(shape=(None,), dtype="int32"),
        "truncation": keras.InputSpec(shape=(), dtype="float32"),
    }
    arguments = signatures.example_arguments(specs, 4)
    assert {name: array.shape for name, array in arguments.items()} == {
        "z": (4, 2),
        "y": (4, 3),
        "labels": (4,),
        "truncation": (),
    }
    assert arguments["y"].sum(axis=1).tolist() == [1.0] * 4


def test_the_sample_of_a_network_draws_more_than_latents():
    """`key` carries seed and index of every row, other arguments stay arguments."""
    specs = {
        "z": keras.InputSpec(shape=(None, 2), dtype="float32"),
        "key": keras.InputSpec(shape=(None, 2), dtype="int64"),
        "steps": Argument((), "int64", minimum=1, maximum=9),
        "eta": Argument((), minimum=0.0, maximum=1.0),
    }

    def function(z, key, steps, eta):
        return tf.concat([z, tf.cast(key, "float32"), eta, tf.fill([len(z), 1], float(steps))], axis=1)

    call, found = signatures.sample_endpoint(function, specs, (8, 8, 3))
    assert list(found) == ["num", "seed", "steps", "eta"]
    assert limits(found["num"]) == (0, 1024)
    tensors = {"num": 3, "seed": 7, "steps": 5, "eta": [0.0, 0.5, 1.0]}
    rows = call(**{name: tf.constant(value, found[name].dtype) for name, value in tensors.items()}).numpy()
    np.testing.assert_array_equal(rows[:, 2:4], [[7, 0], [7, 1], [7, 2]])
    np.testing.assert_array_equal(rows[:, 4:], [[0.0, 5], [0.5, 5], [1.0, 5]])
    latents = counter_normal(tf.fill([3], tf.constant(7, "int64")), tf.range(3, dtype="int64"), (2,))
    np.testing.assert_array_equal(rows[:, :2], latents)


def test_examples_keep_to_the_limits():
    specs = {
        "t": Argument((None,), "int32", minimum=1, maximum=2),
        "images": Argument((None, 4), minimum=0.0, maximum=1.0),
    }
    arguments = signatures.example_arguments(specs, 5)
    assert arguments["t"].tolist() == [1, 1, 2, 2, 2]
    assert 0.0 <= arguments["images"].min() < arguments["images"].max() <= 1.0
