"""Pickles of the networks of NVIDIA's code: StyleGAN2-ADA and StyleGAN3, and those in TensorFlow 1."""

import numpy as np

from keras_gans.importers.readers import pickles, torch_files
from keras_gans.importers.readers.content import Network, Unreadable
from keras_gans.importers.readers.names import Attributes
from keras_gans.importers.readers.pickles import Name
from keras_gans.importers.readers.tensors import LEAVES, STORAGE_CLASSES, TORCH_NAMES, Storage

FLAT = {"channel_base", "channel_max", "num_fp16_res", "conv_clamp", "fused_modconv_default"}
WORD = "fused_modconv_default"  # occurs in the newer code alone
ROLES = ("G", "D", "Gs")  # of the networks of TensorFlow 1, in the order of the tuple
ALONE = {
    "Generator": "G_ema",
    "Discriminator": "D",
}  # roles of PyTorch networks that are a file by themselves


class Module(dict):
    """A module of PyTorch: its class, its attributes, and source text that is never run."""

    @classmethod
    def of(cls, meta):
        """Returns the module that `_reconstruct_persistent_obj` would make."""
        kinds = {"type": str, "state": dict, "class_name": str}
        if not isinstance(meta, dict) or not all(isinstance(meta.get(k), kinds[k]) for k in kinds):
            raise Unreadable(f"the description of an object is damaged. {pickles.ADVICE}")
        return cls(meta)

    def member(self, name):
        """Returns one of the dictionaries that every module of PyTorch has."""
        items = self["state"].get(name)
        if not isinstance(items, dict) or not all(isinstance(key, str) for key in items):
            raise Unreadable(f"an object of class {self['class_name']!r} has no {name!r}")
        return {key: value for key, value in items.items() if value is not None}


class Stored(Attributes):
    """A network of TensorFlow 1."""


def _storage(data):
    if not isinstance(data, (bytes, memoryview)):
        raise TypeError("a storage is no bytes")
    storage = torch_files.read_stream(memoryview(data), STORAGE_CLASSES)
    if not isinstance(storage, Storage):
        raise Unreadable("a storage within it is something else")
    return storage


NAMES = TORCH_NAMES | {
    ("torch.storage", "_load_from_bytes"): Name(call=_storage),
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Name(call=Module.of),
    ("dnnlib.util", "EasyDict"): Name(new=lambda: {}),
    ("dnnlib.tflib.network", "Network"): Name(new=lambda: Stored()),
    ("tfutil", "Network"): Name(new=lambda: Stored()),
}


def read_pickle(data):
    """Reads a pickle that is neither of PyTorch's two kinds of files.

    Args:
        data: memoryview of the file.

    Returns:
        Its kind and content, as in the table of `read`.

    Raises:
        Unreadable: if it is damaged or needs what is not listed.
    """
    value, end = pickles.load(data, 0, NAMES)
    if end != len(data):
        raise Unreadable(f"there are {len(data) - end:,} bytes behind the pickle")
    leaves = pickles.check_values(value, LEAVES)
    if isinstance(value, Module):
        value = {ALONE.get(value["class_name"], value["class_name"]): value}
    if isinstance(value, dict):
        modules = {role: module for role, module in value.items() if isinstance(module, Module)}
        if modules:
            return "nvidia pickle", _networks(modules)
    if isinstance(value, Stored):
        value = (None, None, value)
    if isinstance(value, (tuple, list)) and any(isinstance(network, Stored) for network in value):
        return "tensorflow pickle", _stored_networks(value)
    if np.ndarray not in leaves:
        raise Unreadable(f"it is a pickle without any array. {pickles.ADVICE}")
    return "pickle", value


def _networks(modules):
    flat = any(map(_is_flat, modules.values()))
    networks = {}
    for role, module in modules.items():
        state = module["state"]
        positional, config = state.get("_init_args", ()), state.get("_init_kwargs", {})
        if not isinstance(positional, (tuple, list)) or not isinstance(config, dict):
            raise Unreadable(f"the arguments of {role} are damaged")
        if positional:
            raise Unreadable(f"{len(positional)} arguments of {role} were given without their names")
        networks[role] = Network(module["class_name"], config, dict(_tensors(module, "")), flat)
    return networks


def _is_flat(module):
    config, source = module["state"].get("_init_kwargs"), module.get("module_src")
    generator = isinstance(config, dict) and "z_dim" in config and FLAT & set(config)
    return bool(generator) or (isinstance(source, str) and WORD in source)


def _tensors(module, prefix):
    """Names and arrays of a module and those within it, in the order of `state_dict`."""
    passing = module["state"].get("_non_persistent_buffers_set")
    passing = passing if isinstance(passing, (set, list, tuple)) else ()
    for kind in ("_parameters", "_buffers"):
        for name, array in module.member(kind).items():
            if not isinstance(array, np.ndarray):
                raise Unreadable(f"{prefix}{name} is no tensor")
            if kind == "_parameters" or name not in passing:
                yield f"{prefix}{name}", array
    for name, inner in module.member("_modules").items():
        if not isinstance(inner, Module):
            raise Unreadable(f"{prefix}{name} is no module")
        yield from _tensors(inner, f"{prefix}{name}.")


def _stored_networks(values):
    if len(values) != len(ROLES) or not all(isinstance(value, (Stored, type(None))) for value in values):
        raise Unreadable(f"it holds {len(values)} values. Allowed are the three networks {', '.join(ROLES)}.")
    networks = {}
    for role, stored in zip(ROLES, values, strict=True):
        if stored is not None:
            config = stored.get("static_kwargs")
            if not isinstance(config, dict):
                raise Unreadable(f"the arguments of {role} are damaged")
            tensors = {}
            for name, array in _variables(stored, ""):
                if name in tensors:
                    raise Unreadable(f"{role} has two variables named {name!r}")
                tensors[name] = array
            networks[role] = Network(str(stored.get("build_func_name")), config, tensors)
    return networks


def _variables(stored, prefix):
    """Names and arrays of a network and its components, behind the component's own name."""
    if not isinstance(stored, Stored) or not isinstance(stored.get("variables"), list):
        raise Unreadable("the variables of a network are damaged")
    for variable in stored["variables"]:
        if not isinstance(variable, (tuple, list)) or len(variable) != 2 or not isinstance(variable[0], str):
            raise Unreadable("the variables of a network are damaged")
        name, value = variable
        if not isinstance(value, (np.ndarray, np.generic, int, float)):
            raise Unreadable(f"the variable {prefix}{name} is no array")
        yield f"{prefix}{name}", np.asarray(value)
    components = stored.get("components", {})
    if not isinstance(components, dict):
        raise Unreadable("the components of a network are damaged")
    for component in components.values():
        name = component.get("name") if isinstance(component, Stored) else None
        yield from _variables(component, f"{prefix}{name}/")
