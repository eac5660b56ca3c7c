#!/usr/bin/env bash
# TensorFlow 2.21.0 and Keras 3.15.1: a second MirroredStrategy in a process fails on what the first one has left.
#
# A good guess: `tf.distribute.MirroredStrategy(devices)` is an object like others, and a notebook that makes one for each
# training may do so. Seen: every strategy numbers its collectives from the same start. A second one on the same devices,
# whose model has synchronized batch normalisation of another width, meets the collectives of the first: its first step
# fails with an InvalidArgumentError that names a layer of the second model. With one strategy for both models,
# the same program trains.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 <<'PROGRAM'
import keras
import numpy as np
import tensorflow as tf

[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def trains(strategy, width):
    """Whether one step of a model with synchronized batch normalisation ends well."""
    with strategy.scope():
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(width),
                keras.layers.BatchNormalization(synchronized=True),
                keras.layers.Dense(1),
            ]
        )
        model.compile(keras.optimizers.SGD(0.1), "mse")
    batch = (np.ones((4, 4), "float32"), np.ones((4, 1), "float32"))
    try:
        model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    except tf.errors.InvalidArgumentError:
        return False
    return True


def mirrored():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


shared = mirrored()
one = [trains(shared, 8), trains(shared, 16)]
each = [trains(mirrored(), 8), trains(mirrored(), 16)]
print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; widths 8, then 16")
print("one strategy for both models: the steps end well:", one)
print("a strategy for each model: the steps end well:", each)
assert one == [True, True] and each == [True, False], (one, each)
print("as described")
PROGRAM
