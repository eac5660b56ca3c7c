"""The safetensors format: a JSON header, then the tensors one behind the other."""

import math

import ml_dtypes
import numpy as np

from keras_gans.importers.readers import arrays, strict_json
from keras_gans.importers.readers.content import Unreadable

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
    "C64": "<c8",
}


def read_safetensors(data):
    """Returns the tensors of a safetensors file, as views.

    Args:
        data: memoryview of the file.

    Returns:
        dict of str to array.

    Raises:
        Unreadable: if the header does not describe the bytes behind it exactly, each of them once.
    """
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise Unreadable(
            f"its header should have {length:,} bytes; {len(data) - 8:,} are there. Download it again."
        )
    header = strict_json.parse(data[8 : 8 + length], "its header")
    header.pop("__metadata__", None)  # texts for people
    data, tensors, position = data[8 + length :], {}, 0
    entries = {name: _check_entry(name, entry) for name, entry in header.items()}
    for name, (dtype, shape, (begin, end)) in sorted(entries.items(), key=lambda item: item[1][2]):
        size = math.prod(shape) * dtype.itemsize
        if begin != position or end - begin != size or end > len(data):
            raise Unreadable(
                f"tensor {name!r} of {size:,} bytes lies at {begin:,} to {end:,}; the one before ends at "
                f"{position:,}, the file at {len(data):,}. Download it again."
            )
        tensors[name] = arrays.view(data[begin:end], dtype, shape)
        position = end
    if position != len(data):
        raise Unreadable(f"there are {len(data) - position:,} bytes behind its tensors")
    return {name: tensors[name] for name in entries}


def _check_entry(name, entry):
    """Returns type, shape and begin and end of a tensor."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise Unreadable(f"its header describes tensor {name!r} as {str(entry)[:100]}")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise Unreadable(f"tensor {name!r} is of type {dtype!r}. Allowed are {', '.join(DTYPES)}.")
    if not _are_counts(shape) or not arrays.is_shape(shape):
        raise Unreadable(f"its header gives tensor {name!r} the shape {str(shape)[:100]}")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise Unreadable(f"its header gives tensor {name!r} the offsets {str(offsets)[:100]}. Allowed are 2.")
    return np.dtype(DTYPES[dtype]), shape, tuple(offsets)


def _are_counts(numbers):
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n < 2**63 for n in numbers)
