"""Writes files of weights as their programs do, from arrays, without those programs."""

import dataclasses
import io
import json
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
            arguments = _with_tensors(value.arguments, storages, extra)
            return dataclasses.replace(value, items=items, arguments=arguments)
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


def torch_legacy(value, keys=None, **system):
    """The bytes of a file of PyTorch before 1.6. `keys`: the order of the storages."""
    storages = []
    root = _with_tensors(value, storages, extra=(None,))
    keys = [str(i) for i in range(len(storages))] if keys is None else keys
    return legacy_stream(root, keys, [storages[int(key)] for key in keys], **system)


def legacy_stream(root, keys, storages, **system):
    """The bytes of such a file, of a root with references and the storages in the order of the keys."""
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": sizes} | system
    data = b"".join(struct.pack("<q", storage.size) + storage.tobytes() for storage in storages)
    return b"".join(map(dumps, (0x1950A86A20F9469CFC6C, 1001, system, root, keys))) + data


def module(class_name, tensors, kwargs=None, source="# the code of the network", **state):
    """A module of PyTorch as NVIDIA's code pickles it. Names of tensors lead through the modules by dots."""
    parameters = {name: array for name, array in tensors.items() if "." not in name}
    inner = dict.fromkeys(name.partition(".")[0] for name in tensors if "." in name)
    within = {
        child: module(
            "Layer", {n[len(child) + 1 :]: a for n, a in tensors.items() if n.startswith(f"{child}.")}
        )
        for child in inner
    }
    attributes = {
        "training": False,
        "_parameters": {name: _nvidia_parameter(array) for name, array in parameters.items()}
        | {"gone": None},
        "_buffers": {},
        "_non_persistent_buffers_set": Call(Global("builtins", "set"), ([],)),
        "_modules": within,
        "_init_args": (),
        "_init_kwargs": easy(kwargs or {}),
        "gain": Call(Global("numpy.core.multiarray", "scalar"), (_numpy_type(np.dtype("f8")), b"\0" * 8)),
    }
    meta = {"type": "class", "version": 6, "module_src": source, "class_name": class_name}
    return Call(
        Global("torch_utils.persistence", "_reconstruct_persistent_obj"),
        ({**meta, "state": {**attributes, **state}},),
    )


def easy(value):
    """Dictionaries as NVIDIA's class of dictionaries, at every level."""
    if not isinstance(value, dict):
        return value
    items = {key: easy(inner) for key, inner in value.items()}
    return Call(Global("dnnlib.util", "EasyDict"), items=items, new=True)


def _nvidia_parameter(array):
    storages = []
    view = _with_tensors(array, storages)
    kind = Global("torch", f"{KINDS[array.dtype.name]}Storage")
    reference = Reference(("storage", kind, "94", "cpu", array.size, None))
    storage = Call(Global("torch.storage", "_load_from_bytes"), (legacy_stream(reference, ["94"], storages),))
    tensor = dataclasses.replace(view, arguments=(storage, *view.arguments[1:]))
    return Call(Global("torch._utils", "_rebuild_parameter"), (tensor, True, Call(ORDERED)))


def _numpy_type(dtype):
    order = "|" if dtype.itemsize == 1 else "<"
    state = (3, order, None, None, None, -1, -1, 0)
    return Call(Global("numpy", "dtype"), (dtype.str[1:], False, True), state)


def numpy_array(array, module="numpy.core.multiarray"):
    """An array as NumPy pickles it."""
    shell = (Global("numpy", "ndarray"), (0,), b"b")
    state = (1, array.shape, _numpy_type(array.dtype), False, array.tobytes())
    return Call(Global(module, "_reconstruct"), shell, state)


def stored_network(name, variables, kwargs=None, components=None, kind=("dnnlib.tflib.network", "Network")):
    """A network of TensorFlow 1 as NVIDIA's code pickles it."""
    state = {
        "version": 4,
        "name": name,
        "static_kwargs": easy(kwargs or {}),
        "build_module_src": "# the code of the network",
        "build_func_name": f"{name}_build",
        "variables": [(key, numpy_array(array)) for key, array in variables.items()],
        "components": components or {},
    }
    return Call(Global(*kind), state=state, new=True)


def stored_generator(name, variables, kwargs=None):
    """A generator of TensorFlow 1 whose components have the variables behind "G_mapping/", "G_synthesis/"."""
    components, own = {}, {}
    for key, array in variables.items():
        component, _, rest = key.partition("/")
        if component.startswith("G_"):
            components.setdefault(component, {})[rest] = array
        else:
            own[key] = array
    components = {key: stored_network(key, arrays) for key, arrays in components.items()}
    return stored_network(name, own, kwargs, components)


def safetensors(tensors, **changes):
    """The bytes of a safetensors file. `changes` replace entries of the header, or remove them with None."""
    header, position = {"__metadata__": {"format": "pt"}}, 0
    names = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "bool": "BOOL"}
    for name, array in tensors.items():
        offsets = [position, position + array.nbytes]
        kind = names[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        position += array.nbytes
    header = {name: entry for name, entry in (header | changes).items() if entry is not None}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in tensors.values())


def write_files(folder, files):
    """Writes files of bytes, or of JSON given as dictionaries, by their names below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(content).encode() if isinstance(content, dict) else content
        (folder / name).write_bytes(data)
    return folder
