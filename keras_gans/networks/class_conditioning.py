"""Classes among the inputs of a network."""

import keras
from keras import layers, ops


def label_input(inputs, num_classes):
    """Returns the inputs of a network and its labels, which are `None` where it has no classes."""
    if not num_classes:
        return inputs, None
    labels = keras.Input((), dtype="int32", name="labels")
    return [inputs, labels], labels


def one_hot(labels, num_classes):
    """Classes, float32 `(batch, num_classes)`, of labels."""
    return ops.one_hot(labels, num_classes, dtype="float32")


def beside_classes(latents, num_classes):
    """Returns the inputs of a network, and its latents with the one-hot classes appended where it has any."""
    inputs, labels = label_input(latents, num_classes)
    if labels is None:
        return inputs, latents
    return inputs, layers.Concatenate(dtype="float32")([latents, one_hot(labels, num_classes)])


def batch_norm(x, labels, name, *, num_classes, epsilon, dtype):
    """Batch norm; with `labels`, its gain and bias are those of the class."""
    options = {"momentum": 0.9, "epsilon": epsilon, "synchronized": True, "dtype": dtype, "name": name}
    if labels is None:
        return layers.BatchNormalization(**options)(x)
    x = layers.BatchNormalization(center=False, scale=False, **options)(x)

    def of_class(initializer, part):
        embed = layers.Embedding(
            num_classes,
            x.shape[-1],
            embeddings_initializer=initializer,
            dtype=dtype,
            name=f"{name}_{part}",
        )
        return embed(labels)[:, None, None]

    return x * of_class("ones", "gain") + of_class("zeros", "bias")
