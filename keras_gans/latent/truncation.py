"""The truncation trick: fewer unusual images for less variety."""

import numpy as np
import tensorflow as tf


def truncate(latents, threshold):
    """Maps standard normal latents to the normal distribution cut off at `threshold`.

    `z' = F^-1(F(-t) + F(z) (F(t) - F(-t)))` element by element, with the normal distribution
    function `F`. The map is continuous and increasing: a seed gives similar images at all
    thresholds.

    Args:
        latents: float tensor of any shape, standard normal.
        threshold: float, above 0. The larger, the closer to `latents`.

    Returns:
        float32 tensor of the same shape, within `[-threshold, threshold]`.

    Raises:
        ValueError: `threshold` is not a positive number.

    Reference:
        [1809.11096](https://arxiv.org/abs/1809.11096), section 3.1. Deviation: there, values
        outside are drawn again. The distribution is the same; with the map every value has one
        image, and gradients flow.
    """
    if not (np.isfinite(threshold) and threshold > 0.0):
        raise ValueError(f"`threshold` must be a positive number. Received: {threshold}")
    z = tf.cast(tf.convert_to_tensor(latents), "float64")
    root = np.sqrt(2.0)
    # In the lower half only, where F keeps its relative precision; the map is odd.
    below = 0.5 * tf.math.erfc(tf.abs(z) / root)  # F(-|z|)
    outside = 0.5 * tf.math.erfc(tf.constant(threshold / root, "float64"))  # F(-t)
    inside = tf.math.erf(tf.constant(threshold / root, "float64"))  # F(t) - F(-t)
    # The smallest normal float64, so that z = -40 is not sent to minus infinity.
    lower = tf.math.ndtri(tf.maximum(outside + below * inside, np.finfo("float64").tiny))
    lower = tf.clip_by_value(lower, -float(threshold), 0.0)
    return tf.cast(0.0 - tf.sign(z) * lower, "float32")
