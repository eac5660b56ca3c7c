"""Writes a network as a SavedModel that works in a process without keras_gans."""

import math
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_gans import atomic, paths
from keras_gans.export import card as cards
from keras_gans.export import checksums, signatures
from keras_gans.export import module as modules

NETWORKS = "networks"  # folder of an export, with networks to go on training with
LARGE = 10_000_000  # weights. A larger network is compared as one graph, which takes less memory


def export(network, path, *, card, samples=None, networks=None, amplifying=False, overwrite=False):
    """Writes a network as a SavedModel with signatures, a card and checksums.

    The files appear under `path` all at once, after the written model was loaded back and has given
    the same result as the network. A process that is killed meanwhile leaves nothing, or the
    previous export.

    Args:
        network: `keras.Model` with `endpoints()`; see `keras_gans.networks`.
        path: path of the new directory, `savedmodels/<preset>/<version>` by convention.
        card: `Card`. What a reader should know about the model.
        samples: path of a PNG file with a grid of samples, copied as `samples.png` and shown in the
            README. `None` means none.
        networks: dict of str to `keras.Model`. By role, networks to go on training with, which are kept
            whole beside the SavedModel; `read_networks` reads them. `None` means none.
        amplifying: bool. Whether the network may amplify rounding, as with weights from elsewhere, whose
            outputs may be far beyond the range of images before they are cut off. Differences beyond the
            tolerance then are held against ten times what a millionth of the inputs changes.
        overwrite: bool. Whether to replace an export that is there.

    Returns:
        `pathlib.Path` of the export.

    Raises:
        FileExistsError: `path` exists and `overwrite` is false, or it is no export.
        ValueError: a weight is NaN or infinite, or the network's endpoints are malformed.
        RuntimeError: the written model does not give what the network gives, or the call stands
            in a `strategy.scope()`, where a model loaded back cannot be run. The network itself
            may have been built in one.
    """
    if tf.distribute.has_strategy():
        raise RuntimeError(
            "`export` loads what it wrote and runs it, which fails in `strategy.scope()`. Call it outside; "
            "the network may have been built inside."
        )
    path = Path(path)
    check_target(path, overwrite=overwrite)
    _check_weights(network)
    exportable = modules.build(network)
    with atomic.new_directory(path, overwrite=overwrite) as temporary:
        functions = {name: function for name, (function, _) in exportable.signatures.items()}
        with paths.without_patterns(temporary) as plain:
            tf.saved_model.save(exportable.module, str(plain), signatures=functions)
            amplified = _compare(exportable, plain, network, amplifying or hasattr(network, "tolerance"))
        for role, part in (networks or {}).items():
            (temporary / NETWORKS).mkdir(exist_ok=True)
            part.save(temporary / NETWORKS / f"{role}.keras")
        if samples is not None:
            shutil.copyfile(samples, temporary / cards.SAMPLES)
        cards.write(temporary, cards.describe(card, network, exportable, amplified))
        sums = {name: checksums.digest(temporary / name) for name in checksums.files(temporary)}
        (temporary / checksums.FILE).write_text(checksums.as_text(sums), encoding="utf-8")
    return path


def read_networks(path):
    """Returns the networks that an export keeps for training, by role; an empty dict where it has none.

    Args:
        path: path of an export, which is a program: use only what you trust.
    """
    files = sorted(Path(path).joinpath(NETWORKS).glob("*.keras"))
    return {file.stem: keras.saving.load_model(file, compile=False) for file in files}


def check_target(path, *, overwrite):
    """Refuses before the work is done what would be refused after it.

    Args:
        path: path of the export to be.
        overwrite: bool. Whether an export may be there.

    Raises:
        FileExistsError: as in `export`.
    """
    path = Path(path)
    if not os.path.lexists(path):  # a link that leads nowhere would fail after the work
        return
    if not overwrite:
        raise FileExistsError(f"{path} exists. Pass `overwrite=True` to replace it.")
    if not (path / "saved_model.pb").is_file():
        raise FileExistsError(
            f"{path} is not an export, so it is not replaced. Remove it or take another path."
        )


def _check_weights(network):
    """Refuses weights that are NaN or infinite."""
    floats = [weight for weight in network.variables if "float" in str(weight.dtype)]
    wrong = [weight.path for weight in floats if not np.isfinite(np.asarray(weight.value, "float32")).all()]
    if wrong:
        raise ValueError(
            f"{len(wrong)} of {len(network.variables)} weights are NaN or infinite: "
            + ", ".join(wrong[:5])
            + (", ..." if len(wrong) > 5 else "")
            + ". Export an earlier state of the training."
        )


def _compare(exportable, directory, network, amplifying):
    """Loads the written model and compares one batch of every endpoint with the network.

    Returns:
        dict of str to float. Endpoints that amplify rounding beyond the tolerance, and by how much their
        outputs change where inputs change by a millionth. Only `amplifying` networks may do that, and those
        that pass their output through themselves, and say so by their attribute `tolerance`, as denoisers
        with weights of no use do; their difference is then held against ten times this change.
    """
    tolerance, amplified = cards.tolerance_of(network), {}
    large = sum(math.prod(weight.shape) for weight in network.weights) > LARGE
    loaded = tf.saved_model.load(str(directory))
    for name, (call, specs) in exportable.calls.items():
        arguments = signatures.example_arguments(specs, 2)
        arguments = {key: tf.constant(value) for key, value in arguments.items()}
        if large:
            call = tf.function(call, autograph=False)
        expected = call(**arguments)
        results = {f"endpoint {name}": getattr(loaded, name)(**arguments)}
        if name == "default":
            single = next(iter(arguments.values()))
            results["__call__"] = loaded(single if len(specs) == 1 else arguments)
            for signature in ("default", "serving_default"):
                outputs = loaded.signatures[signature](**arguments)
                results[f"signature {signature}"] = (
                    outputs if isinstance(expected, dict) else outputs["default"]
                )
        differences = {what: _difference(actual, expected) for what, actual in results.items()}
        allowed = tolerance
        if amplifying and max(differences.values()) > tolerance:
            nudged = {key: _nudged(value) for key, value in arguments.items()}
            change = _difference(call(**nudged), expected)
            if 10.0 * change > tolerance:
                allowed, amplified[name] = 10.0 * change, change
        for what, difference in differences.items():
            if not difference <= allowed:
                raise RuntimeError(
                    f"Exported {what} differs from the network by {difference:.1e}, which exceeds "
                    f"{allowed:g}. At inference a network must give equal outputs for equal inputs."
                )
    return amplified


def _nudged(value):
    """The same but for rounding."""
    return value * (1.0 + 1e-6) if value.dtype.is_floating else value


def _difference(actual, expected):
    """The largest difference of outputs, as a share of their largest value where that is above 1."""
    largest = 0.0
    for one, other in zip(tf.nest.flatten(actual), tf.nest.flatten(expected), strict=True):
        one, other = one.numpy(), other.numpy()
        if (np.isnan(one) != np.isnan(other)).any():
            return np.inf
        # Values of latents have no fixed size: the tolerance grows with the largest.
        scale = max(1.0, float(np.nanmax(np.abs(other), initial=0.0)))
        largest = max(largest, float(np.nanmax(np.abs(one - other), initial=0.0)) / scale)
    return largest
