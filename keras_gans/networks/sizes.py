"""Sizes of feature maps, and what is said of sizes that cannot be."""


def check_sizes(network, *names):
    """Raises ValueError for the first of these arguments of a network that is below 1."""
    for name in names:
        if network.arguments[name] < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {network.arguments[name]}")


def resolutions(resolution):
    """Returns `[4, 8, ..., resolution]`.

    Raises:
        ValueError: if `resolution` is no power of two from 8 to 1024.
    """
    powers = [2**n for n in range(2, 11)]
    if resolution not in powers[1:]:
        raise ValueError(f"`resolution` must be a power of two from 8 to 1024. Received: {resolution}")
    return powers[: powers.index(resolution) + 1]


def feature_widths(resolution, channel_base, channel_max):
    """Returns the channels of the feature maps, `{4: channels, 8: ..., resolution: ...}`.

    Those of r pixels have `channel_base / r` channels, at most `channel_max`.

    Raises:
        ValueError: if `resolution` is no power of two from 8 to 1024, or the last feature map is empty.
    """
    sizes = resolutions(resolution)
    if channel_base < resolution:
        raise ValueError(
            f"`channel_base` must be at least {resolution}, the `resolution`, or the last block has no "
            f"channels. Received: {channel_base}"
        )
    return {size: min(channel_base // size, channel_max) for size in sizes}
