"""Files of PyTorch of both kinds: values, views, and what is refused."""

import numpy as np
import pytest
from checkpoint_files import View, state_dict, torch_legacy, torch_zip

from keras_gans.importers.readers import read

WRITERS = pytest.mark.parametrize("kind, write", [("torch zip", torch_zip), ("torch legacy", torch_legacy)])


@WRITERS
def test_views(file, kind, write):
    row = np.arange(24, dtype="float32")
    tensors = {
        "whole": row.reshape(2, 3, 4),
        "transposed": View(row, 0, (4, 6), (1, 4)),
        "column": View(row, 2, (6,), (4,)),
        "expanded": View(row, 23, (3, 2), (0, 0)),
        "scalar": View(row, 5, (), ()),
        "empty": View(row, 0, (0, 3), (3, 1)),
    }
    read_file = read(file(write(state_dict(tensors))))
    assert read_file.kind == kind
    found = read_file.content
    np.testing.assert_array_equal(found["whole"], row.reshape(2, 3, 4))
    np.testing.assert_array_equal(found["transposed"], row.reshape(6, 4).T)
    np.testing.assert_array_equal(found["column"], row.reshape(6, 4)[:, 2])
    np.testing.assert_array_equal(found["expanded"], np.full((3, 2), 23))
    assert found["scalar"].shape == () and found["scalar"] == 5
    assert found["empty"].shape == (0, 3)
    assert {array.dtype.name for array in found.values()} == {"float32"}
