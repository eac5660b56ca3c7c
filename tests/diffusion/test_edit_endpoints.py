import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from small_denoiser import Denoiser

from keras_gans import diffusion
from keras_gans.diffusion import edit_endpoints
from keras_gans.export import signatures
from keras_gans.random import counter_normal


class Halved(diffusion.DiffusionGenerator):
    """Its states are 4x4, its images twice as high and three times as wide: a pixel repeated."""

    image_shape = (8, 12, 3)

    def to_state(self, images):
        return images[:, ::2, ::3]

    def to_images(self, state):
        return ops.repeat(ops.repeat(state, 2, axis=1), 3, axis=2)


def make(kind=diffusion.DiffusionGenerator, **options):
    keras.utils.set_random_seed(3)
    process = diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=20), prediction=diffusion.V())
    return kind(Denoiser(**options), process, steps=4)


class Traced:
    """The endpoints of a generator with their guards, each traced once: as an export has them."""

    def __init__(self, generator):
        self.generator = generator
        offered = generator.endpoints()
        for name in ("inpaint", "vary"):
            function, specs = offered[name]
            call = signatures.as_function(signatures.guarded(function, specs), specs)
            setattr(self, name, self.with_dtypes(call.get_concrete_function(), specs))

    def with_dtypes(self, call, specs):
        def typed(**arguments):
            defaults = {"steps": 4, "jump_length": 1, "resamplings": 1}
            arguments = {**{name: defaults[name] for name in specs if name in defaults}, **arguments}
            return call(**{name: tf.constant(arguments[name], specs[name].dtype) for name in specs}).numpy()

        return typed


@pytest.fixture(scope="module")
def plain():
    return Traced(make())


@pytest.fixture(scope="module")
def conditional():
    return Traced(make(num_classes=3))


def pictures(rows, *, height=8, width=8):
    drawn = np.random.default_rng(1).integers(0, 256, (rows, height, width, 3))
    return np.divide(drawn, 255.0, dtype="float32")


def sampled(generator, z, **options):
    return np.asarray(generator.sample(z, steps=4, **options)) * 0.5 + 0.5


MASKS = {
    "all": np.ones((8, 8, 1), "float32"),
    "none": np.zeros((8, 8, 1), "float32"),
    "a pixel": np.pad(np.ones((1, 1, 1), "float32"), [(3, 4), (7, 0), (0, 0)]),
    "a checkerboard": np.indices((8, 8)).sum(0)[..., None].astype("float32") % 2,
}


def test_known_pixels_come_back_bit_for_bit(plain):
    given = pictures(4)
    masks = np.stack([*MASKS.values()])
    for resamplings in (1, 3):
        made = plain.inpaint(images=given, mask=masks, seeds=[0, 1, 2, 3], resamplings=resamplings)
        kept = np.broadcast_to(masks == 1.0, given.shape)
        np.testing.assert_array_equal(made[kept], given[kept])
        assert (made[~kept] != given[~kept]).mean() > 0.9 and made.min() >= 0.0 and made.max() <= 1.0
        # Each row by itself, whatever is under its mask.
        for row in range(4):
            covered = np.where(masks[row] == 1.0, given[row], 0.7)
            alone = plain.inpaint(images=covered, mask=masks[row], seeds=row, resamplings=resamplings)
            np.testing.assert_allclose(alone[0], made[row], atol=1e-5)


def test_between_0_and_1_is_mixed(plain):
    given, soft = pictures(1), MASKS["a checkerboard"].copy()
    soft[2:5] = 0.25
    made = plain.inpaint(images=given, mask=soft, seeds=0)
    anew = plain.inpaint(images=given, mask=np.floor(soft), seeds=0)
    np.testing.assert_allclose(made, soft * given + (1.0 - soft) * anew, atol=1e-6)
    np.testing.assert_array_equal(made[:, soft[..., 0] == 0.0], anew[:, soft[..., 0] == 0.0])


def test_equal_seeds_are_images_of_a_seed(plain):
    """With nothing kept, the images are those of `sample`: one seed for all, or one for each."""
    z = counter_normal(tf.constant([5, 5, 7], "int64"), tf.constant([0, 1, 0], "int64"), (192,))
    expected = sampled(plain.generator, z)
    given = pictures(3)
    np.testing.assert_allclose(
        plain.inpaint(images=given, mask=MASKS["none"], seeds=[5, 5, 7]), expected, atol=1e-4
    )
    np.testing.assert_allclose(plain.vary(images=given, strength=1.0, seeds=[5, 5, 7]), expected, atol=1e-4)
    two = plain.vary(images=np.stack([given[0]] * 2), strength=1.0, seeds=5)
    np.testing.assert_allclose(two, expected[:2], atol=1e-4)


def test_noise_of_any_number():
    """More numbers than one index has streams, and none twice."""
    noise = edit_endpoints.SeededNoise(tf.constant([5, 6, 5], "int64"), (2, 3))
    drawn = [noise.draw(tf.constant(number)) for number in (0, 4094, 4095, 4096, 400_000)]
    drawn = np.concatenate([noise.start(), *np.reshape(drawn, (-1, 3, 2, 3))])
    assert drawn.size == 18 * 11 == len(set(drawn.flat))
    seed, index = tf.constant([5], "int64"), tf.constant([2**20 + 1], "int64")
    [expected] = counter_normal(seed, index, (2, 2, 3), stream=2)
    np.testing.assert_array_equal([one[2] for one in noise.draw(tf.constant(4096))], expected)


def test_strength(plain):
    given = pictures(3)
    made = plain.vary(images=given, strength=[0.0, 0.02, 0.5], seeds=0)
    np.testing.assert_array_equal(made[:2], given[:2])  # 0.02 of 20 timesteps rounds to none
    assert np.abs(made[2] - given[2]).max() > 0.01


def test_classes_and_guidance(conditional):
    given, z = pictures(2), counter_normal(tf.constant([5, 6], "int64"), tf.zeros(2, "int64"), (192,))
    for labels, guidance in (([0, 2], 3.0), ([-1, 1], [1.0, 2.0])):
        options = {"labels": labels, "guidance": guidance}
        scale = tf.reshape(tf.constant(guidance), (-1, 1)) * tf.ones((2, 1))
        expected = sampled(conditional.generator, z, labels=tf.constant(labels), guidance=scale)
        varied = conditional.vary(images=given, strength=1.0, seeds=[5, 6], **options)
        anew = conditional.inpaint(images=given, mask=MASKS["none"], seeds=[5, 6], **options)
        np.testing.assert_allclose(varied, expected, atol=1e-4)
        np.testing.assert_allclose(anew, expected, atol=1e-4)


def test_states_smaller_than_images():
    """A cell is kept where all of its pixels are; pixels are kept whatever their cell."""
    generator = make(Halved, resolution=4)
    traced, given = Traced(generator), pictures(1, height=8, width=12)
    mask = np.ones((1, 8, 12, 1), "float32")
    mask[0, 5, 4] = 0.0
    known = np.asarray(edit_endpoints.known_cells(tf.constant(mask), generator.state_shape))
    assert known.shape == (1, 4, 4, 1) and np.argwhere(~known).tolist() == [[0, 2, 1, 0]]
    made = traced.inpaint(images=given, mask=mask, seeds=0, resamplings=2)
    kept = np.broadcast_to(mask == 1.0, given.shape)
    np.testing.assert_array_equal(made[kept], given[kept])
    other = traced.inpaint(images=given, mask=mask, seeds=1, resamplings=2)
    assert np.abs(made - other)[0, 5, 4].min() > 1e-4
    assert traced.vary(images=given, strength=0.5, seeds=0).shape == given.shape
    np.testing.assert_array_equal(traced.vary(images=given, strength=0.0, seeds=0), given)


GOOD = {
    "inpaint": {"images": pictures(2), "mask": MASKS["none"], "seeds": 0},
    "vary": {"images": pictures(2), "strength": 0.5, "seeds": 0},
}


@pytest.mark.parametrize(
    "endpoint, name, value, words",
    [
        ("inpaint", "mask", np.zeros((2, 8, 9, 1)), r"must have the shape \(batch, 8, 8, 1\)"),
        ("inpaint", "mask", np.zeros((8, 8, 3)), r"must have the shape \(batch, 8, 8, 1\)"),
        ("inpaint", "mask", np.full((8, 8, 1), 1.1), r"must lie in \[0.0, 1.0\]"),
        ("inpaint", "mask", np.full((8, 8, 1), -0.1), r"must lie in \[0.0, 1.0\]"),
        ("inpaint", "mask", np.full((8, 8, 1), np.nan), r"must lie in \[0.0, 1.0\]"),
        ("inpaint", "images", pictures(2) * 255.0, r"must lie in \[0.0, 1.0\]"),
        ("inpaint", "jump_length", 0, r"must lie in \[1, 20\]"),
        ("inpaint", "resamplings", 101, r"must lie in \[1, 100\]"),
        ("vary", "steps", 21, r"must lie in \[1, 20\]"),
        ("vary", "strength", 1.5, r"must lie in \[0.0, 1.0\]"),
        ("vary", "strength", np.nan, r"must lie in \[0.0, 1.0\]"),
        ("vary", "images", pictures(2) - 1.0, r"must lie in \[0.0, 1.0\]"),
    ],
)
def test_guards_name_the_argument(plain, endpoint, name, value, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{name}` {words}"):
        getattr(plain, endpoint)(**{**GOOD[endpoint], name: value})


def test_rows_must_agree(plain):
    with pytest.raises(tf.errors.InvalidArgumentError, match="`images` and `mask` and `seeds` must have"):
        plain.inpaint(images=pictures(2), mask=np.zeros((3, 8, 8, 1)), seeds=0)
    assert plain.vary(images=np.zeros((0, 8, 8, 3)), strength=0.5, seeds=0).shape == (0, 8, 8, 3)
