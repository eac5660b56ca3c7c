"""Files of PyTorch of both kinds: values, views, and what is refused."""

import ml_dtypes
import numpy as np
import pytest
from checkpoint_files import (
    KINDS,
    ORDERED,
    Call,
    Global,
    Reference,
    View,
    dumps,
    legacy_stream,
    module,
    numpy_array,
    state_dict,
    torch_legacy,
    torch_zip,
)

from keras_gans.importers.readers import Unreadable, read

WRITERS = pytest.mark.parametrize("kind, write", [("torch zip", torch_zip), ("torch legacy", torch_legacy)])
ROW = np.arange(24, dtype="float32")
FLOAT = Global("torch", "FloatStorage")


@WRITERS
def test_views(file, kind, write):
    tensors = {
        "whole": ROW.reshape(2, 3, 4),
        "transposed": View(ROW, 0, (4, 6), (1, 4)),
        "channels last": View(ROW, 0, (2, 3, 2, 2), (12, 1, 6, 3)),
        "column": View(ROW, 2, (6,), (4,)),
        "tail": View(ROW, 20, (4,), (1,)),
        "expanded": View(ROW, 23, (3, 2), (0, 0)),
        "scalar": View(ROW, 5, (), ()),
        "empty": View(ROW, 0, (0, 3), (3, 1)),
    }
    path = file(write(state_dict(tensors)))
    file_read = read(path)
    assert (file_read.path, file_read.kind) == (path, kind)
    found = file_read.content
    np.testing.assert_array_equal(found["whole"], ROW.reshape(2, 3, 4))
    np.testing.assert_array_equal(found["transposed"], ROW.reshape(6, 4).T)
    np.testing.assert_array_equal(found["channels last"], ROW.reshape(2, 2, 2, 3).transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(found["column"], ROW.reshape(6, 4)[:, 2])
    np.testing.assert_array_equal(found["tail"], ROW[20:])
    np.testing.assert_array_equal(found["expanded"], np.full((3, 2), 23))
    assert found["scalar"].shape == () and found["scalar"] == 5
    assert found["empty"].shape == (0, 3)
    assert {array.dtype.name for array in found.values()} == {"float32"}
    assert not any(array.flags.writeable or array.flags.owndata for array in found.values())


@WRITERS
def test_types(file, kind, write):
    arrays = {name: np.arange(3).astype(np.dtype(name)) for name in KINDS if name != "bfloat16"}
    arrays["bfloat16"] = np.arange(3).astype(ml_dtypes.bfloat16)
    found = read(file(write(arrays))).content
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_types_without_a_class_of_storages(file):
    storages = {}

    def tensor(dtype, name):
        array = np.arange(4).astype(dtype)
        key = str(len(storages))
        storages[f"archive/data/{key}"] = array.tobytes()
        kind = Global("torch.storage", "UntypedStorage")
        storage = Reference(("storage", kind, key, "cuda:0", array.nbytes))
        arguments = (storage, 1, (3,), (1,), False, Call(ORDERED), Global("torch", name))
        return Call(Global("torch._utils", "_rebuild_tensor_v3"), arguments)

    kinds = {name: getattr(ml_dtypes, name) for name in ("float8_e4m3fn", "float8_e5m2")}
    kinds |= {name: np.dtype(name) for name in ("uint16", "uint32", "uint64")}
    pickled = dumps({name: tensor(dtype, name) for name, dtype in kinds.items()})
    found = read(file(torch_zip({}, members=storages, pickled=pickled))).content
    for name, dtype in kinds.items():
        assert found[name].dtype == dtype and found[name].astype("float32").tolist() == [1, 2, 3]


@WRITERS
def test_a_training_state(file, kind, write):
    parameter = Call(Global("torch._utils", "_rebuild_parameter"), (ROW, True, Call(ORDERED)))
    value = {
        "epoch": 3,
        "g_ema": state_dict({"module.weight": ROW}),
        "optimizer": {"state": {0: {"step": np.array(4), "exp_avg": ROW}}, "param_groups": [{"lr": 0.1}]},
        "size": Call(Global("torch", "Size"), ((2, 3),)),
        "args": Call(Global("argparse", "Namespace"), state={"size": 8}, new=True),
        "parameter": parameter,
        "loss": numpy_array(np.arange(2)),
    }
    found = read(file(write(value))).content
    np.testing.assert_array_equal(found["g_ema"]["module.weight"], ROW)
    np.testing.assert_array_equal(found["optimizer"]["state"][0]["exp_avg"], ROW)
    np.testing.assert_array_equal(found["parameter"], ROW)
    assert found["optimizer"]["state"][0]["step"] == 4
    assert (found["size"], found["args"], found["epoch"]) == ((2, 3), {"size": 8}, 3)


def test_the_folder_within_has_any_name(file):
    found = read(file(torch_zip({"a": ROW}, folder="latest_net_G"))).content
    np.testing.assert_array_equal(found["a"], ROW)


def test_storages_come_in_any_order(file):
    found = read(file(torch_legacy({"a": ROW, "b": ROW[:2] + 1}, keys=["1", "0"]))).content
    np.testing.assert_array_equal(found["a"], ROW)
    np.testing.assert_array_equal(found["b"], [1, 2])


def old_tensor(view, size=(2,)):
    """A tensor of PyTorch 0.3, whose storage may be a part of another."""
    storage = Reference(("storage", FLOAT, "0", "cpu", 24, view))
    return Call(Global("torch._utils", "_rebuild_tensor"), (storage, 1, size, (1,)))


def test_parts_of_storages(file):
    root = {"part": old_tensor(("9", 4, 3)), "whole": old_tensor(None)}
    found = read(file(legacy_stream(root, ["0"], [ROW]))).content
    assert (found["part"].tolist(), found["whole"].tolist()) == ([5, 6], [1, 2])
    for view, size in ((("9", 4, 3), (3,)), (("9", 22, 3), (2,)), (("9", -1, 3), (2,)), (3, (2,))):
        with pytest.raises(Unreadable, match=r"reaches out of it|needs 4 elements; its storage has 3"):
            read(file(legacy_stream(old_tensor(view, size), ["0"], [ROW])))


def tensor(function="_rebuild_tensor_v2", kind=FLOAT, key="0", count=24, rest=(0, (2,), (1,), False, ())):
    storage = Reference(("storage", kind, key, "cpu", count))
    return Call(Global("torch._utils", function), (storage, *rest))


REFUSED = {
    "its storage has 24": tensor(rest=(0, (2, 5), (20, 1), False, ())),
    "has size .* and offset -1": tensor(rest=(-1, (2,), (1,), False, ())),
    "stride .-1,. and": tensor(rest=(5, (2,), (-1,), False, ())),
    "stride .1, 1. and": tensor(rest=(0, (2,), (1, 1), False, ())),
    "stride .True,. and": tensor(rest=(0, (2,), (True,), False, ())),
    "which no array can have": tensor(rest=(0, (1,) * 40, (1,) * 40, False, ())),
    "more than the whole file": tensor(rest=(0, (2**20, 2**20), (0, 0), False, ())),
    "conjugate or negative view": tensor(rest=(0, (2,), (1,), False, (), {"conj": True})),
    "has hooks": tensor(rest=(0, (2,), (1,), False, {1: 2})),
    "a type that is unknown": tensor("_rebuild_tensor_v3", rest=(0, (2,), (1,), False, (), "f4")),
    "arguments do not fit": tensor(rest=()),
    "a tensor has no storage": Call(Global("torch._utils", "_rebuild_tensor_v2"), (None, 0, (), ())),
    "a parameter is no tensor": Call(Global("torch._utils", "_rebuild_parameter"), (3, True, ())),
    "no storage '7'": tensor(key="7"),
    "storage '0' has 96 bytes; 25 elements need 100": tensor(count=25),
    "storage '0' has 96 bytes; 24 elements need 192": tensor(kind=Global("torch", "DoubleStorage")),
    "storage '../0' is damaged|no storage '../0'": tensor(key="../0"),
    "description of storage": tensor(key=0),
    "description of storage '0'": tensor(count=-1),
    "`torch._utils._rebuild_qtensor`": tensor("_rebuild_qtensor"),
    "`torch.QInt8Storage`": tensor(kind=Global("torch", "QInt8Storage")),
    "whole modules": Reference(("module", Global("torch", "FloatStorage"), "file.py", "source")),
    "no storage of numbers": Reference(("other", 1)),
    "kind `Storage` as a value": Reference(("storage", FLOAT, "0", "cpu", 24)),
    "a size is no tuple": Call(Global("torch", "Size"), ("text",)),
    "`torch.storage._load_from_bytes`": Call(Global("torch.storage", "_load_from_bytes"), (b"",)),
}


@pytest.mark.parametrize("message", REFUSED)
def test_tensors_that_are_refused(file, tmp_path, message):
    members = {"archive/data/0": ROW.tobytes()}
    path = file(torch_zip({}, members=members, pickled=dumps({"a": REFUSED[message]})))
    with pytest.raises(Unreadable, match=message):
        read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "members, message",
    [
        ({"archive/byteorder": b"big"}, "in the order b'big'. Allowed is 'little'"),
        ({"archive/constants.pkl": b""}, "TorchScript"),
        ({"other/data.pkl": b""}, "2 members '<folder>/data.pkl'"),
        ({"archive/data.pkl": dumps({}) + b"x"}, "bytes behind the pickle"),
        ({"/absolute": b""}, "a member named '/absolute'"),
        ({"archive/../../up": b""}, "a member named"),
    ],
)
def test_archives_that_are_refused(file, members, message):
    with pytest.raises(Unreadable, match=message):
        read(file(torch_zip({"a": ROW}, members=members)))


def test_one_storage_described_in_two_ways(file):
    pair = [tensor(), tensor(count=12)]
    with pytest.raises(Unreadable, match="12 elements need 48"):
        read(file(torch_zip({}, members={"archive/data/0": ROW.tobytes()}, pickled=dumps(pair))))
    pair = [old_tensor(None), tensor(count=12)]
    with pytest.raises(Unreadable, match="describes storage '0' in two ways"):
        read(file(legacy_stream(pair, ["0"], [ROW])))


@pytest.mark.parametrize(
    "root, keys, storages, system, message",
    [
        ({"a": 1}, ["0"], [ROW], {}, "list of storages differs"),
        (old_tensor(None), [], [], {}, "list of storages differs"),
        (old_tensor(None), ["0", "0"], [ROW, ROW], {}, "list of storages differs"),
        (old_tensor(None), [0], [ROW], {}, "list of storages is damaged"),
        (old_tensor(None), ["0"], [ROW[:4]], {}, "ends within storage '0'"),
        (old_tensor(None), ["0"], [ROW[:20], ROW[:20]], {}, "has another length than"),
        (old_tensor(None), ["0"], [ROW, ROW], {}, "104 bytes behind the last storage"),
        (old_tensor(None), ["0"], [ROW], {"little_endian": False}, "not little-endian"),
    ],
)
def test_streams_that_are_refused(file, root, keys, storages, system, message):
    with pytest.raises(Unreadable, match=message):
        read(file(legacy_stream(root, keys, storages, **system)))


@pytest.mark.parametrize("place", range(1, 5))
def test_names_in_every_pickle_of_a_stream(file, place):
    heads = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {}, []]
    heads[place] = [Call(Global("os", "getcwd"))]
    with pytest.raises(Unreadable, match=r"`os\.getcwd`"):
        read(file(b"".join(map(dumps, heads))))


def test_another_version_of_the_stream(file):
    with pytest.raises(Unreadable, match=r"of version 1000 of this format. Allowed is 1001"):
        read(file(dumps(0x1950A86A20F9469CFC6C) + dumps(1000) + dumps({"little_endian": True})))


@WRITERS
def test_truncations(file, kind, write):
    data = write({"a": ROW[:2], "b": ROW[:1]})
    for end in (*range(1, len(data), 29), *range(len(data) - 20, len(data), 4)):
        with pytest.raises(Unreadable):
            read(file(data[:end]))


def test_streams_within_streams(file):
    """A stream within a pickle of NVIDIA holds one storage and nothing that could hold another stream."""
    inner = Call(
        Global("torch.storage", "_load_from_bytes"), (legacy_stream(old_tensor(None), ["0"], [ROW]),)
    )
    with pytest.raises(Unreadable, match=r"`torch._utils._rebuild_tensor`"):
        read(file(dumps(module("Generator", {}, _buffers={"a": inner}), 4)))
    nested = Call(inner.function, (legacy_stream(inner, [], []),))
    with pytest.raises(Unreadable, match=r"`torch.storage._load_from_bytes`"):
        read(file(dumps(module("Generator", {}, _buffers={"a": nested}), 4)))
    number = Call(inner.function, (legacy_stream(3, [], []),))
    with pytest.raises(Unreadable, match="a storage within it is something else"):
        read(file(dumps(module("Generator", {}, _buffers={"a": number}), 4)))
