"""Spectral normalisation worked into the kernels, for networks that are no longer trained."""

import numpy as np

from keras_gans.layers import (
    SelfAttention2D,
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralDense,
    SpectralEmbedding,
)

_SPECTRAL = (SelfAttention2D, SpectralConv2D, SpectralConv2DTranspose, SpectralDense, SpectralEmbedding)


def folded(network):
    """Returns the same network without spectral normalisation, whose kernels have been divided already.

    At inference the outputs are the same; no call divides kernels again, and the vectors of the
    power iteration are gone.

    Args:
        network: a network of this package. One whose configuration has no `spectral_norm`, or a false one, is
            returned as it is.

    Returns:
        A network of the same class with `spectral_norm=False`, or `network` itself.

    Example:
    ```python
    discriminator = keras_gans.networks.SNGANDiscriminator(width=16)
    plain = keras_gans.networks.folded(discriminator)
    plain.get_config()["spectral_norm"]  # False
    ```
    """
    config = network.get_config()
    if not config.get("spectral_norm"):
        return network
    kernels, vectors = {}, set()
    for layer in network._flatten_layers(include_self=False):
        if isinstance(layer, _SPECTRAL) and layer.spectral_norm:
            for kernel, vector in layer.vectors.items():
                kernels[id(getattr(layer, kernel))] = layer.normalized(kernel)
                vectors.add(id(getattr(layer, vector)))
    # Both have their weights in one order, in which only the vectors are missing.
    values = [kernels.get(id(weight), weight) for weight in network.weights if id(weight) not in vectors]
    plain = type(network).from_config({**config, "spectral_norm": False})
    plain.set_weights([np.asarray(value) for value in values])
    return plain
