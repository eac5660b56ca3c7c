"""Strict assignment of named arrays to the variables of networks."""

import numpy as np


class Assigner:
    """Gives every variable of some networks a value from named arrays, exactly once each.

    Args:
        tensors: dict of str to array. The reference's tensors.

    Example:
    ```python
    assigner = Assigner(tensors)
    assigner.assign(layer.kernel, "G/4x4/Conv/weight")
    assigner.finish([generator])
    ```
    """

    def __init__(self, tensors):
        self.tensors = dict(tensors)
        self.used = set()
        self.assigned = set()

    def assign(self, variable, name, transform=lambda array: array):
        """Assigns `transform(tensors[name])` to `variable`.

        Raises:
            ValueError: if there is no such tensor, its shape does not fit, or the variable has its value.
        """
        if name not in self.tensors:
            raise ValueError(
                f"{variable.path} needs the tensor '{name}', which is missing. Present: "
                f"{', '.join(sorted(self.tensors))}"
            )
        if id(variable) in self.assigned:
            raise ValueError(f"{variable.path} is assigned twice, the second time '{name}'")
        value = np.asarray(transform(np.asarray(self.tensors[name])))
        if value.shape != tuple(variable.shape):
            raise ValueError(
                f"Tensor '{name}' gives shape {value.shape}; {variable.path} has {tuple(variable.shape)}"
            )
        variable.assign(value)
        self.used.add(name)
        self.assigned.add(id(variable))

    def finish(self, networks, *, ignored=None, computed=()):
        """Checks that nothing is left over.

        Args:
            networks: the networks whose variables must all have been assigned.
            ignored: dict of str to str. Tensor names that need not be used, each with its reason. Every one
                must be present.
            computed: variables that follow from the configuration and have no tensor.

        Raises:
            ValueError: naming every unused or absent tensor and every variable without a value.
        """
        ignored = ignored or {}
        unused = sorted(set(self.tensors) - self.used - set(ignored))
        absent = sorted(set(ignored) - set(self.tensors))
        known = self.assigned | {id(variable) for variable in computed}
        missing = sorted(
            variable.path
            for network in networks
            for variable in network.variables
            if id(variable) not in known
        )
        problems = []
        if unused:
            problems.append(f"tensors that no variable takes: {', '.join(unused)}")
        if absent:
            problems.append(f"ignored tensors that are absent: {', '.join(absent)}")
        if missing:
            problems.append(f"variables that no tensor sets: {', '.join(missing)}")
        if problems:
            raise ValueError("The import is not complete; " + "; ".join(problems))


def read_config(config, known, fixed=None):
    """Fills in defaults and refuses what the importer does not know.

    Args:
        config: dict. The reference's configuration.
        known: dict of every key to its default in the reference; `...` marks a required key.
        fixed: dict of further keys to tuples of the values that they may have, which all mean what our
            networks do. They are left out of the result.

    Raises:
        ValueError: naming unknown or missing keys, or a value that a key cannot have.
    """
    fixed = fixed or {}
    for key in sorted(set(config) & set(fixed)):
        if config[key] not in fixed[key]:
            raise ValueError(f"`{key}` must be one of {list(fixed[key])}. Received: {config[key]!r}")
    config = {key: value for key, value in config.items() if key not in fixed}
    unknown = sorted(set(config) - set(known))
    missing = sorted(key for key in known if known[key] is ... and key not in config)
    if unknown or missing:
        raise ValueError(
            f"Configuration keys unknown: {unknown}, missing: {missing}. Allowed: {sorted([*known, *fixed])}"
        )
    return {**known, **config}
