import numpy as np
import pytest

from keras_gans.latent import mix, style_bands


def test_bands():
    def bounds(count):
        return list(style_bands(count).values())

    assert list(style_bands(18)) == ["coarse", "middle", "fine"]
    assert bounds(18) == [(0, 3), (4, 7), (8, 17)]  # 1024 px, as in the paper
    assert bounds(10) == [(0, 3), (4, 7), (8, 9)]
    assert bounds(8) == [(0, 2), (3, 5), (6, 7)]
    assert bounds(4) == [(0, 1), (2, 2), (3, 3)]
    assert bounds(3) == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(ValueError, match=r"2 styles are too few for coarse, middle, fine"):
        style_bands(2)


def test_mix():
    destinations, sources = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    mixed = mix(destinations, sources[:2], 1, 2)
    assert mixed.shape == (3, 2, 4, 2)
    for row in range(3):
        for column in range(2):
            np.testing.assert_array_equal(mixed[row, column, 1:3], sources[column, 1:3])
            np.testing.assert_array_equal(mixed[row, column, [0, 3]], destinations[row, [0, 3]])
    for first, last in ((0, 4), (2, 1), (-1, 1)):
        with pytest.raises(ValueError, match=rf"must lie in 0-3, upwards\. Received: {first}-{last}"):
            mix(destinations, sources, first, last)
    with pytest.raises(ValueError, match="must have the same styles"):
        mix(destinations, sources[:, :3], 0, 1)
