"""What the importers say about their families, and what they find in a file."""

import dataclasses
from collections.abc import Callable, Mapping

import keras
import numpy as np

from keras_gans.importers import readers
from keras_gans.networks import folded

# What wrappers put before the names of all tensors of a network.
WRAPPERS = ("module.", "_orig_mod.")


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """Files of weights, as sets of tensors.

    Args:
        kind: str. That of the files; see `keras_gans.importers.readers.read`.
        networks: dict of str to `readers.Network`: by role ("G_ema"), by the place in the file ("g_ema"), or
            by the name of a file without its ending.
        scheduler: `readers.Part` of a folder of Diffusers, or `None`.
    """

    kind: str
    networks: dict
    scheduler: readers.Part | None = None

    def having(self, *names):
        """Returns the networks that have all these tensors, by their keys; averages ("ema") first."""
        found = [key for key, network in self.networks.items() if all(n in network.tensors for n in names)]
        return {key: self.networks[key] for key in sorted(found, key=lambda key: "ema" not in key.lower())}


@dataclasses.dataclass(frozen=True)
class Found:
    """What a family's importer needs of a file.

    Keys of configurations are those of the reference; what belongs to one of several networks stands behind
    its name and a dot ("G.z_dim").

    Args:
        tensors: dict of str to array. As the family's `networks_from_tensors` takes them.
        stored: dict. The configuration as far as the file has it.
        derived: dict. What follows from shapes, names and the defaults of other code.
        unused: dict of str to str. Tensors of the file that no network needs, each with the reason.
        places: dict of str to str. What names in `tensors` begin with ("G") -> place in the file ("G_ema").
        notes: tuple of str. What else a user should know.
    """

    tensors: dict
    stored: dict = dataclasses.field(default_factory=dict)
    derived: dict = dataclasses.field(default_factory=dict)
    unused: dict = dataclasses.field(default_factory=dict)
    places: dict = dataclasses.field(default_factory=dict)
    notes: tuple = ()


def _folded_generator(networks, config):
    generator = generator_of(networks)
    return None if generator is None else folded(generator)


def generator_of(networks, config=None):
    """Returns the generator of networks by role, `None` where there is a discriminator only."""
    return networks.get("generator")


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of public checkpoints.

    Args:
        name: str.
        title: str. The model's name for people.
        paper: str. Its number on arXiv.
        find: function of a `Checkpoint`. Returns `Found`, or `None` if it is of another family.
        build: function of configuration and tensors, `networks_from_tensors` of the importer.
        export: function of the networks by role and the configuration. Returns the network to export, by
            default the generator, its kernels divided by their spectral norms; `None` if there is none.
    """

    name: str
    title: str
    paper: str
    find: Callable[[Checkpoint], Found | None]
    build: Callable[[dict, dict], dict[str, keras.Model]]
    export: Callable[[dict[str, keras.Model], dict], keras.Model] = _folded_generator


def placed(name, places):
    """Returns a tensor's name with the place in the file before it; see `Found`."""
    for part, place in places.items():
        if name.startswith(f"{part}/"):
            return f"{place}/{name.removeprefix(f'{part}/')}"
    return name


def named(prefix, tensors):
    """Returns the tensors with a prefix and a slash before their names."""
    return {f"{prefix}/{name}": array for name, array in tensors.items()}


def flattened(config, prefix=""):
    """Returns a configuration of dicts in dicts as one dict, whose keys have dots, without empty dicts."""
    flat = {}
    for key, value in config.items():
        inner = isinstance(value, Mapping)
        flat |= flattened(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return flat


def nested(config):
    """Returns the dicts in dicts that `flattened` would make this dict of."""
    result = {}
    for key, value in config.items():
        *path, last = key.split(".")
        place = result
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return result


def state_dicts(content, name=""):
    """Yields `(place, tensors)` of every dict of arrays in a saved object; states of optimizers are skipped.

    Args:
        content: nested dicts, as a reader gives them.
        name: str. The place of the object itself.
    """
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        return
    tensors = {key: value for key, value in content.items() if isinstance(value, np.ndarray)}
    if tensors:
        yield name, unwrapped(tensors)
    for key, value in content.items():
        yield from state_dicts(value, f"{name}.{key}" if name else key)


def unwrapped(tensors):
    """Returns the tensors without the prefixes that wrappers put before all of their names."""
    for prefix in WRAPPERS:
        if all(name.startswith(prefix) for name in tensors):
            return unwrapped({name.removeprefix(prefix): array for name, array in tensors.items()})
    return tensors
