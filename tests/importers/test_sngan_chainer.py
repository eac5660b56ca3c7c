import io
import re

import numpy as np
import pytest
from reference.parity import assert_parity, channels_last, load

from keras_gans import importers
from keras_gans.importers import sngan, sngan_chainer
from keras_gans.importers.family import Checkpoint
from keras_gans.importers.readers import Network

GENERATOR = {place: name for name, place in sngan_chainer.GENERATOR.items()}
ENDINGS = {"weight": "W", "bias": "b", "weight_orig": "W", "weight_u": "u"}
NORM = {"weight": "gamma", "bias": "beta", "running_mean": "avg_mean", "running_var": "avg_var"}


def original(name):
    """The authors' name of a tensor; `None` where they have none."""
    part, _, rest = name.partition("/")
    layer, _, last = rest.rpartition(".")
    if last == "weight_v":
        return None
    if part == "G":
        if layer in ("linear", "output.2"):
            return f"{'l1' if layer == 'linear' else 'c5'}/{ENDINGS[last]}"
        if layer == "output.0":
            return f"b5/{NORM[last]}"
        number, place = re.fullmatch(r"blocks\.(\d+)\.(.+)", layer).groups()
        ending = (NORM if GENERATOR[place][0] == "b" else ENDINGS)[last]
        return f"block{int(number) + 2}/{GENERATOR[place]}/{ending}"
    if layer == "linear":
        return f"l5/{ENDINGS[last]}"
    number, kind, place = re.fullmatch(r"model\.(\d+)\.(\w+)\.(\d+)", layer).groups()
    convolution = "c_sc" if kind == "shortcut" else "c1" if place in ("0", "1") and place != "2" else "c2"
    return f"block{int(number) + 1}/{convolution}/{ENDINGS[last]}"


def originals(tensors):
    networks = {"G": {}, "D": {}}
    for name, array in tensors.items():
        if new := original(name):
            networks[name[0]][new] = array[None] if new.endswith("/u") else array
    return networks


def test_archives(tmp_path):
    _, tensors, arrays = load("sngan_32")
    networks = originals(tensors)
    networks["G"]["b5/N"] = np.array(100)
    paths = []
    for part, name in (("G", "ResNetGenerator_450000.npz"), ("D", "SNResNetProjectionDiscriminator.npz")):
        file = io.BytesIO()
        np.savez(file, **networks[part])
        paths.append(tmp_path / name)
        paths[-1].write_bytes(file.getvalue())
    imported = importers.load(*paths, **{"G.norm_epsilon": 1e-5})
    assert imported.family is sngan_chainer.FAMILY
    generator, discriminator = (imported.networks[role] for role in ("generator", "discriminator"))
    assert_parity(generator(arrays["inputs/z"]), channels_last(arrays["outputs/images"]))
    assert_parity(discriminator(channels_last(arrays["inputs/d_images"])), arrays["outputs/d_logits"])
    assert imported.unused == {"ResNetGenerator_450000/b5/N": "the number of batches in the statistics"}


def test_classes():
    """Tables of the norms, and the projection; the tensors of a snapshot stand behind names."""
    random = np.random.default_rng(0)
    _, tensors, _ = load("sngan_32")
    networks = originals(tensors)
    width = len(tensors["D/model.0.residual.0.weight_orig"])
    snapshot = {}
    for name, array in networks["G"].items():
        if re.fullmatch(r"block\d+/b\d/(gamma|beta)", name):
            name, array = f"{name}s/W", random.standard_normal((3, array.size)).astype("float32")
        snapshot[f"updater/model:main/gen/{name}"] = array
    table = random.standard_normal((3, width)).astype("float32")
    own = {**networks["D"], "l_y/W": table, "l_y/u": random.standard_normal((1, 3)).astype("float32")}
    snapshot |= {f"dis/{name}": array for name, array in own.items()}
    found = sngan_chainer.find(Checkpoint("numpy archive", {"snapshot": Network("", {}, snapshot)}))
    assert found.derived["G"]["n_classes"] == found.derived["D"]["n_classes"] == 3
    assert found.derived["G"]["norm_epsilon"] == 2e-5
    assert found.places["D"] == "snapshot/dis"
    built = sngan.networks_from_tensors(found.derived, found.tensors)
    layers = {layer.name: layer for layer in built["discriminator"].layers}
    u = own["l_y/u"][0]
    right = table.T @ u / np.linalg.norm(table.T @ u)
    expected = table / np.linalg.norm(table @ right)
    np.testing.assert_allclose(layers["embedding"].normalized("embeddings"), expected, rtol=1e-5)
    gains = {layer.name: layer for layer in built["generator"].layers}["8x8_norm0_gain"]
    np.testing.assert_array_equal(gains.embeddings, snapshot["updater/model:main/gen/block2/b1/gammas/W"])


def test_other_archives():
    assert sngan_chainer.find(Checkpoint("numpy archive", {"a": Network("", {}, {"w": np.ones(1)})})) is None
    assert sngan_chainer.find(Checkpoint("torch zip", {})) is None
    for role, name in (("G", "block2/c9/W"), ("D", "other/W")):
        with pytest.raises(ValueError, match=f"has no tensor '{name}'"):
            sngan_chainer.renamed(role, name, {})
