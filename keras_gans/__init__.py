"""keras_gans: image generators for TensorFlow and Keras.

Importing the package registers its classes with Keras, so that `keras.saving.load_model` finds them.
The command `keras-gans` alone postpones that, and TensorFlow with it, until it has read its arguments.
"""

import sys

from keras_gans.version import __version__

if not getattr(sys.modules.get("keras_gans_cli"), "reads_arguments", False):
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
