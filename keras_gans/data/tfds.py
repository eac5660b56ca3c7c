"""Images of TensorFlow Datasets."""

import zlib

import numpy as np
from PIL import Image

from keras_gans.data.base import Source, each_given
from keras_gans.data.decoding import crop_to_shape, flatten


class TFDS(Source):
    """The "image" feature of a TensorFlow Datasets set, and its "label" if that names classes.

    With `attributes`, several labels at once instead: those of the feature "attributes", as of celeb_a.

    The set is downloaded and prepared on first use. It can be read well only in one pass, so `load`
    takes it into memory; a larger set goes through `prepare`.

    Args:
        name: str. Name with an optional configuration: "celeb_a", "fashion_mnist".
        split: str. Split of the set, as TFDS writes it: "train", "test", "all", "train[:1%]".
        crop: "center" to cut the largest square from the middle of every image, or `None` to take
            square images only.
        data_dir: str. Folder of prepared sets. `None` means the default of TFDS.
        attributes: sequence of str. Names of boolean attributes. `labels` is then a float32 array of 0 and
            1, `(images, attributes)`. `None` means the "label".

    Raises:
        ImportError: if tensorflow_datasets is not installed.
        ValueError: if there is no such set or split, or it has no 8-bit "image" feature or not these
            attributes.
    """

    random_access = False

    def __init__(self, name, split="train", crop=None, data_dir=None, attributes=None):
        crop_to_shape(np.zeros((1, 1, 3), "uint8"), crop)
        self._tfds = _import_tfds()
        try:
            self._builder = self._tfds.builder(name, data_dir=data_dir)
        except (self._tfds.core.DatasetNotFoundError, ValueError) as error:
            raise ValueError(f"No set {name!r} in TensorFlow Datasets: {error}") from error
        self.crop = crop
        self.name = f"tfds:{name} ({split})"
        self._split = split
        # Not always a dictionary: a set may consist of a single feature.
        features = dict(getattr(self._builder.info.features, "items", dict)())
        self._check_image_feature(name, features)
        self._attributes = attributes
        if attributes is not None:
            self._has_labels, self.class_names = True, tuple(attributes)
            self._check_attributes(name, dict(getattr(features.get("attributes"), "items", dict)()))
        else:
            self._has_labels = isinstance(features.get("label"), self._tfds.features.ClassLabel)
            self.class_names = tuple(features["label"].names) if self._has_labels else None
        self._builder.download_and_prepare()
        try:
            self._length = int(self._builder.as_dataset(split=split).cardinality())
        except (KeyError, ValueError) as error:
            known = ", ".join(self._builder.info.splits)
            raise ValueError(f"`split` of {name} must be made of: {known}. Received: {split!r}") from error
        self._labels = None
        self.provenance = self._describe(name)

    def __len__(self):
        return self._length

    @property
    def labels(self):
        """int32 array, `(images,)`, or `None`; of attributes float32, `(images, attributes)`.

        Costs a pass over the set if `each` was not run.
        """
        if self._has_labels and self._labels is None:
            wanted = {"label": True} if self._attributes is None else {"attributes": set(self._attributes)}
            decoders = self._tfds.decode.PartialDecoding(wanted)
            self._labels = self._as_labels([self._label(row) for row in self._rows(self._split, decoders)])
        return self._labels

    def read(self, index):
        """Returns image number `index`: uint8 RGB array, `(height, width, 3)`. Slow: use `each`."""
        instruction = self._tfds.core.ReadInstruction
        if "[" in self._split or "+" in self._split:
            raise ValueError(f"Single images need a plain split. Received: split={self._split!r}")
        one = instruction(self._split, from_=index, to=index + 1, unit="abs")
        return _rgb(next(iter(self._rows(one)))["image"])

    def item_name(self, index):
        """Returns the name of the set and the position of image number `index`."""
        return f"{self._builder.name}/{index}"

    def stamp(self, index):
        """Returns its name, 0 and a checksum of name and version of the set, see `Source.stamp`.

        Single images cannot be looked at without reading others, and a version does not change.
        """
        return self.item_name(index), 0, zlib.crc32(self._builder.info.full_name.encode())

    def each(self, function, done=frozenset()):
        """Applies a function to all images in one pass, see `Source.each`."""
        labels = []

        def pairs():
            for index, row in enumerate(self._rows(self._split)):
                if self._has_labels:
                    labels.append(self._label(row))
                if index not in done:
                    yield index, _rgb(row["image"])

        yield from each_given(pairs(), function)
        if self._has_labels:
            self._labels = self._as_labels(labels)

    def _label(self, row):
        if self._attributes is None:
            return row["label"]
        return [row["attributes"][name] for name in self._attributes]

    def _as_labels(self, labels):
        return np.array(labels, "int32" if self._attributes is None else "float32")

    def _rows(self, split, decoders=None):
        # One file at a time, so that the order is the same in every pass.
        config = self._tfds.ReadConfig(interleave_cycle_length=1)
        dataset = self._builder.as_dataset(
            split=split, shuffle_files=False, decoders=decoders, read_config=config
        )
        return dataset.as_numpy_iterator()

    def _check_image_feature(self, name, features):
        image = features.get("image")
        if not isinstance(image, self._tfds.features.Image) or image.np_dtype != np.uint8:
            raise ValueError(f'{name} has no 8-bit "image" feature. Its features: {", ".join(features)}')

    def _check_attributes(self, name, known):
        unknown = [one for one in self.class_names if one not in known]
        if unknown or not self.class_names:
            raise ValueError(
                f"Attributes of {name} must be among: {', '.join(known) or 'it has none'}. "
                f"Received: {', '.join(unknown) or 'none'}"
            )

    def _describe(self, name):
        info = self._builder.info
        terms = getattr(info, "redistribution_info", None)
        licence = getattr(terms, "license", "") or "not stated by TensorFlow Datasets"
        return {
            "description": f"TensorFlow Datasets {name} {info.version}, split {self._split}: "
            f"{info.description.strip()}",
            "licence": f"{licence}; see {info.homepage}",
        }


def _import_tfds():
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise ImportError(
            "Sources of the form tfds:NAME need the package tensorflow-datasets: "
            "pip install tensorflow-datasets importlib_resources"
        ) from error
    return tensorflow_datasets


def _rgb(image):
    """Grey, RGB or RGBA pixels, `(height, width, 1, 3 or 4)`, to RGB."""
    if image.shape[-1] == 3:
        return image
    if image.shape[-1] == 1:
        return np.repeat(image, 3, axis=-1)
    return np.array(flatten(Image.fromarray(image)))
