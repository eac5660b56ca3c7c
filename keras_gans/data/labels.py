"""Which class an image of a folder belongs to, and what a person should hear about it."""

import collections
import dataclasses
import re
import unicodedata

import numpy as np

from keras_gans.data.files import counted, first, plain, printable

INDEX = "dataset.json"
_SPLIT = re.compile(r"(train(ing)?|val(id(ation)?)?|test(ing)?|dev|eval)[ _-]?[ab]?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Labels:
    """Labels of images.

    Attributes:
        class_names: tuple of str, or `None` without labels. A class's number is its place.
        labels: int32 array, one for each image that is not in `left_out`, or `None`.
        left_out: frozenset of int. Places of the images that belong to no class.
        notes: tuple of str. What a person should hear.
    """

    class_names: tuple | None = None
    labels: np.ndarray | None = None
    left_out: frozenset = frozenset()
    notes: tuple = ()


def from_index(index, names):
    """Makes the labels that a `dataset.json` gives.

    Args:
        index: dict, the content of the file, with "labels".
        names: list of str. Images, below the folder of the file.

    Returns:
        `Labels`. Without "class_names", the classes are the numbers that occur, in order, named by them.

    Raises:
        ValueError: if the labels do not fit the images.
    """
    if index["labels"] is None:
        return Labels()
    try:
        table = {_key(str(name)): label for name, label in index["labels"]}
    except (TypeError, ValueError) as error:
        raise ValueError(f'"labels" of {INDEX} must be a list of [path, class] pairs.') from error
    keys = [_key(name) for name in names]
    missing = [name for name, key in zip(names, keys, strict=True) if key not in table]
    if missing:
        raise ValueError(f"{INDEX} has no label for {len(missing)} of {len(names)} images: {first(missing)}")
    numbers = [table[key] for key in keys]
    class_names = index.get("class_names")
    limit = len(class_names) if class_names else None
    for name, number in zip(names, numbers, strict=True):
        if type(number) is not int or number < 0 or (limit and number >= limit):
            allowed = f"an integer in [0, {limit})" if limit else "an integer, 0 or more"
            raise ValueError(f"Labels in {INDEX} must be {allowed}. Received: {number!r} for {name}")
    notes = []
    others = sorted(table.keys() - set(keys))
    if others:
        entries = counted(others, "entry names no image", "entries name no images")
        notes.append(f"{entries} that can be read, in {INDEX}: {first(others)}")
    used, labels = np.unique(np.array(numbers, "int32"), return_inverse=True)
    if class_names:
        class_names, labels = tuple(map(str, class_names)), np.array(numbers, "int32")
        empty = [name for place, name in enumerate(class_names) if place not in set(used.tolist())]
        if empty:
            notes.append(f"{counted(empty, 'class has', 'classes have')} no images: {first(empty)}")
    else:
        class_names = tuple(map(str, used.tolist()))
        if len(used) and used[-1] >= len(used):
            notes.append(f"labels go from {used[0]} to {used[-1]} with gaps: {len(used):,} classes")
    notes += _about_names(class_names)
    return Labels(class_names, labels.astype("int32"), notes=tuple(notes))


def from_folders(names, folders=()):
    """Makes the labels that the folders at the top give, two or more, in the order of their names as text.

    A few images beside these folders are left out: one for every ten images in them. If there are more, the
    folders are no classes.

    Args:
        names: list of str. Images, by their path below the top.
        folders: list of str. All folders.

    Returns:
        `Labels`.

    Raises:
        ValueError: if the name of a class is no text.
    """
    tops = [name.partition("/")[0] if "/" in name else None for name in names]
    left_out = frozenset(place for place, top in enumerate(tops) if top is None)
    strays = [names[place] for place in sorted(left_out)]
    class_names = tuple(sorted(set(tops) - {None}))
    if len(class_names) < 2:
        return Labels()
    if len(strays) > -(-(len(names) - len(strays)) // 10):
        images = counted(strays, "image lies", "images lie")
        return Labels(notes=(f"no classes: {images} beside the folders {first(class_names)}",))
    for name in class_names:
        if printable(name) != name:
            raise ValueError(f"Names of classes must be UTF-8. Rename the folder {printable(name)}")
    notes = []
    if strays:
        images = counted(strays, "image", "images")
        lie = "lies" if len(strays) == 1 else "lie"
        notes.append(f"{images} left out, which {lie} beside the folders of the classes: {first(strays)}")
    below = sorted({"/".join(name.split("/")[:2]) for name in names if name.count("/") > 1})
    if below:
        notes.append(f"{counted(below, 'folder', 'folders')} within classes not told apart: {first(below)}")
    empty = sorted({name for name in folders if "/" not in name} - {"", *class_names})
    if empty:
        are = counted(empty, "folder without images is no class", "folders without images are no classes")
        notes.append(f"{are}: {first(empty)}")
    numbers = {name: number for number, name in enumerate(class_names)}
    labels = np.array([numbers[top] for top in tops if top is not None], "int32")
    return Labels(class_names, labels, left_out, (*notes, *_about_names(class_names)))


def splits_of(names):
    """Returns the folders at the top that hold parts of one set, as train and test do.

    They are two or more; either nothing else is there, or they hold folders of the same names.

    Args:
        names: list of str. Images, by their path below the top.

    Returns:
        dict, name of a folder to the number of its images. Empty if the folders are none.
    """
    parts = [name.split("/") for name in names if "/" in name]
    counts = collections.Counter(part[0] for part in parts)
    splits = {name: count for name, count in sorted(counts.items()) if _SPLIT.fullmatch(name)}
    below = [{part[1] for part in parts if part[0] == split and len(part) > 2} for split in splits]
    if len(splits) < 2 or (len(splits) < len(counts) and not set.intersection(*below)):
        return {}
    return splits


def wrapping(names):
    """Returns the path of the single folder, or folders within each other, that hold everything, or "".

    Args:
        names: list of str. Images and lists of labels.

    Returns:
        str with a slash at its end, where it is not empty.
    """
    prefix = ""
    while names and INDEX not in names:
        tops = {name.partition("/")[0] for name in names}
        if len(tops) > 1 or any("/" not in name for name in names):
            break
        prefix += f"{tops.pop()}/"
        names = [name.partition("/")[2] for name in names]
    return prefix


def _about_names(class_names):
    """Notes about names that a person may take for others."""
    notes = []
    folded = collections.defaultdict(list)
    for name in class_names:
        folded[name.casefold()].append(name)
    alike = [name for group in folded.values() if len(group) > 1 for name in group]
    if alike:
        notes.append(f"classes whose names differ in upper and lower case alone: {first(alike)}")
    places = [
        f"{name!r} is class {place}"
        for place, name in enumerate(class_names)
        if name.isdecimal() and int(name) != place
    ]
    if places:
        notes.append(f"names of classes are numbers, but not those of the classes: {first(places, 3)}")
    return notes


def _key(name):
    """A path in the form in which lists and file systems agree: macOS writes accents as two characters."""
    return unicodedata.normalize("NFC", plain(name))
