import math

import numpy as np
import pytest

from harness import check_term, discriminator_view, random_inputs
from keras_gans import losses

LABELS = np.array([2, 0, 1, 2], "int32")
ATTRIBUTES = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]], "float32")
LOGITS = random_inputs([(4, 3)])


def softmax_cross_entropy():
    """-log softmax at the labels, and the gradient of the sum: softmax - one-hot."""
    odds = np.exp(LOGITS.astype("float64"))
    probabilities, one_hot = odds / odds.sum(axis=1, keepdims=True), np.eye(3)[LABELS]
    return -np.log((probabilities * one_hot).sum(axis=1)), probabilities - one_hot


def sigmoid_cross_entropy():
    """-log of the probability of what is true, summed over attributes; gradient sigmoid - truth."""
    probabilities = 1.0 / (1.0 + np.exp(-LOGITS.astype("float64")))
    truth = ATTRIBUTES.astype("float64")
    likelihood = np.where(truth == 1, probabilities, 1.0 - probabilities)
    return -np.log(likelihood).sum(axis=1), probabilities - truth


KINDS = pytest.mark.parametrize(
    "labels, known", [(LABELS, softmax_cross_entropy()), (ATTRIBUTES, sigmoid_cross_entropy())]
)


def domain_view(**known):
    return losses.DomainView(**{**dict.fromkeys(losses.DomainView.__dataclass_fields__), **known})


@KINDS
def test_images_are_named(labels, known):
    """Real ones for the discriminator, translated ones for the generator."""
    for term, weight, view in (
        (
            losses.RealDomainClassification,
            2.0,
            lambda w: discriminator_view(labels=labels, real_class_logits=w),
        ),
        (
            losses.TargetDomainClassification,
            0.5,
            lambda w: domain_view(target_labels=labels, fake_class_logits=w),
        ),
    ):
        value, gradient = (weight * number for number in known)
        check_term(term, arguments={"weight": weight}, view=view, at=LOGITS, value=value, gradient=gradient)


def test_an_undecided_classifier():
    np.testing.assert_allclose(
        losses.domain_cross_entropy(LABELS, np.zeros((4, 3))), [math.log(3)] * 4, rtol=1e-6
    )
    np.testing.assert_allclose(
        losses.domain_cross_entropy(ATTRIBUTES, np.zeros((4, 3))), [3 * math.log(2)] * 4, rtol=1e-6
    )


def test_reconstruction():
    images, reconstructed = random_inputs([(4, 2, 3, 3), (4, 2, 3, 3)])
    difference = reconstructed.astype("float64") - images
    check_term(
        losses.DomainReconstruction,
        view=lambda w: domain_view(images=images, reconstructed_images=w),
        at=reconstructed,
        value=10.0 * np.abs(difference).mean(axis=(1, 2, 3)),
        gradient=10.0 * np.sign(difference) / 18,
    )


def test_identity_asks_for_the_domain_that_images_have():
    images, others = random_inputs([(4, 2, 3, 3), (4, 2, 3, 3)])
    difference = others.astype("float64") + 0.5 * LABELS[:, None, None, None] - images

    def view(w):
        def generate(x, labels):
            assert x is images
            return w + 0.5 * labels[:, None, None, None].astype("float32")

        return domain_view(images=images, labels=LABELS, target_labels=0 * LABELS, generate=generate)

    check_term(
        losses.DomainIdentity,
        view=view,
        at=others,
        value=5.0 * np.abs(difference).mean(axis=(1, 2, 3)),
        gradient=5.0 * np.sign(difference) / 18,
    )
