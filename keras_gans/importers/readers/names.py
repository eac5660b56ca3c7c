"""Stand-ins for the functions and classes that files of weights name, but for those of PyTorch."""

import re

import numpy as np

from keras_gans.importers.readers import arrays
from keras_gans.importers.readers.content import Unreadable
from keras_gans.importers.readers.pickles import Buildable, Name, check_key

NUMBERS = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|c(8|16))")  # types as NumPy writes them


class Ordered(dict, Buildable):
    """Stands for `collections.OrderedDict`. Its state, the versions of modules, is of no use."""

    @classmethod
    def of(cls, pairs=()):
        """Returns the dictionary of key and value pairs."""
        if not isinstance(pairs, (list, tuple)):
            raise TypeError("an ordered dictionary is made of a list of pairs")
        return cls((check_key(key), value) for key, value in map(_pair, pairs))

    def build(self, state):
        return self


class Attributes(dict, Buildable):
    """Stands for an object that is nothing but its attributes."""

    def build(self, state):
        if not isinstance(state, dict):
            raise TypeError("a state is no dictionary")
        self.update(state)
        return self


class DType(Buildable):
    """Stands for `numpy.dtype`; the order of bytes comes as its state."""

    def __init__(self, text, align=False, copy=True):
        if not isinstance(text, str) or not NUMBERS.fullmatch(text):
            raise Unreadable(f"it has an array of NumPy's type {text!r}. Allowed are types of numbers.")
        self.dtype = np.dtype(text)

    def build(self, state):
        order = state[1] if isinstance(state, tuple) and len(state) >= 5 else None
        if not isinstance(order, str) or order not in ("<", ">", "|", "="):
            raise TypeError("a type of NumPy has a state that is unknown")
        if any(field is not None for field in state[2:5]):
            raise Unreadable("it has an array of a type with fields. Allowed are types of numbers.")
        self.dtype = self.dtype.newbyteorder(order)
        return self


class Array(Buildable):
    """Stands for an array of NumPy before its state is known."""

    def __init__(self, kind, shape, code):
        if kind is not NDARRAY:
            raise TypeError("it is no array")

    def build(self, state):
        _, shape, kind, fortran, data = state if isinstance(state, tuple) and len(state) == 5 else (None,) * 5
        if not isinstance(kind, DType) or not isinstance(shape, tuple) or not isinstance(fortran, bool):
            raise TypeError("an array of NumPy has a state that is unknown")
        if not all(type(size) is int and size >= 0 for size in shape):
            raise TypeError("the shape of an array is no tuple of whole numbers")
        return _array(data, kind, shape, "F" if fortran else "C")


def _pair(pair):
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise TypeError("an ordered dictionary is made of pairs")
    return pair


def _array(data, kind, shape, order="C"):
    data = _encode(data, "latin1") if isinstance(data, str) else data  # Python 2 has no bytes
    if not isinstance(data, (bytes, memoryview)) or not isinstance(kind, DType):
        raise TypeError("an array of NumPy has no bytes or no type")
    return arrays.view(data, kind.dtype, shape, order)


def _scalar(kind, data):
    return _array(data, kind, ())[()]


def _encode(text, encoding):
    """Stands for `_codecs.encode`, by which protocol 2 writes bytes."""
    if not isinstance(encoding, str) or encoding != "latin1" or not isinstance(text, str):
        raise Unreadable("it encodes text. Allowed is text as 'latin1', by which old pickles write bytes.")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise Unreadable("it has bytes that are none: text beyond 'latin1'") from error


def _no_bytes():
    """Stands for `bytes`, which protocol 2 calls for an empty byte string."""
    return b""


def _set(values=()):
    if not isinstance(values, (list, tuple)):
        raise TypeError("a set is made of a list")
    return set(map(check_key, values))


NDARRAY = Name()
NAMES = {
    ("collections", "OrderedDict"): Name(call=Ordered.of, new=Ordered.of),
    ("builtins", "set"): Name(call=_set),
    ("__builtin__", "set"): Name(call=_set),
    ("__builtin__", "bytes"): Name(call=_no_bytes),
    ("argparse", "Namespace"): Name(new=lambda: Attributes()),
    ("_codecs", "encode"): Name(call=_encode),
    ("numpy", "dtype"): Name(call=DType),
    ("numpy", "ndarray"): NDARRAY,
} | {
    (f"{module}.multiarray", name): Name(call=function)
    for module in ("numpy.core", "numpy._core")
    for name, function in (("scalar", _scalar), ("_reconstruct", Array))
}
