import numpy as np
import pytest
import tensorflow as tf

import harness
import small
from keras_gans import losses
from keras_gans.training import GrowthPlan


def make(**options):
    options = {
        "resolutions": [4, 8, 16],
        "fade_images": 800,
        "stable_images": 400,
        "batch_sizes": {4: 16, 8: 16, 16: 8},
        "learning_rates": {4: 1e-3, 8: 1e-3, 16: 5e-4},
        **options,
    }
    return GrowthPlan(**options)


def test_phases_count_images():
    first, second, third = make().phases
    assert (first.start, first.fade_images, first.end) == (0, 0, 400)
    assert (second.start, second.fade_images, second.end) == (400, 800, 1600)
    assert (third.start, third.batch_size, third.learning_rate, third.end) == (1600, 8, 5e-4, 2800)
    assert make().total_images == 2800
    assert make(final_images=4000).total_images == 6400


def test_phases_are_whole_steps():
    for phase in make(fade_images=805, stable_images=397, scale=0.37).phases:
        assert phase.fade_images % phase.batch_size == 0
        assert (phase.end - phase.start) % phase.batch_size == 0


def test_alpha():
    first, second, _ = make().phases
    assert float(first.alpha(0)) == 1.0
    alphas = [float(second.alpha(tf.constant(i, tf.int64))) for i in (400, 600, 800, 1200, 1500)]
    assert alphas == [0.0, 0.25, 0.5, 1.0, 1.0]


def test_phases_are_described():
    plan = make()
    found = [plan.describe(seen) for seen in (400, 401, 1200, 1201, 1600, 1601)]
    assert found == ["4px stabilise", "8px fade", "8px fade", "8px stabilise", "8px stabilise", "16px fade"]


def test_phase_at():
    plan = make()
    assert [plan.phase_at(i).resolution for i in (0, 399, 400, 1599, 1600, 2799, 9999)] == [
        4, 4, 8, 8, 16, 16, 16,
    ]  # fmt: skip


def test_scale_keeps_proportions():
    plan = make(scale=0.5, stable_images=320)
    assert plan.total_images == 1280
    assert [p.fade_images for p in plan.phases] == [0, 400, 400]


def test_missing_entries_are_named():
    with pytest.raises(ValueError, match=r"`batch_sizes` has no entry for the resolutions \[16\]"):
        make(batch_sizes={4: 16, 8: 16})


def test_config_round_trip():
    plan = make()
    assert GrowthPlan.from_config(plan.get_config()).phases == plan.phases


def test_a_step_trains_the_view_alone_and_alpha_follows_the_images_seen():
    gan = small.progan(resolution=16)
    gan.begin_phase(small.phase(8, fade_images=32))
    small.compile_(gan)
    before = {v.path: v.numpy() for v in gan.generator.trainable_variables}
    seen = []
    for start in range(5):
        small.fit(gan, small.data(1, start=start))
        networks = (gan.generator, gan.discriminator, gan.generator_average)
        alphas = {float(network.alpha.numpy()) for network in networks}
        assert len(alphas) == 1
        seen += alphas
    assert seen == [0.0, 0.25, 0.5, 0.75, 1.0]
    moved = {v.path for v in gan.generator.trainable_variables if np.any(v.numpy() != before[v.path])}
    assert {"8x8_conv1/kernel", "to_rgb_8x8/kernel", "to_rgb_4x4/kernel", "4x4_dense/kernel"} <= moved
    assert not any("16x16" in path for path in moved)


def test_real_images_are_blended_like_the_fakes():
    gan = small.progan()
    gan.begin_phase(small.phase(8))
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
    blocks = images.reshape(2, 4, 2, 4, 2, 3).mean((2, 4)).repeat(2, 1).repeat(2, 2)
    gan.generator.alpha.assign(0.25)
    np.testing.assert_allclose(gan.real_images(images), 0.75 * blocks + 0.25 * images, atol=1e-6)
    gan.begin_phase(small.phase(4))
    small_images = images[:, :4, :4]
    np.testing.assert_array_equal(gan.real_images(small_images), small_images)


def growing(optimizer):
    """With gradient penalty and a fade; without minibatch statistics, which belong to a replica."""
    gan = small.progan()
    gan.begin_phase(small.phase(8))
    return small.compile_(gan, optimizer=optimizer)


@pytest.mark.slow
def test_a_growing_pair(tmp_path):
    harness.check_trainer(growing, small.batches(small.data), directory=tmp_path)


@pytest.mark.full
def test_a_growing_pair_in_full(tmp_path, two_replicas):
    harness.check_trainer_in_full(
        growing, small.batches(small.data), directory=tmp_path, replicas=two_replicas
    )


def test_conditional_growth_trains_class_logits():
    gan = small.progan(num_classes=3, discriminator_terms=[losses.RealFakeClassification()])
    gan.begin_phase(small.phase(8))
    small.compile_(gan, run_eagerly=True)
    history = small.fit(gan, small.data(2, num_classes=3)).history
    assert float(np.squeeze(history["discriminator/classification"][-1])) > 0
    images = gan([np.ones((2, small.LATENT_DIM), "float32"), np.array([0, 2], "int32")])
    assert images.shape == (2, 8, 8, 3)
    assert np.any(np.array(images[0]) != np.array(images[1]))
