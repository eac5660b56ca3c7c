"""Optimizers that are safe in a run: right over several replicas, unharmed by NaN."""

import keras
import tensorflow as tf

from keras_gans.serialization import register
from keras_gans.training.distribution import replicas_in_sync
from keras_gans.training.fused_adam import FusedAdam


@register
class GuardedAdam(FusedAdam):
    """Adam that clips and checks the gradient of the whole batch, for Keras' own training step.

    Keras clips on every replica before it sums, so that two replicas train otherwise than one, and it
    applies gradients that are not finite. Here the norm is that of the sum over replicas, and a step whose
    gradient is not finite changes no weight and does not count in `iterations`. (Adam's moments decay
    in it by one step.)

    Args:
        learning_rate: float or schedule.
        clip_norm: float. Largest norm of all gradients together; longer ones are scaled down. `None` means
            no limit.
        **kwargs: of `FusedAdam`.

    Example:
    ```python
    warm_up = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=5000, end_learning_rate=2e-4)
    optimizer = keras_gans.training.GuardedAdam(warm_up, clip_norm=1.0)
    ```
    """

    def __init__(self, learning_rate=0.001, *, clip_norm=None, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.clip_norm = clip_norm

    def get_config(self):
        return {**super().get_config(), "clip_norm": self.clip_norm}

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        """Applies the gradients of this replica, whose sum over replicas is that of the whole batch."""
        total = grads
        if replicas_in_sync() > 1:
            total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, grads)
        norm = tf.linalg.global_norm([tf.cast(gradient, "float32") for gradient in total])
        finite = tf.math.is_finite(norm)
        factor = 1.0
        if self.clip_norm is not None:
            factor = tf.minimum(1.0, self.clip_norm / tf.maximum(norm, 1e-12))
        factor = tf.where(finite, factor, 0.0)
        guarded = [tf.math.multiply_no_nan(g, tf.cast(factor, g.dtype)) for g in grads]  # 0 NaN is 0
        # Without a gradient the moments alone would still move the weights.
        super()._backend_update_step(guarded, trainable_variables, tf.where(finite, learning_rate, 0.0))
        self.iterations.assign_sub(tf.cast(tf.logical_not(finite), self.iterations.dtype))


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
    """Returns what replaces the gradients of a step that must be skipped.

    Zero leaves the weights where they are, up to the optimizer's momentum. A loss-scaling optimizer skips
    by itself when it sees a gradient that is not finite, and lowers its scale: it must see one on every
    replica.
    """
    return float("nan") if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) else 0.0


def searches_scale(optimizers):
    """Returns whether loss scales that are still too large may have caused a skip: boolean scalar.

    Loss scaling starts high and halves at every gradient that is not finite, until it fits. Once a scale is
    down to 1, it is not what keeps the gradients from being finite; another player's may be high still.
    """
    scaled = [one for one in optimizers if isinstance(one, keras.optimizers.LossScaleOptimizer)]
    if not scaled:
        return tf.constant(False)
    return tf.reduce_min([tf.convert_to_tensor(one.dynamic_scale) for one in scaled]) > 1.0


def innermost(optimizer):
    """Returns the optimizer itself, or the one that loss scaling wraps."""
    return getattr(optimizer, "inner_optimizer", optimizer)
