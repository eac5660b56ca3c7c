"""Example 1 of Wasserstein GAN (1701.07875): two parallel lines, and what each loss says of their distance.

Real points are (0, Z), generated ones (theta, Z), Z uniform in [0, 1]. The earth mover's distance is |theta|,
the Jensen-Shannon divergence log 2 wherever theta is not 0. The critic is trained by the real `LatentGAN`,
while the generator stands still.
"""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gans import losses, training
from keras_gans.layers import Clip

THETAS = (0.0, 0.25, 0.5, 1.0)
BATCH = 128


class Line(keras.Model):
    """Standard normal latents -> (theta, Z), as images of one pixel."""

    latent_dim = 1

    def __init__(self, name="generator", dtype=None):
        latents = keras.Input((1,), name="latents")
        uniform = 0.5 + 0.5 * keras.ops.erf(latents / math.sqrt(2.0))
        shift = keras.layers.Dense(1, kernel_initializer="zeros", name="theta")
        points = keras.layers.Concatenate()([shift(latents), uniform])
        super().__init__(latents, keras.layers.Reshape((1, 1, 2))(points), name=name)

    def get_config(self):
        return {"name": self.name}


def critic(limit=None):
    """Two hidden layers; `limit` clips all weights."""
    constraint = None if limit is None else Clip(limit)
    pixels = keras.Input((1, 1, 2), name="images")
    x = keras.layers.Flatten()(pixels)
    for units in (32, 32, 1):
        x = keras.layers.Dense(
            units,
            activation="relu" if units > 1 else None,
            kernel_constraint=constraint,
            bias_constraint=constraint,
        )(x)
    return keras.Model(pixels, x, name="discriminator")


def estimates(loss, *, terms=(), limit=None, rate=5e-3, steps=100):
    """The discriminator's adversarial loss at the end of training, for each theta."""
    keras.utils.set_random_seed(0)
    gan = training.LatentGAN(
        Line(),
        critic(limit),
        adversarial_loss=loss,
        discriminator_terms=terms,
        average=training.ExponentialMovingAverage(decay=0.0),
    )
    heights = np.random.default_rng(1).uniform(size=(64, BATCH))
    real = np.stack([np.zeros_like(heights), heights], axis=-1)[:, :, None, None]
    batches = tf.data.Dataset.from_tensor_slices({"images": real.astype("float32")}).repeat()
    start, ends = gan.discriminator.get_weights(), []
    gan.compile(
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.9),
        generator_optimizer=keras.optimizers.SGD(0.0),
    )
    moments = [variable.numpy() for variable in gan.discriminator_optimizer.variables]
    for theta in THETAS:
        gan.discriminator.set_weights(start)
        for variable, value in zip(gan.discriminator_optimizer.variables, moments, strict=True):
            variable.assign(value)
        gan.generator.get_layer("theta").bias.assign([theta])
        history = gan.fit(batches, epochs=2, steps_per_epoch=steps, verbose=0, shuffle=False).history
        ends.append(float(np.squeeze(history["discriminator/adversarial"][-1])))
    return np.array(ends)


@pytest.mark.slow
def test_the_penalised_critic_measures_the_distance():
    """A critic of slope s between the lines has `s theta - w (s - 1)^2`, most at s = 1 + theta / (2 w)."""
    distance = -estimates(losses.Wasserstein(), terms=[losses.GradientPenalty(weight=10.0)], steps=150)
    expected = np.array([theta * (1 + theta / 20) for theta in THETAS])
    np.testing.assert_allclose(distance, expected, atol=0.02)


@pytest.mark.slow
def test_the_clipped_critic_measures_a_multiple_of_the_distance():
    distance = -estimates(losses.Wasserstein(), limit=0.1)
    scale = distance[-1]  # at theta 1: the critic's Lipschitz constant
    assert scale > 0.01
    np.testing.assert_allclose(distance / scale, THETAS, atol=0.05)


@pytest.mark.slow
def test_the_divergence_of_jensen_and_shannon_does_not():
    """`log 2 - loss / 2` of the best discriminator: 0 for equal lines, log 2 for any others."""
    divergence = math.log(2.0) - estimates(losses.Minimax(), rate=2e-2, steps=50) / 2
    assert abs(divergence[0]) < 0.02
    np.testing.assert_allclose(divergence[1:], math.log(2.0), atol=0.03)
