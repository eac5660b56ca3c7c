"""What tests of gradients of gradients share."""

import numpy as np


def assert_slope(total, variables, gradients):
    """The gradient of `total()` is as steep as a difference quotient along it has it.

    Args:
        total: callable without arguments, to a number.
        variables: list of variables, which are moved.
        gradients: list of arrays, of `total` for each of them.
    """
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    start, size, ends = [v.numpy() for v in variables], 3e-3, []
    for sign in (1, -1):
        for variable, value, gradient in zip(variables, start, gradients, strict=True):
            variable.assign(value + sign * size * gradient / norm)
        ends.append(float(total()))
    np.testing.assert_allclose((ends[0] - ends[1]) / (2 * size), norm, rtol=1e-2)
