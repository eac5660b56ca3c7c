"""Sizes of feature maps, and what is said of sizes that cannot be."""

from keras_gans.resolution import levels


def check_sizes(network, *names):
    """Raises ValueError for the first of these arguments of a network that is below 1."""
    for name in names:
        if network.arguments[name] < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {network.arguments[name]}")


def check_power_of_two(resolution):
    """Raises ValueError if `resolution` is no power of two from 8 to 1024."""
    if resolution not in [2**n for n in range(3, 11)]:
        raise ValueError(f"`resolution` must be a power of two from 8 to 1024. Received: {resolution}")


def feature_widths(resolution, channel_base, channel_max):
    """Returns the channels of the feature maps by their level, `{4: channels, 8: ..., last: ...}`.

    Those of level r, in a square network of a power of two r pixels, have `channel_base / r` channels, at
    most `channel_max`.

    Raises:
        ValueError: if networks have no such `resolution`, or the last feature map is empty.
    """
    sizes = levels(resolution)
    if channel_base < sizes[-1]:
        raise ValueError(
            f"`channel_base` must be at least {sizes[-1]}, the `resolution`, or the last block has no "
            f"channels. Received: {channel_base}"
        )
    return {size: min(channel_base // size, channel_max) for size in sizes}
