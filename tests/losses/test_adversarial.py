import math

import numpy as np
import pytest
import tensorflow as tf

from harness import check_loss
from keras_gans import losses

LOG2 = math.log(2.0)
LOG3 = math.log(3.0)  # the logit of a probability of 3/4

# Logits 0 and log 3 are probabilities 1/2 and 3/4, so that logarithms of fractions come out.
KNOWN = [
    (
        losses.Minimax,
        {},
        [2 * LOG2, math.log(16.0 / 3.0), math.log(16.0)],
        [-LOG2, -math.log(4.0), -math.log(4.0)],
    ),
    (
        losses.NonSaturating,
        {},
        [2 * LOG2, math.log(16.0 / 3.0), math.log(16.0)],
        [LOG2, math.log(4.0 / 3.0), math.log(4.0 / 3.0)],
    ),
    (
        losses.LeastSquares,
        {},
        [0.5, ((LOG3 - 1) ** 2 + LOG3**2) / 2, ((LOG3 + 1) ** 2 + LOG3**2) / 2],
        [0.5, (LOG3 - 1) ** 2 / 2, (LOG3 - 1) ** 2 / 2],
    ),
    (
        losses.LeastSquares,
        {"fake_target": -1.0, "real_target": 1.0, "generator_target": 0.0},
        [1.0, ((LOG3 - 1) ** 2 + (LOG3 + 1) ** 2) / 2, (LOG3 + 1) ** 2],
        [0.0, LOG3**2 / 2, LOG3**2 / 2],
    ),
    (losses.Wasserstein, {}, [0.0, 0.0, 2 * LOG3], [0.0, -LOG3, -LOG3]),
    (losses.Hinge, {}, [2.0, 1 + LOG3, 2 + 2 * LOG3], [0.0, -LOG3, -LOG3]),
    # The third pair differs by 2 log 3, whose sigmoid is 9/10.
    (losses.RelativisticPairing, {}, [LOG2, LOG2, math.log(10.0)], [LOG2, LOG2, math.log(10.0 / 9.0)]),
]


@pytest.mark.parametrize("loss, arguments, discriminator, generator", KNOWN)
def test_known_answers(loss, arguments, discriminator, generator):
    check_loss(
        loss,
        arguments=arguments,
        real=[0.0, LOG3, -LOG3],
        fake=[0.0, LOG3, LOG3],
        discriminator=discriminator,
        generator=generator,
    )


def test_hinge_is_zero_beyond_the_margin():
    loss = losses.Hinge().discriminator(tf.constant([[1.0], [3.0]]), tf.constant([[-1.0], [-7.0]]))
    assert loss.numpy().tolist() == [0.0, 0.0]


def _slope(loss, logit):
    logits = tf.constant([[logit]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss.generator(logits)
    return float(tape.gradient(value, logits)[0, 0])


def test_minimax_saturates_and_non_saturating_does_not():
    """Where D is sure of a fake, logit -20: gradients -sigmoid(l) and sigmoid(l) - 1."""
    assert abs(_slope(losses.Minimax(), -20.0)) < 1e-8
    np.testing.assert_allclose(_slope(losses.NonSaturating(), -20.0), -1.0, rtol=1e-6)
    # Both agree where D is undecided.
    assert _slope(losses.Minimax(), 0.0) == _slope(losses.NonSaturating(), 0.0) == -0.5


@pytest.mark.parametrize(
    "loss",
    [
        losses.Minimax,
        losses.NonSaturating,
        losses.LeastSquares,
        losses.Wasserstein,
        losses.Hinge,
        losses.RelativisticPairing,
    ],
)
def test_players_pull_in_opposite_directions(loss):
    logits = tf.constant([[0.3]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        discriminator_on_fake = loss().discriminator(tf.constant([[0.0]]), logits)
        discriminator_on_real = loss().discriminator(logits, tf.constant([[0.0]]))
        generator = loss().generator(logits, tf.constant([[0.0]]))
    assert tape.gradient(generator, logits) < 0
    assert tape.gradient(discriminator_on_fake, logits) > 0
    assert tape.gradient(discriminator_on_real, logits) < 0


def test_the_optimal_minimax_discriminator():
    """At D = p / (p + q) the two terms of equation 1 add to log 4 - 2 JSD; for p = q that is log 4."""
    p, q = np.array([0.9, 0.1]), np.array([0.2, 0.8])
    logits = np.log(p / q).astype("float32")[:, None]
    real_and_fake = [losses.Minimax().discriminator(logits, np.full((2, 1), -1e9, "float32")).numpy() @ p]
    real_and_fake.append(losses.Minimax().discriminator(np.full((2, 1), 1e9, "float32"), logits).numpy() @ q)
    middle = (p + q) / 2
    divergence = 0.5 * (p @ np.log(p / middle) + q @ np.log(q / middle))
    np.testing.assert_allclose(sum(real_and_fake), math.log(4.0) - 2 * divergence, rtol=1e-5)


def test_the_base_class_is_abstract():
    for method, count in ("discriminator", 2), ("generator", 1):
        with pytest.raises(NotImplementedError):
            getattr(losses.AdversarialLoss(), method)(*[tf.zeros((1, 1))] * count)


def test_losses_are_equal_if_their_arguments_are():
    assert losses.LeastSquares() == losses.LeastSquares(real_target=1.0)
    assert losses.LeastSquares() != losses.LeastSquares(real_target=0.9)
    assert losses.NonSaturating() != losses.Minimax()
