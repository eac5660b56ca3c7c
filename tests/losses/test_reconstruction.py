import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from harness import check_term, random_inputs
from keras_gans import losses

SHAPE = (3, 4, 2, 2)
X, Y = random_inputs([SHAPE, SHAPE])
W = np.full(SHAPE[1:], 0.5, "float32")
SIZE = np.prod(SHAPE[1:])


def mean(values):
    return np.abs(values).mean(axis=(1, 2, 3))


def test_absolute_difference():
    np.testing.assert_allclose(losses.absolute_difference(X, Y), mean(X - Y), rtol=1e-5)
    assert losses.absolute_difference(tf.cast(X, "float16"), Y).dtype == "float32"


def test_target_reconstruction():
    """G(x) = w x."""

    def view(w):
        return losses.PairView(fake_images=w * X, targets=tf.constant(Y), fake_logits=None, draws=None)

    expected = 100.0 * mean(0.5 * X - Y)
    slope = 100.0 * np.sum(np.sign(0.5 * X - Y) * X, axis=0) / SIZE
    check_term(losses.TargetReconstruction, view=view, at=W, value=expected, gradient=slope)


def cycle_view(w):
    """G(x) = w x and F(y) = 3 y, so that both ways there and back are 3 w."""

    def forward(images):
        return w * images

    def backward(images):
        return 3.0 * images

    x, y = tf.constant(X), tf.constant(Y)
    return losses.CycleView(
        images=x,
        targets=y,
        cycled_images=backward(forward(x)),
        cycled_targets=forward(backward(y)),
        forward=forward,
        backward=backward,
        fake_logits=None,
        draws=None,
    )


def test_cycle_consistency():
    """At w = 1/2 both ways there and back give 1.5 of what was there."""
    expected = 10.0 * 0.5 * (mean(X) + mean(Y))
    slope = 10.0 * 3.0 * np.sum(np.abs(X) + np.abs(Y), axis=0) / SIZE
    check_term(losses.CycleConsistency, view=cycle_view, at=W, value=expected, gradient=slope)


def test_identity_mapping():
    """G(y) = y / 2 is half of y away, F(x) = 3 x twice of x."""
    expected = 5.0 * (0.5 * mean(Y) + 2.0 * mean(X))
    slope = -5.0 * np.sum(np.abs(Y), axis=0) / SIZE
    check_term(losses.IdentityMapping, view=cycle_view, at=W, value=expected, gradient=slope)


@pytest.mark.parametrize("view", [losses.PairView, losses.CycleView])
def test_views_are_frozen_and_complete(view):
    fields = dataclasses.fields(view)
    made = view(**{field.name: 0 for field in fields})
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.targets = 1
    with pytest.raises(AttributeError):
        made.fake_image  # noqa: B018
    with pytest.raises(TypeError, match="targets"):
        view(**{field.name: 0 for field in fields if field.name != "targets"})
