"""The Inception network of 2015 from its weights under their names in PyTorch."""

import keras
from keras import layers

from keras_gans.metrics.frozen import PLAIN, FrozenTensors, with_weights

SIZE = 299
EPSILON = 1e-3
POOLS = {"Mixed_5b": 32, "Mixed_5c": 64, "Mixed_5d": 64}  # filters behind the pools
BOTTLENECKS = {"Mixed_6b": 128, "Mixed_6c": 160, "Mixed_6d": 160, "Mixed_6e": 192}


def network(tensors, *, size=SIZE, fraction=1):
    """Builds the network from the tensors of `pt_inception-2015-12-05.pth`.

    It is Inception v3 in the version whose features published scores compare: average pools do not count
    what is padded, the last block has a maximum pool, and there are 1008 classes. Normalisation is folded
    into the convolution before it.

    Args:
        tensors: dict, name -> array: "Conv2d_1a_3x3.conv.weight", "Mixed_5b.branch1x1.bn.bias", ...,
            "fc.bias".
        size: int, at least 75. Height and width of the images.
        fraction: int. Divides the numbers of all channels, for tests; a power of 2 up to 16.

    Returns:
        `keras.Model` from float32 images, `(batch, size, size, 3)`, of values `(pixel - 128) / 128`, to a
        dict: "features", float32 `(batch, 2048)`, the last activations averaged over all places, and
        "logits", float32 `(batch, 1008)`, without the bias of the classes, which the code of published
        Inception scores leaves out.

    Raises:
        ValueError: a tensor is missing, left over or of another shape; names it.

    Reference:
        [1512.00567](https://arxiv.org/abs/1512.00567), table 1 and figures 5 to 7.
    """
    blocks = _Blocks(FrozenTensors(tensors), fraction)
    images = keras.Input((size, size, 3), name="images", dtype="float32")
    x = blocks.unit(images, "Conv2d_1a_3x3", 32, 3, strides=2)
    x = blocks.unit(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
    x = _smaller(blocks.unit(x, "Conv2d_2b_3x3", 64, 3))
    x = blocks.unit(x, "Conv2d_3b_1x1", 80, 1)
    x = _smaller(blocks.unit(x, "Conv2d_4a_3x3", 192, 3, padding="valid"))
    for name, filters in POOLS.items():
        x = blocks.squares(x, name, filters)
    x = blocks.halved_to_768(x, "Mixed_6a")
    for name, filters in BOTTLENECKS.items():
        x = blocks.crosses(x, name, filters)
    x = blocks.halved_to_1280(x, "Mixed_7a")
    x = blocks.forks(x, "Mixed_7b", _average)
    x = blocks.forks(x, "Mixed_7c", _maximum)
    features = layers.GlobalAveragePooling2D(dtype="float32")(x)
    classes, width = 1008 // fraction, features.shape[-1]
    weight = blocks.tensors.take("fc.weight", (classes, width)).T
    blocks.tensors.take("fc.bias", (classes,))
    logits = with_weights(layers.Dense(classes, use_bias=False, **PLAIN), features, [weight])
    blocks.tensors.check_all_taken()
    return keras.Model(images, {"features": features, "logits": logits}, name="inception_2015")


class _Blocks:
    """The blocks, by the names of their tensors. Branches stand in the order in which they are joined."""

    def __init__(self, tensors, fraction):
        self.tensors, self.fraction = tensors, fraction

    def unit(self, x, name, filters, kernel, *, strides=1, padding="same"):
        """A convolution with its normalisation and ReLU; nothing is padded where it halves."""
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        filters //= self.fraction
        weight = self.tensors.take(f"{name}.conv.weight", (filters, x.shape[-1], *kernel))
        scale, bias = self.tensors.normalisation(f"{name}.bn", filters, EPSILON)
        padding = "valid" if strides == 2 else padding
        layer = layers.Conv2D(filters, kernel, strides, padding, activation="relu", **PLAIN)
        return with_weights(layer, x, [weight.transpose(2, 3, 1, 0) * scale, bias])

    def chain(self, x, name, *units):
        """Units one after the other, numbered from 1: filters and kernel; the last may halve."""
        for number, (filters, kernel, *strides) in enumerate(units, 1):
            x = self.unit(x, f"{name}_{number}", filters, kernel, strides=strides[0] if strides else 1)
        return x

    def squares(self, x, name, pool_filters):
        return _joined(
            self.unit(x, f"{name}.branch1x1", 64, 1),
            self.chain(x, f"{name}.branch5x5", (48, 1), (64, 5)),
            self.chain(x, f"{name}.branch3x3dbl", (64, 1), (96, 3), (96, 3)),
            self.unit(_average(x), f"{name}.branch_pool", pool_filters, 1),
        )

    def halved_to_768(self, x, name):
        return _joined(
            self.unit(x, f"{name}.branch3x3", 384, 3, strides=2),
            self.chain(x, f"{name}.branch3x3dbl", (64, 1), (96, 3), (96, 3, 2)),
            _smaller(x),
        )

    def crosses(self, x, name, filters):
        wide, tall = (1, 7), (7, 1)
        twice = [(filters, tall), (filters, wide), (filters, tall), (192, wide)]
        return _joined(
            self.unit(x, f"{name}.branch1x1", 192, 1),
            self.chain(x, f"{name}.branch7x7", (filters, 1), (filters, wide), (192, tall)),
            self.chain(x, f"{name}.branch7x7dbl", (filters, 1), *twice),
            self.unit(_average(x), f"{name}.branch_pool", 192, 1),
        )

    def halved_to_1280(self, x, name):
        cross = [(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)]
        return _joined(
            self.chain(x, f"{name}.branch3x3", (192, 1), (320, 3, 2)),
            self.chain(x, f"{name}.branch7x7x3", *cross),
            _smaller(x),
        )

    def forks(self, x, name, pool):
        once = self.unit(x, f"{name}.branch3x3_1", 384, 1)
        twice = self.chain(x, f"{name}.branch3x3dbl", (448, 1), (384, 3))
        return _joined(
            self.unit(x, f"{name}.branch1x1", 320, 1),
            self.unit(once, f"{name}.branch3x3_2a", 384, (1, 3)),
            self.unit(once, f"{name}.branch3x3_2b", 384, (3, 1)),
            self.unit(twice, f"{name}.branch3x3dbl_3a", 384, (1, 3)),
            self.unit(twice, f"{name}.branch3x3dbl_3b", 384, (3, 1)),
            self.unit(pool(x), f"{name}.branch_pool", 192, 1),
        )


def _joined(*branches):
    return layers.Concatenate(dtype="float32")(list(branches))


def _average(x):
    """Of 3x3; zeros around are not counted, which is what Keras does."""
    return layers.AveragePooling2D(3, 1, "same", dtype="float32")(x)


def _maximum(x):
    return layers.MaxPooling2D(3, 1, "same", dtype="float32")(x)


def _smaller(x):
    return layers.MaxPooling2D(3, 2, dtype="float32")(x)
