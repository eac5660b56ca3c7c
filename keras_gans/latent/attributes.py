"""Properties of images that need no labels: colour, size and shape of what stands on a plain background."""

import numpy as np

VISIBLE = 0.1  # difference from the background from which a pixel belongs to the object


def _object(images):
    """Which pixels differ from the corners, `(n, height, width)`; one at least."""
    corners = np.stack([images[:, y, x] for y in (0, -1) for x in (0, -1)])
    background = np.median(corners, axis=0)[:, None, None]
    visible = np.abs(images - background).max(axis=-1) > VISIBLE
    visible[:, visible.shape[1] // 2, visible.shape[2] // 2] |= ~visible.any(axis=(1, 2))
    return visible


def _over_object(images, values):
    visible = _object(images)
    return (values * visible).sum(axis=(1, 2)) / visible.sum(axis=(1, 2))


def bright(images):
    """Mean of all colours of the object."""
    return _over_object(images, images.mean(axis=-1))


def large(images):
    """Share of the image that the object takes."""
    return _object(images).mean(axis=(1, 2))


def colourful(images):
    """Difference between the strongest and the weakest colour of the object."""
    return _over_object(images, images.max(axis=-1) - images.min(axis=-1))


def warm(images):
    """Red minus blue, of the object."""
    return _over_object(images, images[..., 0] - images[..., -1])


def green(images):
    """Green minus the mean of red and blue, of the object."""
    return _over_object(images, images[..., 1 % images.shape[-1]] - (images[..., 0] + images[..., -1]) / 2.0)


def tall(images):
    """Logarithm of the object's height over its width, by the standard deviations of its pixels."""
    visible = _object(images)
    deviations = []
    for axis, size in ((2, visible.shape[1]), (1, visible.shape[2])):
        weights = visible.sum(axis=axis) / visible.sum(axis=(1, 2))[:, None]
        place = np.arange(size)
        mean = weights @ place
        deviations.append(np.sqrt(np.sum(weights * (place - mean[:, None]) ** 2, axis=1) + 1.0 / 12.0))
    return np.log(deviations[0] / deviations[1])


def symmetric(images):
    """Minus the mean difference between the image and its mirror image."""
    return -np.abs(images - images[:, :, ::-1]).mean(axis=(1, 2, 3))


ATTRIBUTES = {
    function.__name__: function for function in (bright, colourful, green, large, symmetric, tall, warm)
}


def measure(name, images):
    """Measures an attribute.

    Args:
        name: str. One of `ATTRIBUTES`.
        images: float array `(n, height, width, channels)`, in `[0, 1]`.

    Returns:
        float64 array `(n,)`.

    Raises:
        ValueError: no such attribute.
    """
    if name not in ATTRIBUTES:
        raise ValueError(f"An attribute is one of {', '.join(ATTRIBUTES)}. Received: {name!r}")
    return ATTRIBUTES[name](np.asarray(images, "float64"))


def extremes(scores, share=0.3):
    """The images that have most and least of something.

    Args:
        scores: float array, `(n,)`.
        share: float in `(0, 0.5]`. How many of either.

    Returns:
        Two int arrays, the numbers of the highest and of the lowest scores.
    """
    order, count = np.argsort(scores, kind="stable"), max(1, int(len(scores) * share))
    return order[::-1][:count], order[:count]
