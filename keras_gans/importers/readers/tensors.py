"""PyTorch's storages and the tensors that view them."""

import dataclasses
import math

import ml_dtypes
import numpy as np

from keras_gans.importers.readers import arrays
from keras_gans.importers.readers.content import Unreadable
from keras_gans.importers.readers.names import NAMES
from keras_gans.importers.readers.pickles import Name

DTYPES = {
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "BFloat16": ml_dtypes.bfloat16,
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
    "ComplexFloat": "<c8",
    "ComplexDouble": "<c16",
}
FURTHER_DTYPES = {  # those without a class of storages
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
}
REPEATED = 2**28  # bytes of a tensor that is larger than its file, as its elements occur several times


@dataclasses.dataclass(frozen=True, eq=False)
class StorageClass:
    """Stands for a class of storages, and so for the type of what it holds; bytes of any type with `None`."""

    dtype: np.dtype | None

    @property
    def width(self):
        """Bytes of one element."""
        return self.dtype.itemsize if self.dtype else 1


@dataclasses.dataclass(frozen=True, eq=False)
class Storage:
    """A row of numbers in a file.

    Args:
        kind: `StorageClass`.
        count: int. Of elements.
        data: array `(bytes,)`, uint8, or `None` while it is not known where they are.
        file_bytes: int. The length of the whole file.
    """

    kind: StorageClass
    count: int
    data: np.ndarray | None
    file_bytes: int


@dataclasses.dataclass(frozen=True)
class StorageId:
    """What a persistent id says of a storage."""

    kind: StorageClass
    key: str
    count: int
    view: tuple | None


def parse_persistent_id(value):
    """Returns the `StorageId` of a persistent id, whose location is of no meaning here."""
    kind = value[0] if isinstance(value, tuple) and value and isinstance(value[0], str) else None
    if kind == "module":
        raise Unreadable(
            "it holds whole modules, that is code, and not their tensors alone. Save "
            "`network.state_dict()` with the code that wrote the file."
        )
    if kind != "storage" or len(value) not in (5, 6):
        raise Unreadable("it refers to something that is no storage of numbers")
    _, kind, key, location, count, *view = value
    right = isinstance(kind, StorageClass) and isinstance(key, str) and isinstance(location, str)
    if not right or not _is_count(count):
        raise Unreadable(f"the description of storage {key!r} is damaged")
    return StorageId(kind, key, count, view[0] if view else None)


def _is_count(value):
    return type(value) is int and 0 <= value < 2**63


def tensor(storage, offset, size, stride, dtype=None):
    """Returns a view of a storage.

    Args:
        storage: `Storage`.
        offset: int. The first element.
        size: tuple of int.
        stride: tuple of int. In elements.
        dtype: type of the elements where the storage is bytes of any type.

    Returns:
        array `size`, read-only: a view of the storage. An empty one while the storage has no data.

    Raises:
        Unreadable: if it reaches out of the storage.
    """
    if not isinstance(storage, Storage) or (dtype or storage.kind.dtype) is None:
        raise Unreadable("a tensor has no storage of numbers")
    dtype = dtype or storage.kind.dtype
    shapes = isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride)
    if not shapes or not all(map(_is_count, (offset, *size, *stride))):
        raise Unreadable(f"a tensor has size {size!r}, stride {stride!r} and offset {offset!r}")
    if not arrays.is_shape(size):
        raise Unreadable(f"a tensor has size {size}, which no array can have")
    if storage.data is None:
        return np.empty((0,), dtype)
    if 0 in size:
        return arrays.view(b"", dtype, size)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    count = storage.count * storage.kind.width // dtype.itemsize
    if last >= count:
        raise Unreadable(
            f"a tensor of size {size}, stride {stride} and offset {offset} needs {last + 1:,} elements; its "
            f"storage has {count:,}. The file is damaged: download it again."
        )
    wanted = math.prod(size) * dtype.itemsize
    if wanted > max(storage.file_bytes, REPEATED):
        raise Unreadable(f"a tensor of size {size} takes {wanted:,} bytes, more than the whole file")
    # Not as_strided: it knows no types but those of NumPy itself.
    strides = [step * dtype.itemsize for step in stride]
    return np.ndarray(size, dtype, storage.data, offset * dtype.itemsize, strides)


def _rebuild(storage, offset, size, stride, requires_grad=False, hooks=None, metadata=None):
    _refuse_extras(hooks, metadata)
    return tensor(storage, offset, size, stride)


def _rebuild_typed(storage, offset, size, stride, requires_grad, hooks, dtype, metadata=None):
    _refuse_extras(hooks, metadata)
    if not isinstance(dtype, np.dtype):
        raise Unreadable("a tensor is of a type that is unknown")
    return tensor(storage, offset, size, stride, dtype)


def _rebuild_parameter(array, requires_grad=True, hooks=None):
    _refuse_extras(hooks, None)
    if not isinstance(array, np.ndarray):
        raise Unreadable("a parameter is no tensor")
    return array


def _refuse_extras(hooks, metadata):
    if hooks is not None and not (isinstance(hooks, (dict, tuple)) and not hooks):
        raise Unreadable("a tensor has hooks, that is functions. Save the tensors alone.")
    if metadata is not None and not (isinstance(metadata, dict) and not metadata):
        raise Unreadable(
            "a tensor is marked as a conjugate or negative view or as something else: its values differ from "
            "the stored ones. Call `.resolve_conj().resolve_neg()` on it before saving."
        )


def _size(sizes):
    if not isinstance(sizes, (list, tuple)):
        raise TypeError("a size is no tuple")
    return tuple(sizes)


STORAGE_CLASSES = {
    ("torch", f"{name}Storage"): StorageClass(np.dtype(dtype)) for name, dtype in DTYPES.items()
} | {("torch.storage", "UntypedStorage"): StorageClass(None)}
TORCH_NAMES = (
    NAMES
    | STORAGE_CLASSES
    | {("torch", name): np.dtype(dtype) for name, dtype in FURTHER_DTYPES.items()}
    | {
        ("torch", "Size"): Name(call=_size),
        ("torch._utils", "_rebuild_tensor"): Name(call=_rebuild),  # of PyTorch 0.3
        ("torch._utils", "_rebuild_tensor_v2"): Name(call=_rebuild),
        ("torch._utils", "_rebuild_tensor_v3"): Name(call=_rebuild_typed),
        ("torch._utils", "_rebuild_parameter"): Name(call=_rebuild_parameter),
    }
)
LEAVES = (np.ndarray, np.generic, np.dtype)  # of the data of such files
