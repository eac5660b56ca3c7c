"""Optimizers of the two players."""

import keras


def prepare(optimizer, networks):
    """Returns the optimizer ready for a player: with loss scaling where the player computes in float16, and built.

    Args:
        optimizer: `keras.optimizers.Optimizer`, or an identifier.
        networks: the player's networks. The state covers all their trainable variables, also those that a growing network does not
            use yet.
    """
    optimizer = keras.optimizers.get(optimizer)
    half = any(network.dtype_policy.compute_dtype == "float16" for network in networks)
    if half and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if not optimizer.built:
        optimizer.build([v for network in networks for v in network.trainable_variables])
        optimizer.built = True
    return optimizer


def fresh(optimizer, *, learning_rate=None):
    """Returns a new optimizer with the configuration of `optimizer` and no state.

    Args:
        optimizer: the pattern.
        learning_rate: float. `None` keeps the pattern's.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    config = optimizer.get_config()
    if learning_rate is not None:
        config["learning_rate"] = learning_rate
    return type(optimizer).from_config(config)


def replacement(optimizer):
    """What stands in for the gradients of a step that must be skipped.

    Zero leaves the weights where they are, up to the optimizer's momentum. A loss-scaling optimizer skips by itself when it sees a
    gradient that is not finite, and lowers its scale: it must see one on every replica.
    """
    return float("nan") if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) else 0.0
