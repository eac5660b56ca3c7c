#!/usr/bin/env bash
# TensorFlow 2.21.0 and Keras 3.15.1: the same seed gives other random numbers once a function is compiled by XLA.
#
# A good guess: `tf.random.stateless_normal(shape, seed)` is a function of shape and seed. Then seed 7 shows the same
# picture whether a generator is compiled or not, and the first latent of a batch of 4 is that of a batch of 1.
# Seen: both hold in a graph. With `jit_compile=True` all numbers are others, and the first row changes with the size
# of the batch. `alg="philox"` makes graph and XLA agree to the bit. `keras.random.normal` has no such argument.
# A picture that was chosen by its seed is another one as soon as somebody compiles the generator, without a word.
exec bash "$(dirname "$0")/with_packages" tensorflow==2.21.0 keras==3.15.1 <<'PROGRAM'
import keras
import numpy as np
import tensorflow as tf


def compare(name, draw):
    """Prints and returns: do graph and XLA agree, and does the first row stay in a larger batch, for both."""
    graph, xla = tf.function(draw), tf.function(draw, jit_compile=True)
    one, four = (graph(1).numpy(), xla(1).numpy()), (graph(4).numpy(), xla(4).numpy())
    agree = np.array_equal(*four)
    stays = [np.array_equal(one[i][0], four[i][0]) for i in (0, 1)]
    print(f"{name}: first number in a graph {four[0][0, 0]:.4f}, with XLA {four[1][0, 0]:.4f};")
    print(f"    first row is that of a batch of 1: graph {stays[0]}, XLA {stays[1]}")
    return agree, *stays


print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}")
plain = compare("stateless_normal", lambda n: tf.random.stateless_normal([n, 4], [1, 2]))
named = compare("with alg='philox'", lambda n: tf.random.stateless_normal([n, 4], [1, 2], alg="philox"))
of_keras = compare("keras.random.normal", lambda n: keras.random.normal([n, 4], seed=7))
assert plain == (False, True, False), plain
assert named == (True, True, True), named
assert of_keras == (False, True, False), of_keras
print("as described")
PROGRAM
