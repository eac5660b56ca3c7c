"""Stand-ins for the functions and classes that files of weights name, but for those of PyTorch."""

import re

import numpy as np

from keras_gans.importers.readers.content import Unreadable
from keras_gans.importers.readers.pickles import Buildable, Name, check_key

NUMBERS = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|c(8|16))")  # types as NumPy writes them


class Ordered(dict, Buildable):
    """Stands for `collections.OrderedDict`. Its state, the versions of modules, is of no use."""

    @classmethod
    def of(cls, pairs=()):
        """Returns the dictionary of key and value pairs."""
        if not isinstance(pairs, list) and pairs != ():
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
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise TypeError("a type of NumPy has a state that is unknown")
        if state[2:5] != (None, None, None):
            raise Unreadable("it has an array of a type with fields. Allowed are types of numbers.")
        self.dtype = self.dtype.newbyteorder(state[1])
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
        if len(shape) > 32 or not all(type(size) is int and size >= 0 for size in shape):
            raise TypeError(f"an array has the shape {shape}")
        values = _values(data, kind, int(np.prod([1, *shape], dtype=object)))
        return values.reshape(shape, order="F" if fortran else "C")


def _pair(pair):
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise TypeError("an ordered dictionary is made of pairs")
    return pair


def _values(data, kind, count):
    """Returns the `count` numbers that some bytes are."""
    if not isinstance(kind, DType):
        raise TypeError("it has no type")
    data = data.encode("latin1") if isinstance(data, str) else data  # Python 2 has no bytes
    if not isinstance(data, (bytes, memoryview)):
        raise TypeError("an array of NumPy has no bytes")
    if len(data) != count * kind.dtype.itemsize:
        needed = count * kind.dtype.itemsize
        raise Unreadable(f"an array of NumPy has {len(data):,} bytes where its shape needs {needed:,}")
    return np.frombuffer(data, kind.dtype)


def _scalar(kind, data):
    return _values(data, kind, 1)[0]


def _encode(text, encoding):
    """Stands for `_codecs.encode`, by which protocol 2 writes bytes."""
    if encoding != "latin1" or not isinstance(text, str):
        raise Unreadable(f"it encodes text as {encoding!r}. Allowed is 'latin1'.")
    return text.encode(encoding)


def _no_bytes():
    """Stands for `bytes`, which protocol 2 calls for an empty byte string."""
    return b""


def _set(values=()):
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
