"""Views of storages."""

import numpy as np
import pytest

from keras_gans.importers.readers import Unreadable
from keras_gans.importers.readers.tensors import Storage, StorageClass, tensor


@pytest.mark.parametrize(
    "offset, size, stride", [(4, (1,), (1,)), (0, (2, 2), (3, 1)), (0, (5,), (1,)), (3, (2,), (1,))]
)
def test_a_view_stays_in_its_storage(offset, size, stride):
    storage = Storage(StorageClass(np.dtype("<f4")), 4, np.zeros(16, np.uint8), 100)
    assert tensor(storage, 0, (2, 2), (2, 1)).shape == (2, 2)
    with pytest.raises(Unreadable, match=r"needs \d elements; its storage has 4"):
        tensor(storage, offset, size, stride)
