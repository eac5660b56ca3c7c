"""Speed of the augmentation pipeline "bgc", printed as a table.

python benchmarks/augment.py

Every row runs in a process of its own. "+ gradient" is with respect to the images; "+ second" adds the
gradient of that gradient's squared norm, as R1 takes it.
"""

import functools
import os

import measure
from measure import rate, run, table

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

row = functools.partial(measure.row, __file__)


def pipeline(resolution, jit, batch=16):
    """One row: milliseconds of one batch with every transform at work."""
    import tensorflow as tf

    from keras_gans.augment import AugmentationPipeline
    from keras_gans.random import Draws

    images = tf.random.uniform((batch, resolution, resolution, 3), -1, 1)
    augment = AugmentationPipeline()

    def forward(images, step):
        return augment(images, 1.0, Draws(seed=0, step=step))

    def gradient(images, step):
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = tf.reduce_sum(tf.square(forward(images, step)))
        return tape.gradient(score, images)

    def second(images, step):
        with tf.GradientTape() as tape:
            tape.watch(images)
            penalty = tf.reduce_sum(tf.square(gradient(images, step)))
        return tape.gradient(penalty, images)

    columns = {}
    for title, function in (("forward", forward), ("+ gradient", gradient), ("+ second", second)):
        compiled = tf.function(function, jit_compile=jit)
        step = tf.Variable(0, dtype="int64")

        def call(compiled=compiled, step=step):
            step.assign_add(1)
            return compiled(images, step.value()).numpy()

        columns[f"{title} ms"] = f"{1000 / rate(call):.1f}"
    return {"px": resolution, "batch": batch, "XLA": "on" if jit else "off", **columns}


def main(chosen):
    if "pipeline" in chosen:
        rows = [row("pipeline", resolution=size, jit=jit) for size in (32, 64) for jit in (False, True)]
        table("Augmentation pipeline", rows)


if __name__ == "__main__":
    run(main, ("pipeline",), globals(), __doc__)
