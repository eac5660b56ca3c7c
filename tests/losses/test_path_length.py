import keras
import numpy as np
import pytest
import tensorflow as tf
from slope import assert_slope

from harness import assert_close, check_term, generator_view, random_inputs
from keras_gans.layers import Bias, ModulatedConv2D, NoiseInjection
from keras_gans.losses import PathLength, StyleView, path_gradient, path_lengths
from keras_gans.random import Draws

BATCH, LAYERS, WIDTH = 4, 3, 5
STYLES, Y = random_inputs([(BATCH, LAYERS, WIDTH), (BATCH, 2, 2, 1)])
W = random_inputs([(LAYERS, WIDTH)], seed=3)
LENGTH = float(np.sqrt(np.mean(np.sum(W.astype("float64") ** 2, axis=1))))


class Ones:
    """Draws that are all one."""

    def normal(self, name, shape):
        return tf.ones(shape)


def linear(w):
    """Images of 2x2 pixels, each `<w, styles> / 2`: with y all ones the gradient is w for every example."""

    def synthesize(styles):
        pixel = tf.reduce_sum(w * styles, axis=(1, 2)) / 2.0
        return tf.tile(pixel[:, None, None, None], (1, 2, 2, 1))

    return synthesize


def view_of(synthesize, mean, *, styles=STYLES, draws=None):
    fields = dict.fromkeys(StyleView.__dataclass_fields__)
    styles = tf.constant(styles)
    return StyleView(
        **{
            **fields,
            "fake_images": synthesize(styles),
            "styles": styles,
            "synthesize": synthesize,
            "path_length_mean": mean,
            "draws": draws or Ones(),
        }
    )


def variable(value):
    return keras.Variable(value, trainable=False, dtype="float32")


def test_gradient_and_length_of_a_linear_generator():
    """`d sum(images y) / 2`: each of the four pixels gives `w y / 2 / 2`."""
    gradient = path_gradient(linear(W), tf.constant(STYLES), Y)
    factor = Y.sum(axis=(1, 2, 3)) / 4.0
    assert_close(gradient, factor[:, None, None] * W, 1e-6)
    assert_close(path_lengths(linear(W), tf.constant(STYLES), Y), np.abs(factor) * LENGTH, 1e-6)


@pytest.mark.parametrize("weight, mean, shrink", [(2.0, 0.0, 2), (0.5, 0.7, 1), (2.0, 3.0, 4)])
def test_term(weight, mean, shrink):
    """The mean stays: weight (l - mean)^2, whose gradient is 2 weight (l - mean) w / (layers l)."""
    held = variable(mean)
    check_term(
        PathLength,
        arguments={"weight": weight, "decay": 0.0, "shrink": shrink},
        view=lambda w: view_of(linear(w), held),
        at=W,
        value=[weight * (LENGTH - mean) ** 2] * BATCH,
        gradient=BATCH * weight * 2 * (LENGTH - mean) * W / (LAYERS * LENGTH),
    )
    assert_close(held, mean, 1e-6)


def test_the_mean_moves_before_it_is_subtracted():
    held, term = variable(1.0), PathLength(decay=0.25)
    expected = 1.0
    for _ in range(3):
        expected += 0.25 * (LENGTH - expected)
        values = term.value(view_of(linear(tf.constant(W)), held))
        assert_close(held, expected, 1e-6)
        assert_close(values, [(LENGTH - expected) ** 2] * BATCH, 1e-5)
    assert (PathLength().weight, PathLength().decay, PathLength().shrink) == (2.0, 0.01, 2)


def test_the_first_part_of_the_batch_with_noise_of_its_own():
    seen = []

    def synthesize(styles):
        seen.append(styles.shape[0])
        return linear(tf.constant(W))(styles)

    view = view_of(synthesize, variable(0.0), draws=Draws(seed=0, step=0))
    values = PathLength(decay=0.0).value(view).numpy()
    assert seen == [BATCH, 2]
    y = Draws(seed=0, step=0).normal("path", (2, 2, 2, 1)).numpy().sum(axis=(1, 2, 3)) / 4.0
    assert_close(values, np.tile((y * LENGTH) ** 2, 2), 1e-5)
    assert values[0] != values[1]


def test_a_batch_that_cannot_be_cut():
    view = view_of(linear(tf.constant(W)), variable(0.0), styles=STYLES[:3])
    with pytest.raises(ValueError, match=r"multiple of 2\. Received: 3"):
        PathLength().value(view)


@pytest.mark.parametrize("arguments", [{"decay": -0.1}, {"decay": 5.0}, {"shrink": 0}])
def test_numbers_out_of_range(arguments):
    with pytest.raises(ValueError, match=r"`decay` must be in \[0, 1\] and `shrink` at least 1"):
        PathLength(**arguments)


def test_a_view_without_styles_is_an_error():
    with pytest.raises(AttributeError, match="styles"):
        PathLength().value(generator_view(fake_images=tf.ones((2, 2, 2, 1))))


def test_no_gradient_is_no_path_and_no_nan():
    w = tf.zeros_like(W)
    with tf.GradientTape() as tape:
        tape.watch(w)
        values = PathLength(decay=0.0).value(view_of(linear(w), variable(1.0)))
    assert np.isfinite(tape.gradient(values, w)).all()
    assert_close(values, [1.0] * BATCH, 1e-4)


def test_each_replica_follows_its_own_lengths_between_turns(two_replicas):
    """Assigned within a condition, as a lazy term is: only a variable without aggregation can be."""
    with two_replicas.scope():
        held = keras.Variable(1.0, trainable=False, dtype="float32", aggregation="none")
    term = PathLength(decay=0.5, shrink=1)

    def step(due):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        w = tf.constant(W) * tf.cast(replica + 1, "float32")
        view = view_of(linear(w), held)
        return tf.cond(due, lambda: term.value(view), lambda: tf.zeros((BATCH,)))

    run = tf.function(lambda due: two_replicas.run(step, args=(due,)))
    run(tf.constant(False))
    assert [float(v) for v in two_replicas.experimental_local_results(held.value)] == [1.0, 1.0]
    run(tf.constant(True))
    means = [float(v) for v in two_replicas.experimental_local_results(held.value)]
    assert_close(means, [(1.0 + LENGTH) / 2, (1.0 + 2.0 * LENGTH) / 2], 1e-5)


@pytest.mark.slow
def test_second_order_through_the_synthesis_layers():
    """The gradient of the term for all weights at once, as a difference quotient has it; same under XLA."""
    styles = keras.Input((2, 3))
    first, second = keras.ops.unstack(styles, 2, axis=1)
    random = np.random.default_rng(1)
    x = keras.ops.reshape(first[:, :1], (-1, 1, 1, 1)) * random.standard_normal((1, 4, 4, 3)).astype(
        "float32"
    )
    x = ModulatedConv2D(3, upsample_taps=(1, 3, 3, 1))([x, first])
    x = keras.ops.tanh(Bias()(NoiseInjection()([x, keras.ops.ones_like(x[..., :1])])))
    x = ModulatedConv2D(2, 1, demodulate=False)([x, second])
    network = keras.Model(styles, x)
    variables = network.trainable_variables
    for weight in variables:
        weight.assign(random.standard_normal(weight.shape))
    inputs, term = random_inputs([(2, 2, 3)]), PathLength(decay=0.0, shrink=1)
    mean = variable(0.3)

    def total():
        return tf.reduce_sum(term.value(view_of(network, mean, styles=inputs, draws=Draws(0, 0))))

    def slopes():
        with tf.GradientTape() as tape:
            value = total()
        return tape.gradient(value, [v.value for v in variables])

    gradients = [gradient.numpy() for gradient in tf.function(slopes)()]
    compiled = tf.function(slopes, jit_compile=True)()
    for weight, gradient, other in zip(variables, gradients, compiled, strict=True):
        assert np.any(gradient != 0), weight.path
        assert_close(other, gradient, 1e-4)
    assert_slope(total, variables, gradients)
