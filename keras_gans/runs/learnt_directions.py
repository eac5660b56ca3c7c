"""Trains directions of the latent space of any generator.

A training leaves a folder with `learnt/`, `random/` and `coordinate/`, each with checkpoints and `log.jsonl`:
the same call goes on from there.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gans import hub, networks, training
from keras_gans.latent import directions as maths
from keras_gans.layers import OrthonormalRows
from keras_gans.random import counter_normal
from keras_gans.runs.directions import SAMPLES, as_directions, rows_of, rows_width, space_of
from keras_gans.training import callbacks

SMALL = 64  # pixels up to which LeNet tells directions apart
PAIRS = 2048  # that accuracy is measured on
BATCH = 32
CONSTRAINTS = {
    "orthonormal": OrthonormalRows(),
    "unit": keras.constraints.UnitNorm(axis=1),
    "free": None,
}


def learn_directions(
    model: hub.Generator,
    directory: str | os.PathLike,
    *,
    space: str | None = None,
    count: int | None = None,
    images: int = 100_000,
    constraint: str = "orthonormal",
    learning_rate: float = 1e-4,
    label: Any = None,
    seed: int = 0,
    reconstructor: Callable | None = None,
    compare: bool = True,
) -> hub.Directions:
    """Trains directions that a network can tell apart, and measures how well it does.

    Random and coordinate directions are told apart by networks that are trained as long, for comparison.

    Args:
        model: `keras_gans.hub.Generator`, or another model of `keras_gans.hub` from latents.
        directory: path of a folder of the run, in which it goes on where it was interrupted.
        space: as of `principal_directions`.
        count: int. Directions; `None` means the width of the space.
        images: int. Pairs that are seen in training.
        constraint: str. "orthonormal", "unit" or "free".
        learning_rate: float. Of Adam.
        label: class of the images, where the model has any.
        seed: int.
        reconstructor: callable, keywords `resolution`, `num_directions`, `channels` -> network; `None` means
            LeNet up to 64 px and ResNet-18 beyond.
        compare: bool. Whether the other directions are measured.

    Returns:
        `keras_gans.hub.Directions`, with the facts "accuracy", of each direction, and "told_apart", of
        learnt, random and coordinate ones.

    Raises:
        ValueError: a constraint that there is not, or one that so many directions cannot have.

    Reference:
        [2002.03754](https://arxiv.org/abs/2002.03754), section 3; the comparison: table 2.
    """
    space = space_of(model, space)
    width = rows_width(model, space)
    count = width if count is None else count
    if constraint not in CONSTRAINTS:
        raise ValueError(f"`constraint` must be one of {', '.join(CONSTRAINTS)}. Received: {constraint!r}")
    if not 2 <= count <= width:
        raise ValueError(f"`count` must be from 2 to {width}. Received: {count}")
    rows = rows_of(model, space, SAMPLES, 0, label)
    scale = rows.std() if space == "w" else 1.0

    def measured(kind, start):
        """The trainer at its end, and what it calls new pairs."""
        trainer = make_trainer(
            model,
            start,
            space=space,
            scale=scale,
            label=label,
            constraint=CONSTRAINTS[constraint],
            seed=seed,
            reconstructor=reconstructor,
        )
        trainer.directions.trainable = kind == "learnt"
        trainer.compile(optimizer=training.GuardedAdam(learning_rate))
        train(trainer, _latent_batches(model, space, scale, label, seed), images, Path(directory) / kind)
        return trainer, name_pairs(trainer, _latent_batches(model, space, scale, label, seed + 1))

    trainer, confusion = measured("learnt", _random(width, seed)[:count])
    told = {"learnt": _share(confusion)}
    if compare:
        for kind, start in (("random", _random(width, seed + 1)), ("coordinate", np.eye(width))):
            told[kind] = _share(measured(kind, start[:count])[1])
    facts = {
        "accuracy": (np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)).tolist(),
        "told_apart": told,
        "pairs_seen": images,
        "constraint": constraint,
        "learning_rate": learning_rate,
    }
    return as_directions(model, space, "voynov", maths.unit(np.array(trainer.directions.kernel)), rows, facts)


def make_trainer(model, start, *, space, scale, label, constraint, seed, reconstructor):
    """Returns a `DirectionTrainer` of a model, whose directions begin as `start`, `(count, dim)`."""
    keras.utils.set_random_seed(seed)
    count, width = start.shape
    directions = keras.layers.Dense(width, use_bias=False, kernel_constraint=constraint, name="directions")
    directions.build((None, count))
    directions.kernel.assign(start)
    if reconstructor is None:
        small = model.image_shape[0] <= SMALL
        reconstructor = networks.LeNetReconstructor if small else networks.ResNet18Reconstructor
    network = reconstructor(
        resolution=model.image_shape[0], num_directions=count, channels=model.image_shape[2]
    )

    def generate(rows):
        if space == "z":
            return model(rows, label=label)
        return model(tf.repeat(scale * rows[:, None], model.style_shape[0], axis=1))

    return training.DirectionTrainer(generate, directions, network, seed=seed)


def train(trainer: training.DirectionTrainer, batches: Callable, images: int, directory: Path) -> None:
    """Trains until so many pairs have been seen, from where the folder left off."""
    with training.RunLock(directory):
        state = training.RunState(directory / "checkpoints", trainer)
        if state.checkpoints():
            state.restore()
        seen = int(trainer.images_seen.numpy())
        steps = (images - seen) // BATCH
        if steps <= 0:
            return
        stop = callbacks.StopOnSignal(state)
        every = max(BATCH, images // 10)
        with stop.installed():
            trainer.fit(
                batches(seen).take(steps),
                verbose=0,
                shuffle=False,
                callbacks=[
                    callbacks.ProgressLog(
                        directory / "log.jsonl",
                        every=every,
                        total_images=images,
                        describe=lambda seen: directory.name,
                    ),
                    callbacks.Checkpoints(state, every=every),
                    callbacks.StopOnNonFinite(state),
                    stop,
                ],
            )
        if stop.stopped:
            raise KeyboardInterrupt
        state.save()


def name_pairs(trainer: training.DirectionTrainer, batches: Callable) -> np.ndarray:
    """Counts what the reconstructor calls directions, in pairs that it has not seen.

    Returns:
        int array `(count, count)`: row, the direction; column, its name.
    """
    count = trainer.directions.kernel.shape[0]
    confusion = np.zeros((count, count), "int64")
    call = tf.function(lambda batch: trainer(batch, training=False))
    trainer.evaluated_batches.reset_state()
    for batch in batches(0).take(-(-PAIRS // BATCH)):
        seen = call(batch)
        np.add.at(confusion, (seen["direction"].numpy(), seen["logits"].numpy().argmax(axis=1)), 1)
        trainer.evaluated_batches.update_state(1)
    return confusion


def _latent_batches(model, space, scale, label, seed):
    """A callable, images seen -> dataset of latents from there on, in units of `scale`."""

    @tf.autograph.experimental.do_not_convert
    def latents_of(numbers):
        z = counter_normal(
            tf.fill(tf.shape(numbers), tf.constant(seed, "int64")), numbers, model.latent_shape
        )
        z = tf.ensure_shape(z, (BATCH, *model.latent_shape))
        if space == "w":
            z = model.style_tensor(z, label=label)[:, 0] / scale
        return {"latents": z}

    def batches(seen):
        numbers = tf.data.Dataset.range(seen, 2**62)
        return numbers.batch(BATCH, drop_remainder=True).map(latents_of).prefetch(1)

    return batches


def _random(width, seed):
    """Random orthonormal rows, `(width, width)`."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((width, width)))[0]


def _share(confusion):
    return float(np.trace(confusion) / confusion.sum())
