"""Members of ZIP files as views, after the whole directory was checked."""

import dataclasses
import io
import re
import struct
import zipfile

from keras_gans.importers.readers.content import Unreadable

DIRECTORY = 2**23  # bytes, about 100,000 members
LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
ENCRYPTED, UTF8 = 0x1, 0x800  # flags


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


def members(path, data):
    """Returns the members of a ZIP file: dict of str to `Member`.

    Args:
        path: path of the file.
        data: memoryview of the file.

    Raises:
        Unreadable: if the directory is damaged, or a member is encrypted, compressed by anything but deflate,
            named twice, named by an absolute path or one with "..", or lies outside of the file or on another
            one.
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
        _check_name(info.orig_filename)
        if info.filename in found:
            raise Unreadable(f"it has two members named {info.filename!r}")
        stored = info.compress_type == zipfile.ZIP_STORED
        if info.flag_bits & ENCRYPTED or not (stored or info.compress_type == zipfile.ZIP_DEFLATED):
            raise Unreadable(
                f"its member {info.filename!r} is encrypted or compressed by method {info.compress_type}. "
                "Save the tensors again."
            )
        begin = _start(data, info)
        if info.header_offset < end or begin + info.compress_size > len(data):
            raise Unreadable(f"its member {info.filename!r} lies on another one or outside of the file")
        if stored and info.file_size != info.compress_size:
            raise Unreadable(f"its directory gives two sizes of the member {info.filename!r}")
        end = begin + info.compress_size
        found[info.filename] = Member(info.filename, data[begin:end], info.file_size, not stored)
    return found


def check_stored(found):
    """Refuses compressed members, for formats whose writers leave them as they are.

    Args:
        found: dict of str to `Member`.
    """
    for member in found.values():
        if member.compressed:
            raise Unreadable(
                f"its member {member.name!r} is compressed, which writers of such files do not do. Unpack "
                "it and pack it again without compression, `zip -0`."
            )


def _check_name(name):
    parts = re.split(r"[/\\]", name.removesuffix("/"))
    if not all(parts) or ".." in parts or re.search(r"[\\\0]", name) or re.fullmatch("[A-Za-z]:", parts[0]):
        raise Unreadable(f"it has a member named {name!r}. Allowed are paths inside of the archive.")


def _start(data, info):
    """Where the bytes of a member begin. Only the header beside them knows."""
    header = data[info.header_offset : info.header_offset + LOCAL_HEADER.size]
    if len(header) < LOCAL_HEADER.size:
        raise Unreadable(f"its member {info.filename!r} lies outside of the file")
    signature, _, flags, method, *_, name, extra = LOCAL_HEADER.unpack(header)
    begin = info.header_offset + LOCAL_HEADER.size + name
    encoding = "utf-8" if info.flag_bits & UTF8 else "cp437"
    right = signature == b"PK\3\4" and method == info.compress_type and not flags & ENCRYPTED
    if not right or bytes(data[begin - name : begin]) != info.orig_filename.encode(encoding):
        raise Unreadable(f"the header of its member {info.filename!r} differs from the directory")
    return begin + extra
