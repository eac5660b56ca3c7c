"""Weights as Keras stores them: HDF5 alone, or within a `.keras` archive beside the configuration."""

import io

import h5py
import numpy as np

from keras_gans.importers.readers import archives, arrays, strict_json
from keras_gans.importers.readers.content import Network, Unreadable

SIGNATURE = b"\x89HDF\r\n\x1a\n"
WEIGHTS, CONFIG = "model.weights.h5", "config.json"
OBJECTS = 1_000_000


class _Bytes(io.RawIOBase):
    """A file that is a view of another."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def readinto(self, buffer):
        taken = self.data[self.position : self.position + len(buffer)]
        buffer[: len(taken)] = taken
        self.position += len(taken)
        return len(taken)

    def seek(self, offset, whence=io.SEEK_SET):
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: len(self.data)}
        self.position = starts[whence] + offset
        return self.position

    def tell(self):
        return self.position


def read_weights(data):
    """Returns the arrays of a `.weights.h5` file.

    Args:
        data: memoryview of the file.

    Returns:
        dict of str to array, by paths such as "layers/dense/vars/0": views.

    Raises:
        Unreadable: if it is damaged, links to other places, or is compressed, which Keras does not do.
    """
    arrays, links = {}, []

    def visit(name, link):  # an error within it would be lost in h5py
        links.append((name, isinstance(link, h5py.HardLink)))
        return len(links) > OBJECTS or None

    try:
        with h5py.File(_Bytes(data), "r") as file:
            if file.visititems_links(visit):
                raise Unreadable(f"it has more than {OBJECTS:,} arrays")
            for name, hard in links:
                if not hard:
                    raise Unreadable(f"{name!r} links to another place or file, which Keras does not do")
                if isinstance(file[name], h5py.Dataset):
                    arrays[name] = _array(name, file[name], data)
    except Unreadable:
        raise
    except Exception as error:  # the HDF5 library has errors of many kinds, SystemError among them
        raise Unreadable(f"it is damaged: {error}. Download it again.") from error
    return arrays


def _array(name, dataset, data):
    plain = dataset.chunks is None and not dataset.external and not dataset.is_virtual
    size = (dataset.size or 0) * dataset.dtype.itemsize
    plain = plain and dataset.shape is not None and dataset.id.get_storage_size() == size
    if dataset.dtype.kind not in "biufc" or not plain:
        raise Unreadable(
            f"{name!r} is no plain array of numbers within the file, as Keras writes them. Load it with the "
            "model that it belongs to and save it again."
        )
    offset = dataset.id.get_offset()
    if offset is None:  # nothing is stored of an empty one, and small ones may lie within the description
        return dataset[()] if size else np.zeros(dataset.shape, dataset.dtype)
    return arrays.view(data[offset : offset + size], dataset.dtype, dataset.shape)


def read_model(found):
    """Returns the `Network` of a `.keras` archive.

    Args:
        found: dict of str to `archives.Member`.

    Raises:
        Unreadable: as above, or if the configuration names no class.
    """
    archives.check_stored(found)
    config = strict_json.parse(found[CONFIG].data, CONFIG)
    name, arguments = config.get("class_name"), config.get("config")
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise Unreadable(f"its {CONFIG} names no class of a model")
    return Network(name, arguments, read_weights(found[WEIGHTS].data))
