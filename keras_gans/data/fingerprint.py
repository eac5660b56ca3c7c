"""What a run remembers of its data, so that it can say later what is no longer the same."""

import dataclasses
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_gans.data.base import thread_count

_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Fingerprint:
    """Count, size, classes and digests of a set of images. `fingerprint` makes it.

    It does not depend on where the set lies, on the order in which a file system lists it, or on
    whether a folder is packed as a zip file. It is no proof of equal contents: of a file it holds
    the size and the first 4 KiB.

    Attributes:
        count: int. Images that are used; of pairs, those of both sides.
        bytes: int. Sum of the sizes of their files, in bytes.
        class_names: tuple of str, in the order of the labels, or `None` without labels.
        class_counts: tuple of int, images of each class, or `None` without labels.
        names: str. SHA-256 of the names below the top, sorted, in hexadecimal, as the next two.
        labels: str. SHA-256 of the names of the images' classes, in the order of the images' names.
        contents: str. SHA-256 of what is known of the contents, in the same order.

    Example:
    ```python
    source = keras_gans.data.open_source("emoji:noto", split="test")
    before = keras_gans.data.fingerprint(keras_gans.data.load(source, 16))
    source = keras_gans.data.open_source("emoji:noto")
    now = keras_gans.data.fingerprint(keras_gans.data.load(source, 16))
    now.difference(before)[0]  # "3,031 images instead of 341"
    ```
    """

    count: int
    bytes: int
    class_names: tuple | None
    class_counts: tuple | None
    names: str
    labels: str
    contents: str

    def to_json(self):
        """Returns the fingerprint as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text):
        """Makes the fingerprint that `to_json` described.

        Raises:
            ValueError: if the text is no JSON or holds other fields.
        """
        content = json.loads(text)
        fields = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(content, dict) or sorted(content) != sorted(fields):
            raise ValueError(f"A fingerprint must hold {', '.join(fields)}. Received: {text:.200}")
        return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in content.items()})

    def difference(self, before):
        """Returns what is not as it was: tuple of sentences, empty if nothing is known to differ.

        Args:
            before: `Fingerprint` of the same set at another time.
        """
        found = []
        if self.count != before.count:
            found.append(f"{self.count:,} images instead of {before.count:,}")
        found += _class_differences(self, before)
        if not found and self.names != before.names:
            found.append("images were renamed, or others took the place of some")
        elif not found and self.labels != before.labels:
            found.append("images have other labels")
        if not found and self.contents != before.contents:
            sizes = (
                f": {self.bytes:,} bytes instead of {before.bytes:,}" if self.bytes != before.bytes else ""
            )
            found.append(f"contents of images changed{sizes}")
        return tuple(found)


def fingerprint(data):
    """Takes the fingerprint of the images that a run uses.

    Of a folder or a zip file it costs one look at the head of each file.

    Args:
        data: `ImageData`, `PairData` or `DomainData`.

    Returns:
        `Fingerprint`.
    """
    names, labels, contents = (hashlib.sha256() for _ in range(3))
    records = sorted(data.records())
    for name, classes, size, check in records:
        names.update(f"{name}\n".encode(errors="surrogateescape"))
        labels.update(f"{json.dumps(classes)}\n".encode())
        contents.update(f"{size} {check}\n".encode())
    class_names, counts = None, None
    if data.labels is not None:
        class_names = tuple(data.class_names)
        counts = tuple(int(count) for count in class_counts(data.labels, len(class_names)))
    return Fingerprint(
        count=len(records),
        bytes=sum(size for _, _, size, _ in records),
        class_names=class_names,
        class_counts=counts,
        names=names.hexdigest(),
        labels=labels.hexdigest(),
        contents=contents.hexdigest(),
    )


def digest_of(source):
    """Returns the SHA-256 of names and contents of all images of a source, as far as they are known: str.

    Args:
        source: `Source`.
    """
    return hashlib.sha256(json.dumps(records_of(source, range(len(source)), None, None)).encode()).hexdigest()


def class_counts(labels, classes):
    """Returns the number of images of each class: int array, `(classes,)`.

    Args:
        labels: int array, `(images,)`, or of attributes float, `(images, classes)`, of 0 and 1.
        classes: int.
    """
    if labels.ndim == 1:
        return np.bincount(labels, minlength=classes)
    return labels.sum(axis=0).astype(int)


def records_of(source, indices, labels, class_names):
    """Returns `[(name, names of classes, size in bytes, checksum)]` of some images of a source.

    Args:
        source: `Source`.
        indices: integer array, `(images,)`.
        labels: as of `ImageData`, those of these images.
        class_names: likewise.
    """
    indices = [int(index) for index in indices]
    pieces = [indices[start : start + 256] for start in range(0, len(indices), 256)]
    with ThreadPoolExecutor(thread_count()) as pool:
        stamped = pool.map(lambda piece: [source.stamp(index) for index in piece], pieces)
        stamps = [stamp for piece in stamped for stamp in piece]
    rows = [()] * len(indices) if labels is None else labels
    return [
        (name, _names_of(row, class_names), size, check)
        for row, (name, size, check) in zip(rows, stamps, strict=True)
    ]


def _names_of(row, class_names):
    """The names of the classes of one image, which has a number, attributes or `()`."""
    numbers = np.flatnonzero(row) if np.ndim(row) else [row]
    return [class_names[number] for number in numbers]


def _class_differences(now, before):
    if (now.class_names is None) != (before.class_names is None):
        names = now.class_names or before.class_names
        return [f"labels {'are new' if now.class_names else 'are gone'}: {_listed(names)}"]
    names, old = now.class_names or (), before.class_names or ()
    found = [f"class {name!r} was renamed or removed" for name in old if name not in names]
    found += [f"class {name!r} was added" for name in names if name not in old]
    moved = [name for name in names if name in old and names.index(name) != old.index(name)]
    if moved:
        moves = [f"{name!r} is {names.index(name)} instead of {old.index(name)}" for name in moved]
        found.append(f"classes have other numbers: {_listed(moves)}")
    counts, old_counts = (
        dict(zip(f.class_names or (), f.class_counts or (), strict=True)) for f in (now, before)
    )
    changed = [name for name in names if name in old and counts[name] != old_counts[name]]
    found += [
        f"class {name!r} has {counts[name]:,} images instead of {old_counts[name]:,}" for name in changed
    ]
    left_out = len(found) - 2 * _SHOWN
    return found if left_out <= 0 else [*found[: 2 * _SHOWN], f"{left_out:,} more differences of classes"]


def _listed(names):
    return ", ".join(names[:_SHOWN]) + (f", ... ({len(names):,} in all)" if len(names) > _SHOWN else "")
