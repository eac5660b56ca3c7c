import numpy as np
import pytest
import tensorflow as tf

from harness import check_config, random_inputs
from keras_gans.augment import (
    AdaptiveAugmentation,
    AugmentationPipeline,
    FixedAugmentation,
    NoAugmentation,
)
from keras_gans.random import Draws
from keras_gans.training.distribution import total_over_replicas

PIPELINE = AugmentationPipeline.groups("bg")


def state(augmentation):
    return [float(variable.numpy()) for variable in augmentation.variables]


def test_the_probability_follows_the_signs():
    """Against the paper's rule, restated: a history of ten steps, compiled, in changes of two steps."""
    augmentation = AdaptiveAugmentation(PIPELINE, target=0.5, interval=2, images=100, initial_probability=0.3)
    random = np.random.default_rng(0)
    history = random.normal(0.8, 1.0, (10, 6, 1)).astype("float32")
    history[4:6] = -1.0

    @tf.function
    def end(logits, step):
        augmentation.observe(logits)
        augmentation.adjust(step, 6)

    expected, moves = 0.3, []
    for step, logits in enumerate(history):
        end(tf.constant(logits), tf.constant(step, "int64"))
        if step % 2:
            r = np.mean(np.sign(history[step - 1 : step + 1]))
            moves.append(np.sign(r - 0.5))
            expected += moves[-1] * 2 * 6 / 100
            assert state(augmentation)[1:] == [0.0, 0.0]
        else:
            assert state(augmentation)[1:] == [np.sum(np.sign(logits)), 6.0]
        assert state(augmentation)[0] == pytest.approx(expected, abs=1e-6)
    assert {-1.0, 0.0, 1.0} == set(moves)


@pytest.mark.parametrize("value, end", [(1.0, 1.0), (-1.0, 0.0)])
def test_the_probability_stays_between_zero_and_one(value, end):
    augmentation = AdaptiveAugmentation(PIPELINE, interval=1, images=30, initial_probability=0.5)
    for step in range(2):
        augmentation.observe(tf.fill((8, 1), value))
        augmentation.adjust(step, 10)
    assert state(augmentation)[0] == end


def test_the_defaults_are_the_paper_s():
    """From 0 to 1 in 500,000 images, in steps of four batches; none at r = 0.6."""
    augmentation = AdaptiveAugmentation(PIPELINE)
    above = tf.constant([[1.0]] * 9 + [[-1.0]])  # r = 0.8
    found = []
    for step in range(9):
        augmentation.observe(above)
        augmentation.adjust(step, 1000)
        found.append(state(augmentation)[0])
    np.testing.assert_allclose(found, [0, 0, 0, 0.008, 0.008, 0.008, 0.008, 0.016, 0.016], atol=1e-7)
    below = AdaptiveAugmentation(PIPELINE, initial_probability=0.5)
    for step in range(4):
        below.observe(tf.constant([[1.0]] * 7 + [[-1.0]] * 3))  # r = 0.4
        below.adjust(step, 1000)
    assert state(below)[0] == pytest.approx(0.492)


def test_what_is_counted():
    augmentation = AdaptiveAugmentation(PIPELINE, interval=1, images=100, initial_probability=0.5)
    augmentation.observe(tf.constant([[np.nan], [np.inf], [-2.0], [0.0], [3.0], [3.0]]))
    assert state(augmentation) == [0.5, 1.0, 4.0]
    # The mean of a patch map decides, not its patches.
    augmentation.observe(tf.constant([[[[-1.0], [-1.0]], [[-1.0], [9.0]]]], "float16"))
    assert state(augmentation) == [0.5, 2.0, 5.0]
    augmentation.adjust(0, 10)
    assert state(augmentation) == [pytest.approx(0.4), 0.0, 0.0]
    # Nothing to judge by: it stays.
    augmentation.observe(tf.constant([[np.nan]]))
    augmentation.adjust(1, 10)
    assert state(augmentation) == [pytest.approx(0.4), 0.0, 0.0]


def test_replicas_judge_together(two_replicas):
    with two_replicas.scope():
        augmentation = AdaptiveAugmentation(PIPELINE, target=0.1, interval=2, images=100)
    logits = [[[1.0], [1.0], [1.0]], [[-1.0], [1.0], [-1.0]]]  # r = 1/3: one replica below, one above

    @tf.function
    def run(step):
        def replica():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            augmentation.observe(tf.gather(tf.constant(logits), number), total_over_replicas)
            augmentation.adjust(step, 6)

        two_replicas.run(replica)

    for step in range(4):
        run(tf.constant(step))
        local = [
            [float(v) for v in two_replicas.experimental_local_results(variable.value)]
            for variable in augmentation.variables
        ]
        probability = [0.0, 0.12, 0.12, 0.24][step]
        sums = [0.0, 0.0] if step % 2 else [2.0, 6.0]
        for values, expected in zip(local, [probability, *sums], strict=True):
            assert values == pytest.approx([expected] * 2, abs=1e-6)


def test_images_are_augmented_with_the_probability():
    images = random_inputs([(4, 8, 8, 3)])
    augmentation = AdaptiveAugmentation(PIPELINE, initial_probability=0.0)
    run = tf.function(lambda images: augmentation(images, draws=Draws(seed=0, step=0)))
    np.testing.assert_array_equal(run(tf.constant(images)), images)
    augmentation.probability.assign(0.7)
    expected = PIPELINE(tf.constant(images), 0.7, Draws(seed=0, step=0))
    np.testing.assert_allclose(run(tf.constant(images)), expected, atol=1e-5)
    fixed = FixedAugmentation(PIPELINE, probability=0.7)(tf.constant(images), draws=Draws(seed=0, step=0))
    np.testing.assert_array_equal(fixed, expected)
    same = NoAugmentation()(tf.constant(images), draws=Draws(seed=0, step=0))
    np.testing.assert_array_equal(same, images)


def test_what_does_not_adapt_has_no_state():
    for augmentation, probability in (
        (NoAugmentation(), 0.0),
        (FixedAugmentation(PIPELINE, probability=0.2), 0.2),
    ):
        augmentation.observe(tf.ones((4, 1)))
        augmentation.adjust(3, 4)
        assert augmentation.variables == [] and augmentation.probability == probability


def test_configuration():
    arguments = {"target": 0.5, "interval": 2, "images": 1000, "initial_probability": 0.25}
    augmentation = check_config(AdaptiveAugmentation(PIPELINE, **arguments), arguments)
    assert augmentation.pipeline == PIPELINE
    assert state(augmentation) == [0.25, 0.0, 0.0]
    assert not augmentation.trainable_variables and len(augmentation.variables) == 3
    fixed = check_config(FixedAugmentation(PIPELINE, probability=0.2), {"probability": 0.2})
    assert fixed.pipeline == PIPELINE
    check_config(NoAugmentation(), {})


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"target": 1.0}, r"`target` must be between -1 and 1, exclusive. Received: 1.0"),
        ({"interval": 0}, r"`interval` must be at least 1. Received: 0"),
        ({"images": 0}, r"`images` must be at least 1. Received: 0"),
        ({"initial_probability": 1.1}, r"`initial_probability` must be between 0 and 1. Received: 1.1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveAugmentation(PIPELINE, **arguments)


def test_a_bad_fixed_probability():
    with pytest.raises(ValueError, match=r"`probability` must be between 0 and 1. Received: -0.1"):
        FixedAugmentation(PIPELINE, probability=-0.1)
