import json
import re

import pytest

from keras_gans import networks
from keras_gans.networks.sizes import check_power_of_two
from keras_gans.resolution import at_level, base_map, is_same_shape, level_of, levels, pair, plain, read, text


def test_a_square_is_an_int():
    assert plain((48, 48)) == plain([48, 48]) == plain(48) == 48
    assert plain([96, 64]) == (96, 64) and pair(7) == (7, 7)
    with pytest.raises(ValueError, match=r"a number or \(height, width\). Received: \(1, 2, 3\)"):
        pair((1, 2, 3))


def test_texts_read_back():
    for resolution, written in ((64, "64"), ((96, 64), "96x64")):
        assert text(resolution) == written and read(written) == resolution
    assert read("64x64") == 64
    for written in ("", "x", "64x", "0", "1x2x3", "-8", "64,32"):
        with pytest.raises(ValueError, match=r"a size is 64, or height x width such as 96x64\. Received"):
            read(written)


@pytest.mark.parametrize(
    "resolution, base, sizes",
    [
        (8, (4, 4), [4, 8]),
        (64, (4, 4), [4, 8, 16, 32, 64]),
        (48, (6, 6), [4, 8, 16, 32]),
        (28, (7, 7), [4, 8, 16]),
        ((96, 64), (6, 4), [4, 8, 16, 32, 64]),
        ((48, 32), (6, 4), [4, 8, 16, 32]),
        ((32, 256), (4, 32), [4, 8, 16, 32]),
        ((18, 16), (9, 8), [4, 8]),
    ],
)
def test_levels_double_the_base_map(resolution, base, sizes):
    assert base_map(resolution) == base and levels(resolution) == sizes
    maps = [at_level(resolution, size) for size in sizes]
    assert pair(maps[0]) == base and maps[-1] == resolution
    assert [level_of(one) for one in maps] == sizes
    assert all(is_same_shape(one, resolution) for one in maps)


FOLLOWING = [
    getattr(networks, f"{family}{player}")
    for family in ("DCGAN", "SNGAN", "SAGAN", "ProGAN", "StyleGAN", "StyleGAN2")
    for player in ("Generator", "Discriminator")
]
OF_POWERS = [
    *(networks.WGANGPGenerator, networks.WGANGPDiscriminator, networks.WGANGPCIFARDiscriminator),
    check_power_of_two,
]


@pytest.mark.parametrize("resolution", [0, 4, 9, 36, 100, 2048, -8, 8.5, (98, 40), (100, 50), (47, 32)])
def test_other_sizes_are_refused_with_the_nearest(resolution):
    """By the rule, and by all networks that follow it."""
    for follow in (levels, *FOLLOWING):
        with pytest.raises(ValueError, match=r"power of two from 8 to 1024, or.*The nearest is") as error:
            follow(resolution=resolution)
        assert levels(read(re.search(r"nearest is (\S+)\. Received: ", str(error.value))[1]))


def test_the_nearest_size_is_one_that_networks_have():
    for resolution in [*range(1, 200, 7), *((side, 3 * side + 5) for side in range(1, 3000, 97))]:
        try:
            levels(resolution)
        except ValueError as error:
            levels(read(re.search(r"nearest is (\S+)\. ", str(error))[1]))


@pytest.mark.parametrize("resolution, nearest", [((50, 30), "48x32"), (47, "48"), (100, "96"), (70, "64")])
def test_the_nearest_size_is_near(resolution, nearest):
    with pytest.raises(ValueError, match=rf"The nearest is {nearest}\."):
        levels(resolution)


@pytest.mark.parametrize("resolution", [0, 4, 12, 28, 48, 2048, (96, 64)])
def test_networks_of_powers_of_two_alone(resolution):
    for follow in OF_POWERS:
        with pytest.raises(ValueError, match=r"power of two from 8 to 1024\. Received: "):
            follow(resolution=resolution)


NETWORKS = {
    "DCGAN": {"width": 2},
    "GAN": {"channels": 3},
    "SNGAN": {"width": 4},
    "SNGANCNN": {"width": 2},
    "SAGAN": {"width": 8, "attention_resolution": 8},
    "ProGAN": {"channel_base": 32, "channel_max": 8},
    "StyleGAN": {"channel_base": 32, "channel_max": 8},
    "StyleGAN2": {"channel_base": 64, "channel_max": 8},
    "BigGAN": {"width": 2, "num_classes": 3, "attention_resolutions": []},
}


@pytest.mark.parametrize("family", NETWORKS)
def test_networks_of_other_sizes_are_those_of_their_level(family):
    """The same layers and names as at 16 px, on maps of 24x16: only what sees the base map is larger."""
    for player, extra in (("Generator", {"latent_dim": 6}), ("Discriminator", {})):
        kind = getattr(networks, f"{family}{player}")
        if family == "BigGAN" and extra:
            extra = {**extra, "shared_dim": 3, "statistics_rows": 2}
        square = kind(resolution=16, **NETWORKS[family], **extra)
        network = kind(resolution=(24, 16), **NETWORKS[family], **extra)
        assert _names(network) == _names(square)
        images = network.output if extra else network.inputs[0]
        assert images.shape == (None, 24, 16, 3)
        changed = [
            v.path
            for v, other in zip(network.trainable_variables, square.trainable_variables, strict=True)
            if v.shape != other.shape
        ]
        most = 3 if family == "GAN" else 2
        assert len(changed) <= most, changed
        read_back = kind.from_config(json.loads(json.dumps(network.get_config())))
        assert read_back.inputs[0].shape == network.inputs[0].shape


def _names(network):
    return [variable.path for variable in network.trainable_variables]


def test_growing_networks_pass_through_rectangles():
    for kind in (networks.ProGANDiscriminator, networks.StyleGANDiscriminator):
        network = kind(resolution=(24, 16), channel_base=32, channel_max=4)
        if kind is networks.ProGANDiscriminator:
            assert network.resolutions == ((6, 4), (12, 8), (24, 16))
        assert network.at([12, 8]).inputs[0].shape == (None, 12, 8, 3)
        with pytest.raises(ValueError, match=r"has the resolutions .*Received: 12"):
            network.at(12)


def test_attention_of_a_u_net_is_named_by_level():
    def attended(resolution, attention_resolutions):
        network = networks.UNet(
            resolution=resolution,
            width=8,
            num_groups=4,
            channel_multipliers=(1, 1, 1),
            blocks_per_level=1,
            attention_resolutions=attention_resolutions,
        )
        assert network.output.shape[1:3] == pair(resolution)
        inputs = [
            layer.input.shape[1:3] for layer in network.layers if layer.name.endswith("down0_attention")
        ]
        return inputs

    assert attended(48, [24]) == [(24, 24)]
    assert attended(48, [8]) == [(12, 12)]
    assert attended((48, 32), [8]) == [(12, 8)]
    with pytest.raises(ValueError, match=r"\(48, 24, 12\), or as levels \(32, 16, 8\). Received: \(7,\)"):
        attended(48, [7])
    with pytest.raises(ValueError, match=r"levels, \(32, 16, 8\). Received: \(24,\)"):
        attended((48, 32), [24])
