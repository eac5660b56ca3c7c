import math

import keras
import numpy as np
import tensorflow as tf

from keras_gans.export import load, signatures


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


def test_draws_depend_on_seed_and_index_only():
    seeds = tf.constant([5, 5, 6, -5], "int64")
    indices = tf.constant([0, 1, 0, 0], "int64")
    together = signatures.draw_latents(seeds, indices, (4,)).numpy()
    for row in range(4):
        alone = signatures.draw_latents(seeds[row : row + 1], indices[row : row + 1], (4,))
        np.testing.assert_array_equal(alone[0], together[row])
    assert len(np.unique(together, axis=0)) == 4
    compiled = tf.function(signatures.draw_latents, jit_compile=True)(seeds, indices, (4,))
    np.testing.assert_allclose(compiled, together, atol=1e-5)
    images = signatures.draw_latents(seeds, indices, (2, 3, 1))
    assert images.shape == (4, 2, 3, 1)


def test_threefry_known_answers():
    """The known answers that come with Random123, the authors' library."""
    answers = [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]
    for key, counter, expected in answers:
        words = [[tf.constant(word, "uint32") for word in pair] for pair in (key, counter)]
        assert tuple(int(word) for word in signatures.threefry(*words)) == expected


def test_draws_are_normal():
    seeds, zero = tf.range(4000, dtype="int64"), tf.zeros([4000], "int64")
    drawn = signatures.draw_latents(seeds, zero, (5,)).numpy()
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0.0, atol=0.06)
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(5), atol=0.08)
    below = [0.5 * math.erfc(-t / math.sqrt(2)) for t in (-2, -1, 0, 1, 2)]
    found = [(drawn < t).mean() for t in (-2, -1, 0, 1, 2)]
    np.testing.assert_allclose(found, below, atol=0.01)


def test_draws_keep_their_values():
    """A seed in a caption must keep its picture. Origin: this code, when it was first written."""
    zero = tf.zeros([1], "int64")
    drawn = signatures.draw_latents(zero + 42, zero, (3,)).numpy()[0]
    np.testing.assert_allclose(drawn, [-0.195825, 0.44342, 0.492306], atol=1e-5)


def test_cap():
    assert signatures.samples_cap((32, 32, 3)) == 1024
    assert signatures.samples_cap((256, 256, 3)) == 170
    assert signatures.samples_cap((1024, 1024, 3)) == 10
    assert signatures.samples_cap((16384, 16384, 3)) == 1


def test_png_bytes(exported):
    loaded = load(exported)
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
