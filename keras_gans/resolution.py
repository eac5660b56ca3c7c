"""Height and width of images: one number where they are square, a pair where they are not.

A network doubles a base map once for each of its levels. The base map of an image is what is left when height
and width are halved together for as long as both are even and the shorter one keeps 4 pixels or more: 4x4 of
64x64, 6x4 of 96x64, 6x6 of 48x48. What depends on the size of a feature map, such as its channels, is looked
up by its level: the size that the map of this level has in a square network whose base map is 4x4. So the
networks of 96x64 are those of 64x64 on other maps.
"""

# An int, or (height, width); JSON has lists for tuples.
Resolution = int | tuple[int, ...]

LEAST_BASE, MOST_BASE = 4, 8
MOST_LEVEL = 1024


def pair(resolution: Resolution) -> tuple[int, int]:
    """Returns height and width."""
    if not isinstance(resolution, (tuple, list)):
        return resolution, resolution
    if len(resolution) != 2:
        raise ValueError(f"`resolution` must be a number or (height, width). Received: {resolution}")
    return tuple(resolution)


def plain(resolution: Resolution) -> Resolution:
    """Returns one int of a square, and the pair `(height, width)` of anything else."""
    height, width = pair(resolution)
    return height if height == width else (height, width)


def text(resolution: Resolution) -> str:
    """Returns "64" of a square and "96x64", height x width, of anything else."""
    found = plain(resolution)
    return sides(found) if isinstance(found, tuple) else str(found)


def sides(resolution: Resolution) -> str:
    """Returns "64x64" of a square too."""
    return "x".join(map(str, pair(resolution)))


def read(written: str) -> Resolution:
    """Reads what `text` writes.

    Raises:
        ValueError: if it is something else.
    """
    parts = written.split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise ValueError(f"a size is 64, or height x width such as 96x64. Received: {written!r}")
    return plain(tuple(map(int, parts * (3 - len(parts))))[:2])


def base_map(resolution: Resolution) -> tuple[int, int]:
    """Returns height and width of the map that a network of these images begins or ends with."""
    height, width = pair(resolution)
    while height % 2 == width % 2 == 0 and min(height, width) >= 2 * LEAST_BASE:
        height, width = height // 2, width // 2
    return height, width


def level_of(resolution: Resolution) -> int:
    """Returns the level of a map: 4 times the factor by which it is larger than its base map.

    It is the resolution itself where that is a power of two from 4.
    """
    return 4 * pair(resolution)[0] // base_map(resolution)[0]


def levels(resolution: Resolution) -> list[int]:
    """Returns `[4, 8, ..., level_of(resolution)]`.

    Raises:
        ValueError: if the base map is too large, there is nothing to halve, or too much.
    """
    sizes = all(isinstance(side, int) and side > 0 for side in pair(resolution))
    least, last = (min(base_map(resolution)), level_of(resolution)) if sizes else (0, 0)
    if not (LEAST_BASE <= least <= MOST_BASE and 8 <= last <= MOST_LEVEL):
        raise ValueError(
            f"`resolution` must be a power of two from 8 to {MOST_LEVEL}, or height and width that halve "
            f"together, once or more, to {LEAST_BASE} to {MOST_BASE} pixels on the shorter side, such as 48 "
            f"and 96x64. The nearest is {text(_nearest(resolution))}. Received: {text(resolution)}"
        )
    return [2**n for n in range(2, last.bit_length())]


def at_level(resolution: Resolution, level: int) -> Resolution:
    """Returns the size of the feature maps of a level, as `plain` does."""
    height, width = base_map(resolution)
    return plain((height * level // 4, width * level // 4))


def is_same_shape(resolution: Resolution, other: Resolution) -> bool:
    """Whether two sizes have the same ratio of height to width."""
    (height, width), (other_height, other_width) = pair(resolution), pair(other)
    return height * other_width == width * other_height


def _nearest(resolution: Resolution) -> Resolution:
    """The nearest size that networks have, of a height and a width that may have none."""
    wanted = [max(side, 2 * LEAST_BASE) for side in pair(resolution)]
    factor = 2
    while min(wanted) / factor >= MOST_BASE and factor < MOST_LEVEL // LEAST_BASE:
        factor *= 2
    base = [max(LEAST_BASE, round(side / factor)) for side in wanted]
    if min(base) >= MOST_BASE and 4 * factor == MOST_LEVEL:  # of more pixels than there are levels for
        base = [max(LEAST_BASE, side * LEAST_BASE // min(base)) for side in base]
    return plain(tuple(side * factor for side in base))
