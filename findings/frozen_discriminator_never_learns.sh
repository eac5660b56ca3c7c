#!/usr/bin/env bash
# Keras 3.15.1: the GAN of the tutorials, with a discriminator that is compiled and then frozen, trains no discriminator.
#
# The recipe of Keras 2: compile the discriminator, set `discriminator.trainable = False`, compile generator and
# discriminator together as a second model, then call `train_on_batch` on the two in turn. It worked because `compile`
# collected the weights to train: freezing later changed the second model alone.
# A good guess: it still does. Seen: Keras 3 collects the weights at the first call of `train_on_batch`, when the
# discriminator is frozen already. Its weights never change, and it goes on answering as it was initialised; a
# warning is all. One call of `train_on_batch` before the freeze and the same program trains both players.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 <<'PROGRAM'
import warnings

import keras
import numpy as np
import tensorflow as tf

real, ones = np.random.default_rng(0).normal(size=(8, 2)).astype("float32"), np.ones((8, 1), "float32")


def change(model, step):
    """The largest change of a weight by one step."""
    before = [weight.numpy().copy() for weight in model.weights]
    step()
    return max(float(np.abs(weight.numpy() - old).max()) for weight, old in zip(model.weights, before))


def gan(call_before_freezing):
    """Changes of the discriminator by its own step, and of both by the generator's."""
    keras.utils.set_random_seed(0)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    discriminator.compile(keras.optimizers.SGD(0.1), loss)
    if call_before_freezing:
        discriminator.train_on_batch(real, ones)
    discriminator.trainable = False
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    both = keras.Sequential([keras.Input((2,)), generator, discriminator])
    both.compile(keras.optimizers.SGD(0.1), loss)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        own = change(discriminator, lambda: discriminator.train_on_batch(real, ones))
    generators = change(generator, lambda: both.train_on_batch(real, ones))
    return own, generators, [str(warning.message) for warning in caught]


print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}")
own, generators, words = gan(call_before_freezing=False)
print(f"compiled, then frozen: its step changes the discriminator by {own}, the other the generator by {generators:.4f}")
print("    warnings:", words)
assert own == 0.0 and generators > 0.0
assert words == ["The model does not have any trainable weights."], words
own, generators, words = gan(call_before_freezing=True)
print(f"called once before:    its step changes the discriminator by {own:.4f}, the other the generator by {generators:.4f}")
assert own > 0.0 and generators > 0.0
print("as described")
PROGRAM
