"""The network restated in NumPy, channels first, from the published description and the names of its file."""

import re

import checkpoint_files as files
import numpy as np
import pytest

from keras_gans.metrics import features, inception

FRACTION, SIZE = 16, 75
# The units of the published file, outputs x inputs and height x width.
UNITS = """
Conv2d_1a_3x3: 32x3 3x3
Conv2d_2a_3x3: 32x32 3x3
Conv2d_2b_3x3: 64x32 3x3
Conv2d_3b_1x1: 80x64 1x1
Conv2d_4a_3x3: 192x80 3x3
Mixed_5b: branch1x1 64x192 1x1, branch5x5_1 48x192 1x1, branch5x5_2 64x48 5x5, branch3x3dbl_1 64x192 1x1,
 branch3x3dbl_2 96x64 3x3, branch3x3dbl_3 96x96 3x3, branch_pool 32x192 1x1
Mixed_5c: branch1x1 64x256 1x1, branch5x5_1 48x256 1x1, branch5x5_2 64x48 5x5, branch3x3dbl_1 64x256 1x1,
 branch3x3dbl_2 96x64 3x3, branch3x3dbl_3 96x96 3x3, branch_pool 64x256 1x1
Mixed_5d: branch1x1 64x288 1x1, branch5x5_1 48x288 1x1, branch5x5_2 64x48 5x5, branch3x3dbl_1 64x288 1x1,
 branch3x3dbl_2 96x64 3x3, branch3x3dbl_3 96x96 3x3, branch_pool 64x288 1x1
Mixed_6a: branch3x3 384x288 3x3, branch3x3dbl_1 64x288 1x1, branch3x3dbl_2 96x64 3x3, branch3x3dbl_3 96x96 3x3
Mixed_6b: branch1x1 192x768 1x1, branch7x7_1 128x768 1x1, branch7x7_2 128x128 1x7, branch7x7_3 192x128 7x1,
 branch7x7dbl_1 128x768 1x1, branch7x7dbl_2 128x128 7x1, branch7x7dbl_3 128x128 1x7,
 branch7x7dbl_4 128x128 7x1, branch7x7dbl_5 192x128 1x7, branch_pool 192x768 1x1
Mixed_6c: branch1x1 192x768 1x1, branch7x7_1 160x768 1x1, branch7x7_2 160x160 1x7, branch7x7_3 192x160 7x1,
 branch7x7dbl_1 160x768 1x1, branch7x7dbl_2 160x160 7x1, branch7x7dbl_3 160x160 1x7,
 branch7x7dbl_4 160x160 7x1, branch7x7dbl_5 192x160 1x7, branch_pool 192x768 1x1
Mixed_6d: branch1x1 192x768 1x1, branch7x7_1 160x768 1x1, branch7x7_2 160x160 1x7, branch7x7_3 192x160 7x1,
 branch7x7dbl_1 160x768 1x1, branch7x7dbl_2 160x160 7x1, branch7x7dbl_3 160x160 1x7,
 branch7x7dbl_4 160x160 7x1, branch7x7dbl_5 192x160 1x7, branch_pool 192x768 1x1
Mixed_6e: branch1x1 192x768 1x1, branch7x7_1 192x768 1x1, branch7x7_2 192x192 1x7, branch7x7_3 192x192 7x1,
 branch7x7dbl_1 192x768 1x1, branch7x7dbl_2 192x192 7x1, branch7x7dbl_3 192x192 1x7,
 branch7x7dbl_4 192x192 7x1, branch7x7dbl_5 192x192 1x7, branch_pool 192x768 1x1
Mixed_7a: branch3x3_1 192x768 1x1, branch3x3_2 320x192 3x3, branch7x7x3_1 192x768 1x1,
 branch7x7x3_2 192x192 1x7, branch7x7x3_3 192x192 7x1, branch7x7x3_4 192x192 3x3
Mixed_7b: branch1x1 320x1280 1x1, branch3x3_1 384x1280 1x1, branch3x3_2a 384x384 1x3,
 branch3x3_2b 384x384 3x1, branch3x3dbl_1 448x1280 1x1, branch3x3dbl_2 384x448 3x3,
 branch3x3dbl_3a 384x384 1x3, branch3x3dbl_3b 384x384 3x1, branch_pool 192x1280 1x1
Mixed_7c: branch1x1 320x2048 1x1, branch3x3_1 384x2048 1x1, branch3x3_2a 384x384 1x3,
 branch3x3_2b 384x384 3x1, branch3x3dbl_1 448x2048 1x1, branch3x3dbl_2 384x448 3x3,
 branch3x3dbl_3a 384x384 1x3, branch3x3dbl_3b 384x384 3x1, branch_pool 192x2048 1x1
"""


def shapes(fraction):
    """Names and shapes of all tensors, with fewer channels."""
    found = {}
    for block, units in re.findall(r"(\w+): ((?:[^:]|\n )+)(?=\n\w|\n$)", UNITS):
        for unit in units.split(","):
            *branch, channels, kernel = unit.split()
            outputs, inputs = (int(number) for number in channels.split("x"))
            inputs = inputs if inputs == 3 else inputs // fraction
            name = ".".join([block, *branch])
            found[f"{name}.conv.weight"] = (outputs // fraction, inputs, *map(int, kernel.split("x")))
            for part in ("weight", "bias", "running_mean", "running_var"):
                found[f"{name}.bn.{part}"] = (outputs // fraction,)
            found[f"{name}.bn.num_batches_tracked"] = ()
    return {**found, "fc.weight": (1008 // fraction, 2048 // fraction), "fc.bias": (1008 // fraction,)}


def random_tensors(fraction):
    random = np.random.default_rng(0)
    tensors = {}
    for name, shape in shapes(fraction).items():
        if name.endswith("tracked"):
            tensors[name] = np.array(7, "int64")
        elif name.endswith("conv.weight"):
            scale = (2.0 / np.prod(shape[1:])) ** 0.5
            tensors[name] = (scale * random.standard_normal(shape)).astype("float32")
        elif name.endswith(("running_var", "bn.weight")):
            tensors[name] = random.uniform(0.5, 1.5, shape).astype("float32")
        else:
            tensors[name] = (0.1 * random.standard_normal(shape)).astype("float32")
    return tensors


def windows(x, height, width, stride):
    view = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    return view[:, :, ::stride, ::stride]


class Restated:
    """The network of the published file, its branches one by one."""

    def __init__(self, tensors):
        self.tensors = {name: array.astype("float64") for name, array in tensors.items()}

    def conv(self, x, name, stride=1, padding=(0, 0)):
        kernel = self.tensors[f"{name}.conv.weight"]
        rows, columns = padding
        x = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
        x = np.einsum("nchwyx,ocyx->nohw", windows(x, *kernel.shape[2:], stride), kernel, optimize=True)
        weight, bias, mean, variance = (
            self.tensors[f"{name}.bn.{part}"][:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return np.maximum((x - mean) / np.sqrt(variance + 0.001) * weight + bias, 0.0)

    def average(self, x):
        pad = ((0, 0), (0, 0), (1, 1), (1, 1))
        total = windows(np.pad(x, pad), 3, 3, 1).sum(axis=(-1, -2))
        return total / windows(np.pad(np.ones_like(x), pad), 3, 3, 1).sum(axis=(-1, -2))

    def largest(self, x, stride, padding=0):
        pad = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        return windows(np.pad(x, pad, constant_values=-np.inf), 3, 3, stride).max(axis=(-1, -2))

    def a(self, x, name):
        five = self.conv(self.conv(x, f"{name}.branch5x5_1"), f"{name}.branch5x5_2", 1, (2, 2))
        three = self.conv(self.conv(x, f"{name}.branch3x3dbl_1"), f"{name}.branch3x3dbl_2", 1, (1, 1))
        three = self.conv(three, f"{name}.branch3x3dbl_3", 1, (1, 1))
        pool = self.conv(self.average(x), f"{name}.branch_pool")
        return np.concatenate([self.conv(x, f"{name}.branch1x1"), five, three, pool], axis=1)

    def b(self, x, name):
        double = self.conv(self.conv(x, f"{name}.branch3x3dbl_1"), f"{name}.branch3x3dbl_2", 1, (1, 1))
        double = self.conv(double, f"{name}.branch3x3dbl_3", 2)
        return np.concatenate([self.conv(x, f"{name}.branch3x3", 2), double, self.largest(x, 2)], axis=1)

    def c(self, x, name):
        one = self.conv(self.conv(x, f"{name}.branch7x7_1"), f"{name}.branch7x7_2", 1, (0, 3))
        one = self.conv(one, f"{name}.branch7x7_3", 1, (3, 0))
        two = self.conv(x, f"{name}.branch7x7dbl_1")
        for number in (2, 3, 4, 5):
            two = self.conv(two, f"{name}.branch7x7dbl_{number}", 1, (0, 3) if number % 2 else (3, 0))
        pool = self.conv(self.average(x), f"{name}.branch_pool")
        return np.concatenate([self.conv(x, f"{name}.branch1x1"), one, two, pool], axis=1)

    def d(self, x, name):
        three = self.conv(self.conv(x, f"{name}.branch3x3_1"), f"{name}.branch3x3_2", 2)
        seven = self.conv(self.conv(x, f"{name}.branch7x7x3_1"), f"{name}.branch7x7x3_2", 1, (0, 3))
        seven = self.conv(self.conv(seven, f"{name}.branch7x7x3_3", 1, (3, 0)), f"{name}.branch7x7x3_4", 2)
        return np.concatenate([three, seven, self.largest(x, 2)], axis=1)

    def e(self, x, name, pool):
        one = self.conv(x, f"{name}.branch3x3_1")
        two = self.conv(self.conv(x, f"{name}.branch3x3dbl_1"), f"{name}.branch3x3dbl_2", 1, (1, 1))
        branches = [self.conv(x, f"{name}.branch1x1")]
        for inner, branch in ((one, "branch3x3_2"), (two, "branch3x3dbl_3")):
            branches.append(self.conv(inner, f"{name}.{branch}a", 1, (0, 1)))
            branches.append(self.conv(inner, f"{name}.{branch}b", 1, (1, 0)))
        return np.concatenate([*branches, self.conv(pool(x), f"{name}.branch_pool")], axis=1)

    def __call__(self, x):
        x = self.conv(self.conv(x, "Conv2d_1a_3x3", 2), "Conv2d_2a_3x3")
        x = self.largest(self.conv(x, "Conv2d_2b_3x3", 1, (1, 1)), 2)
        x = self.largest(self.conv(self.conv(x, "Conv2d_3b_1x1"), "Conv2d_4a_3x3"), 2)
        for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = self.a(x, name)
        x = self.b(x, "Mixed_6a")
        for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            x = self.c(x, name)
        x = self.e(self.d(x, "Mixed_7a"), "Mixed_7b", self.average)
        x = self.e(x, "Mixed_7c", lambda x: self.largest(x, 1, 1)).mean(axis=(2, 3))
        return {"features": x, "logits": x @ self.tensors["fc.weight"].T}


@pytest.fixture(scope="module")
def tensors():
    return random_tensors(FRACTION)


@pytest.fixture(scope="module")
def network(tensors):
    return inception.network(tensors, size=SIZE + 32, fraction=FRACTION)


def test_the_published_file_has_566_tensors():
    published = shapes(1)
    assert len(published) == 566
    assert published["Mixed_7c.branch3x3dbl_1.conv.weight"] == (448, 2048, 1, 1)
    trained = [shape for name, shape in published.items() if not re.search("running|tracked", name)]
    # Of Inception v3 with 1000 classes, without its auxiliary classifier, and 8 classes more.
    assert sum(int(np.prod(shape)) for shape in trained) == 23_834_568 + 8 * 2049


def test_features_and_logits(tensors, network):
    """Where the last maps are 2 pixels wide, so that pools see their edges."""
    images = np.random.default_rng(1).uniform(-1.0, 1.0, (2, SIZE + 32, SIZE + 32, 3)).astype("float32")
    expected = Restated(tensors)(images.transpose(0, 3, 1, 2))
    outputs = network(images)
    for name, values in expected.items():
        assert np.std(values) > 0.05
        np.testing.assert_allclose(outputs[name], values, rtol=0, atol=1e-4 * max(1.0, np.std(values)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("Conv2d_2a_3x3.conv.weight"), "no tensor Conv2d_2a_3x3.conv.weight"),
        (lambda tensors: tensors.update(extra=np.zeros(1)), "no place for the tensors.*extra"),
        (
            lambda tensors: tensors.update({"Conv2d_1a_3x3.bn.bias": np.zeros(3)}),
            r"Conv2d_1a_3x3.bn.bias must have the shape \(2,\)",
        ),
    ],
)
def test_every_tensor_has_its_place(tensors, change, message, monkeypatch):
    changed = dict(tensors)
    change(changed)
    monkeypatch.setattr(inception, "with_weights", lambda layer, x, weights: layer(x))
    with pytest.raises(ValueError, match=message):
        inception.network(changed, size=SIZE, fraction=FRACTION)


def test_a_file_of_pytorch(tensors, network, tmp_path, monkeypatch):
    """Older files have no counters. Only the published file's content has the published name."""
    old = {name: array for name, array in tensors.items() if not name.endswith("tracked")}
    path = tmp_path / "weights.pth"
    path.write_bytes(files.torch_legacy(files.state_dict(old)))
    given = []
    monkeypatch.setattr(inception, "network", lambda tensors: given.append(tensors) or network)
    extractor = features.get_extractor(f"inception-2015:{path}")
    assert sorted(given[0]) == sorted(old)
    assert extractor.name.startswith("inception-2015@") and extractor.num_classes == 1008
    monkeypatch.setattr(features, "INCEPTION_PTH", extractor.name.partition("@")[2])
    published = features.get_extractor(f"inception-2015:{path}")
    assert published.name == "inception-2015" and published.size == 299


@pytest.mark.full
def test_full_size(tmp_path):
    """Of a file, at the sizes of the published network."""
    path = tmp_path / "weights.pth"
    path.write_bytes(files.torch_zip(files.state_dict(random_tensors(1))))
    extractor = features.get_extractor(f"inception-2015:{path}")
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype="uint8")
    outputs = extractor.outputs(image)
    assert outputs["features"].shape == (1, 2048) and outputs["logits"].shape == (1, 1008)
