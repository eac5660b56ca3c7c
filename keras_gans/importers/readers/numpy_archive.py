"""Archives of NumPy, compressed or not, as Chainer writes its weights."""

import io
import math
import zlib

import numpy as np

from keras_gans.importers.readers.content import Unreadable

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
LONGEST_HEADER = 2**16  # bytes
UNPACKED = 20, 2**28  # times the file's length, or bytes: what members may be larger in memory


def read_archive(found, length):
    """Returns the arrays of an archive.

    Args:
        found: dict of str to `archives.Member`.
        length: int. Bytes of the file.

    Returns:
        dict of str to array: views where members are not compressed.

    Raises:
        Unreadable: if a member is no array of numbers, or is far larger than the file.
    """
    factor, least = UNPACKED
    total, allowed = sum(member.size for member in found.values()), max(factor * length, least)
    if total > allowed:
        raise Unreadable(
            f"unpacked, it has {total:,} bytes. Allowed are {allowed:,} for a file of this length."
        )
    return {name.removesuffix(".npy"): _array(member) for name, member in found.items()}


def _array(member):
    data = memoryview(_unpack(member)) if member.compressed else member.data
    stream = io.BytesIO(data[:LONGEST_HEADER])
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran, dtype = HEADERS[version](stream)
    except (ValueError, KeyError) as error:
        raise Unreadable(f"its member {member.name!r} is no array of numbers ({error})") from error
    if dtype.kind not in "biufc":
        raise Unreadable(
            f"its member {member.name!r} is of type {dtype}, which is no type of numbers. Leave it out."
        )
    values, size = data[stream.tell() :], math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(values) != size:
        raise Unreadable(
            f"its member {member.name!r} has {len(values):,} bytes; shape {shape} of {dtype} needs {size:,}"
        )
    return np.frombuffer(values, np.uint8).view(dtype).reshape(shape, order="F" if fortran else "C")


def _unpack(member):
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(member.data, member.size + 1)
    except zlib.error as error:
        raise Unreadable(f"its member {member.name!r} is damaged: {error}. Download it again.") from error
    if len(unpacked) != member.size or not unpacker.eof:
        raise Unreadable(f"its member {member.name!r} has another size than the directory says")
    return unpacked
