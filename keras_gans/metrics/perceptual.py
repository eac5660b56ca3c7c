"""How different two images look: distances that a loss can be made of."""

import importlib.util
import os
from collections.abc import Callable

import keras
from keras import ops

from keras_gans import paths
from keras_gans.metrics import efficientnet

NETWORK, PYRAMID, AUTO = "efficientnet-lite0", "pixels", "auto"
LEVELS = 4  # of the pyramid: 1, 2, 4 and 8 pixels


def resolve(name: str) -> str:
    """Returns what "auto" means on this machine: "efficientnet-lite0" where its weights are, else "pixels".

    Args:
        name: str, as of `perceptual_distance`, or "auto".
    """
    if name != AUTO:
        return name
    package = efficientnet.PACKAGE.replace("-", "_")
    return NETWORK if importlib.util.find_spec(package) else PYRAMID


def perceptual_distance(name: str) -> Callable:
    """Returns a distance of images, `(images, others) -> float32 (batch,)`, for graphs and gradients.

    Images are float `(batch, height, width, 1 or 3)` in `[-1, 1]`; grey ones are seen as colours.

    - "efficientnet-lite0": at five depths of the network, the squared distance of the feature vectors of a
      place, each of length 1, averaged over places and depths. As LPIPS, without weights learned from
      judgements of people.
    - "pixels": the mean absolute difference at 1, 1/2, 1/4 and 1/8 of the size, averaged.
    - "saved-model:PATH": the mean squared difference of the features of any SavedModel of images in `[0, 1]`.

    Args:
        name: str, one of these.

    Raises:
        ValueError: another name.
        ImportError: the package with the weights is missing.
        OSError: there is no such SavedModel.

    Reference:
        [1801.03924](https://arxiv.org/abs/1801.03924), equation 1.
    """
    kind, _, path = name.partition(":")
    if name == PYRAMID:
        return pyramid_distance
    if name == NETWORK:
        network = efficientnet.load(efficientnet.stages)
        return feature_distance(lambda images: network(127.5 / 128.0 * images + 0.5 / 128.0, training=False))
    if kind == "saved-model" and path:
        return _saved_model_distance(path)
    raise ValueError(
        f"A perceptual distance must be {NETWORK}, {PYRAMID} or saved-model:PATH. Received: {name!r}"
    )


def pyramid_distance(images, others):
    """The distance "pixels" of `perceptual_distance`."""
    difference = ops.cast(images, "float32") - ops.cast(others, "float32")
    levels = []
    for _ in range(LEVELS):
        levels.append(ops.mean(ops.abs(difference), axis=(1, 2, 3)))
        if min(difference.shape[1:3]) >= 2:
            difference = ops.average_pool(difference, 2, 2, padding="valid", data_format="channels_last")
    return sum(levels) / len(levels)


def feature_distance(features: Callable) -> Callable:
    """Returns the distance of unit feature vectors, as of "efficientnet-lite0".

    Args:
        features: callable, images float32 `(batch, height, width, 3)` in `[-1, 1]` -> list of
            `(batch, h, w, channels)`.
    """

    def distance(images, others):
        maps = zip(features(_colours(images)), features(_colours(others)), strict=True)
        depths = [ops.sum(ops.square(_unit(one) - _unit(other)), axis=-1) for one, other in maps]
        return sum(ops.mean(depth, axis=(1, 2)) for depth in depths) / len(depths)

    return distance


def _unit(vectors):
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + 1e-10)


def _colours(images):
    images = ops.cast(images, "float32")
    return ops.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def _saved_model_distance(path: str | os.PathLike) -> Callable:
    """The distance "saved-model:PATH"."""
    if not os.path.isdir(path):
        raise OSError(f"There is no SavedModel in {path}")
    with paths.without_patterns(path) as plain:
        module = keras.layers.TFSMLayer(str(plain), call_endpoint="serving_default")
    module.trainable = False
    (spec,) = module.call_endpoint_fn.structured_input_signature[1].values()
    size = spec.shape[1:3] if spec.shape.rank == 4 else (None, None)

    def features(images):
        images = 0.5 * _colours(images) + 0.5
        if None not in tuple(size):
            images = ops.image.resize(images, tuple(size), antialias=True, data_format="channels_last")
        outputs = module(images)
        if isinstance(outputs, dict):
            outputs = outputs["features"] if "features" in outputs else next(iter(outputs.values()))
        return ops.reshape(outputs, (ops.shape(images)[0], -1))

    def distance(images, others):
        return ops.mean(ops.square(features(images) - features(others)), axis=-1)

    return distance
