import pytest
from network_check import without_weights

from keras_gans import networks
from keras_gans.networks.image_discriminator import ImageDiscriminator

EVERY = {
    cls
    for cls in (getattr(networks, name) for name in networks.__all__)
    if isinstance(cls, type) and issubclass(cls, ImageDiscriminator)
} - {ImageDiscriminator}


@pytest.mark.parametrize("num_classes", [0, 3])
@pytest.mark.parametrize("cls", sorted(EVERY, key=lambda cls: cls.__name__), ids=lambda cls: cls.__name__)
def test_images_and_labels_in_and_one_logit_out(cls, num_classes):
    """As the base promises, whatever the network."""
    options = {"attention_resolution": 8} if cls is networks.SAGANDiscriminator else {}
    with without_weights():
        network = cls(resolution=16, num_classes=num_classes, **options)
    shapes = [tuple(one.shape) for one in network.inputs]
    assert shapes == [(None, 16, 16, network.channels), (None,)][: 1 + bool(num_classes)]
    assert network.output_shape == (None, 1)
    assert network.output.dtype == "float32"
