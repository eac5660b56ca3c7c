"""Guidance: stronger conditions at the price of variety."""


def classifier_free(conditional, unconditional, scale):
    """Goes from the prediction without a condition towards the one with it.

    `unconditional + scale (conditional - unconditional)`: scale 0 ignores the condition, 1 is the conditional
    network, above 1 extrapolates.

    Args:
        conditional: float tensor, `(batch, height, width, channels)`. The network's prediction with the
            condition.
        unconditional: float tensor of the same shape. Without it.
        scale: float, scalar tensor, or tensor that broadcasts with the predictions.

    Returns:
        Tensor like `conditional`.

    Example:
    ```python
    output = keras_gans.diffusion.classifier_free(np.ones(2), np.zeros(2), 3.0)  # 3, 3
    ```

    Reference:
        [2207.12598](https://arxiv.org/abs/2207.12598), equation 6, whose w is our scale - 1.
    """
    return unconditional + scale * (conditional - unconditional)
