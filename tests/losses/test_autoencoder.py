import numpy as np
import pytest
import tensorflow as tf

from harness import check_term, random_inputs
from keras_gans import losses
from keras_gans.random import Draws

IMAGES = (3, 4, 2, 2)
X, Y, LATENTS, CODEBOOK = random_inputs([IMAGES, IMAGES, (3, 2, 2, 4), (5, 4)])
CODES = np.array([0, 1, 1, 4] * 3, "int32").reshape(3, 2, 2)


def view(**fields):
    empty = dict.fromkeys(losses.AutoencoderView.__dataclass_fields__)
    return losses.AutoencoderView(**{**empty, "total": tf.identity, **fields})


def test_perceptual_distance():
    """With the distance `mean (x - y)^2`."""

    def seen(w):
        def distance(images, others):
            return tf.reduce_mean(tf.square(images - others), axis=(1, 2, 3))

        return view(fake_images=w * X, targets=tf.constant(Y), distance=distance)

    w = np.full(IMAGES[1:], 0.5, "float32")
    expected = np.square(0.5 * X - Y).mean(axis=(1, 2, 3))
    slope = np.sum(2.0 * (0.5 * X - Y) * X, axis=0) / X[0].size
    check_term(losses.PerceptualDistance, view=seen, at=w, value=expected, gradient=slope)


def test_posterior_divergence():
    """Nats of a whole image over its 4 * 2 * 2 numbers."""

    def seen(w):
        return view(divergence=w * tf.constant([32.0, 16.0, 0.0]), targets=tf.constant(Y))

    weight = 1e-6
    expected = weight * 0.5 * np.array([2.0, 1.0, 0.0])
    check_term(
        losses.PosteriorDivergence, view=seen, at=np.float32(0.5), value=expected, gradient=weight * 3.0
    )


@pytest.mark.parametrize(
    "term, weight, factor", [(losses.Codebook, 1.0, 3.0), (losses.Commitment, 0.25, 0.5)]
)
def test_codes_and_latents_meet(term, weight, factor):
    """Latents `w z` with w = 1/2, codes `3 w e`: each term moves one of both."""

    def seen(w):
        codebook = w / 0.5 * 3.0 * CODEBOOK
        return view(encoded=w * LATENTS, codes=tf.constant(CODES), chosen=tf.gather(codebook, CODES))

    z, e = 0.5 * LATENTS, 3.0 * CODEBOOK[CODES]
    expected = weight * np.square(z - e).mean(axis=(1, 2, 3))
    moved = -e / 0.5 if term is losses.Codebook else LATENTS
    slope = weight * np.sum(2.0 * (z - e) * moved) / z[0].size
    check_term(term, view=seen, at=np.float32(0.5), value=expected, gradient=slope)


def test_codes_that_no_latent_chose_are_pulled_to_latents():
    """Codes 2 and 3 of 5."""
    draws = Draws(0, 0).scoped("revival")
    anchors = LATENTS.reshape(-1, 4)[Draws(0, 0).scoped("revival").integers("anchors", (5,), 12)]

    def seen(w):
        return view(encoded=tf.constant(LATENTS), codes=tf.constant(CODES), codebook=w, draws=draws_again())

    def draws_again():
        return Draws(draws.seed, draws.step, draws.scope)

    unused = np.array([0, 0, 1, 1, 0])[:, None]
    expected = np.full(3, (unused * np.square(anchors - CODEBOOK)).mean())
    slope = 3 * unused * 2.0 * (CODEBOOK - anchors) / CODEBOOK.size
    check_term(losses.CodeRevival, view=seen, at=CODEBOOK, value=expected, gradient=slope)


def test_codes_that_another_replica_chose_are_left_alone():
    term = losses.CodeRevival()
    found = term.value(
        view(
            encoded=tf.constant(LATENTS),
            codes=tf.constant(CODES),
            codebook=tf.constant(CODEBOOK),
            draws=Draws(0, 0),
            total=lambda used: used + [0.0, 0.0, 1.0, 2.0, 0.0],
        )
    )
    np.testing.assert_array_equal(found, np.zeros(3))
