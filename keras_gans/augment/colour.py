"""Colour transforms."""

from keras import ops


def recolour(images, matrix):
    """Transforms colours by a matrix, one for every image.

    A grey image stands for a colour image of three equal channels, and its result for the mean of the three:
    brightness, contrast and luma flip act on it, hue and saturation do not.

    Args:
        images: float32 tensor, `(batch, height, width, 1 or 3)`, in `[-1, 1]`.
        matrix: float32 tensor, `(batch, 4, 4)`, on `(red, green, blue, 1)`.

    Returns:
        float32 tensor like `images`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B, algorithm 1.
    """
    factors, shifts = matrix[:, :3, :3], matrix[:, :3, 3]
    if images.shape[-1] == 1:
        factors = ops.mean(ops.sum(factors, axis=2), axis=1)[:, None, None]
        shifts = ops.mean(shifts, axis=1)[:, None]
    # Not a matrix product: accelerators would round the colours.
    products = images[:, :, :, None, :] * factors[:, None, None]  # (batch, height, width, new, old)
    return ops.sum(products, axis=-1) + shifts[:, None, None]
