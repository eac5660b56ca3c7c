"""Saves without pause in a forked process, kills it, and lets the next one check what it left. Run by
test_resume.py.

TensorFlow is imported once and used in the forked processes only, so that a kill costs a fraction of a
second.
"""

import os
import random
import signal
import sys
import time

import keras
import tensorflow as tf

from keras_gans.training import RunState


class Counting:
    """A trainer whose weights all equal the images seen."""

    distribute_strategy = tf.distribute.get_strategy()

    def __init__(self):
        self.images_seen = keras.Variable(0, dtype="int64", trainable=False, name="images_seen")
        self.weights = [keras.Variable(keras.ops.zeros((256, 256)), name=f"w{i}") for i in range(4)]

    def state(self):
        return {"network": self.weights, "counters": [self.images_seen]}


def child(directory, acknowledged, pipe):
    trainer = Counting()
    state = RunState(directory, trainer)
    if acknowledged:
        state.restore()
    images = int(trainer.images_seen.numpy())
    whole = all(float(keras.ops.min(w)) == float(keras.ops.max(w)) == images for w in trainer.weights)
    if not (acknowledged <= images <= acknowledged + 8 and whole) or list(state.directory.glob("*_temp")):
        os.write(pipe, f"bad: restored {images}, acknowledged {acknowledged}\n".encode())
        return
    while True:
        images += 8
        trainer.images_seen.assign(images)
        for weight in trainer.weights:
            weight.assign(keras.ops.full((256, 256), float(images)))
        state.save()
        os.write(pipe, f"{images}\n".encode())


def main(directory, kills):
    chance, acknowledged = random.Random(0), 0
    for kill in range(kills + 1):
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            child(directory, acknowledged, writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            first = lines.readline()
            time.sleep(chance.uniform(0.0, 0.1))
            os.kill(pid, signal.SIGKILL)
            reports = [first, *lines]
        os.waitpid(pid, 0)
        if not first or first.startswith("bad"):
            sys.exit(f"after kill {kill}: {first or 'the process died by itself'}")
        acknowledged = int(reports[-1])
    print(f"{kills} kills survived, {acknowledged} images")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
