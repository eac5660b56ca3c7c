import numpy as np
from augment.ada_reference import QUANTILES, Fixture, colour, scaled_normal_quantile

from harness import assert_close, random_inputs
from keras_gans.augment import colour_matrix, recolour


def test_equals_the_published_implementation():
    fixture = Fixture()
    for q in QUANTILES:
        normal = scaled_normal_quantile(q)
        cases = {
            "brightness": 0.2 * normal,
            "lumaflip": np.floor(2 * q),
            "saturation": normal,
        }
        for name, value in cases.items():
            arguments = colour(4, **{name.replace("flip", "_flip"): np.full(4, value)})
            actual = recolour(fixture.images, colour_matrix(**arguments))
            np.testing.assert_allclose(actual, fixture.outputs[f"{name}_q{q}"], rtol=0, atol=1e-5)


def test_every_image_has_its_own_matrix():
    images = random_inputs([(2, 3, 4, 3)])
    matrix = random_inputs([(2, 4, 4)], seed=2)
    expected = np.einsum("bij,bhwj->bhwi", matrix[:, :3, :3], images) + matrix[:, None, None, :3, 3]
    assert_close(recolour(images, matrix), expected, 1e-6)


def test_grey_images():
    grey = random_inputs([(3, 4, 4, 1)])
    arguments = {"brightness": [0.1, 0, 0], "contrast": [0, 1, 0], "luma_flip": [0, 1, 0]}
    matrix = colour_matrix(**colour(3, **arguments, hue=[0, 2, 2], saturation=[0.5, 0.5, 0.5]))
    expected = np.stack([grey[0] + 0.1, -2 * grey[1], grey[2]])
    assert_close(recolour(grey, matrix), expected, 1e-6)
    in_colour = recolour(np.repeat(grey, 3, axis=-1), matrix).numpy().mean(axis=-1, keepdims=True)
    assert_close(recolour(grey, matrix), in_colour, 1e-6)
