"""Adam that updates a variable in one pass."""

import keras
import tensorflow as tf

from keras_gans.serialization import register


@register
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam with one kernel for a variable: both moments and the weight are read and written once.

    Keras' own update is about twenty operations for each variable, which a network of many small layers
    notices. The result is the same up to rounding, the state is that of Keras.

    Args:
        learning_rate: float or schedule.
        **kwargs: of `keras.optimizers.Adam`.

    Raises:
        ValueError: for `amsgrad`, which the kernel does not know.

    Example:
    ```python
    optimizer = keras_gans.training.FusedAdam(2e-4, beta_1=0.5)
    ```

    Reference:
        [1412.6980](https://arxiv.org/abs/1412.6980), algorithm 1 in the order that ends its section 2.
    """

    def __init__(self, learning_rate=0.001, **kwargs):
        super().__init__(learning_rate, **kwargs)
        if self.amsgrad:
            raise ValueError("`amsgrad` must be False; use `keras.optimizers.Adam` for it. Received: True")

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        """Keras' own, at the rate that corrects for moments that began at 0: once, not for each variable."""
        step = tf.cast(self.iterations.value + 1, "float32")
        first, second = (1.0 - tf.pow(float(beta), step) for beta in (self.beta_1, self.beta_2))
        super()._backend_update_step(grads, trainable_variables, tf.sqrt(second) / first * learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable and its moments.

        Args:
            gradient: tensor, or `tf.IndexedSlices`.
            variable: `tf.Variable`.
            learning_rate: scalar tensor. The corrected rate.
        """
        index, dtype = self._get_variable_index(variable), variable.dtype
        # Without powers of beta the kernel corrects nothing.
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.zeros((), dtype),
            beta2_power=tf.zeros((), dtype),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.constant(self.beta_1, dtype),
            beta2=tf.constant(self.beta_2, dtype),
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )
