"""Finds out of which kind a file is, by its bytes, and reads it."""

import mmap
from pathlib import Path

from keras_gans.importers.readers import archives, torch_files
from keras_gans.importers.readers.content import File, Unreadable

ALLOWED = (
    "Allowed are files of PyTorch (ZIP or older), pickles of NVIDIA's networks, safetensors, .npz, Keras' "
    ".weights.h5 and .keras, and folders of Diffusers."
)


def read(path):
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

    Returns:
        `File`.

    Raises:
        Unreadable: if it is damaged, of another kind, or names functions or classes besides those of tensors.
        FileNotFoundError: if there is none.
    """
    path = Path(path)
    try:
        if not path.is_file():
            if path.exists():
                raise Unreadable("it is no file")
            raise FileNotFoundError(f"There is no file {path}")
        kind, content = _read_file(path)
    except Unreadable as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
    return File(path, kind, content)


def _read_file(path):
    if path.stat().st_size == 0:
        raise Unreadable("it is empty. Download it again.")
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    start = bytes(data[:512])
    if start.startswith(torch_files.LEGACY_MAGIC):
        return "torch legacy", torch_files.read_legacy(data)
    if start.startswith(b"PK"):
        found = archives.members(path, data, compressed=True)
        if any(name.endswith("/data.pkl") for name in found):
            return "torch zip", torch_files.read_zip(path, data)
    raise Unreadable(f"it begins with {start[:16]!r}. {ALLOWED}")
