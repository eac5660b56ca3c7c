"""Path length regularisation of generators with styles."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_gans.losses.term import Term
from keras_gans.losses.views import GeneratorView
from keras_gans.serialization import register


@dataclass(frozen=True, kw_only=True)
class StyleView(GeneratorView):
    """The step of a generator with styles.

    Attributes:
        styles: `(batch, num_styles, style_dim)`, from which `fake_images` were made, with gradient.
        synthesize: styles -> images; of the first n examples, where it is given n.
        path_length_mean: float32 scalar, a Keras variable: the moving mean of `PathLength`. Its owner is the
            trainer, which saves and restores it. Made with `aggregation="none"`, it may be assigned between
            the turns of a lazy term; each replica then holds what its own part of the batch makes of it, and
            the trainer sets it to their mean at the end of a step.
    """

    styles: Any
    synthesize: Any
    path_length_mean: Any


def path_lengths(synthesize, styles, noise):
    """Length of the gradient of random images with respect to the styles of all layers.

    `sqrt(mean over num_styles of sum over style_dim of g^2)`, `g = d sum(images * noise) / sqrt(height *
    width) / d styles`: an estimate of `|J^T y|`, `J` the Jacobian of the images and `y` a normal image.

    Args:
        synthesize: callable. styles -> images `(batch, height, width, channels)`.
        styles: float tensor, `(batch, num_styles, style_dim)`.
        noise: float32 tensor like the images, standard normal.

    Returns:
        float32 `(batch,)`.

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), section 3.2. The mean over layers is the published
        networks'.
    """
    squares = tf.reduce_sum(tf.square(path_gradient(synthesize, styles, noise)), axis=-1)
    # The root has no gradient at 0; 1e-12 moves a length of 1 by 5e-13.
    return tf.sqrt(tf.reduce_mean(squares, axis=-1) + 1e-12)


def path_gradient(synthesize, styles, noise):
    """`d sum(images * noise) / sqrt(height * width) / d styles`, float32; see `path_lengths`."""
    with tf.GradientTape() as tape:
        tape.watch(styles)
        images = tf.cast(synthesize(styles), "float32")
        pixels = float(images.shape[1] * images.shape[2])
        score = tf.reduce_sum(images * noise) / pixels**0.5
    return tf.cast(tape.gradient(score, styles), "float32")


@register
class PathLength(Term):
    """Pulls the path lengths of a generator to their moving mean: `(length - mean)^2`.

    A step of fixed size in the space of styles then changes images by a fixed amount. `mean` follows the
    lengths before it is subtracted, `mean + decay * (average length - mean)`, and is stored in the view's
    `path_length_mean`.

    It is evaluated on the first `batch / shrink` examples; each result is repeated `shrink` times.

    Args:
        weight: float. gamma_pl.
        decay: float. Share of the new lengths in the moving mean.
        shrink: int. Divisor of the batch.
        interval: int. As in `Term`; 4 in the paper.
        name: str. As in `Term`.

    Raises:
        ValueError: if the batch is not a multiple of `shrink`, or an argument out of its range.

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), equation 4 and appendix B. The paper sets the weight
        by the resolution, `ln 2 / (r^2 (ln r - ln 2))`; 2 and a batch cut in half are the published
        networks'.
    """

    def __init__(self, *, weight=2.0, decay=0.01, shrink=2, interval=1, name="path_length"):
        super().__init__(weight=weight, interval=interval, name=name)
        if not 0.0 <= decay <= 1.0 or shrink < 1:
            raise ValueError(
                f"`decay` must be in [0, 1] and `shrink` at least 1. Received: decay={decay}, shrink={shrink}"
            )

    def value(self, view):
        batch = view.styles.shape[0]
        if batch % self.shrink:
            raise ValueError(f"The batch of a replica must be a multiple of {self.shrink}. Received: {batch}")
        styles = view.styles[: batch // self.shrink]
        noise = view.draws.normal("path", (styles.shape[0], *view.fake_images.shape[1:]))
        lengths = path_lengths(view.synthesize, styles, noise)
        before = tf.convert_to_tensor(view.path_length_mean)
        mean = before + self.decay * (tf.reduce_mean(lengths) - before)
        view.path_length_mean.assign(tf.stop_gradient(mean))
        return tf.tile(tf.square(lengths - mean), [self.shrink])
