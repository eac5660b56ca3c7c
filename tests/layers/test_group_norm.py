import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_check import check_layer

from harness import assert_close, random_inputs, randomize
from keras_gans.layers import GroupNorm


def normalized(x, gamma, beta, groups, epsilon, scale=0.0, shift=0.0, silu=False):
    """In float64, group by group, pixels as they come."""
    y = np.empty_like(x, "float64")
    size = x.shape[-1] // groups
    for example in range(len(x)):
        for start in range(0, x.shape[-1], size):
            part = x[example, ..., start : start + size].astype("float64")
            y[example, ..., start : start + size] = (part - part.mean()) / np.sqrt(part.var() + epsilon)
    y = (y * gamma + beta) * (1.0 + scale) + shift
    return y / (1.0 + np.exp(-y)) if silu else y


@pytest.mark.parametrize("silu", [False, True])
@pytest.mark.parametrize("groups, channels, epsilon", [(2, 6, 1e-6), (1, 4, 0.1), (4, 4, 1e-5)])
def test_group_norm(groups, channels, epsilon, silu):
    check_layer(
        GroupNorm,
        arguments={"groups": groups, "epsilon": epsilon, "silu": silu},
        shapes=[(3, 5, 4, channels)],
        weights={"gamma": (channels,), "beta": (channels,)},
        reference=lambda x, gamma, beta: normalized(x, gamma, beta, groups, epsilon, silu=silu),
    )


@pytest.fixture
def layer():
    layer = GroupNorm(groups=3, epsilon=1e-3, silu=True)
    layer.build((None, 5, 4, 12))
    randomize(layer)
    return layer


def test_scale_and_shift_of_each_example(layer):
    x, scale, shift = random_inputs([(3, 5, 4, 12), (3, 12), (3, 12)])
    expected = normalized(
        x,
        layer.gamma.numpy(),
        layer.beta.numpy(),
        groups=3,
        epsilon=1e-3,
        scale=scale[:, None, None],
        shift=shift[:, None, None],
        silu=True,
    )
    for call in (layer, tf.function(layer), tf.function(layer, jit_compile=True)):
        assert_close(call(x, scale=scale, shift=shift), expected, 2e-6)
    low = GroupNorm(groups=3, epsilon=1e-3, silu=True, dtype="mixed_bfloat16")
    low.build(x.shape)
    low.set_weights(layer.get_weights())
    outputs = low(x, scale=tf.cast(scale, "bfloat16"), shift=tf.cast(shift, "bfloat16"))
    assert outputs.dtype == "bfloat16"
    assert_close(tf.cast(outputs, "float32"), expected, 2e-2)


def test_open_sizes(layer):
    """In a graph that does not know them, with both gradients."""

    def run(x, training):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=training)
        return outputs, tape.gradient(outputs, x)

    x = tf.constant(random_inputs([(3, 5, 4, 12)]))
    for training in (False, True):
        call = functools.partial(run, training=training)
        traced = tf.function(call, input_signature=[tf.TensorSpec((None, None, None, 12))])
        for ours, expected in zip(traced(x), call(x), strict=True):
            assert_close(ours, expected)


@pytest.mark.parametrize(
    "silu, modulated",
    [(True, True), *(pytest.param(*case, marks=pytest.mark.full) for case in ((1, 0), (0, 1), (0, 0)))],
)
def test_gradients_are_those_of_separate_operations(silu, modulated):
    """First and second derivatives, against automatic differentiation of Keras's own layer."""
    ours, theirs = GroupNorm(groups=3, epsilon=1e-3, silu=silu), keras.layers.GroupNormalization(3)
    x, scale, shift, weights = random_inputs([(3, 5, 4, 12), (3, 12), (3, 12), (3, 5, 4, 12)])
    x = x + 2.0
    for norm in (ours, theirs):
        norm.build(x.shape)
        randomize(norm)

    def separate(x, scale, shift):
        y = theirs(x)
        y = y * (1.0 + scale[:, None, None]) + shift[:, None, None] if modulated else y
        return tf.nn.silu(y) if silu else y

    def together(x, scale, shift):
        return ours(x, scale=scale, shift=shift) if modulated else ours(x)

    def derivatives(call, norm):
        inputs = [tf.constant(array) for array in (x, scale, shift)]
        variables = [norm.gamma.value, norm.beta.value]
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                loss = tf.reduce_sum(call(*inputs) * weights)
            first = inner.gradient(loss, [*inputs, *variables], unconnected_gradients="zero")
            penalty = tf.reduce_sum(first[0] ** 2)
        return first, outer.gradient(penalty, [*inputs, *variables], unconnected_gradients="zero")

    expected = derivatives(separate, theirs)
    assert np.abs(expected[0][0]).max() > 0.1 and np.abs(expected[1][0]).max() > 0.01
    for call in (together, tf.function(together), tf.function(together, jit_compile=True)):
        for actual, reference in zip(derivatives(call, ours), expected, strict=True):
            for one, other in zip(actual, reference, strict=True):
                assert_close(one, other, 2e-5)


def test_a_large_mean_does_not_drown_the_variance(layer):
    """The variance is that of centred values, not a difference of two large numbers."""
    x = random_inputs([(2, 5, 4, 12)])
    large = x + np.float32(4096.0)  # a power of two: the sum rounds to 2**-11
    exact = normalized(large, layer.gamma.numpy(), layer.beta.numpy(), 3, 1e-3, silu=True)
    assert_close(layer(large), exact, 2e-4)


def test_saturated_silu_has_finite_gradients():
    layer = GroupNorm(groups=1, silu=True)
    layer.build((None, 2, 2, 1))
    layer.gamma.assign([1000.0])
    x = tf.constant([-3.0, -1.0, 1.0, 3.0])[None, :, None, None]
    x = tf.reshape(x, (1, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
    assert np.isfinite(outputs).all()
    assert np.isfinite(tape.gradient(outputs, x)).all()


def test_unknown_batch_and_examples_apart(layer):
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, 5, 4, 12))])
    x = random_inputs([(4, 5, 4, 12)])
    for batch in (1, 4):
        np.testing.assert_allclose(graph(x[:batch]), layer(x)[:batch], atol=1e-6)


def test_half_precision_keeps_gain_and_bias():
    """The bias 1 + 2**-8 lies between two bfloat16 numbers, 1 and 1 + 2**-7; rounded first, it would be 1."""
    layer = GroupNorm(groups=1, dtype="mixed_bfloat16")
    layer.build((None, 2, 2, 2))
    layer.gamma.assign([0.8 * 2.0**-8, 1.0])
    layer.beta.assign([1.0 + 2.0**-8, 0.0])
    x = np.broadcast_to(np.array([1.0, -1.0], "float32"), (1, 2, 2, 2))
    np.testing.assert_array_equal(tf.cast(layer(x)[..., 0], "float32"), 1.0 + 2.0**-7)


@pytest.mark.parametrize("groups, channels", [(4, 6), (32, 16), (5, 12)])
def test_groups_that_do_not_divide(groups, channels):
    with pytest.raises(ValueError, match=f"groups={groups}, channels={channels}"):
        GroupNorm(groups=groups)(np.zeros((1, 2, 2, channels)))
