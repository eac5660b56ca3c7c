import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from harness import check_term, random_inputs
from keras_gans.losses import SourceConsistency, StyleDiversity, StyleGuidedView, StyleReconstruction

SHAPE = (3, 4, 2, 2)
X, Y = random_inputs([SHAPE, SHAPE])
S, T = random_inputs([(3, 5), (3, 5)], seed=2)


def view_of(**known):
    return StyleGuidedView(**{**dict.fromkeys(StyleGuidedView.__dataclass_fields__), **known})


def mean(values):
    return np.abs(values).mean(axis=tuple(range(1, values.ndim)))


def test_style_reconstruction():
    """E(G(x, s)) = w t."""
    w = np.full(5, 0.5, "float32")
    check_term(
        StyleReconstruction,
        view=lambda w: view_of(styles=tf.constant(S), read_styles=w * T),
        at=w,
        value=mean(S - 0.5 * T),
        gradient=np.sum(-np.sign(S - 0.5 * T) * T, axis=0) / 5,
    )


def test_the_style_itself_gets_a_gradient_as_well():
    styles = tf.constant(S)
    with tf.GradientTape() as tape:
        tape.watch(styles)
        value = StyleReconstruction().value(view_of(styles=styles, read_styles=tf.constant(T)))
    np.testing.assert_allclose(tape.gradient(value, styles), np.sign(S - T) / 5, rtol=1e-6)


def test_style_diversity():
    """G(x, s) = w x, whose distance to y shall grow."""
    w = np.full(SHAPE[1:], 0.5, "float32")
    check_term(
        StyleDiversity,
        arguments={"weight": 2.0},
        view=lambda w: view_of(fake_images=w * X, other_fake_images=tf.constant(Y)),
        at=w,
        value=-2.0 * mean(0.5 * X - Y),
        gradient=-2.0 * np.sum(np.sign(0.5 * X - Y) * X, axis=0) / np.prod(SHAPE[1:]),
    )


def test_both_images_are_pushed_apart():
    images = [tf.constant(X), tf.constant(Y)]
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = StyleDiversity().value(view_of(fake_images=images[0], other_fake_images=images[1]))
    first, second = tape.gradient(value, images)
    np.testing.assert_allclose(first, -np.sign(X - Y) / 16, rtol=1e-6)
    np.testing.assert_allclose(second, np.sign(X - Y) / 16, rtol=1e-6)


def test_source_consistency():
    """G(G(x, s), E(x)) = w y."""
    w = np.full(SHAPE[1:], 0.5, "float32")
    check_term(
        SourceConsistency,
        view=lambda w: view_of(images=tf.constant(X), cycled_images=w * Y),
        at=w,
        value=mean(X - 0.5 * Y),
        gradient=-np.sum(np.sign(X - 0.5 * Y) * Y, axis=0) / np.prod(SHAPE[1:]),
    )


def test_the_view_is_frozen_and_complete():
    view = view_of(styles=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        view.styles = 2
    with pytest.raises(AttributeError):
        view.style  # noqa: B018
    with pytest.raises(TypeError, match="styles"):
        StyleGuidedView(images=0)
