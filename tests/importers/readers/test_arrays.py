"""Arrays as views of bytes."""

import numpy as np
import pytest

from keras_gans.importers.readers import Unreadable, arrays

FLOAT = np.dtype("<f4")


def test_views():
    data = np.arange(6, dtype="float32").tobytes()
    np.testing.assert_array_equal(arrays.view(data, FLOAT, (2, 3)), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(arrays.view(data, FLOAT, (2, 3), "F"), [[0, 2, 4], [1, 3, 5]])
    assert arrays.view(b"", FLOAT, (0, 2**40)).shape == (0, 2**40)
    assert arrays.view(data[:4], FLOAT, ()).shape == ()


@pytest.mark.parametrize("shape", [(2,), (2**60, 2**60), (0,) * 40, (0, 2**40, 2**40)])
def test_shapes_that_do_not_fit(shape):
    with pytest.raises(Unreadable, match=r"an array of float32 and shape .* has 4 bytes"):
        arrays.view(bytes(4), FLOAT, shape)
