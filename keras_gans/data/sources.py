"""From the text that names a data set to its source."""

import difflib
from pathlib import Path

from keras_gans.data.embedded import Emoji
from keras_gans.data.folder import ImageFolder
from keras_gans.data.idx import IDX, is_idx
from keras_gans.data.tfds import TFDS

_ALLOWED = '"emoji", "emoji:STYLE[,STYLE]", "tfds:NAME[/CONFIG]", or the path of a folder or zip file'


def open_source(spec, *, split="train", crop=None, labelled=True):
    """Opens the data set that a command line names.

    Args:
        spec: str or path. "emoji" for the embedded set in all styles, "emoji:noto,fluent" for some,
            "tfds:celeb_a" for TensorFlow Datasets, else the path of a folder or zip file, or of a folder
            with the IDX files of MNIST or Fashion-MNIST, see `IDX`. A folder that is called emoji is
            "./emoji".
        split: str. "train", "test" or "all"; for TFDS any split it has. A folder of images has no splits:
            only "train" and "all" are allowed, and both mean all its images. One that holds folders such as
            train and test is refused with "train": name one of them.
        crop: "center" or `None`: how images become square. The emoji are square already.
        labelled: bool. As in `ImageFolder`.

    Returns:
        `Source`.

    Raises:
        ValueError: if there is no such data set, style or split.
        ImportError: for "tfds:" without tensorflow_datasets.
    """
    text = str(spec)
    kind, colon, rest = text.partition(":")
    if kind == "emoji":
        return Emoji(rest.split(","), split) if colon else Emoji(split=split)
    if kind == "tfds" and rest:
        return TFDS(rest, split, crop)
    if not text or not Path(text).exists():
        close = difflib.get_close_matches(kind, ("emoji", "tfds"), 1)
        hint = f" Did you mean {close[0] + colon + rest!r}?" if close and kind != "tfds" else ""
        raise ValueError(f"A data set must be {_ALLOWED}. Received: {text!r}.{hint}")
    if is_idx(text):
        return IDX(text, split, crop)
    if split not in ("train", "all"):
        raise ValueError(f'A folder has no splits but "train" and "all". Received: split={split!r}')
    return ImageFolder(text, crop, split=split, labelled=labelled)
