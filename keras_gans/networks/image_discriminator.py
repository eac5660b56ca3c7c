"""Discriminators of images, with or without classes."""

from keras_gans.serialization import Network


class ImageDiscriminator(Network):
    """Base of the discriminators that give each image one logit: what goes in, and what comes out.

    A subclass has the arguments `resolution`, `channels` and `num_classes`.

    Input shape:
        images: `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`. With `num_classes`, a list
        `[images, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Logits, `(batch, 1)`, float32, higher for real images.
    """
