"""Strict assignment of named arrays to the variables of networks."""

import numpy as np

ROLES = {"G": "generator", "D": "discriminator"}  # by the first part of a tensor's name


class Tensors(dict):
    """Tensors of a file by their names, which know afterwards why some of them were not used.

    Attributes:
        unused: dict of str to str. Names of tensors that no variable took, each with the reason.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.unused = {}


class Assigner:
    """Gives every variable of some networks a value from named arrays, exactly once each.

    Args:
        tensors: dict of str to array. The reference's tensors.
        ignored: dict of str to str. Names of tensors that need not be used, each with its reason. Every one
            must be present.

    Example:
    ```python
    assigner = Assigner(tensors)
    assigner.assign(layer.kernel, "G/4x4/Conv/weight")
    assigner.finish([generator])
    ```
    """

    def __init__(self, tensors, ignored=None):
        self.tensors = tensors if isinstance(tensors, Tensors) else Tensors(tensors)
        self.ignored = dict(ignored or {})
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
        variable.assign(value.astype(variable.dtype))
        self.used.add(name)
        self.assigned.add(id(variable))

    def assign_vector(self, variable, name, *, kernel, right=None, rows=lambda array: array):
        """Assigns the left vector of spectral norm, so that the layer divides as the reference does.

        Args:
            variable: of the layer.
            name: str. Tensor of the left vector, of any shape.
            kernel: str. Tensor of the kernel, the outputs first.
            right: str. Tensor of the right vector. The reference then divides by `u . (W v)` with both; where
                there is none in the file, v follows from u. `None` means that it makes a step of the power
                iteration at inference too.
            rows: function. Reorders the outputs of the vector.

        Raises:
            ValueError: as `assign`; or the vectors are not those of the kernel.
        """

        def transform(u):
            u, matrix = u.ravel(), np.asarray(self.tensors[kernel])
            if u.size != len(matrix):
                return u  # of no use: its shape is the error
            if right is None:
                return rows(left_vector(u, matrix, sigma_of_both(*normalized_pair(u, matrix), matrix)))
            if right not in self.tensors:
                return rows(u)
            v = np.asarray(self.tensors[right])
            shape = (matrix.size // len(matrix),)
            if v.shape != shape:
                raise ValueError(f"Tensor '{right}' gives shape {v.shape}; '{kernel}' needs {shape}")
            self.used.add(right)
            return rows(left_vector(u, matrix, sigma_of_both(u, v, matrix)))

        self.assign(variable, name, transform)

    def ignore(self, name, reason, *, required=False):
        """Says why a tensor need not be used. It may be absent, unless it is `required`."""
        if required or name in self.tensors:
            self.ignored[name] = reason

    def leave(self, variables):
        """Says which variables follow from the configuration and have no tensor."""
        self.assigned.update(map(id, variables))

    def finish(self, networks):
        """Checks that nothing is left over.

        Args:
            networks: the networks whose variables must all have been assigned.

        Raises:
            ValueError: naming every unused or absent tensor and every variable without a value.
        """
        unused = sorted(set(self.tensors) - self.used - set(self.ignored))
        absent = sorted(set(self.ignored) - set(self.tensors))
        missing = sorted(
            variable.path
            for network in networks
            for variable in network.variables
            if id(variable) not in self.assigned
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
        self.tensors.unused.update(self.ignored)


def fill_networks(config, tensors, *, ignored=None, **known):
    """Builds the networks whose tensors are there, and fills them.

    Args:
        config: dict. The reference's configuration, read.
        tensors: dict of str to array. The reference's tensors.
        ignored: dict of str to str. As `Assigner` takes it.
        **known: for the first part of tensors' names, `G` or `D` or else the network's role, a function of
            (`Assigner`, configuration) that builds the network, assigns its variables and returns it.

    Returns:
        dict of str to network, by role, without those that have no tensors.

    Raises:
        ValueError: if no network has tensors; or as `Assigner.assign` and `Assigner.finish` do.
    """
    networks, assigner = {}, Assigner(tensors, ignored)
    for part, fill in known.items():
        if any(name.startswith(f"{part}/") for name in tensors):
            networks[ROLES.get(part, part)] = fill(assigner, config)
    if not networks:
        prefixes = " or ".join(f"'{part}/'" for part in known)
        raise ValueError(f"There are no tensors whose names begin with {prefixes}")
    assigner.finish(networks.values())
    return networks


def left_vector(u, matrix, sigma):
    """Returns the vector of spectral norm with which a layer divides by a given number at inference.

    Layers divide by `|W^T u|`, other code by products of vectors that it stores. The direction, from which
    training goes on, stays.

    Args:
        u: array `(out,)`. The stored left vector.
        matrix: array `(out, ...)`, the kernel W.
        sigma: float, above 0. What the other code divides by.

    Raises:
        ValueError: if `sigma` is not above 0: the vectors are not those of this kernel.
    """
    if not sigma > 0.0:
        raise ValueError(f"A kernel's vectors must give a spectral norm above 0. Received: {sigma}")
    ratio = sigma / np.linalg.norm(_rows(matrix).T @ u.astype("float64"))
    return u if abs(ratio - 1.0) < 1e-6 else u * ratio


def _rows(matrix):
    return np.asarray(matrix, "float64").reshape(len(matrix), -1)


def sigma_of_both(u, v, matrix):
    """Returns `u . (W v)`, by which PyTorch divides a kernel W at inference, with both vectors stored."""
    return float(u.astype("float64") @ (_rows(matrix) @ v.astype("float64")))


def normalized_pair(u, matrix):
    """Returns the left and the right vector after a step of the power iteration, float32.

    Args:
        u: array `(out,)`.
        matrix: array `(out, ...)`.
    """
    right = _rows(matrix).T @ u.astype("float64")
    right /= np.linalg.norm(right)
    left = _rows(matrix) @ right
    return (left / np.linalg.norm(left)).astype("float32"), right.astype("float32")


def layers_of(network):
    """Returns a network's layers by their names, those inside other layers too."""
    return {layer.name: layer for layer in network._flatten_layers(include_self=False)}


def of_each_network(config, tensors, read):
    """Reads a configuration that is one for both networks, or has dicts "G" and "D" for what differs.

    Args:
        config: dict. The reference's configuration.
        tensors: dict of str to array, `G/...` and `D/...`.
        read: function of the configuration of one network.

    Returns:
        dict of "G" and "D" to what `read` returns, those that are in `config` or have tensors; both for a
        configuration for both.
    """
    shared = {key: value for key, value in config.items() if key not in ROLES}
    parts = [part for part in ROLES if part in config or any(name.startswith(f"{part}/") for name in tensors)]
    return {part: read({**shared, **config.get(part, {})}) for part in parts or ROLES}


def in_networks(config, known):
    """Moves keys of a configuration that is one for both networks into the dicts of those that have them.

    Args:
        config: dict. The reference's configuration, perhaps with dicts "G" and "D", whose values go first.
        known: dict of "G" and "D" to the keys that each has.

    Returns:
        dict of "G", "D" and the keys that neither has.
    """
    rest = {key: value for key, value in config.items() if key not in ROLES}
    parts = {
        part: {**{key: rest[key] for key in keys if key in rest}, **config.get(part, {})}
        for part, keys in known.items()
    }
    taken = {key for keys in known.values() for key in keys}
    return {**parts, **{key: value for key, value in rest.items() if key not in taken}}


def read_config(config, known, fixed=None, harmless=()):
    """Fills in defaults and refuses what the importer does not know.

    Args:
        config: dict. The reference's configuration.
        known: dict of every key to its default in the reference; `...` marks a required key.
        fixed: dict of further keys to tuples of the values that they may have, which all mean what our
            networks do. They are left out of the result.
        harmless: sequence of further keys that have no effect on what the networks compute, with any value.

    Raises:
        ValueError: naming unknown or missing keys, or a value that a key cannot have.
    """
    fixed = fixed or {}
    for key in sorted(set(config) & set(fixed)):
        if config[key] not in fixed[key]:
            raise ValueError(f"`{key}` must be one of {list(fixed[key])}. Received: {config[key]!r}")
    config = {key: value for key, value in config.items() if key not in fixed and key not in harmless}
    unknown = sorted(set(config) - set(known))
    missing = sorted(key for key in known if known[key] is ... and key not in config)
    if unknown or missing:
        raise ValueError(
            f"Configuration keys unknown: {unknown}, missing: {missing}. Allowed: {sorted([*known, *fixed])}"
        )
    return {**known, **config}
