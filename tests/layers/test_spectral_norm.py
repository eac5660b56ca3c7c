import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer
from reference.numpy_layers import correlate
from reference.sngan_numpy import power_iteration, spectral_kernel

from harness import assert_close, policy, random_inputs
from keras_gans.layers import SpectralConv2D, SpectralConv2DTranspose, SpectralDense, SpectralEmbedding

# Each layer with one kernel: arguments, shape of an input, kernel, axis of the kernel that is the rows of W.
LAYERS = {
    SpectralDense: ({"units": 7}, (5,), (5, 7), 1),
    SpectralConv2D: ({"filters": 4, "kernel_size": 3}, (6, 4, 2), (3, 3, 2, 4), 3),
    SpectralConv2DTranspose: (
        {"filters": 4, "kernel_size": 4, "strides": 2},
        (3, 2, 5),
        (4, 4, 4, 5),
        2,
    ),
    SpectralEmbedding: ({"input_dim": 6, "output_dim": 3}, (), (6, 3), 0),
}
EVERY = pytest.mark.parametrize("layer_class", LAYERS)


def make(layer_class, **more):
    """A built layer, its kernel, the axis of its rows, and inputs."""
    arguments, shape, kernel_shape, axis = LAYERS[layer_class]
    layer = layer_class(**arguments, **more)
    layer.build((None, *shape))
    kernel = layer.embeddings if layer_class is SpectralEmbedding else layer.kernel
    assert tuple(kernel.shape) == kernel_shape
    if layer_class is SpectralEmbedding:
        return layer, kernel, axis, np.array([0, 3, 5], "int32")
    return layer, kernel, axis, random_inputs([(3, *shape)])


def matrix_of(kernel, axis):
    kernel = np.moveaxis(np.asarray(kernel, "float64"), axis, 0)
    return kernel.reshape(len(kernel), -1)


def transposed_convolution(x, kernel, strides):
    """Stamps the kernel on every pixel; "same" cuts what sticks out, more of it at the end."""
    batch, height, width, _ = x.shape
    size = kernel.shape[0]
    full = np.zeros((batch, (height - 1) * strides + size, (width - 1) * strides + size, kernel.shape[2]))
    for row in range(height):
        for column in range(width):
            y, z = row * strides, column * strides
            full[:, y : y + size, z : z + size] += np.einsum("ni,hwoi->nhwo", x[:, row, column], kernel)
    cut = (size - strides) // 2
    return full[:, cut : cut + height * strides, cut : cut + width * strides]


REFERENCES = {
    SpectralDense: lambda x, kernel: x @ kernel,
    SpectralConv2D: correlate,
    SpectralConv2DTranspose: lambda x, kernel: transposed_convolution(x, kernel, 2),
}


@pytest.mark.parametrize("layer_class", REFERENCES)
def test_layers(layer_class):
    arguments, shape, kernel_shape, axis = LAYERS[layer_class]
    rows = kernel_shape[axis]
    check_layer(
        layer_class,
        arguments=arguments,
        shapes=[(2, *shape)],
        weights={"kernel": kernel_shape, "bias": (rows,)},
        non_trainable={"u": (rows,)},
        reference=lambda x, kernel, bias, u: (
            REFERENCES[layer_class](x, spectral_kernel(kernel, u, axis)) + bias
        ),
    )


def test_embedding():
    layer, table, _, labels = make(SpectralEmbedding)
    layer.u.assign([0.5, 0.1, -0.3, 0.2, 0.6, 0.4])
    expected = spectral_kernel(np.asarray(table, "float64"), layer.u.numpy(), 0)[labels]
    for call in (layer, tf.function(layer), tf.function(layer, jit_compile=True)):
        assert_close(call(tf.constant(labels)), expected)
    assert layer.compute_output_shape((3,)) == (3, 3)
    again = SpectralEmbedding.from_config(json.loads(json.dumps(layer.get_config())))
    assert (again.input_dim, again.output_dim, again.spectral_norm) == (6, 3, True)
    with policy("mixed_bfloat16"):
        low = SpectralEmbedding(6, 3)
    assert low(labels).dtype == "bfloat16" and low.embeddings.dtype == "float32"


PLAIN = {
    SpectralDense: lambda: keras.layers.Dense(7),
    SpectralConv2D: lambda: keras.layers.Conv2D(4, 3, strides=2, padding="valid"),
    SpectralConv2DTranspose: lambda: keras.layers.Conv2DTranspose(4, 4, strides=3, padding="valid"),
    SpectralEmbedding: lambda: keras.layers.Embedding(6, 3),
}
OTHER = {
    SpectralConv2D: {"strides": 2, "padding": "valid"},
    SpectralConv2DTranspose: {"strides": 3, "padding": "valid"},
}


@EVERY
def test_without_spectral_norm_it_is_the_layer_of_keras(layer_class):
    arguments, shape, _, _ = LAYERS[layer_class]
    layer = layer_class(**{**arguments, **OTHER.get(layer_class, {})}, spectral_norm=False)
    plain = PLAIN[layer_class]()
    inputs = make(layer_class)[3]
    plain(inputs)
    layer.build((None, *shape))
    assert [w.name for w in layer.weights] == [w.name for w in plain.weights]
    layer.set_weights([w + 0.1 for w in plain.get_weights()])
    plain.set_weights(layer.get_weights())
    assert_close(layer(inputs, training=True), plain(inputs))
    assert layer.compute_output_shape(inputs.shape) == tuple(plain.compute_output_shape(inputs.shape))


@EVERY
def test_sigma_becomes_the_largest_singular_value(layer_class):
    layer, kernel, axis, _ = make(layer_class)
    random = np.random.default_rng(1)
    kernel.assign(random.standard_normal(kernel.shape))
    name = next(iter(layer.vectors))
    step = tf.function(lambda: layer.normalized(name, training=True))
    for _ in range(300):
        step()
    sigma = np.linalg.svd(matrix_of(kernel, axis), compute_uv=False)[0]
    assert_close(layer.normalized(name), np.asarray(kernel) / sigma)
    left = np.linalg.svd(matrix_of(kernel, axis))[0][:, 0]
    assert abs(left @ layer.u.numpy()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "layer_class, mode",
    [*((layer_class, "eager") for layer_class in LAYERS), (SpectralConv2D, "graph"), (SpectralConv2D, "xla")],
)
def test_a_call_in_training_is_one_step_of_the_power_iteration(layer_class, mode):
    layer, kernel, axis, inputs = make(layer_class)
    before = layer.u.numpy()
    assert np.linalg.norm(before) == pytest.approx(1.0, abs=1e-6)
    run = lambda x, training: layer(x, training=training)  # noqa: E731
    if mode != "eager":
        run = tf.function(run, jit_compile=mode == "xla")
    outputs = run(tf.constant(inputs), True)
    expected, v = power_iteration(matrix_of(kernel, axis), before, 1)
    assert_close(layer.u, expected)
    assert np.abs(expected - before).max() > 0.05
    # The new u is what this very call divides by.
    sigma = expected @ matrix_of(kernel, axis) @ v
    plain = type(layer)(**LAYERS[layer_class][0], spectral_norm=False)
    plain.build((None, *LAYERS[layer_class][1]))
    plain.set_weights([np.asarray(kernel) / sigma, *(np.asarray(w) for w in layer.trainable_weights[1:])])
    assert_close(outputs, plain(inputs))
    run(tf.constant(inputs), False)
    assert_close(layer.u, expected)


@EVERY
@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_flows_through_sigma(layer_class, training):
    """Of <A, W / sigma> it is (A - <A, W / sigma> u v^T) / sigma (1802.05957, section 2.3)."""
    layer, kernel, axis, _ = make(layer_class)
    name = next(iter(layer.vectors))
    matrix, u = matrix_of(kernel, axis), layer.u.numpy().astype("float64")
    v = matrix.T @ u
    v = v / np.linalg.norm(v)
    if training:
        u = matrix @ v
        u = u / np.linalg.norm(u)
    sigma = u @ matrix @ v
    weights = np.random.default_rng(3).standard_normal(kernel.shape)
    a = matrix_of(weights, axis)
    expected = (a - np.sum(a * matrix / sigma) * np.outer(u, v)) / sigma
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer.normalized(name, training=training) * weights.astype("float32"))
    gradient = matrix_of(tape.gradient(loss, kernel.value), axis)
    assert_close(gradient, expected)
    assert np.abs(gradient - a / sigma).max() > 0.05  # what a constant sigma would give


@EVERY
def test_stateless_calls_return_the_moved_vector(layer_class):
    layer, kernel, axis, inputs = make(layer_class)
    layer(inputs)
    before = layer.u.numpy()
    values = [
        [v.value for v in group] for group in (layer.trainable_variables, layer.non_trainable_variables)
    ]
    _, [moved] = layer.stateless_call(*values, inputs, training=True)
    assert_close(moved, power_iteration(matrix_of(kernel, axis), before, 1)[0])
    np.testing.assert_array_equal(layer.u.numpy(), before)


@pytest.mark.parametrize("conditional", [False, True])
def test_replicas_hold_the_same_vector(two_replicas, conditional):
    """Each sees other images; a penalty may call the layer inside of a condition."""
    with two_replicas.scope():
        layer = SpectralDense(4)
        layer.build((None, 3))
    before, matrix = layer.u.numpy(), matrix_of(layer.kernel, 1)

    def step():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        inputs = tf.cast(tf.fill((2, 3), replica + 1), "float32")
        call = lambda: layer(inputs, training=True)  # noqa: E731
        return tf.cond(tf.reduce_any(inputs > 0), call, lambda: tf.zeros((2, 4))) if conditional else call()

    tf.function(lambda: two_replicas.run(step), autograph=False)()
    copies = [copy.numpy() for copy in two_replicas.experimental_local_results(layer.u.value)]
    np.testing.assert_array_equal(*copies)
    assert_close(copies[0], power_iteration(matrix, before, 1)[0])


def test_half_precision_leaves_the_vector_alone():
    """u and sigma are those of the float32 kernel."""
    vectors = {}
    for name in ("float32", "mixed_float16", "mixed_bfloat16"):
        keras.utils.set_random_seed(0)
        layer = SpectralConv2D(4, 3, dtype=name)
        outputs = layer(random_inputs([(2, 4, 4, 3)]), training=True)
        assert outputs.dtype == layer.compute_dtype
        vectors[name] = layer.u.numpy()
    np.testing.assert_array_equal(vectors["mixed_float16"], vectors["float32"])
    np.testing.assert_array_equal(vectors["mixed_bfloat16"], vectors["float32"])


def test_one_initializer_gives_every_layer_other_numbers():
    initializer = keras.initializers.Orthogonal()
    kernels = []
    for _ in range(2):
        layer = SpectralDense(4, kernel_initializer=initializer, kernel_regularizer="l2")
        layer.build((None, 4))
        kernels.append(layer.kernel.numpy())
        assert_close(kernels[-1] @ kernels[-1].T, np.eye(4))
        assert_close(layer.losses[0], 0.01 * np.sum(kernels[-1] ** 2))
    assert np.abs(kernels[0] - kernels[1]).max() > 0.1
    again = SpectralDense.from_config(json.loads(json.dumps(layer.get_config())))
    assert type(again.kernel_initializer) is keras.initializers.Orthogonal
    assert type(again.kernel_regularizer) is keras.regularizers.L2


@pytest.mark.parametrize("layer_class", [SpectralConv2D, SpectralConv2DTranspose])
def test_other_paddings_are_refused(layer_class):
    with pytest.raises(ValueError, match=r"`padding` must be 'same' or 'valid'. Received: 'causal'"):
        layer_class(4, 3, padding="causal")
