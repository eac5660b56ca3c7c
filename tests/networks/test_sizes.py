import types

import pytest

from keras_gans import networks
from keras_gans.networks.sizes import check_sizes, feature_widths, resolutions


def test_resolutions():
    assert resolutions(8) == [4, 8]
    assert resolutions(64) == [4, 8, 16, 32, 64]


POWERS_OF_TWO = [
    getattr(networks, f"{family}{player}")
    for family in ("DCGAN", "WGANGP", "SNGAN", "SAGAN", "ProGAN", "StyleGAN")
    for player in ("Generator", "Discriminator")
]


@pytest.mark.parametrize("resolution", [0, 4, 12, 28, 36, 48, 100, 2048, -8, 8.5])
def test_other_resolutions_are_refused(resolution):
    """By the rule, and by all networks that follow it."""
    for follow in (resolutions, *POWERS_OF_TWO, networks.WGANGPCIFARDiscriminator):
        with pytest.raises(ValueError, match=f"power of two from 8 to 1024. Received: {resolution}"):
            follow(resolution=resolution)


def test_widths_halve_where_the_resolution_doubles():
    assert feature_widths(32, 64, 9) == {4: 9, 8: 8, 16: 4, 32: 2}
    assert list(feature_widths(8, 8, 1).values()) == [1, 1]
    with pytest.raises(ValueError, match=r"`channel_base` must be at least 32, .*Received: 31"):
        feature_widths(32, 31, 9)


def test_the_first_size_below_1_is_named():
    network = types.SimpleNamespace(arguments={"width": 1, "depth": 0, "height": -1})
    check_sizes(network, "width")
    with pytest.raises(ValueError, match=r"`depth` must be at least 1. Received: 0"):
        check_sizes(network, "width", "depth", "height")
