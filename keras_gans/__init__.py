"""keras_gans: image generators for TensorFlow and Keras.

Importing the package registers its classes with Keras, so that `keras.saving.load_model` finds them.
"""

from keras_gans import (
    augment,
    data,
    diffusion,
    endpoints,
    export,
    hub,
    images,
    importers,
    latent,
    layers,
    losses,
    metrics,
    networks,
    presets,
    random,
    training,
)
from keras_gans.hub import load

__version__ = "0.1.0"

__all__ = [
    "augment",
    "data",
    "diffusion",
    "endpoints",
    "export",
    "hub",
    "images",
    "importers",
    "latent",
    "layers",
    "load",
    "losses",
    "metrics",
    "networks",
    "presets",
    "random",
    "training",
]
