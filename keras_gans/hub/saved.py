"""What all objects of the hub have: the SavedModel, its card, its classes."""

import math
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from keras_gans.export import card, loader

BATCH = 16

Progress = Callable[[str, int, int], None]  # called with (what, done, total): "images", 16, 100
Label = str | int | Sequence | np.ndarray | None


class Saved:
    """A SavedModel with what its card says.

    Args:
        path: path of an export, or of a folder of numbered versions, of which the highest is taken.
        loaded: object that `keras_gans.export.load` returns for it; `None` loads it here.

    Attributes:
        directory: `pathlib.Path` of the SavedModel.
        loaded: the object of TensorFlow: endpoints as attributes, and `signatures`.
        card: dict, the content of `card.json`; `None` without that file.
        name: str. The preset of the card, otherwise the name of the directory.
        signatures: tuple of str. Names of all signatures.
        class_names: tuple of str. Names of the classes in order; empty where the card has none.

    Raises:
        FileNotFoundError: there is no export.
        ValueError: it has neither a signature `default` nor `serving_default`.
    """

    MAIN = ("default", "serving_default")  # the first that there is

    def __init__(self, path: str | os.PathLike, loaded: object = None):
        self.directory = loader.find(path)
        self.loaded = loader.load(self.directory) if loaded is None else loaded
        self.card = card.read(self.directory) if (self.directory / card.FILE).is_file() else None
        self.name = self.card["preset"] if self.card else _name_of(self.directory)
        self.signatures = tuple(sorted(self.loaded.signatures))
        self.class_names = tuple(self.card["class_names"]) if self.card else ()
        self.main = next((name for name in self.MAIN if name in self.signatures), None)
        if self.main is None:
            self.require("default")

    def require(self, *names: str, what: str = "this") -> None:
        """Raises ValueError if a signature is missing.

        Args:
            *names: str. Signatures.
            what: str. What needs them, for the message.
        """
        missing = [name for name in names if name not in self.signatures]
        if missing:
            raise ValueError(
                f"{self.directory} has the signatures {list(self.signatures)}; "
                f"{what} needs {' and '.join(missing)} as well"
            )

    def __repr__(self):
        shown = {"name": self.name, **self._described(), "signatures": self.signatures}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _described(self):
        """What `repr` tells besides name and signatures: a dict."""
        return {"class_names": self.class_names}

    def _inputs(self, name):
        """The inputs of a signature: dict, name -> `tf.TensorSpec`."""
        return self.loaded.signatures[name].structured_input_signature[1]

    def _input(self, signature, name):
        """What the card says of an input: dict with "shape" and, where they exist, "limits"; {} without."""
        described = self.card["signatures"].get(signature, {}) if self.card else {}
        return described.get("inputs", {}).get(name, {})

    def _row_shape(self, signature, name):
        """Shape of one row of an input, from the card, otherwise from the signature; ValueError if open."""
        shape = self._input(signature, name).get("shape")
        if shape is None:
            given = self._inputs(signature)[name].shape
            if given.rank is None or None in given[1:]:
                raise ValueError(
                    f"The shape of the input {name} of {self.directory} is not fixed: {given}. Save it with "
                    "a fixed shape behind the batch"
                )
            shape = given
        return tuple(shape[1:])

    def _output(self, signature):
        """The name of the only output of a signature, or of the only one of images among several."""
        outputs = self.loaded.signatures[signature].structured_outputs
        images = [name for name, one in outputs.items() if one.shape.rank == 4 and one.shape[3] in (1, 3)]
        names = list(outputs) if len(outputs) == 1 else images
        if len(names) != 1:
            raise ValueError(
                f"{signature} must have one output, or one of images. {self.directory} has {sorted(outputs)} "
                "there"
            )
        return names[0]

    def _call(self, signature, **inputs):
        """The only output of a signature, or the only one of images: a tensor."""
        name = self._output(signature)
        return self.loaded.signatures[signature](**inputs)[name]


def _name_of(directory):
    """The name of a folder; of a version the name of the folder above."""
    resolved = directory.resolve()
    return resolved.parent.name if resolved.name.isdecimal() else resolved.name


def unit_images(given: ArrayLike, name: str) -> tf.Tensor:
    """Returns images as float32 in `[0, 1]`.

    Args:
        given: uint8 array, or float array or tensor in `[0, 1]`.
        name: str. Of the argument, for the message.

    Raises:
        ValueError: values outside the range, or NaN.
    """
    if given.dtype == np.uint8:
        return tf.constant(np.divide(np.asarray(given), 255.0, dtype="float32"))
    given = tf.cast(given, "float32")
    check_unit(given, name, "be uint8, or float in [0, 1]")
    return given


def check_unit(given: ArrayLike, name: str, allowed: str = "be in [0, 1]") -> None:
    """Raises ValueError for numbers outside of `[0, 1]`, and for NaN.

    Args:
        given: float array or tensor.
        name: str. Of the argument, for the message.
        allowed: str. What the argument must.
    """
    if np.size(given) and not (np.min(given) >= 0.0 and np.max(given) <= 1.0):
        raise ValueError(
            f"`{name}` must {allowed}. Received values from {np.min(given):.2f} to {np.max(given):.2f}"
        )


def class_index(label: str | int | None, names: Sequence[str], num_classes: int) -> int:
    """Returns the number of a class.

    Args:
        label: str or int. Name of the class, or its number, also as text unless names are numbers themselves.
        names: sequence of str. Names of all classes, empty without names.
        num_classes: int.

    Returns:
        int.

    Raises:
        ValueError: no such class, or `None`; the message lists what is allowed.
    """
    named = (label is None or isinstance(label, str)) and any(name.isdecimal() for name in names)
    allowed = [] if named else [f"a number from 0 to {num_classes - 1}"]
    if len(names):
        allowed.append(f"one of {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}")
    allowed = " or ".join(allowed)
    if label is None:
        raise ValueError(f"this model has classes: pass a `label`, {allowed}")
    if label in names:
        return list(names).index(label)
    text = str(label)
    is_number = text.isdecimal() and not isinstance(label, (bool, float)) and not named
    if is_number and int(text) < num_classes:
        return int(text)
    raise ValueError(f"`label` must be {allowed}. Received: {label!r}")


def in_batches(
    make: Callable, count: int, *, what: str, batch_size: int = BATCH, progress: Progress | None = None
) -> np.ndarray:
    """Joins what `make(slice)` makes of each small batch of `count` rows.

    Args:
        make: callable, slice -> array of as many rows.
        count: int.
        what: str. What `progress` is told.
        batch_size: int.
        progress: callable, called with (what, done, total); `None` means silence.
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: {batch_size}")
    parts = []
    for number in range(max(1, math.ceil(count / batch_size))):
        stop = min((number + 1) * batch_size, count)
        parts.append(np.asarray(make(slice(number * batch_size, stop))))
        if progress is not None:
            progress(what, stop, count)
    return np.concatenate(parts)
