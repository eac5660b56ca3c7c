import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
from keras_gans import layers, training

DIM, COUNT = 6, 3
PAINT = tf.constant(np.random.default_rng(0).standard_normal((DIM, 48)) / 4.0, "float32")


def paint(latents):
    """A generator of images of 4 px."""
    return tf.reshape(tf.sigmoid(latents @ PAINT), (-1, 4, 4, 3))


class Namer(keras.Model):
    """A small reconstructor; its hidden layer is even, since a direction goes both ways."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, name="hidden")
        self.logits, self.shift = keras.layers.Dense(COUNT, name="logits"), keras.layers.Dense(1, name="far")
        self([tf.zeros((1, 4, 4, 3))] * 2)

    def call(self, pair):
        difference = keras.ops.reshape(pair[1] - pair[0], (-1, 48))
        return self.logits(keras.ops.abs(self.hidden(difference))), self.shift(difference)


def matrix(constraint=None):
    directions = keras.layers.Dense(
        DIM, use_bias=False, kernel_initializer="orthogonal", kernel_constraint=constraint, name="directions"
    )
    directions.build((None, COUNT))
    return directions


def made(optimizer=None, constraint=None, **options):
    keras.utils.set_random_seed(0)
    trainer = training.DirectionTrainer(paint, matrix(constraint), Namer(), **options)
    trainer.compile(optimizer=optimizer or training.GuardedAdam(1e-2), run_eagerly=True)
    return trainer


def latents(steps, start=0):
    rows = np.random.default_rng(1).standard_normal((100, 8, DIM)).astype("float32")[start : start + steps]
    return tf.data.Dataset.from_tensor_slices({"latents": rows})


def test_a_batch_by_hand():
    trainer = made(most=4.0, least=3.0)
    batch = {"latents": tf.random.stateless_normal((64, DIM), (1, 2))}
    seen = trainer(batch, training=True)
    shift, kernel = seen["shift"].numpy(), trainer.directions.kernel.numpy()
    assert np.abs(shift).min() == 3.0 and np.abs(shift).max() <= 4.0
    assert (np.abs(shift) > 3.0).sum() > 8 and 16 < (shift < 0).sum() < 48
    assert set(seen["direction"].numpy()) == set(range(COUNT))
    moved = batch["latents"] + shift[:, None] * kernel[seen["direction"].numpy()]
    pair = [2.0 * paint(z) - 1.0 for z in (batch["latents"], moved)]
    logits, found = trainer.reconstructor(pair)
    np.testing.assert_allclose(seen["logits"], logits, atol=1e-5)
    named = logits.numpy()[np.arange(64), seen["direction"]] - np.log(np.exp(logits).sum(axis=1))
    expected = -named.mean() + 0.25 * np.abs(found[:, 0] - shift).mean()
    assert float(trainer.compute_loss(y_pred=seen)) == pytest.approx(expected, rel=1e-5)
    right = (logits.numpy().argmax(axis=1) == seen["direction"].numpy()).mean()
    assert float(trainer.trackers["accuracy"].result()) == pytest.approx(right)


CONSTRAINTS = {
    "orthonormal": layers.OrthonormalRows(),
    "unit": keras.constraints.UnitNorm(axis=1),
    "free": None,
}


@pytest.mark.parametrize("kind", CONSTRAINTS)
def test_directions_keep_their_constraint(kind):
    trainer = made(constraint=CONSTRAINTS[kind])
    before = trainer.directions.kernel.numpy()
    trainer.fit(latents(2), verbose=0, shuffle=False)
    kernel = trainer.directions.kernel.numpy()
    gram = kernel @ kernel.T
    assert np.abs(kernel - before).max() > 0.01
    off = np.abs(gram - np.diag(np.diag(gram))).max()
    assert (np.abs(np.diag(gram) - 1.0).max() < 1e-5) == (kind != "free")
    assert (off < 1e-5) == (kind == "orthonormal")


def test_directions_are_learnt():
    trainer = made(constraint=layers.OrthonormalRows(), least=2.0)
    first = trainer.evaluate(latents(4), verbose=0, return_dict=True)
    trainer.compile(optimizer=training.GuardedAdam(3e-2))
    trainer.fit(latents(60), verbose=0, shuffle=False)
    trainer.compile(optimizer=training.GuardedAdam(1e-2), run_eagerly=True)
    after = trainer.evaluate(latents(4), verbose=0, return_dict=True)
    assert after["loss"] < 0.7 * first["loss"] and after["accuracy"] > 0.7, (first, after)


def test_directions_that_stay_are_told_apart():
    trainer = made()
    trainer.directions.trainable = False
    trainer.compile(optimizer=training.GuardedAdam(1e-2), run_eagerly=True)
    before = trainer.directions.kernel.numpy()
    trainer.fit(latents(1), verbose=0, shuffle=False)
    np.testing.assert_array_equal(trainer.directions.kernel, before)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    trainer = made(constraint=layers.OrthonormalRows())
    harness.check_resume(trainer, latents, tmp_path)
    assert int(trainer.skipped_steps.numpy()) == 0


def test_ranges():
    with pytest.raises(ValueError, match=r"Received: least=0.5, most=0.2"):
        made(most=0.2)
    with pytest.raises(ValueError, match=r"must be a `GuardedAdam`. Received: Adam"):
        made(optimizer=keras.optimizers.Adam())
