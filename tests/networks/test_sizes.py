import types

import pytest

from keras_gans.networks.sizes import check_sizes, feature_widths


def test_widths_halve_where_the_resolution_doubles():
    assert feature_widths(32, 64, 9) == {4: 9, 8: 8, 16: 4, 32: 2}
    assert feature_widths((48, 32), 64, 9) == feature_widths(32, 64, 9)
    assert list(feature_widths(8, 8, 1).values()) == [1, 1]
    with pytest.raises(ValueError, match=r"`channel_base` must be at least 32, .*Received: 31"):
        feature_widths(32, 31, 9)


def test_the_first_size_below_1_is_named():
    network = types.SimpleNamespace(arguments={"width": 1, "depth": 0, "height": -1})
    check_sizes(network, "width")
    with pytest.raises(ValueError, match=r"`depth` must be at least 1. Received: 0"):
        check_sizes(network, "width", "depth", "height")
