import numpy as np
import pytest

from keras_gans import networks

SHAPE = {"resolution": 8, "channel_base": 64, "channel_max": 8}


def frozen(network):
    return [layer.name for layer in network.layers if layer.weights and not layer.trainable]


@pytest.mark.parametrize("num_classes", [0, 3])
def test_convolutions_freeze_from_the_image_on(num_classes):
    network = networks.StyleGAN2PlainDiscriminator(num_classes=num_classes, **SHAPE)
    before = len(network.trainable_variables)
    networks.freeze(network, 2)
    assert frozen(network) == ["8x8_from_rgb", "8x8_conv0"]
    assert len(network.trainable_variables) == before - 4  # kernels and biases
    networks.freeze(network, 4)
    assert frozen(network) == ["8x8_from_rgb", "8x8_conv0", "8x8_conv1", "4x4_conv"]


def test_none_and_too_many():
    network = networks.SNGANDiscriminator(resolution=8, width=4)
    networks.freeze(network, 0)
    assert not frozen(network)
    count = sum(np.ndim(layer.weights[0]) == 4 for layer in network.layers if layer.weights)
    with pytest.raises(ValueError, match=f"has {count} convolutions to freeze. Received: {count + 1}"):
        networks.freeze(network, count + 1)
