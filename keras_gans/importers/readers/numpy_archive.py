"""Archives of NumPy, compressed or not, as Chainer writes its weights."""

import re
import zlib

import numpy as np

from keras_gans.importers.readers import arrays
from keras_gans.importers.readers.content import Unreadable
from keras_gans.importers.readers.names import NUMBERS

# What NumPy writes: magic number, version, length of the text, and the text, "3L" in Python 2.
START = re.compile(rb"(?s)\x93NUMPY(?:\x01\x00..|\x02\x00....)")
HEADER = re.compile(
    rb"\{'descr': '(?P<type>[^']*)', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,19}L?,? ?)*)\), \} *\n"
)
LONGEST_HEADER = 2**12  # bytes
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
    begin = bytes(data[:LONGEST_HEADER])
    start = START.match(begin)
    header = HEADER.match(begin, start.end()) if start else None
    if header is None or not NUMBERS.fullmatch(header["type"].decode("latin1")):
        raise Unreadable(
            f"its member {member.name!r}, which begins with {begin[:80]!r}, is no array of numbers."
        )
    dtype, fortran = np.dtype(header["type"].decode()), header["fortran"] == b"True"
    shape = tuple(map(int, re.findall(rb"\d+", header["shape"])))
    return arrays.view(data[header.end() :], dtype, shape, "F" if fortran else "C")


def _unpack(member):
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(member.data, member.size + 1)
    except zlib.error as error:
        raise Unreadable(f"its member {member.name!r} is damaged: {error}. Download it again.") from error
    if len(unpacked) != member.size or not unpacker.eof:
        raise Unreadable(f"its member {member.name!r} has another size than the directory says")
    return unpacked
