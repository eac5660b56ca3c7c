"""Geometry and colour transforms as homogeneous matrices, one for every image.

Geometry: `(batch, 3, 3)` on `(x, y, 1)` in pixels, x to the right, y downwards, the centre of the image as
origin. Colour: `(batch, 4, 4)` on `(red, green, blue, 1)` in `[-1, 1]`. Parameters are float32 `(batch,)`.
"""

import math

import numpy as np
from keras import ops

GREY = np.full(3, 1.0 / math.sqrt(3.0))  # the unit vector along which luma grows
LUMA = np.pad(np.outer(GREY, GREY), (0, 1))  # projects onto it
COLOURS = np.diag([1.0, 1.0, 1.0, 0.0])
CHROMA = COLOURS - LUMA  # projects onto the plane across it


def geometric_matrix(
    height,
    width,
    *,
    flip,
    quarter_turns,
    integer_translation,
    isotropic_scale,
    pre_rotation,
    anisotropic_scale,
    post_rotation,
    fractional_translation,
):
    """Returns where the pixels of a transformed image come from: the inverse of its transforms.

    The image is flipped, turned by quarters, moved by whole pixels, scaled, rotated, stretched, rotated again
    and moved, in this order. A parameter of 0 does nothing.

    Args:
        height: int. Of the images.
        width: int. Of the images.
        flip: float32 `(batch,)`, 0 or 1. Mirrors left and right.
        quarter_turns: float32 `(batch,)`, whole numbers. Counter-clockwise turns by 90 degrees.
        integer_translation: float32 `(batch, 2)`. Shift along x and y, in image sizes, rounded to pixels.
        isotropic_scale: float32 `(batch,)`. Logarithm of the factor, of base 2.
        pre_rotation: float32 `(batch,)`. Counter-clockwise, in radians.
        anisotropic_scale: float32 `(batch,)`. Logarithm, of base 2, of the factor of x; y has its inverse.
        post_rotation: float32 `(batch,)`. Counter-clockwise, in radians.
        fractional_translation: float32 `(batch, 2)`. Shift along x and y, in image sizes.

    Returns:
        float32 tensor, `(batch, 3, 3)`, from pixels of the result to those of the image.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B, algorithm 1.
    """
    whole = integer_translation * ops.convert_to_tensor([float(width), float(height)])
    way = fractional_translation * ops.convert_to_tensor([float(width), float(height)])
    shrink, squeeze = _power_of_two(-isotropic_scale), _power_of_two(-anisotropic_scale)
    return _product(
        _scaling(1.0 - 2.0 * flip, ops.ones_like(flip)),
        _rotation(quarter_turns * (0.5 * math.pi)),
        _translation(-ops.round(whole)),
        _scaling(shrink, shrink),
        _rotation(pre_rotation),
        _scaling(squeeze, _power_of_two(anisotropic_scale)),
        _rotation(post_rotation),
        _translation(-way),
    )


def colour_matrix(*, brightness, contrast, luma_flip, hue, saturation):
    """Returns the matrix of the colour transforms, in the order of the arguments.

    A parameter of 0 does nothing.

    Args:
        brightness: float32 `(batch,)`. Added to all colours.
        contrast: float32 `(batch,)`. Logarithm, of base 2, of the factor of all colours.
        luma_flip: float32 `(batch,)`, 0 or 1. Mirrors at the plane of luma 0, and leaves chroma alone.
        hue: float32 `(batch,)`. Radians around the grey axis.
        saturation: float32 `(batch,)`. Logarithm, of base 2, of the factor of the distance to the grey axis.

    Returns:
        float32 tensor, `(batch, 4, 4)`.

    Reference:
        [2006.06676](https://arxiv.org/abs/2006.06676), appendix B, algorithm 1.
    """
    x, y, z = GREY
    cross = np.pad([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], (0, 1))
    return _product(
        _identity_plus((_power_of_two(saturation) - 1.0, CHROMA)),
        _identity_plus((ops.cos(hue) - 1.0, CHROMA), (ops.sin(hue), cross)),  # Rodrigues' formula
        _identity_plus((luma_flip, -2.0 * LUMA)),
        _identity_plus((_power_of_two(contrast) - 1.0, COLOURS)),
        _identity_plus((brightness, np.outer([1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]))),
    )


def _identity_plus(*parts):
    """The identity and, for each pair in `parts`, a basis matrix times a parameter `(batch,)`.

    Parameters of 0 give the identity to the bit.
    """
    matrix = ops.eye(len(parts[0][1]))
    for parameter, basis in parts:
        matrix = matrix + parameter[:, None, None] * ops.convert_to_tensor(basis, "float32")
    return matrix


def _translation(way):
    return _identity_plus((way[:, 0], _unit(0, 2)), (way[:, 1], _unit(1, 2)))


def _scaling(x, y):
    return _identity_plus((x - 1.0, _unit(0, 0)), (y - 1.0, _unit(1, 1)))


def _rotation(angle):
    """Turns the x axis towards the y axis: clockwise, as y points downwards."""
    plane, turn = _unit(0, 0) + _unit(1, 1), _unit(1, 0) - _unit(0, 1)
    return _identity_plus((ops.cos(angle) - 1.0, plane), (ops.sin(angle), turn))


def _unit(row, column):
    basis = np.zeros((3, 3))
    basis[row, column] = 1.0
    return basis


def _product(*matrices):
    """Of `(batch, 3, 3)`, as sums: a GPU may round the factors of a matrix product to TF32."""
    result = matrices[0]
    for matrix in matrices[1:]:
        result = ops.sum(result[..., None] * matrix[:, None], axis=2)
    return result


def _power_of_two(exponent):
    return ops.exp(exponent * math.log(2.0))
