import numpy as np
import pytest
import tensorflow as tf

from harness import assert_close, check_config, random_inputs
from keras_gans.augment import AugmentationPipeline
from keras_gans.random import Draws

EVERYTHING = AugmentationPipeline.groups("bgcfnc")
NOTHING = dict.fromkeys(EVERYTHING.get_config(), 0.0) | dict.fromkeys(
    ("flip", "quarter_turns", "luma_flip"), False
)


def only(**strengths):
    return AugmentationPipeline(**{**NOTHING, **strengths})


def share_changed(pipeline, probability, images):
    """Of images that a pipeline changed."""
    augmented = pipeline(tf.constant(images), probability, Draws(seed=3, step=5)).numpy()
    assert np.isfinite(augmented).all()
    return np.mean(np.max(np.abs(augmented - images), axis=(1, 2, 3)) > 1e-6)


@pytest.mark.parametrize(
    "strengths, share",
    [
        ({"flip": True}, 0.5 / 2),
        ({"quarter_turns": True}, 0.5 * 3 / 4),
        (
            {"integer_translation": 0.5},
            0.5 * (1 - 1 / 16),
        ),  # of 4 pixels: a quarter of each way is rounded to 0
        ({"isotropic_scale": 0.2}, 0.5),
        ({"rotation": 1.0}, 0.5),  # before or after
        ({"anisotropic_scale": 0.2}, 0.5),
        ({"fractional_translation": 0.125}, 0.5),
        ({"brightness": 0.2}, 0.5),
        ({"contrast": 0.5}, 0.5),
        ({"luma_flip": True}, 0.5 / 2),
        ({"hue": 1.0}, 0.5),
        ({"saturation": 1.0}, 0.5),
        ({"image_filter": 1.0}, 1 - 0.5**4),
        ({"noise": 0.1}, 0.5),
        ({"cutout": 0.5}, 0.5),
    ],
)
def test_how_often_each_transform_applies(strengths, share):
    images = random_inputs([(1000, 4, 4, 3)])
    assert share_changed(only(**strengths), 0.5, images) == pytest.approx(share, abs=0.063)  # 4 deviations


def test_transforms_apply_independently():
    images = random_inputs([(1000, 4, 4, 3)])
    share = share_changed(only(brightness=0.2, noise=0.1, cutout=0.5), 0.3, images)
    assert share == pytest.approx(1 - 0.7**3, abs=0.063)


def augmented_constant(value=0.5, size=4, channels=3, **strengths):
    images = np.full((2000, size, size, channels), value, "float32")
    return only(**strengths)(tf.constant(images), 1.0, Draws(seed=1, step=0)).numpy()


def test_how_strong_transforms_are():
    """Deviations of 2000 numbers are known to 1.6 %; 7 % are more than four of theirs."""
    shift = augmented_constant(brightness=0.2)[:, 0, 0, 0] - 0.5
    assert np.std(shift) == pytest.approx(0.2, rel=0.07) and abs(np.mean(shift)) < 0.02
    factor = augmented_constant(contrast=0.5)[:, 0, 0, 0] / 0.5
    assert np.std(np.log2(factor)) == pytest.approx(0.5, rel=0.07)
    flipped = augmented_constant(luma_flip=True)[:, 0, 0, 0]
    assert_close(np.unique(np.round(flipped, 5)), [-0.5, 0.5], 1e-6)
    noise = augmented_constant(noise=0.1) - 0.5
    # The mean square of a half-normal number is that of the normal one.
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.1, rel=0.07)
    per_image = np.std(noise, axis=(1, 2, 3))
    assert np.mean(per_image) == pytest.approx(0.1 * np.sqrt(2 / np.pi), rel=0.07)
    missing = np.mean(augmented_constant(size=16, channels=1, cutout=0.5) == 0, axis=(1, 2, 3))
    assert np.max(missing) == 0.25
    # Mean of the covered width: 1/2 in the inner half of the centres, falling to 1/4 at the ends.
    assert np.mean(missing) == pytest.approx((0.5 * 0.5 + 0.5 * 0.375) ** 2, abs=0.01)


def test_the_rotation_reaches_half_a_turn_and_no_more_than_told():
    ramp = np.broadcast_to(np.linspace(-1, 1, 8, dtype="float32"), (500, 8, 8))[..., None]
    # A quarter: an eighth of a turn before, and one after.
    for rotation, lowest in ((1.0, -1.0), (0.25, np.cos(np.pi / 2))):
        turned = only(rotation=rotation)(tf.constant(ramp), 1.0, Draws(0, 0)).numpy()[:, 3:5, 3:5, 0]
        slope = np.mean(turned[:, :, 1] - turned[:, :, 0], axis=1) / (2 / 7)  # the angle's cosine
        assert np.min(slope) == pytest.approx(lowest, abs=0.15)


@pytest.fixture(scope="module", params=[False, True], ids=["graph", "XLA"])
def compiled(request):
    """Images, and value and gradient of a penalty on the gradient, of the whole pipeline."""
    weights = random_inputs([(2, 8, 8, 3)], seed=4)

    def augment(images, probability):
        return EVERYTHING(images, probability, Draws(seed=0, step=2))

    @tf.function(jit_compile=request.param)
    def run(images, probability):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                augmented = augment(images, probability)
                score = tf.reduce_sum(weights * tf.square(augmented))
            penalty = tf.reduce_sum(tf.square(inner.gradient(score, images)))
        return augmented, penalty, outer.gradient(penalty, images)

    return augment, run


def test_compiled_equals_eager_and_has_a_second_gradient(compiled):
    augment, run = compiled
    images, direction = random_inputs([(2, 8, 8, 3), (2, 8, 8, 3)])
    augmented, penalty, gradient = run(tf.constant(images), tf.constant(1.0))
    assert_close(augmented, augment(tf.constant(images), 1.0), 2e-5)
    assert np.max(np.abs(augmented - images)) > 0.5
    # The pipeline is affine in the pixels, the penalty a square of them: central differences are exact.
    ahead, behind = (run(tf.constant(images + way * direction), tf.constant(1.0))[1] for way in (1, -1))
    slope = np.sum(gradient.numpy().astype("float64") * direction)
    assert np.isfinite(penalty) and abs(slope) > 1
    assert slope == pytest.approx((float(ahead) - float(behind)) / 2, rel=1e-3)


def test_nothing_changes_at_probability_zero(compiled):
    _, run = compiled
    images = random_inputs([(2, 8, 8, 3)])
    np.testing.assert_array_equal(run(tf.constant(images), tf.constant(0.0))[0], images)


def test_replicas_draw_their_rows_of_the_numbers_of_the_batch(two_replicas):
    image = random_inputs([(1, 4, 4, 3)])
    pipeline = AugmentationPipeline()
    together = pipeline(tf.constant(np.repeat(image, 4, axis=0)), 0.8, Draws(seed=0, step=1))

    @tf.function
    def run():
        return two_replicas.run(lambda: pipeline(tf.repeat(image, 2, axis=0), 0.8, Draws(seed=0, step=1)))

    parts = two_replicas.experimental_local_results(run())
    assert_close(tf.concat(parts, axis=0), together, 1e-5)
    assert np.max(np.abs(parts[0] - parts[1])) > 0.1


def test_grey_and_half_precision_images():
    for channels in (1, 3):
        images = tf.cast(random_inputs([(2, 6, 8, channels)]), "float16")
        augmented = EVERYTHING(images, 1.0, Draws(0, 0))
        assert augmented.shape == images.shape and augmented.dtype == "float32"


def test_groups():
    assert AugmentationPipeline.groups("bgc") == AugmentationPipeline()
    on = lambda name: {key for key, value in AugmentationPipeline.groups(name).get_config().items() if value}  # noqa: E731
    assert on("b") == {"flip", "quarter_turns", "integer_translation"}
    assert on("bg") - on("b") == {
        "isotropic_scale",
        "rotation",
        "anisotropic_scale",
        "fractional_translation",
    }
    assert on("bgc") - on("bg") == {"brightness", "contrast", "luma_flip", "hue", "saturation"}
    assert on("bgcf") - on("bgc") == {"image_filter"}
    assert on("bgcfn") - on("bgcf") == {"noise"}
    assert on("bgcfnc") - on("bgcfn") == {"cutout"}
    for name in ("", "c", "bgx", "bgcfncb"):
        with pytest.raises(ValueError, match=rf"one of \['b', 'bg', .*Received: '{name}'"):
            AugmentationPipeline.groups(name)


def test_configuration():
    strengths = {**NOTHING, "flip": True, "hue": 0.5, "noise": 0.2}
    pipeline = AugmentationPipeline(**strengths)
    assert check_config(pipeline, strengths) == pipeline
    assert pipeline != EVERYTHING


@pytest.mark.parametrize(
    "strengths, message",
    [
        ({"flip": 0.5}, r"`flip` must be True or False. Received: 0.5"),
        ({"contrast": -0.1}, r"`contrast` must be at least 0 and finite. Received: -0.1"),
        ({"noise": float("inf")}, r"`noise` must be at least 0 and finite. Received: inf"),
        ({"hue": 1.5}, r"`hue` must be between 0 and 1. Received: 1.5"),
        ({"cutout": float("nan")}, r"`cutout` must be between 0 and 1. Received: nan"),
    ],
)
def test_bad_strengths(strengths, message):
    with pytest.raises(ValueError, match=message):
        AugmentationPipeline(**strengths)


@pytest.mark.parametrize("shape", [(2, 8, 8, 2), (None, 8, 8, 3), (8, 8, 3)])
def test_bad_images(shape):
    images = tf.keras.Input(shape[1:]) if shape[0] is None else tf.zeros(shape)
    with pytest.raises(ValueError, match=r"of 1 or 3 channels. Received: \("):
        AugmentationPipeline()(images, 0.5, Draws(0, 0))


def test_quarter_turns_are_for_squares():
    images = random_inputs([(64, 8, 12, 3)])
    assert share_changed(only(quarter_turns=True), 1.0, images) == 0.0
    assert share_changed(only(quarter_turns=True), 1.0, images[:, :, :8]) > 0.5
    both = [
        AugmentationPipeline(quarter_turns=turns)(tf.constant(images), 0.5, Draws(seed=3, step=5))
        for turns in (True, False)
    ]
    np.testing.assert_array_equal(*both)
