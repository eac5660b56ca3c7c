"""Images in the IDX files of MNIST and of the sets that take its place."""

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np

from keras_gans.data.base import Source
from keras_gans.data.files import printable

PARTS = {"train": ("train",), "test": ("t10k",), "all": ("train", "t10k")}  # split -> beginnings of files
_IMAGES, _LABELS = "-images-idx3-ubyte", "-labels-idx1-ubyte"
_FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# The files hold numbers and no names. By the SHA-256 of all its labels a set is known for certain.
_KNOWN = {
    "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7": "Fashion-MNIST",
    "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9": "Fashion-MNIST",
}
_CLASS_NAMES = {"Fashion-MNIST": _FASHION}
_LICENCES = {"Fashion-MNIST": "MIT, (c) 2017 Zalando SE, https://github.com/zalandoresearch/fashion-mnist"}


def is_idx(path):
    """Tells whether a folder holds images in IDX files, as `IDX` reads them.

    Args:
        path: str or path.
    """
    return any(_find(path, part + _IMAGES) for part in PARTS["all"])


class IDX(Source):
    """A folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and `t10k-*` for the test split.

    The files may be packed with gzip, `.gz`, as MNIST, Fashion-MNIST, KMNIST and EMNIST come. The images are
    grey. Labels are numbers and so are the names of the classes, but Fashion-MNIST is recognised by its
    labels and has its ten names.

    Args:
        path: str or path of a folder.
        split: "train", "test" or "all".
        crop: "center" or `None`: how images become square.

    Raises:
        ValueError: if the split is another, a file is missing, damaged, truncated, longer than it says or of
            another kind, or there are not as many labels as images.

    Reference:
        "The IDX file format", at the end of http://yann.lecun.com/exdb/mnist/.
    """

    def __init__(self, path, split="train", crop=None):
        if split not in PARTS:
            raise ValueError(f"`split` must be one of {', '.join(PARTS)}. Received: {split!r}")
        self.crop = crop
        parts = {part: _read_part(path, part) for part in PARTS[split]}
        sizes = {images.shape[1:] for images, _ in parts.values()}
        if len(sizes) > 1:
            raise ValueError(f"The splits of {path} have images of several sizes: {sorted(sizes)}")
        self._images = np.concatenate([images for images, _ in parts.values()])
        self._places = [(part, index) for part, (images, _) in parts.items() for index in range(len(images))]
        self.labels = np.concatenate([labels for _, labels in parts.values()]).astype("int32")
        names = {_KNOWN.get(hashlib.sha256(labels).hexdigest()) for _, labels in parts.values()}
        known = names.pop() if len(names) == 1 else None
        numbers = map(str, range(int(self.labels.max(initial=-1)) + 1))
        self.class_names = _CLASS_NAMES.get(known) or tuple(numbers)
        folder = printable(Path(path).absolute().name)
        self.name = f"{known or folder} ({split})"
        self.provenance = {
            "description": f"{len(self)} grey images of {known or f'the folder {folder}'}, split {split}",
            "licence": _LICENCES.get(known, "not stated"),
        }

    def __len__(self):
        return len(self._images)

    def read(self, index):
        """Returns image number `index`: uint8 RGB array, `(height, width, 3)`, of three equal channels."""
        return np.repeat(self._images[index][..., np.newaxis], 3, axis=-1)

    def item_name(self, index):
        """Returns the beginning of the files' names and the position in them, as in "t10k/17"."""
        part, place = self._places[index]
        return f"{part}/{place}"


def _find(folder, name):
    """Returns the path of a file, plain or packed; `None` if there is none."""
    candidates = (Path(folder) / f"{name}{suffix}" for suffix in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _read_part(folder, part):
    """Returns images, uint8 `(n, height, width)`, and labels, uint8 `(n,)`, of one split."""
    images, labels = (_read(folder, part + kind, rank) for kind, rank in ((_IMAGES, 3), (_LABELS, 1)))
    if len(images) != len(labels):
        raise ValueError(
            f"{part}{_IMAGES} and {part}{_LABELS} of {folder} belong together. They hold {len(images):,} "
            f"images and {len(labels):,} labels"
        )
    return images, labels


def _read(folder, name, rank):
    """Returns the array of an IDX file of bytes: magic number, a size for each axis, values; big-endian."""
    path = _find(folder, name)
    if path is None:
        raise ValueError(f"{folder} must hold {name} or {name}.gz. Found: {', '.join(_found(folder))}")
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            head = file.read(4 + 4 * rank)
            if len(head) >= 4 and head[:4] != bytes([0, 0, 8, rank]):
                raise ValueError(
                    f"{path} must begin with {bytes([0, 0, 8, rank]).hex(' ')}, which says that bytes in "
                    f"{rank} dimensions follow. Received: {head[:4].hex(' ')}"
                )
            shape = tuple(int.from_bytes(head[at : at + 4]) for at in range(4, 4 + 4 * rank, 4))
            size = math.prod(shape)
            # No more than is announced: what is packed may unpack to any length.
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged or truncated: {error}") from error
    if len(head) < 4 + 4 * rank or len(data) != size:
        more = "more" if len(data) > size else f"{len(head) + len(data):,}"
        raise ValueError(
            f"{path} is damaged or truncated: {4 + 4 * rank + size:,} bytes are announced. Received: {more}"
        )
    return np.frombuffer(data, "uint8").reshape(shape)


def _found(folder):
    return sorted(path.name for path in Path(folder).glob("*-ubyte*"))
