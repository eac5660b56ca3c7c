"""Adam with more than one learning rate."""

from keras_gans.serialization import register
from keras_gans.training.fused_adam import FusedAdam


@register
class GroupedAdam(FusedAdam):
    """Adam that trains some of its variables at a share of its learning rate.

    An update of Adam is proportional to the rate, so the result is that of a separate optimizer for them.
    Scaling their gradients would do nothing: Adam divides by them.

    The shares belong to variables and are no part of the configuration: who brings the variables calls
    `set_share` once the optimizer is built, as trainers do in `compile`.

    Args:
        learning_rate: float or schedule. The full rate.
        **kwargs: of `FusedAdam`. Keras' own `weight_decay` is refused, because it would act at
            the full rate.

    Raises:
        ValueError: for `weight_decay`.

    Example:
    ```python
    optimizer = keras_gans.training.GroupedAdam(1e-4, beta_1=0.0, beta_2=0.99)
    optimizer.build(generator.trainable_variables + mapping_network.trainable_variables)
    optimizer.set_share(mapping_network.trainable_variables, 0.01)
    ```
    """

    def __init__(self, learning_rate=0.001, **kwargs):
        super().__init__(learning_rate, **kwargs)
        if self.weight_decay is not None:
            raise ValueError(
                "`weight_decay` would not know the variables' shares of the rate. Give the variables an L2 "
                f"regularizer instead. Received: weight_decay={self.weight_decay}"
            )
        self.shares = ()  # of the variables, as they were built

    def build(self, variables):
        """Makes the state, and gives every variable the full rate."""
        super().build(variables)
        self.shares = (1.0,) * len(variables)

    def set_share(self, variables, share):
        """Sets the share of the learning rate that variables train at.

        Args:
            variables: list of Keras variables, among those that the optimizer is built for.
            share: float.
        """
        chosen = {self._get_variable_index(variable) for variable in variables}
        self.shares = tuple(share if i in chosen else old for i, old in enumerate(self.shares))

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable, at its own rate."""
        share = self.shares[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * share)
