"""Members of ZIP files as views, after the whole directory was checked."""

import dataclasses
import io
import re
import struct
import zipfile

from keras_gans.importers.readers.content import Unreadable

DIRECTORY = 2**23  # bytes, about 100,000 members
LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
ENCRYPTED = 0x1


@dataclasses.dataclass(frozen=True)
class Member:
    """A file in an archive.

    Args:
        name: str.
        data: memoryview of its bytes as they lie in the archive.
        size: int. Of the bytes after decompression.
        compressed: bool.
    """

    name: str
    data: memoryview
    size: int
    compressed: bool


class _File(io.FileIO):
    """Limits what `zipfile` takes into memory: it reads the directory at once, however long that is."""

    def read(self, size=-1):
        if size > DIRECTORY:
            raise Unreadable(f"its directory has {size:,} bytes. Allowed are {DIRECTORY:,}.")
        return super().read(size)


def members(path, data, *, compressed=False):
    """Returns the members of a ZIP file: dict of str to `Member`.

    Args:
        path: path of the file.
        data: memoryview of the file.
        compressed: bool. Whether members may be compressed (deflate).

    Raises:
        Unreadable: if the directory is damaged, or a member is encrypted, compressed, named twice, named by
            an absolute path or one with "..", lies outside of the file or on another one.
    """
    try:
        with _File(path) as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"its directory is damaged ({error}). Download the file again.") from error
    found, end = {}, 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        _check_name(info.filename)
        if info.filename in found:
            raise Unreadable(f"it has two members named {info.filename!r}")
        allowed = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) if compressed else (zipfile.ZIP_STORED,)
        if info.flag_bits & ENCRYPTED or info.compress_type not in allowed:
            raise Unreadable(
                f"its member {info.filename!r} is encrypted or compressed, which the writers of such files "
                "do not do. Unpack the file and save the tensors again."
            )
        begin = _start(data, info)
        if info.header_offset < end or begin + info.compress_size > len(data):
            raise Unreadable(f"its member {info.filename!r} lies on another one or outside of the file")
        stored = info.compress_type == zipfile.ZIP_STORED
        if stored and info.file_size != info.compress_size:
            raise Unreadable(f"its directory gives two sizes of the member {info.filename!r}")
        end = begin + info.compress_size
        found[info.filename] = Member(info.filename, data[begin:end], info.file_size, not stored)
    return found


def _check_name(name):
    parts = re.split(r"[/\\]", name.removesuffix("/"))
    if not all(parts) or ".." in parts or "\\" in name or ":" in parts[0]:
        raise Unreadable(f"it has a member named {name!r}. Allowed are paths inside of the archive.")


def _start(data, info):
    """Where the bytes of a member begin. Only the header beside them knows."""
    header = data[info.header_offset : info.header_offset + LOCAL_HEADER.size]
    if len(header) < LOCAL_HEADER.size:
        raise Unreadable(f"its member {info.filename!r} lies outside of the file")
    signature, _, flags, method, *_, name, extra = LOCAL_HEADER.unpack(header)
    begin = info.header_offset + LOCAL_HEADER.size + name
    right = signature == b"PK\3\4" and method == info.compress_type and not flags & ENCRYPTED
    if not right or bytes(data[begin - name : begin]) != info.orig_filename.encode(
        "utf-8" if flags & 0x800 else "cp437"
    ):
        raise Unreadable(f"the header of its member {info.filename!r} differs from the directory")
    return begin + extra
