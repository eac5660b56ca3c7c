import keras
import numpy as np
import pytest
import tensorflow as tf
from slope import assert_slope

from harness import assert_close, check_term, discriminator_view, policy, random_inputs
from keras_gans import layers
from keras_gans.losses import R1, R2, Drift, GradientPenalty
from keras_gans.random import Draws

SHAPE = (3, 4, 2, 1)  # of a batch of images
REAL, FAKE = random_inputs([SHAPE, SHAPE])
W = random_inputs([SHAPE[1:]], seed=3)
LENGTH = float(np.sqrt(np.sum(W.astype("float64") ** 2)))


class HalfWay:
    """Draws that are all the same number."""

    def __init__(self, number=0.5):
        self.number = number

    def uniform(self, name, shape):
        return tf.fill(shape, self.number)


def linear(w):
    """D(x) = <w, x>, whose gradient is w everywhere."""

    def discriminate(images, draws=None):
        return tf.reduce_sum(w * images, axis=(1, 2, 3))[:, None]

    return discriminator_view(
        real_images=tf.constant(REAL),
        fake_images=tf.constant(FAKE),
        real_logits=discriminate(REAL),
        fake_logits=discriminate(FAKE),
        discriminate=discriminate,
        draws=Draws(seed=0, step=0),
    )


def quadratic(w):
    """D(x) = sum(w x^2) / 2, whose gradient is w x."""

    def discriminate(images, draws=None):
        return tf.reduce_sum(0.5 * w * images**2, axis=(1, 2, 3))[:, None]

    return discriminator_view(
        real_images=tf.constant(REAL),
        fake_images=tf.constant(FAKE),
        discriminate=discriminate,
        draws=HalfWay(),
    )


def patches(w):
    """Two patches, <w, x> and 3 <w, x>: their mean is 2 <w, x>."""

    def discriminate(images, draws=None):
        score = tf.reduce_sum(w * images, axis=(1, 2, 3))
        return tf.stack([score, 3.0 * score], axis=1)[:, None, :, None]

    return discriminator_view(
        real_images=tf.constant(REAL),
        fake_images=tf.constant(FAKE),
        discriminate=discriminate,
        draws=Draws(seed=0, step=0),
    )


@pytest.mark.parametrize("term", [R1, R2])
@pytest.mark.parametrize("weight", [10.0, 1.0])
def test_squared_gradient_of_a_linear_discriminator(term, weight):
    check_term(
        term,
        arguments={"weight": weight},
        view=linear,
        at=W,
        value=[weight / 2 * LENGTH**2] * 3,
        gradient=3 * weight * W,
    )


@pytest.mark.parametrize("term, images", [(R1, REAL), (R2, FAKE)])
def test_squared_gradient_of_a_quadratic_discriminator(term, images):
    """Each term looks at its own images: gamma/2 sum (w x)^2."""
    check_term(
        term,
        view=quadratic,
        at=W,
        value=5.0 * np.sum((W * images) ** 2, axis=(1, 2, 3)),
        gradient=10.0 * W * np.sum(images**2, axis=0),
    )


@pytest.mark.parametrize("weight, target", [(10.0, 1.0), (10.0, 750.0), (0.5, 2.0)])
def test_gradient_penalty_of_a_linear_critic(weight, target):
    factor = weight / target**2
    check_term(
        GradientPenalty,
        arguments={"weight": weight, "target": target},
        view=linear,
        at=W,
        value=[factor * (LENGTH - target) ** 2] * 3,
        gradient=3 * factor * 2 * (LENGTH - target) * W / LENGTH,
    )


def test_gradient_penalty_of_a_quadratic_critic():
    """Half way between real and fake: norm |w x|, gradient 2 weight (n - 1) / n * w x^2."""
    middle = (REAL + FAKE) / 2
    norm = np.sqrt(np.sum((W * middle) ** 2, axis=(1, 2, 3)))
    slope = 20.0 * ((norm - 1) / norm)[:, None, None, None] * W * middle**2
    check_term(
        GradientPenalty, view=quadratic, at=W, value=10.0 * (norm - 1) ** 2, gradient=np.sum(slope, axis=0)
    )


@pytest.mark.parametrize("number, images", [(0.0, REAL), (1.0, FAKE), (0.25, 0.75 * REAL + 0.25 * FAKE)])
def test_gradient_penalty_mixes_real_and_fake(number, images):
    seen = []
    view = discriminator_view(
        real_images=tf.constant(REAL),
        fake_images=tf.constant(FAKE),
        discriminate=lambda x, draws: (seen.append(x.numpy()), tf.reduce_sum(x, axis=(1, 2, 3)))[1][:, None],
        draws=HalfWay(number),
    )
    GradientPenalty().value(view)
    np.testing.assert_allclose(seen[0], images, atol=1e-6)


def test_gradient_penalty_mixes_each_example_by_its_own_number():
    zeros, ones = np.zeros((64, 2, 2, 1), "float32"), np.ones((64, 2, 2, 1), "float32")
    seen = []
    view = discriminator_view(
        real_images=tf.constant(zeros),
        fake_images=tf.constant(ones),
        discriminate=lambda x, draws: (seen.append(x.numpy()), tf.reduce_sum(x, axis=(1, 2, 3)))[1][:, None],
        draws=Draws(seed=0, step=0),
    )
    GradientPenalty().value(view)
    mixed = seen[0].reshape(64, 4)
    assert (mixed == mixed[:, :1]).all()  # one number for all pixels of an example
    assert len(set(mixed[:, 0])) == 64
    assert 0.0 <= mixed.min() < 0.1 and 0.9 < mixed.max() <= 1.0


def test_gradient_penalty_where_the_gradient_vanishes():
    """A critic that is constant: the penalty is 1, and the gradient to w is finite."""
    w = tf.zeros(SHAPE[1:])
    with tf.GradientTape() as tape:
        tape.watch(w)
        values = GradientPenalty().value(linear(w))
    assert_close(values, [1.0] * 3)
    assert np.isfinite(tape.gradient(values, w)).all()


def test_a_target_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"`target` must be positive.*0"):
        GradientPenalty(target=0.0)


@pytest.mark.parametrize("term", [R1, R2])
def test_patch_maps(term):
    """The mean over patches is what is differentiated: (2 |w|)^2 / 2."""
    assert_close(term().value(patches(tf.constant(W))), [2.0 * LENGTH**2] * 3)


def test_drift():
    logits = REAL.reshape(3, -1) @ W.reshape(-1)
    check_term(
        Drift,
        arguments={"weight": 0.5},
        view=linear,
        at=W,
        value=0.5 * logits**2,
        gradient=np.sum(logits[:, None, None, None] * REAL, axis=0),
    )
    assert Drift().weight == 1e-3
    maps = discriminator_view(real_logits=tf.constant([[[[1.0], [3.0]]]]))
    assert_close(Drift(weight=1.0).value(maps), [5.0])  # mean of squares, not square of the mean


@pytest.mark.parametrize("term", [R1, R2, GradientPenalty])
def test_half_precision_discriminators(term):
    """The images of the penalty stay float32, whatever D computes in."""
    with policy("mixed_bfloat16"):
        dense = keras.layers.Dense(1, use_bias=False)
    dense.build((None, 8))
    dense.kernel.assign(W.reshape(8, 1))

    def discriminate(images, draws=None):
        assert images.dtype == "float32"
        return dense(tf.reshape(images, (-1, 8)))

    view = discriminator_view(
        real_images=tf.constant(REAL),
        fake_images=tf.cast(FAKE, "bfloat16"),
        discriminate=discriminate,
        draws=Draws(seed=0, step=0),
    )
    values = term().value(view)
    assert values.dtype == "float32"
    expected = 0.5 * LENGTH**2 if term is not GradientPenalty else (LENGTH - 1) ** 2
    assert_close(values, [expected] * 3, 2e-2)


def _smooth_discriminator():
    """All layers of a progressive network, with tanh between them: difference quotients need smoothness."""
    images = keras.Input((8, 8, 1))
    x = keras.ops.tanh(layers.EqualizedConv2D(3)(images))
    x = keras.ops.tanh(layers.PixelNorm(epsilon=0.1)(layers.UpsampleConv2D(3)(x)))
    x = keras.ops.tanh(layers.DownsampleConv2D(3)(x))
    x = layers.FadeIn()([images, x])
    x = keras.ops.tanh(layers.EqualizedConv2D(2)(layers.MinibatchStddev(group_size=2)(x)))
    x = layers.EqualizedDense(1)(keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(x)))
    network = keras.Model(images, x)
    for weight in network.non_trainable_weights:
        weight.assign(0.5)  # alpha
    return network


@pytest.mark.slow
@pytest.mark.parametrize("term", [pytest.param(R1, marks=pytest.mark.full), GradientPenalty])
def test_second_order_through_layers(term):
    """The penalty's gradient for all kernels at once, as a difference quotient has it; the same under XLA."""
    network = _smooth_discriminator()
    real, fake = random_inputs([(4, 8, 8, 1)] * 2)
    variables = network.trainable_variables

    def total():
        view = discriminator_view(
            real_images=tf.constant(real),
            fake_images=tf.constant(fake),
            discriminate=lambda images, draws: network(images),
            draws=Draws(seed=0, step=0),
        )
        return 10.0 * tf.reduce_sum(term().value(view))

    def slopes():
        with tf.GradientTape() as tape:
            value = total()
        connected = [v.value for v in variables]
        return tape.gradient(value, connected, unconnected_gradients="zero")

    gradients = [gradient.numpy() for gradient in tf.function(slopes)()]
    compiled = tf.function(slopes, jit_compile=True)()
    for variable, gradient, other in zip(variables, gradients, compiled, strict=True):
        assert np.any(gradient != 0) == (variable is not network.layers[-1].bias), variable.path
        assert_close(other, gradient, 1e-4)

    assert_slope(total, variables, gradients)
