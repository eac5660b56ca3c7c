"""Leaving a part of a network as it is."""


def freeze(network, count):
    """Excludes the first convolutions of a discriminator, from the image on, from training.

    What a discriminator has learnt about edges and textures holds for other images, too: training on few
    images goes better where it starts from other images' networks and keeps that.

    Args:
        network: functional model from images. Changed in place.
        count: int. Number of convolutional layers, from the highest resolution.

    Raises:
        ValueError: if there are not that many.

    Example:
    ```python
    discriminator = keras_gans.networks.StyleGAN2Discriminator(resolution=32, channel_base=512)
    keras_gans.networks.freeze(discriminator, 4)
    ```

    Reference:
        Freeze-D, [2002.10964](https://arxiv.org/abs/2002.10964); with StyleGAN2
        [2006.06676](https://arxiv.org/abs/2006.06676), section 4.2.
    """
    convolutions = [
        layer for layer in network.layers if any(len(weight.shape) == 4 for weight in layer.weights)
    ]
    if not 0 <= count <= len(convolutions):
        raise ValueError(f"{network.name} has {len(convolutions)} convolutions to freeze. Received: {count}")
    for layer in convolutions[:count]:
        layer.trainable = False
