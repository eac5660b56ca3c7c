"""Networks of an import as the beginning of a run."""

import os
from typing import Any

import keras

from keras_gans import presets, training
from keras_gans.export.savedmodel import read_networks
from keras_gans.presets.base import configured


def adopted(preset: presets.Preset, source: str | os.PathLike) -> presets.Preset:
    """Returns a preset whose networks are those of an import; the preset itself where `source` is none.

    Args:
        preset: `keras_gans.presets.Preset`. Its training is kept.
        source: path of an export that `keras-gans import` wrote, or of a run.

    Raises:
        ValueError: if the import lacks a network that the preset trains.
    """
    found = read_networks(source)
    if not found:
        return preset
    missing = sorted(set(preset.networks) - set(found))
    if missing:
        raise ValueError(
            f"{source} holds {', '.join(found)}; to train {preset.title} it lacks {', '.join(missing)}. "
            "Import the files of all networks together"
        )
    entries = {}
    for role in preset.networks:
        network = found[role]
        # Name and precision are the run's.
        config = {k: v for k, v in network.get_config().items() if k not in ("name", "dtype", "trainable")}
        entries[role] = configured(type(network).__name__, **config)
    return preset.replace(networks=entries)


def start(trainer: training.Trainer, source: str | os.PathLike) -> bool:
    """Gives a trainer's networks and their averages the weights of an import.

    Args:
        trainer: `keras_gans.training.Trainer`, of the preset that `adopted` returned.
        source: as in `adopted`.

    Returns:
        bool, whether `source` is an import.

    Raises:
        ValueError: if the run's images or classes are not those of the networks.
    """
    found = read_networks(source)
    if not found:
        return False
    for player in trainer.players():
        for role, network in player.networks.items():
            shapes = [[tuple(weight.shape) for weight in one.weights] for one in (network, found[role])]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"The {role} of {source} has {_sizes(found[role])}. The run has {_sizes(network)}"
                )
            network.set_weights(found[role].get_weights())
    for network, average in trainer.averages().values():
        average.set_weights(network.get_weights())
    return True


def _sizes(network: keras.Model) -> str:
    """What a run says of a network: resolution and classes."""
    sizes: dict[str, Any] = {"--resolution": "resolution", "classes": "num_classes"}
    return ", ".join(f"{word} {getattr(network, name, None)}" for word, name in sizes.items())
