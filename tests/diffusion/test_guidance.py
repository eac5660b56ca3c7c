import numpy as np
import pytest
import tensorflow as tf

from harness import random_inputs
from keras_gans.diffusion import classifier_free


@pytest.mark.parametrize("run", [lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)])
def test_scale(run):
    conditional, unconditional = (tf.constant(a) for a in random_inputs([(2, 4, 4, 3)] * 2))
    guide = run(classifier_free)
    np.testing.assert_array_equal(guide(conditional, unconditional, tf.constant(0.0)), unconditional)
    np.testing.assert_allclose(guide(conditional, unconditional, tf.constant(1.0)), conditional, atol=1e-6)
    # Equation 6 of 2207.12598: (1 + w) conditional - w unconditional, w = scale - 1.
    expected = 3.0 * conditional.numpy() - 2.0 * unconditional.numpy()
    np.testing.assert_allclose(guide(conditional, unconditional, tf.constant(3.0)), expected, atol=1e-5)


def test_a_scale_for_each_example():
    conditional, unconditional = np.ones((2, 1, 1, 1)), np.zeros((2, 1, 1, 1))
    guided = classifier_free(conditional, unconditional, np.reshape([0.5, 4.0], (2, 1, 1, 1)))
    assert guided.ravel().tolist() == [0.5, 4.0]
