"""Training of directions of a latent space that a network can tell apart."""

import keras
import tensorflow as tf

from keras_gans import images
from keras_gans.random import Draws
from keras_gans.serialization import register
from keras_gans.training.distribution import reduce_terms
from keras_gans.training.trainer import OneOptimizer, Player


@register
class DirectionTrainer(OneOptimizer):
    """Trains directions and a network that names them, with `fit`; the generator stays as it is.

    Of every latent z an image is made, and one of `z + shift * directions[k]`, k uniform, the shift uniform
    in `[-most, most]`, no nearer to 0 than `least`. The reconstructor sees the pair. An example's loss is the
    cross-entropy of k plus `shift_weight` times the absolute error of the shift.

    Args:
        generate: callable, latents `(batch, dim)` -> images `(batch, height, width, channels)` in `[0, 1]`,
            through which gradients flow.
        directions: `keras.layers.Dense` without bias or activation, built for K inputs: its kernel `(K, dim)`
            holds a direction a row, and its constraint says what they are: none,
            `keras.constraints.UnitNorm(axis=1)` or `keras_gans.layers.OrthonormalRows()`. `trainable` says
            whether they are trained, or only told apart.
        reconstructor: network from a pair of images in `[-1, 1]` to logits `(batch, K)` and shift
            `(batch, 1)`, such as `keras_gans.networks.LeNetReconstructor`.
        shift_weight: float. Weight of the error of the shift.
        most: float. Largest shift.
        least: float. Smallest absolute shift: less is drawn as this much.
        seed: int. Of directions and shifts.

    Input of `fit` and `evaluate`:
        dicts with `"latents"`, float32 `(batch, dim)`. The batch has a static size. `evaluate` gives "loss",
        "direction", "shift" and "accuracy", the share of pairs whose direction is named rightly.

    Example:
    ```python
    orthonormal = keras_gans.layers.OrthonormalRows()
    directions = keras.layers.Dense(
        128, use_bias=False, kernel_initializer="orthogonal", kernel_constraint=orthonormal
    )
    directions.build((None, 32))
    trainer = keras_gans.training.DirectionTrainer(
        keras_gans.load("progan_emoji_32"),
        directions,
        keras_gans.networks.LeNetReconstructor(resolution=32, num_directions=32),
    )
    trainer.compile(optimizer=keras_gans.training.GuardedAdam(1e-4))
    ```

    Reference:
        [2002.03754](https://arxiv.org/abs/2002.03754), section 3, equation 1; numbers: section 3.3 (most 6,
        least 0.5, weight 0.25, Adam of rate 1e-4). Deviation: orthonormal directions are kept so by a
        constraint, there by a matrix exponential.
    """

    def __init__(
        self, generate, directions, reconstructor, *, shift_weight=0.25, most=6.0, least=0.5, seed=0
    ):
        super().__init__(average=None, seed=seed)
        if not 0.0 <= least <= most or not most:
            raise ValueError(f"0 <= `least` <= `most` and 0 < `most`. Received: {least=}, {most=}")
        self.generate_images = generate
        self.directions, self.reconstructor = directions, reconstructor
        self.shift_weight = shift_weight
        self.most, self.least = most, least
        self.evaluated_batches = keras.metrics.Sum(name="evaluated_batches", dtype="int64")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("direction", "shift", "accuracy")}

    def players(self):
        networks = {"directions": self.directions, "reconstructor": self.reconstructor}
        return (Player(name="directions", networks=networks, optimizer="optimizer"),)

    def averages(self):
        return {}

    def call(self, batch, training=False):
        """Makes pairs of images and lets the reconstructor say what they differ by.

        Returns:
            dict: "direction" int32 `(batch,)`, "shift" `(batch,)`, "logits" `(batch, K)`, "found" `(batch,)`.
        """
        latents = batch["latents"]
        rows, count = latents.shape[0], self.directions.kernel.shape[0]
        draws = (
            Draws(self.seed, self.step.value)
            if training
            else Draws(self.seed + 1, self.evaluated_batches.result())
        )
        chosen = draws.integers("direction", (rows,), count)
        shift = (2.0 * draws.uniform("shift", (rows,)) - 1.0) * self.most
        shift = tf.where(shift < 0.0, -1.0, 1.0) * tf.maximum(tf.abs(shift), self.least)
        moved = latents + self.directions(tf.one_hot(chosen, count) * shift[:, None])
        pair = [images.from_unit(self.generate_images(z)) for z in (latents, moved)]
        logits, found = self.reconstructor(pair, training=training)
        return {"direction": chosen, "shift": shift, "logits": logits, "found": found[:, 0]}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Returns the mean of both losses, divided by the number of replicas."""
        named = keras.ops.sparse_categorical_crossentropy(
            y_pred["direction"], y_pred["logits"], from_logits=True
        )
        shift = tf.abs(y_pred["found"] - y_pred["shift"])
        guessed = tf.argmax(y_pred["logits"], axis=-1, output_type="int32")
        seen = {"direction": named, "shift": shift, "accuracy": guessed == y_pred["direction"]}
        for name, value in seen.items():
            self.trackers[name].update_state(tf.cast(value, "float32"))
        if not training:
            self.evaluated_batches.update_state(1)
        return reduce_terms([named, self.shift_weight * shift])

    @property
    def metrics(self):
        """The means of all losses, which `fit` and `evaluate` reset."""
        loss = [] if self._loss_tracker is None else [self._loss_tracker]
        return [*loss, *self.trackers.values(), self.evaluated_batches]
