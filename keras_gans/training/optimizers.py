"""Optimizers of the two players."""

import keras


def prepare(optimizer, networks):
    """Returns the optimizer ready for a player: with loss scaling where the player computes in float16, and
    built.

    Args:
        optimizer: `keras.optimizers.Optimizer`, or an identifier.
        networks: the player's networks. The state covers all their trainable variables, also those that a
            growing network does not use yet.
    """
    optimizer = keras.optimizers.get(optimizer)
    layers = [layer for network in networks for layer in network._flatten_layers()]
    half = any(layer.compute_dtype == "float16" for layer in layers)
    if half and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if not optimizer.built:
        optimizer.build([v for network in networks for v in network.trainable_variables])
        optimizer.built = True
    return optimizer


def replacement(optimizer):
    """What stands in for the gradients of a step that must be skipped.

    Zero leaves the weights where they are, up to the optimizer's momentum. A loss-scaling optimizer skips
    by itself when it sees a gradient that is not finite, and lowers its scale: it must see one on every
    replica.
    """
    return float("nan") if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) else 0.0
