"""A training script's parts, in this process, on a preset made small."""

import copy

import keras
import numpy as np

import small


def networks(preset, *, num_classes=0):
    """Generator and discriminator of a preset."""
    shape = {"resolution": preset["resolution"], "num_classes": num_classes}
    entries = (preset["network"][player] for player in ("generator", "discriminator"))
    return [
        keras.saving.deserialize_keras_object({**entry, "config": {**entry["config"], **shape}})
        for entry in entries
    ]


def configure(preset, *, resolution=8, batch_size=4, generator=None, discriminator=None):
    """The configuration of a run: `preset` at another resolution, with other networks and batches."""
    config = copy.deepcopy(preset) | {"resolution": resolution, "seed": 0}
    config["network"]["generator"]["config"] |= generator or {}
    config["network"]["discriminator"]["config"] |= discriminator or {}
    [rate] = config["schedule"]["learning_rates"].values()
    config["schedule"]["learning_rates"] = {resolution: rate}
    config["schedule"]["batch_sizes"] = {resolution: batch_size * config["discriminator_steps"]}
    return config


def make(script, config, *, num_classes=0):
    """Returns the trainer that a script builds, compiled with the script's optimizers, and its schedule."""
    trainer, schedule = script.build(config, num_classes)
    [phase] = schedule.phases
    optimizers = {
        f"{player}_optimizer": script.optimizer(config, player, phase.learning_rate)
        for player in trainer.players()
    }
    trainer.compile(**optimizers)
    return trainer, schedule


def fit(trainer, schedule, *, steps=2, num_classes=0):
    """Trains on random images and returns the last losses."""
    [phase] = schedule.phases
    batches = small.data(
        steps, batch_size=phase.batch_size, resolution=phase.resolution, num_classes=num_classes
    )
    history = small.fit(trainer, batches).history
    return {name: float(np.squeeze(values[-1])) for name, values in history.items()}
