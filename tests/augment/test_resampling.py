import numpy as np
import pytest
import tensorflow as tf
from augment.ada_reference import QUANTILES, Fixture, geometry, scaled_normal_quantile

from harness import assert_close, random_inputs
from keras_gans.augment import geometric_matrix, warp
from keras_gans.augment.resampling import SYM6, downsampling, upsampling


def transformed(images, **parameters):
    batch, height, width, _ = images.shape
    same = {name: np.repeat([value], batch, axis=0) for name, value in parameters.items()}
    return warp(tf.constant(images), geometric_matrix(height, width, **geometry(batch, **same))).numpy()


def test_equals_the_published_implementation():
    fixture = Fixture()
    for q in QUANTILES:
        normal = 0.2 * scaled_normal_quantile(q)
        cases = {
            f"xflip_q{q}": {"flip": np.floor(2 * q)},
            f"rotate90_q{q}": {"quarter_turns": np.floor(4 * q)},
            f"scale_q{q}": {"isotropic_scale": normal},
            f"aniso_q{q}": {"anisotropic_scale": normal},
        }
        if q == 0.8:
            cases["geometric_pair_scale_rotate90_q0.8"] = {"quarter_turns": 3.0, "isotropic_scale": normal}
        for name, parameters in cases.items():
            actual = transformed(fixture.images, **parameters)
            np.testing.assert_allclose(actual, fixture.outputs[name], rtol=0, atol=1e-4, err_msg=name)


def slow_warp(image, matrix):
    """The paper's steps one by one on an image `(height, width)`, float64."""
    height, width = image.shape
    fine = np.pad(image, ((height - 1,) * 2, (width - 1,) * 2), mode="reflect")
    for axis in (0, 1):
        zeros = np.zeros([2 * n if a == axis else n for a, n in enumerate(fine.shape)])
        zeros[(slice(None),) * axis + (slice(None, None, 2),)] = fine
        taps = np.array(SYM6) * np.sqrt(2)
        fine = np.apply_along_axis(lambda line, taps=taps: np.convolve(line, taps)[5:-6], axis, zeros)
    result = np.zeros((2 * (height + 6), 2 * (width + 6)))
    for row in range(len(result)):
        for column in range(result.shape[1]):
            # Doubled pixels from the point half of one before the centre of the image.
            x, y = column - (width + 6) + 1, row - (height + 6) + 1
            x, y = (matrix @ [x / 2, y / 2, 1])[:2] * 2
            x, y = x + 3 * width - 3, y + 3 * height - 3
            for i in (int(np.floor(y)), int(np.floor(y)) + 1):
                for j in (int(np.floor(x)), int(np.floor(x)) + 1):
                    if 0 <= i < fine.shape[0] and 0 <= j < fine.shape[1]:
                        result[row, column] += fine[i, j] * (1 - abs(y - i)) * (1 - abs(x - j))
    for axis in (0, 1):
        taps = np.array(SYM6)[::-1] / np.sqrt(2)
        line = lambda line, taps=taps: np.convolve(line, taps, "valid")[1:-1:2]  # noqa: E731
        result = np.apply_along_axis(line, axis, result)
    return result


def test_equals_the_steps_one_by_one_also_beyond_the_continuation():
    images = random_inputs([(2, 6, 9, 1)])
    parameters = {  # one that stays within the continuation, one that leaves it
        "pre_rotation": [0.5, 0.0],
        "post_rotation": [0.0, -2.0],
        "isotropic_scale": [-0.6, -2.0],
        "fractional_translation": [[0.13, -0.2], [0.6, 1.1]],
    }
    matrix = geometric_matrix(6, 9, **geometry(2, **parameters))
    actual = warp(tf.constant(images), matrix)
    for i in range(2):
        expected = slow_warp(images[i, :, :, 0].astype("float64"), matrix[i].numpy().astype("float64"))
        assert_close(actual[i, :, :, 0], expected, 1e-4)
    outside = transformed(images, integer_translation=[9.0, 0.0])
    np.testing.assert_array_equal(outside, np.zeros_like(images))


def test_the_filters_undo_each_other():
    for size in (4, 7, 32):
        inside = slice(1 + 2 * (size - 1) - 6, 1 + 2 * (size - 1) + 2 * size + 6)
        assert_close(downsampling(size) @ upsampling(size)[inside], np.eye(size), 1e-6)
    assert_close(np.array(SYM6) / sum(SYM6), Fixture().wavelet, 1e-7)


def test_whole_pixels_move_by_reflection():
    images = random_inputs([(2, 8, 8, 3)])
    actual = transformed(images, integer_translation=[0.375, -0.25])  # 3 right, 2 up
    expected = np.pad(images, ((0, 0), (0, 2), (3, 0), (0, 0)), mode="reflect")[:, 2:, :8]
    assert_close(actual, expected, 1e-5)


def test_flips_and_quarter_turns_of_smooth_images():
    """The wavelet is not quite symmetric: noise is off by up to 0.2, as with the published implementation."""
    x = np.cos(np.pi * (np.arange(16) + 0.5) / 16)
    image = (0.5 * x + 0.3 * x[:, None])[None, :, :, None].astype("float32")
    image = np.concatenate([image, image**2], axis=-1)
    assert_close(transformed(image, flip=1.0), image[:, :, ::-1], 0.02)
    for turns in (1, 2, 3):
        expected = np.rot90(image, turns, axes=(1, 2))
        assert np.max(np.abs(expected - image)) > 0.5
        assert_close(transformed(image, quarter_turns=float(turns)), expected, 0.02)
    # A whole turn, made of parts: no more than rounding.
    assert_close(transformed(image, quarter_turns=4.0), image, 1e-4)


def test_an_image_that_stays_is_unchanged_beside_one_that_moves():
    images = random_inputs([(2, 8, 8, 3)])
    actual = warp(tf.constant(images), geometric_matrix(8, 8, **geometry(2, flip=[0, 1]))).numpy()
    np.testing.assert_array_equal(actual[0], images[0])
    assert np.max(np.abs(actual[1] - images[1])) > 0.5


@pytest.mark.parametrize("jit", [False, True])
def test_the_gradient_is_the_transposed_map(jit):
    """<w, warp(x)> is linear in x: its gradient g has <g, x> = <w, warp(x)> and is the same at every x."""
    images, weights = random_inputs([(2, 8, 8, 1), (2, 8, 8, 1)])
    matrix = geometric_matrix(8, 8, **geometry(2, pre_rotation=[0.4, 2.0], isotropic_scale=[0.3, -0.4]))

    @tf.function(jit_compile=jit)
    def run(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(weights * warp(images, matrix))
        return value, tape.gradient(value, images)

    value, gradient = run(tf.constant(images))
    assert_close(np.sum(gradient.numpy().astype("float64") * images), value, 1e-4)
    np.testing.assert_array_equal(run(tf.constant(2 * images))[1], gradient)
    eager = np.sum(weights * warp(tf.constant(images), matrix).numpy())
    assert_close(value, eager, 1e-5)
