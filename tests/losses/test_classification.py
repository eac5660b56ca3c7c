import math

import numpy as np

from harness import check_term, discriminator_view, generator_view, random_inputs
from keras_gans.losses import FakeClassification, RealFakeClassification

LABELS = np.array([2, 0, 1, 2], "int32")
REAL, FAKE = random_inputs([(4, 3), (4, 3)])


def cross_entropy(logits):
    """-log softmax at the labels, and the gradient of the sum: softmax - one-hot."""
    odds = np.exp(logits.astype("float64"))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    one_hot = np.eye(3)[LABELS]
    return -np.log((probabilities * one_hot).sum(axis=1)), probabilities - one_hot


def test_real_and_fake():
    (real, real_slope), (fake, fake_slope) = cross_entropy(REAL), cross_entropy(FAKE)
    check_term(
        RealFakeClassification,
        arguments={"weight": 2.0},
        view=lambda w: discriminator_view(labels=LABELS, real_class_logits=w[0], fake_class_logits=w[1]),
        at=np.stack([REAL, FAKE]),
        value=2.0 * (real + fake),
        gradient=2.0 * np.stack([real_slope, fake_slope]),
    )


def test_fake():
    fake, slope = cross_entropy(FAKE)
    check_term(
        FakeClassification,
        arguments={"weight": 0.5},
        view=lambda w: generator_view(labels=LABELS, fake_class_logits=w),
        at=FAKE,
        value=0.5 * fake,
        gradient=0.5 * slope,
    )


def test_an_undecided_classifier_costs_log_3():
    view = discriminator_view(
        labels=LABELS, real_class_logits=np.zeros((4, 3)), fake_class_logits=np.zeros((4, 3))
    )
    np.testing.assert_allclose(RealFakeClassification().value(view), [2 * math.log(3.0)] * 4, rtol=1e-6)
    np.testing.assert_allclose(FakeClassification().value(view), [math.log(3.0)] * 4, rtol=1e-6)
