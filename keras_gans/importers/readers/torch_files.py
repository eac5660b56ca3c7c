"""Files of PyTorch: the ZIP of today, and the stream of pickles and storages of before version 1.6."""

import numpy as np

from keras_gans.importers.readers import archives, pickles
from keras_gans.importers.readers.content import Unreadable
from keras_gans.importers.readers.tensors import LEAVES, TORCH_NAMES, Storage, parse_persistent_id

LEGACY_MAGIC = bytes.fromhex(
    "80028a0a6cfc9c46f9206aa850192e8002"
)  # the first pickle and the next one's begin
LEGACY_NUMBER, LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001


def read_zip(found, length):
    """Reads what `torch.save` writes today.

    Args:
        found: dict of str to `archives.Member`.
        length: int. Bytes of the file.

    Returns:
        The saved object, with arrays that view the members in place of tensors.

    Raises:
        Unreadable: if it is damaged or needs what is not listed.
    """
    programs = [name for name in found if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(programs) != 1:
        raise Unreadable(
            f"it is a ZIP file with {len(programs)} members '<folder>/data.pkl'. Those of PyTorch have one; "
            ".npz has arrays alone, .keras has config.json and model.weights.h5."
        )
    archives.check_stored(found)
    [program] = programs
    folder = program.removesuffix("data.pkl")
    if f"{folder}constants.pkl" in found:
        raise Unreadable("it is a TorchScript archive, that is a program. Save `network.state_dict()`.")
    order = found.get(f"{folder}byteorder")
    if order is not None and bytes(order.data) != b"little":
        raise Unreadable(f"its numbers are in the order {bytes(order.data[:20])!r}. Allowed is 'little'.")
    storages = {}

    def storage(value):
        wanted = parse_persistent_id(value)
        member = found.get(f"{folder}data/{wanted.key}")
        if member is None or wanted.view is not None:
            raise Unreadable(f"it has no storage {wanted.key!r}. Download the file again.")
        if member.size != wanted.count * wanted.kind.width:
            raise Unreadable(
                f"storage {wanted.key!r} has {member.size:,} bytes; {wanted.count:,} elements need "
                f"{wanted.count * wanted.kind.width:,}. Download the file again."
            )
        made = Storage(wanted.kind, wanted.count, np.frombuffer(member.data, np.uint8), length)
        return storages.setdefault((wanted.key, wanted.kind), made)

    value, end = pickles.load(found[program].data, 0, TORCH_NAMES, storage)
    if end != found[program].size:
        raise Unreadable(f"there are bytes behind the pickle {program!r}")
    pickles.check_values(value, LEAVES)
    return value


def read_legacy(data):
    """Reads what `torch.save` wrote before version 1.6.

    Args:
        data: memoryview of the file.

    Returns:
        The saved object, with arrays that view `data` in place of tensors.

    Raises:
        Unreadable: if it is damaged or needs what is not listed.
    """
    value = read_stream(data, TORCH_NAMES)
    pickles.check_values(value, LEAVES)
    return value


def read_stream(data, names):
    """Reads five pickles and the storages behind them. Arguments and result as above, without the last check.

    The storages come behind the object whose tensors view them, and their places follow from their types,
    which the object names. So the object is read twice: for the storages, and for the tensors.
    """
    heads, position = [], 0
    for _ in range(3):
        head, position = pickles.load(data, position, {})
        heads.append(head)
    number, version, machine = heads
    if (number, version) != (LEGACY_NUMBER, LEGACY_VERSION) or not isinstance(machine, dict):
        raise Unreadable(f"it is of version {version!r} of this format. Allowed is {LEGACY_VERSION}.")
    if machine.get("little_endian") is not True:
        raise Unreadable("its numbers are not little-endian, which PyTorch wrote on few machines only")
    wanted, begin = {}, position

    def expect(value):
        storage = parse_persistent_id(value)
        known = wanted.setdefault(storage.key, storage)
        if (known.kind, known.count) != (storage.kind, storage.count):
            raise Unreadable(f"it describes storage {storage.key!r} in two ways")
        return Storage(storage.kind, storage.count, None, len(data))

    _, position = pickles.load(data, begin, names, expect)
    keys, position = pickles.load(data, position, {})
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Unreadable("its list of storages is damaged")
    if sorted(keys) != sorted(wanted):
        raise Unreadable("its list of storages differs from those that its tensors need. Download it again.")
    storages = {}
    for key in keys:
        kind, count = wanted[key].kind, wanted[key].count
        end = position + 8 + count * kind.width
        if end > len(data):
            raise Unreadable(f"it ends within storage {key!r}. Download it again.")
        if int.from_bytes(data[position : position + 8], "little") != count:
            raise Unreadable(f"storage {key!r} has another length than its tensors need")
        storages[key] = Storage(kind, count, np.frombuffer(data[position + 8 : end], np.uint8), len(data))
        position = end
    if position != len(data):
        raise Unreadable(f"there are {len(data) - position:,} bytes behind the last storage")
    return pickles.load(data, begin, names, lambda value: _part(storages, parse_persistent_id(value)))[0]


def _part(storages, wanted):
    """Returns a storage, or the part of it that PyTorch 0.3 names as a view: key, offset and count."""
    storage = storages[wanted.key]
    if wanted.view is None:
        return storage
    view = wanted.view if isinstance(wanted.view, tuple) and len(wanted.view) == 3 else (None, -1, -1)
    _, offset, count = view
    if not all(type(number) is int and number >= 0 for number in (offset, count)) or (
        offset + count > storage.count
    ):
        raise Unreadable(f"a view of storage {wanted.key!r} reaches out of it")
    width = storage.kind.width
    data = storage.data[offset * width : (offset + count) * width]
    return Storage(storage.kind, count, data, storage.file_bytes)
