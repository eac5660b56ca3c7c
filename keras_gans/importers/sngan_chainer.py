"""SN-GAN weights under the names of the authors' Chainer code, as tensors of the PyTorch one.

Weights keep the licence under which they were published.
"""

import dataclasses
import re

import numpy as np

from keras_gans.importers.assign import normalized_pair
from keras_gans.importers.family import Family
from keras_gans.importers.sngan import described, networks_from_tensors

EPSILON = 2e-5  # of Chainer's batch norm
COUNTER = "the number of batches in the statistics"
# Of a norm, one for all classes or one with tables.
NORM = {
    **{"gamma": "weight", "beta": "bias", "gammas/W": "weight", "betas/W": "bias"},
    **{"avg_mean": "running_mean", "avg_var": "running_var"},
}
GENERATOR = {
    "c1": "residual.3",
    "c2": "residual.6",
    "c_sc": "shortcut.1",
    "b1": "residual.0",
    "b2": "residual.4",
}


def find(checkpoint):
    """Finds generator and discriminator; snapshots hold their tensors behind "gen/" or "dis/" or bare."""
    if checkpoint.kind != "numpy archive":
        return None
    parts = {}
    for place, network in checkpoint.networks.items():
        for prefix in sorted(
            {re.sub(r"(block\d+|b\d+|[cl]\d+|l_y)/.*", "", name) for name in network.tensors}
        ):
            own = {n.removeprefix(prefix): a for n, a in network.tensors.items() if n.startswith(prefix)}
            role = "G" if "l1/W" in own else "D" if "block1/c1/W" in own else None
            if role:
                parts[role] = (f"{place}/{prefix}".rstrip("/"), own)
    if not parts:
        return None
    networks, unused = {}, {}
    for role, (place, own) in parts.items():
        networks[role] = {}
        for name, array in own.items():
            new = renamed(role, name, own)
            if new is None:
                unused[f"{place}/{name}"] = COUNTER
            else:
                networks[role][new] = np.asarray(array)
        if role == "D":
            _step(networks[role])
    found = described(networks, places={role: place for role, (place, _) in parts.items()}, unused=unused)
    if "G" in found.derived:
        found = dataclasses.replace(
            found, derived={**found.derived, "G": {**found.derived["G"], "norm_epsilon": EPSILON}}
        )
    return found


def renamed(role, name, tensors):
    """Returns the name of a tensor in the other code; `None` for counters.

    Args:
        role: str. "G" or "D".
        name: str. In Chainer, such as "block2/c1/W".
        tensors: dict. All of the network, of which the last layers have numbers.

    Raises:
        ValueError: if there is no such name.
    """
    layer, _, last = name.partition("/")
    block = re.fullmatch(r"block(\d+)/(\w+)/(.+)", name)
    if last == "N" or last.endswith("/N"):
        return None
    if role == "G":
        if layer == "l1":
            return f"linear.{_ending(last)}"
        if block and block[2] in GENERATOR:
            ending = NORM[block[3]] if block[2] in ("b1", "b2") else _ending(block[3])
            return f"blocks.{int(block[1]) - 2}.{GENERATOR[block[2]]}.{ending}"
        if re.fullmatch(r"b\d+", layer):
            return f"output.0.{NORM[last]}"
        if re.fullmatch(r"[cl]\d+", layer):
            return f"output.2.{_ending(last)}"
    elif block and block[2] in ("c1", "c2", "c_sc"):
        first = block[1] == "1"  # without an activation in front
        places = {"c1": f"residual.{0 if first else 1}", "c2": f"residual.{2 if first else 3}"}
        places["c_sc"] = f"shortcut.{1 if first else 0}"
        return f"model.{int(block[1]) - 1}.{places[block[2]]}.{_normalized(block[3])}"
    elif layer == "l_y":
        return f"embedding.{_normalized(last)}"
    elif re.fullmatch(r"l\d+", layer):
        return f"linear.{_normalized(last)}"
    raise ValueError(f"The {'generator' if role == 'G' else 'discriminator'} has no tensor '{name}'")


def _ending(last):
    return {"W": "weight", "b": "bias"}[last]


def _normalized(last):
    return {"W": "weight_orig", "b": "bias", "u": "weight_u"}[last]


def _step(tensors):
    """The reference makes a step of the power iteration in each call; the other code stores what it gives."""
    for name in [name for name in tensors if name.endswith("weight_u")]:
        start = name.removesuffix("_u")
        tensors[name], tensors[f"{start}_v"] = normalized_pair(
            np.ravel(tensors[name]), tensors[f"{start}_orig"]
        )


FAMILY = Family("sngan_chainer", "SN-GAN", "1802.05957", find, networks_from_tensors)
