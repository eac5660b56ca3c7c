"""Discriminators of images, with or without classes."""

from keras_gans.serialization import Network


class ImageDiscriminator(Network):
    """Base of the discriminators that give each image one logit: what goes in, and what comes out.

    A subclass says which of these arguments it has as they stand here, and what its others are.

    Args:
        resolution: int. Height and width of the images, a power of two from 8 to 1024.
        channels: int. Colours of the images.
        num_classes: int. Number of classes; 0 means unconditional.
        dtype: str or `keras.DTypePolicy`. Precision of the hidden layers; logits are float32 under every
            policy. `None` means the global policy.

    Input shape:
        images: `(batch, resolution, resolution, channels)`, float, in `[-1, 1]`. With `num_classes`, a list
        `[images, labels]`, labels int32 `(batch,)` in `[0, num_classes)`.

    Output shape:
        Logits, `(batch, 1)`, float32, higher for real images.
    """
