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
    runs,
    training,
)
from keras_gans.hub import load
from keras_gans.version import __version__

__all__ = [
    "__version__",
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
    "runs",
    "training",
]
