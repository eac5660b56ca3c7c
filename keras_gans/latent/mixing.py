"""Style mixing: images with some of their styles from others."""

import numpy as np

BANDS = ("coarse", "middle", "fine")


def style_bands(count: int) -> dict[str, tuple[int, int]]:
    """Divides the styles of an image into coarse, middle and fine ones, as style mixing is shown.

    Of more than 8 styles, coarse are 0 to 3 (layers of 4 to 8 pixels), middle 4 to 7 (16 to 32) and fine the
    rest; of 8 or fewer each is a third.

    Args:
        count: int, at least 3. Styles of an image.

    Returns:
        dict, "coarse", "middle", "fine" -> `(first, last)`, the last one included.

    Raises:
        ValueError: fewer than three styles.

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), figure 3.
    """
    if count < len(BANDS):
        raise ValueError(
            f"{count} styles are too few for {', '.join(BANDS)}: say which are copied, such as 0-0"
        )
    # Two layers of each resolution: 8 styles reach up to 32 pixels.
    middle, fine = (4, 8) if count > 8 else (-(-count // 3), -(-2 * count // 3))
    return dict(zip(BANDS, [(0, middle - 1), (middle, fine - 1), (fine, count - 1)], strict=True))


def mix(destinations, sources, first: int, last: int) -> np.ndarray:
    """Copies some styles of every source into every destination.

    Args:
        destinations: float array, `(rows, num_styles, style_dim)`.
        sources: float array, `(columns, num_styles, style_dim)`.
        first: int. First style that comes from the source.
        last: int. Last one, included.

    Returns:
        float array, `(rows, columns, num_styles, style_dim)`.

    Raises:
        ValueError: there are no such styles.

    Example:
    ```python
    mixed = mix(model.styles(model.latents([1, 2])), model.styles(model.latents([3])), 0, 3)
    images = model.synthesize(mixed[:, 0])
    ```
    """
    destinations, sources = np.asarray(destinations), np.asarray(sources)
    count = destinations.shape[1]
    if sources.shape[1:] != destinations.shape[1:]:
        raise ValueError(
            "`destinations` and `sources` must have the same styles, (n, num_styles, style_dim). "
            f"Received: {destinations.shape} and {sources.shape}"
        )
    if not 0 <= first <= last < count:
        raise ValueError(f"The styles to copy must lie in 0-{count - 1}, upwards. Received: {first}-{last}")
    copied = np.zeros((count, 1), "bool")
    copied[first : last + 1] = True
    return np.where(copied, sources[None], destinations[:, None])
