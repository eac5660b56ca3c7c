import keras
import numpy as np
import pytest

from harness import assert_close, random_inputs
from keras_gans.networks import (
    ProGANGenerator,
    SAGANDiscriminator,
    SAGANGenerator,
    SNGANCNNDiscriminator,
    SNGANDiscriminator,
    SNGANGenerator,
    folded,
)

LABELS = np.array([0, 2, 1], "int32")
SMALL = {"resolution": 8, "num_classes": 3}
NETWORKS = {
    SAGANGenerator: {"latent_dim": 5, "width": 8, "attention_resolution": 8},
    SAGANDiscriminator: {"width": 8, "attention_resolution": 4},
    SNGANDiscriminator: {"width": 2},
    SNGANCNNDiscriminator: {"width": 2},
}


@pytest.mark.parametrize("network_class", NETWORKS)
def test_same_outputs_without_spectral_norm(network_class):
    network = network_class(**SMALL, **NETWORKS[network_class], name="net")
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(weight + 0.1 * random.standard_normal(weight.shape))
    inputs = [random_inputs([(3, *network.inputs[0].shape[1:])]), LABELS]
    for _ in range(3):  # vectors and statistics on the way
        network(inputs, training=True)
    plain = folded(network)
    assert type(plain) is network_class
    assert plain.get_config() == {**network.get_config(), "spectral_norm": False}
    before = network.get_weights()
    assert_close(plain(inputs), network(inputs))
    assert not [w for w in plain.weights if w.name.split("_")[-1] == "u"]
    # A step in training moves no kernel any more: there is nothing left to divide by.
    kernels = {w.path: w.numpy() for w in plain.trainable_weights}
    plain(inputs, training=True)
    for weight in plain.trainable_weights:
        np.testing.assert_array_equal(weight, kernels[weight.path])
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    # The same again, of the same kernels and not divided twice.
    assert folded(plain) is plain


def test_kernels_are_divided():
    network = SNGANDiscriminator(resolution=8, width=4)
    plain = folded(network)
    layer, other = (net.get_layer("block1_conv0") for net in (network, plain))
    matrix = layer.kernel.numpy().reshape(-1, 4).T.astype("float64")
    u = layer.u.numpy()
    v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
    assert_close(other.kernel, layer.kernel.numpy() / (u @ matrix @ v))
    assert_close(other.bias, layer.bias)


def test_a_policy_is_kept():
    network = SNGANDiscriminator(resolution=8, width=4, dtype="mixed_bfloat16")
    assert folded(network).get_config()["dtype"] == "mixed_bfloat16"


@pytest.mark.parametrize(
    "network",
    [
        lambda: SNGANGenerator(resolution=8, width=2),
        lambda: SNGANDiscriminator(resolution=8, width=2, spectral_norm=False),
        lambda: ProGANGenerator(resolution=8, channel_base=8),
        lambda: keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)]),
    ],
)
def test_networks_without_spectral_norm_are_returned(network):
    network = network()
    assert folded(network) is network
