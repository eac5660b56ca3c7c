import numpy as np
import pytest
import tensorflow as tf
from augment.ada_reference import COLOUR, GEOMETRY, colour, geometry

from harness import assert_close
from keras_gans.augment import colour_matrix, geometric_matrix


def turn(angle):
    """Counter-clockwise on a screen, whose y points downwards."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def move(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def test_geometry_equals_the_inverse_of_the_transforms_one_after_the_other():
    random = np.random.default_rng(0)
    values = {name: random.uniform(-1, 1, (5, *shape)) for name, shape in GEOMETRY.items()}
    values["flip"] = np.array([0, 1, 0, 1, 1])
    values["quarter_turns"] = np.array([3, 0, 1, 2, 0])
    actual = geometric_matrix(16, 10, **geometry(5, **values))
    for i in range(5):
        one = {name: value[i] for name, value in values.items()}
        x, y = np.round(one["integer_translation"] * [10, 16])
        scale, stretch = 2 ** one["isotropic_scale"], 2 ** one["anisotropic_scale"]
        forward = np.diag([-1.0 if one["flip"] else 1.0, 1, 1])
        forward = turn(one["quarter_turns"] * np.pi / 2) @ forward
        forward = move(x, y) @ forward
        forward = np.diag([scale, scale, 1]) @ forward
        forward = turn(one["pre_rotation"]) @ forward
        forward = np.diag([stretch, 1 / stretch, 1]) @ forward
        forward = turn(one["post_rotation"]) @ forward
        forward = move(*one["fractional_translation"] * [10, 16]) @ forward
        assert_close(actual[i], np.linalg.inv(forward), 1e-5)


def test_geometry_of_known_points():
    # Of 8 x 8 pixels, the one whose centre is 3.5 right of the middle and 0.5 above it.
    point = np.array([3.5, -0.5, 1.0])
    cases = [
        (geometry(flip=[1]), [-3.5, -0.5]),
        (geometry(quarter_turns=[1]), [0.5, 3.5]),  # np.rot90 brings what is below to the right
        (geometry(integer_translation=[[0.2, 0.0]]), [1.5, -0.5]),  # 1.6 pixels are 2
        (geometry(fractional_translation=[[0.2, 0.0]]), [1.9, -0.5]),
        (geometry(isotropic_scale=[1]), [1.75, -0.25]),
        (geometry(anisotropic_scale=[1]), [1.75, -1.0]),
    ]
    for arguments, source in cases:
        assert_close((geometric_matrix(8, 8, **arguments)[0] @ point[:, None])[:2, 0], source, 1e-6)


def test_colour_equals_the_transforms_one_after_the_other():
    random = np.random.default_rng(1)
    values = {name: random.uniform(-1, 1, 4) for name in COLOUR}
    values["luma_flip"] = np.array([0, 1, 0, 1])
    actual = colour_matrix(**colour(4, **values))
    for i in range(4):
        one = {name: value[i] for name, value in values.items()}
        pixels = random.uniform(-1, 1, (6, 3))
        expected = (pixels + one["brightness"]) * 2 ** one["contrast"]
        luma = expected.mean(axis=1, keepdims=True)
        expected = expected - 2 * luma * one["luma_flip"]
        # Rodrigues, with cross products.
        axis = np.full(3, 3**-0.5)
        along = (expected @ axis)[:, None] * axis
        around = np.cross(axis, expected)
        expected = along + np.cos(one["hue"]) * (expected - along) + np.sin(one["hue"]) * around
        luma = expected.mean(axis=1, keepdims=True)
        expected = luma + (expected - luma) * 2 ** one["saturation"]
        assert_close(pixels @ actual[i, :3, :3].numpy().T + actual[i, :3, 3].numpy(), expected, 1e-5)
        np.testing.assert_array_equal(actual[i, 3], [0, 0, 0, 1])


def test_a_third_of_the_hue_circle_exchanges_the_channels():
    matrix = colour_matrix(**colour(hue=[2 * np.pi / 3]))[0]
    assert_close(matrix[:3, :3], [[0, 0, 1], [1, 0, 0], [0, 1, 0]], 1e-6)  # red becomes green


@pytest.mark.parametrize("jit", [False, True])
def test_parameters_of_zero_give_the_identity_to_the_bit(jit):
    @tf.function(jit_compile=jit)
    def both(moves, colours):
        return geometric_matrix(8, 8, **moves), colour_matrix(**colours)

    for matrix in both(geometry(2), colour(2)):
        np.testing.assert_array_equal(matrix, np.stack([np.eye(matrix.shape[-1])] * 2))
