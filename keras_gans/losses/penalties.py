"""Penalties on the discriminator's gradient and on its output."""

import tensorflow as tf

from keras_gans.losses.term import Term, per_example
from keras_gans.serialization import register


def _image_gradient(view, images):
    """Gradient of each example's score with respect to its own pixels, float32 `(batch, pixels)`."""
    images = tf.cast(images, "float32")
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.reduce_sum(per_example(view.discriminate(images, view.draws)))
    gradient = tf.cast(tape.gradient(score, images), "float32")
    return tf.reshape(gradient, (tf.shape(gradient)[0], -1))


def _half_of_squared_gradient(view, images):
    return 0.5 * tf.reduce_sum(tf.square(_image_gradient(view, images)), axis=1)


@register
class GradientPenalty(Term):
    """Pulls the critic's gradient between real and fake images to a norm.

    `(|grad D(x)| - target)^2 / target^2`; `x` is drawn uniformly from the line between a real and a
    fake image.

    Args:
        weight: float. lambda.
        target: float. gamma, the norm to pull to.
        interval: int. As in `Term`.
        name: str. Likewise.

    Reference:
        [1704.00028](https://arxiv.org/abs/1704.00028), equation 3; the target as in
        [1710.10196](https://arxiv.org/abs/1710.10196), appendix A.2.
    """

    def __init__(self, *, weight=10.0, target=1.0, interval=1, name="gradient_penalty"):
        super().__init__(weight=weight, interval=interval, name=name)
        if target <= 0:
            raise ValueError(f"`target` must be positive. Received: {target}")

    def value(self, view):
        real, fake = view.real_images, tf.cast(view.fake_images, view.real_images.dtype)
        mix = view.draws.uniform("mix", (real.shape[0], 1, 1, 1))
        gradient = _image_gradient(view, real + mix * (fake - real))
        # The root has no gradient at 0; 1e-12 moves a norm of 1 by 5e-13.
        norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1) + 1e-12)
        return tf.square(norm - self.target) / self.target**2


@register
class R1(Term):
    """Squared gradient at real images: `|grad D(x)|^2 / 2`.

    Arguments are those of `Term`; `weight` is gamma.

    Reference:
        [1801.04406](https://arxiv.org/abs/1801.04406), equation 9.
    """

    def __init__(self, *, weight=10.0, interval=1, name="r1"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        return _half_of_squared_gradient(view, view.real_images)


@register
class R2(Term):
    """Squared gradient at generated images: `|grad D(G(z))|^2 / 2`.

    Arguments are those of `Term`; `weight` is gamma.

    Reference:
        [1801.04406](https://arxiv.org/abs/1801.04406), equation 10.
    """

    def __init__(self, *, weight=10.0, interval=1, name="r2"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        return _half_of_squared_gradient(view, view.fake_images)


@register
class Drift(Term):
    """Keeps the critic's output near zero: `D(x)^2` at real images.

    Arguments are those of `Term`; `weight` is epsilon_drift.

    Reference:
        [1710.10196](https://arxiv.org/abs/1710.10196), appendix A.1.
    """

    def __init__(self, *, weight=1e-3, interval=1, name="drift"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        return per_example(tf.square(tf.cast(view.real_logits, "float32")))
