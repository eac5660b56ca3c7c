"""Adam in float64: 1412.6980, algorithm 1, with epsilon beside the uncorrected root, as in its section 2."""

import numpy as np


def adam(value, gradients, rate, *, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Returns the value after an update with each gradient.

    Args:
        value: array.
        gradients: sequence of arrays like it.
        rate: float, or a sequence of them, one for each gradient.
        beta_1: float.
        beta_2: float.
        epsilon: float.
    """
    value, m, v = np.array(value, "float64"), 0.0, 0.0
    rates = np.broadcast_to(rate, len(gradients))
    for step, (gradient, rate) in enumerate(
        zip(np.asarray(gradients, "float64"), rates, strict=True), start=1
    ):
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        alpha = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        value = value - alpha * m / (np.sqrt(v) + epsilon)
    return value
