"""The first GAN and the first conditional one: generator and discriminator of dense layers.

Papers: Generative Adversarial Networks, [1406.2661](https://arxiv.org/abs/1406.2661), section 5; Conditional
Generative Adversarial Nets, [1411.1784](https://arxiv.org/abs/1411.1784), section 4.1.

Notable: a generator of rectifiers against a discriminator of maxout units with dropout. With labels, latents
and labels (images and labels) have a first hidden layer each, and the second one sees both: the conditional
network is the same pair with `num_classes`.

Trainable parameters for MNIST, 28 px: generator 2,503,984, discriminator 1,231,441; with its ten classes
2,413,984 and 1,224,351.
"""

import math

import keras
from keras import layers, ops

from keras_gans.layers import Dropout
from keras_gans.networks.class_conditioning import label_input, one_hot
from keras_gans.networks.image_discriminator import ImageDiscriminator
from keras_gans.networks.latent_generator import LatentGenerator
from keras_gans.resolution import pair
from keras_gans.serialization import register


@register
class GANGenerator(LatentGenerator):
    """Generator of two hidden layers of rectifiers.

    With labels, `width - label_width` units of the first hidden layer see the latents and `label_width` the
    one-hot labels.

    From latents to images in `[-1, 1]`; input, output, `latent_dim`, `channels`, `num_classes` and `dtype`
    are those of every `LatentGenerator`.

    Args:
        resolution: int. Height and width of the images; any.
        width: int. Units of each hidden layer.
        label_width: int. Units of the first hidden layer that see the labels; without classes there are none.
        dropout: float in `[0, 1)`. Share of the hidden units that are dropped in training; 0 means off.

    Example:
    ```python
    generator = keras_gans.networks.GANGenerator(resolution=28, channels=1)
    generator(keras.random.normal((2, 100))).shape  # (2, 28, 28, 1)
    ```

    Reference:
        [1406.2661](https://arxiv.org/abs/1406.2661), section 5, with the widths of its public configuration
        for MNIST; classes and dropout as in [1411.1784](https://arxiv.org/abs/1411.1784), section 4.1. The
        output is `tanh(x)` in `[-1, 1]`: the paper's sigmoid of `2x`, moved from `[0, 1]`. The
        papers draw uniform latents.
    """

    def __init__(
        self,
        *,
        resolution=28,
        latent_dim=100,
        channels=1,
        num_classes=0,
        width=1200,
        label_width=1000,
        dropout=0.0,
        dtype=None,
        name="gan_generator",
    ):
        if num_classes and not 0 < label_width < width:
            raise ValueError(
                "`label_width` must lie between 0 and `width`. "
                f"Received: label_width={label_width}, width={width}"
            )
        size = (*pair(resolution), channels)
        latent_width = width - label_width if num_classes else width

        # === Layers ===
        def dense(units, name):
            initializer = keras.initializers.RandomUniform(-0.05, 0.05)
            return layers.Dense(
                units, activation="relu", kernel_initializer=initializer, dtype=self.policy, name=name
            )

        from_latents = dense(latent_width, "latents_dense")
        from_labels = dense(label_width, "labels_dense") if num_classes else None
        hidden = dense(width, "hidden_dense")
        drop = [Dropout(dropout, dtype=self.policy, name=f"dropout{number}") for number in (0, 1)]
        to_image = layers.Dense(
            math.prod(size),
            activation="tanh",
            kernel_initializer=keras.initializers.RandomUniform(-0.05, 0.05),
            dtype="float32",
            name="to_image",
        )

        # === Functional Model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, labels = label_input(latents, num_classes)
        x = from_latents(latents)
        if num_classes:
            y = from_labels(one_hot(labels, num_classes))
            x = layers.Concatenate(dtype=self.policy)([x, y])
        x = hidden(drop[0](x))
        x = to_image(drop[1](x))
        outputs = layers.Reshape(size, dtype="float32")(x)
        super().__init__(inputs, outputs)


@register
class GANDiscriminator(ImageDiscriminator):
    """Discriminator of two hidden layers of maxout units, with dropout.

    A maxout unit is the largest of its pieces, each of them linear: `max_p(w_p x + b_p)`. With labels, images
    and one-hot labels have a first hidden layer each.

    From images in `[-1, 1]` to one logit each; input, output, `channels`, `num_classes` and `dtype` are those
    of every `ImageDiscriminator`.

    Args:
        resolution: int. Height and width of the images; any.
        width: int. Units of each hidden layer.
        label_width: int. Units that see the labels; without classes there are none.
        pieces: two ints. Pieces of a unit of the first and of the second hidden layer.
        dropout: float in `[0, 1)`. Share of the hidden units that are dropped in training; 0 means off.
        input_dropout: float in `[0, 1)`. Share of the image's values that are dropped in training; 0 means
            off.

    Example:
    ```python
    discriminator = keras_gans.networks.GANDiscriminator(resolution=28, channels=1)
    discriminator(keras.random.uniform((2, 28, 28, 1), -1, 1)).shape  # (2, 1)
    ```

    Reference:
        [1406.2661](https://arxiv.org/abs/1406.2661), section 5, with the widths and dropout of its public
        configuration for MNIST; classes as in [1411.1784](https://arxiv.org/abs/1411.1784), section 4.1,
        where `pieces` is (5, 4). Maxout: [1302.4389](https://arxiv.org/abs/1302.4389).
    """

    def __init__(
        self,
        *,
        resolution=28,
        channels=1,
        num_classes=0,
        width=240,
        label_width=50,
        pieces=(5, 5),
        dropout=0.5,
        input_dropout=0.2,
        dtype=None,
        name="gan_discriminator",
    ):
        if len(pieces) != 2:
            raise ValueError(
                f"`pieces` must be two numbers, one for each hidden layer. Received: {list(pieces)}"
            )

        # === Layers ===
        def maxout(units, pieces, name):
            dense = layers.Dense(
                units * pieces,
                kernel_initializer=keras.initializers.RandomUniform(-0.005, 0.005),
                dtype=self.policy,
                name=name,
            )
            split = layers.Reshape((units, pieces), dtype=self.policy)
            return lambda x: ops.max(split(dense(x)), axis=-1)  # (batch, units)

        from_images = maxout(width, pieces[0], "images_maxout")
        from_labels = maxout(label_width, pieces[0], "labels_maxout") if num_classes else None
        hidden = maxout(width, pieces[1], "hidden_maxout")
        drop_input = Dropout(input_dropout, dtype=self.policy, name="input_dropout")
        drop = [Dropout(dropout, dtype=self.policy, name=f"dropout{number}") for number in (0, 1)]
        logit = layers.Dense(
            1,
            kernel_initializer=keras.initializers.RandomUniform(-0.005, 0.005),
            dtype="float32",
            name="logit",
        )

        # === Functional Model ===
        pixels = keras.Input((*pair(resolution), channels), name="images")
        # Black is 0 for the network, as in the papers: their learning rates and input dropout rely on it.
        inputs, labels = label_input(pixels, num_classes)
        x = layers.Rescaling(0.5, 0.5, dtype="float32")(pixels)
        x = from_images(drop_input(layers.Flatten(dtype=self.policy)(x)))
        if num_classes:
            y = from_labels(one_hot(labels, num_classes))
            x = layers.Concatenate(dtype=self.policy)([x, y])
        x = hidden(drop[0](x))
        super().__init__(inputs, logit(drop[1](x)))
