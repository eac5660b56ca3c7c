"""Finds out of which kind a file is, by its bytes, and reads it."""

import mmap
import re
from pathlib import Path

import numpy as np

from keras_gans.importers.readers import (
    archives,
    folders,
    keras_files,
    numpy_archive,
    nvidia,
    safetensors,
    torch_files,
)
from keras_gans.importers.readers.content import File, Unreadable

ALLOWED = (
    "Allowed are files of PyTorch (ZIP or older), pickles of NVIDIA's networks, safetensors, .npz, Keras' "
    ".weights.h5 and .keras, and folders of Diffusers."
)
MESSAGE = 1000  # characters, as names within a file may be long
PICKLE = re.compile(rb"\x80[\x02-\x05]")
AGAIN = "which is what a download that failed leaves. Download it again."
# What else is found where weights are expected: pattern of the first bytes, what it is, what to do.
OTHERS = (
    (rb"version https://git-lfs", "a pointer of Git LFS, not the file itself", "Run `git lfs pull`."),
    (rb"(?i)\s*<(!doctype|html|\?xml|head)", "a page of HTML", AGAIN),
    (
        rb"(?s).{257}ustar",
        "a tar file, as PyTorch wrote before version 0.1.10",
        "Save it again by a newer one.",
    ),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!", "compressed", "Unpack it first."),
    (rb"\x93NUMPY", "one array of NumPy without a name", "Save it with np.savez."),
    (rb"\s*\{", "JSON", "Give the folder or the file of weights that it belongs to."),
)


def read(path, *, weights=None):
    """Reads a file or folder of weights, without running anything of it.

    The kind is found by the bytes, never by the ending.

    | kind | content |
    |---|---|
    | "torch zip", "torch legacy" | the saved object: dicts, lists, tuples, texts, numbers and arrays |
    | "nvidia pickle" | dict of `Network` by role: those of "G", "D", "G_ema", "augment_pipe" that are there |
    | "tensorflow pickle" | dict of `Network` by role: "G", "D", "Gs" |
    | "pickle" | the saved object, as for "torch zip", with arrays of NumPy |
    | "safetensors", "numpy archive", "keras weights" | dict of str to array |
    | "keras model" | `Network`, its tensors as in "keras weights" |
    | "diffusers folder" | `Folder`, of a pipeline or of one model |
    | "model folder" | `Folder` of one part, "model": configuration and weights of other libraries |

    Names of tensors are those of the reference: by dots in networks of PyTorch ("synthesis.b4.const"), by
    slashes in those of TensorFlow, there behind the name of the component ("G_synthesis/4x4/Const/const").

    Arrays are read-only views of the file where it is not compressed: nothing is in memory before it is used.
    Do not change the file while they are in use. They have the types of the file; bfloat16 and
    float8 are those of `ml_dtypes`, whose `astype("float32")` is exact.

    Args:
        path: path of a file or folder.
        weights: str, or `None`. The name of the file of weights to take where a folder has several.

    Returns:
        `File`.

    Raises:
        Unreadable: if it is damaged, of another kind, or names functions or classes besides those of tensors.
        FileNotFoundError: if there is none.
    """
    path = Path(path)
    try:
        if path.is_dir():
            kind, content = _read_folder(path, weights)
        elif weights is not None:
            raise Unreadable(f"`weights` names a file of a folder. Received: {weights!r}")
        elif path.is_file():
            kind, content = _read_file(path)
        elif path.exists():
            raise Unreadable("it is neither a file nor a folder")
        else:
            raise FileNotFoundError(f"There is no file or folder {path}")
    except Unreadable as error:
        raise Unreadable(f"{path} cannot be read: {str(error)[:MESSAGE]}") from error
    return File(path, kind, content)


def _read_folder(path, weights):
    if not folders.is_folder(path):
        raise Unreadable(f"it is a folder without {folders.PIPELINE} and {folders.CONFIG}. {ALLOWED}")
    return folders.read_folder(path, _read_tensors, weights)


def _read_tensors(path):
    """The tensors of a file that holds nothing else."""
    try:
        content = _read_file(path)[1]
        if not isinstance(content, dict) or not all(isinstance(a, np.ndarray) for a in content.values()):
            raise Unreadable("it holds more than tensors")
    except Unreadable as error:
        raise Unreadable(f"of {path.name}, {error}") from error
    return content


def _read_file(path):
    if path.stat().st_size == 0:
        raise Unreadable("it is empty. Download it again.")
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    start = bytes(data[:512])
    if start.startswith(torch_files.LEGACY_MAGIC):
        return "torch legacy", torch_files.read_legacy(data)
    if start.startswith(b"PK"):
        return _read_zip(path, data)
    if PICKLE.match(start):
        return nvidia.read_pickle(data)
    if start.startswith(keras_files.SIGNATURE):
        return "keras weights", keras_files.read_weights(data)
    if start[8:9] == b"{" and start[4:8] == bytes(4):  # a header of 4 GB and more is none
        return "safetensors", safetensors.read_safetensors(data)
    for pattern, what, advice in OTHERS:
        if re.match(pattern, start):
            raise Unreadable(f"it is {what}. {advice}" if advice != AGAIN else f"it is {what}, {advice}")
    raise Unreadable(f"it begins with {start[:16]!r}. {ALLOWED}")


def _read_zip(path, data):
    found = archives.members(path, data)
    if {keras_files.WEIGHTS, keras_files.CONFIG} <= set(found):
        return "keras model", keras_files.read_model(found)
    if found and all(name.endswith(".npy") for name in found):
        return "numpy archive", numpy_archive.read_archive(found, len(data))
    return "torch zip", torch_files.read_zip(found, len(data))
