"""Writes files of weights as their programs do, from arrays, without those programs."""

import dataclasses
import io
import pickle
import struct
import zipfile

import numpy as np

KINDS = {
    "float64": "Double",
    "float32": "Float",
    "float16": "Half",
    "bfloat16": "BFloat16",
    "int64": "Long",
    "int32": "Int",
    "int16": "Short",
    "int8": "Char",
    "uint8": "Byte",
    "bool": "Bool",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}


@dataclasses.dataclass(frozen=True)
class Global:
    """A function or class by its name."""

    module: str
    name: str


@dataclasses.dataclass(frozen=True)
class Call:
    """What a function gives, or a class by NEWOBJ; then a state and the items of a dictionary."""

    function: Global
    arguments: tuple = ()
    state: object = None
    items: dict = dataclasses.field(default_factory=dict)
    new: bool = False


@dataclasses.dataclass(frozen=True)
class Reference:
    """Something outside of the pickle, by its persistent id."""

    identifier: tuple


@dataclasses.dataclass(frozen=True)
class Raw:
    """Operations as they are."""

    operations: bytes


@dataclasses.dataclass(frozen=True)
class View:
    """A tensor that views an array of one dimension; strides in elements."""

    storage: np.ndarray
    offset: int
    size: tuple
    stride: tuple
    marks: dict | None = None


ORDERED = Global("collections", "OrderedDict")


def dumps(value, protocol=2):
    """The pickle of a value, with the operations of that protocol."""
    return pickle.PROTO + bytes([protocol]) + _operations(value, protocol) + pickle.STOP


def _operations(value, protocol):
    def inner(*values):
        return b"".join(_operations(value, protocol) for value in values)

    match value:
        case Raw(operations):
            return operations
        case Global(module, name) if protocol < 4:
            return pickle.GLOBAL + f"{module}\n{name}\n".encode()
        case Global(module, name):
            return inner(module, name) + pickle.STACK_GLOBAL
        case Call(function, arguments, state, items, new):
            made = inner(function, arguments) + (pickle.NEWOBJ if new else pickle.REDUCE)
            made += pickle.MARK + inner(*sum(items.items(), ())) + pickle.SETITEMS if items else b""
            return made + (inner(state) + pickle.BUILD if state is not None else b"")
        case Reference(identifier):
            return inner(identifier) + pickle.BINPERSID
        case dict():
            return pickle.EMPTY_DICT + pickle.MARK + inner(*sum(value.items(), ())) + pickle.SETITEMS
        case list():
            return pickle.EMPTY_LIST + pickle.MARK + inner(*value) + pickle.APPENDS
        case tuple():
            return pickle.MARK + inner(*value) + pickle.TUPLE
        case bytes() | bytearray() | memoryview() if protocol > 2:
            return pickle.BINBYTES + struct.pack("<I", len(value)) + bytes(value)
        case bytes():
            return inner(Call(Global("_codecs", "encode"), (value.decode("latin1"), "latin1")))
        case _:  # numbers, texts, None: the operations between the frame of the protocol and its end
            return pickle.dumps(value, 3 if protocol > 3 else protocol)[2:-1]


def _tensor(view, storage):
    marks = () if view.marks is None else (view.marks,)
    arguments = (storage, view.offset, view.size, view.stride, False, Call(ORDERED), *marks)
    return Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments)


def _with_tensors(value, storages, extra=()):
    """A value with calls that make tensors in place of arrays; fills the list of storages, each once."""
    match value:
        case np.ndarray():
            strides = tuple(int(s) for s in np.cumprod([1, *value.shape[:0:-1]])[::-1]) if value.ndim else ()
            return _with_tensors(View(np.ravel(value), 0, value.shape, strides), storages, extra)
        case View(storage):
            found = [i for i, known in enumerate(storages) if known is storage]
            if not found:
                storages.append(storage)
            key = found[0] if found else len(storages) - 1
            kind = Global("torch", f"{KINDS[storage.dtype.name]}Storage")
            reference = Reference(("storage", kind, str(key), "cpu", storage.size, *extra))
            return _tensor(value, reference)
        case dict():
            return {key: _with_tensors(inner, storages, extra) for key, inner in value.items()}
        case list() | tuple():
            return type(value)(_with_tensors(inner, storages, extra) for inner in value)
        case Call():
            items = _with_tensors(value.items, storages, extra)
            return dataclasses.replace(value, items=items)
        case _:
            return value


def state_dict(tensors):
    """An ordered dictionary with the versions of modules."""
    return Call(ORDERED, state={"_metadata": Call(ORDERED, items={"": {"version": 1}})}, items=tensors)


def torch_zip(value, folder="archive", members=None, pickled=None):
    """The bytes of a file of PyTorch, of a value with arrays and views. `members` are added or replaced."""
    storages, file = [], io.BytesIO()
    pickled = dumps(_with_tensors(value, storages)) if pickled is None else pickled
    content = {f"{folder}/data.pkl": pickled, f"{folder}/byteorder": b"little"}
    content |= {f"{folder}/data/{i}": storage.tobytes() for i, storage in enumerate(storages)}
    content |= {f"{folder}/version": b"3\n", **(members or {})}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def torch_legacy(value, keys=None, little_endian=True):
    """The bytes of a file of PyTorch before 1.6. `keys`: the order of the storages."""
    storages = []
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": 1001, "little_endian": little_endian, "type_sizes": sizes}
    program = dumps(_with_tensors(value, storages, extra=(None,)))
    keys = [str(i) for i in range(len(storages))] if keys is None else keys
    data = b"".join(
        struct.pack("<q", storages[int(key)].size) + storages[int(key)].tobytes()
        for key in keys
        if int(key) < len(storages)
    )
    heads = b"".join(map(dumps, (0x1950A86A20F9469CFC6C, 1001, system)))
    return heads + program + dumps(keys) + data
