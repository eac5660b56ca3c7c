"""Parts of networks that are filled once from tensors of PyTorch and then only run."""

import numpy as np

# float32 whatever the policy, and no random numbers drawn for weights that are replaced.
PLAIN = {"dtype": "float32", "kernel_initializer": "zeros"}


class FrozenTensors:
    """Named arrays, each to be taken once.

    Args:
        tensors: dict, name -> array.
    """

    def __init__(self, tensors):
        self._left = dict(tensors)

    def take(self, name, shape):
        """Returns the array of a name.

        Raises:
            ValueError: there is none, or it has another shape than `shape`; names it.
        """
        if name not in self._left:
            raise ValueError(f"The weights have no tensor {name}. Left: {sorted(self._left)[:10]}")
        tensor = self._left.pop(name)
        if tensor.shape != shape:
            raise ValueError(f"Tensor {name} must have the shape {shape}. Received: {tensor.shape}")
        return tensor

    def normalisation(self, name, channels, epsilon):
        """Returns scale and bias, float64 `(channels,)`, of a batch normalisation with fixed statistics."""
        gamma, beta, mean, variance = (
            self.take(f"{name}.{part}", (channels,)).astype("float64")
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        # It counts training steps; nothing depends on it, and files of before PyTorch 0.4.1 have none.
        self._left.pop(f"{name}.num_batches_tracked", None)
        scale = gamma / np.sqrt(variance + epsilon)
        return scale, beta - mean * scale

    def check_all_taken(self):
        """Raises a ValueError that names what was not taken."""
        if self._left:
            raise ValueError(f"The network has no place for the tensors {sorted(self._left)}")


def with_weights(layer, x, weights):
    """Returns the output of a layer for `x`, with these weights."""
    outputs = layer(x)
    layer.set_weights(weights)
    return outputs
