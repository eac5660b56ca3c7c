"""Trainers of generators with styles: mixing, noise, path length, augmentation, growth."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import small
from harness import adam, check_trainer, difference, sgd, state_after, values
from keras_gans import augment, losses, training
from keras_gans.random import Draws
from keras_gans.training import callbacks


class Spy(losses.Term):
    """Keeps the view that it was shown."""

    def __init__(self, *, weight=1.0, interval=1, name="spy"):
        super().__init__(weight=weight, interval=interval, name=name)

    def value(self, view):
        self.view = view
        return tf.zeros((view.fake_logits.shape[0],))


def noisy(gan):
    """Gives noise its strengths: without, the first constant has no variance for AdaIN to divide by."""
    for weight in gan.generator.trainable_variables:
        if "noise/strength" in weight.path:
            weight.assign(tf.fill(weight.shape, 0.3))
    return gan


def view_of_a_step(gan, *, batch_size=64, num_classes=0):
    """What the generator's terms see of a step."""
    spy = Spy()
    gan.terms["generator"] = (spy,)
    images = tf.zeros((batch_size, 8, 8, 3))
    labels = tf.range(batch_size) % max(num_classes, 1)
    gan.generator_losses({"images": images, "labels": labels}, Draws(0, 0))
    return spy.view


def plain(gan, view):
    """The styles of the latents of a step, without mixing."""
    classes = gan.generator.num_classes
    labels = tf.one_hot(view.labels, classes) if classes else None
    return gan.generator.styles(view.latents, labels).numpy()


def grown(gan, resolution=8, *, start=0):
    gan.begin_phase(
        training.Phase(
            resolution=resolution,
            start=start,
            fade_images=64,
            stable_images=64,
            batch_size=8,
            learning_rate=1e-3,
        )
    )
    return gan


# === Mixing and noise ===


@pytest.mark.parametrize("make", [small.stylegan2, lambda **options: grown(small.stylegan(**options))])
@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_coarse_styles_are_the_latents_and_the_fine_ones_another_s(make, probability):
    gan = make(mixing_probability=probability)
    view = view_of_a_step(gan)
    _, used = gan.synthesis()
    styles, own = view.styles.numpy(), plain(gan, view)
    same = np.isclose(styles, own, atol=1e-6).all(axis=-1)  # (batch, num_styles)
    assert same[:, 0].all()
    assert (np.diff(same.astype(int), axis=1) <= 0).all()  # one crossover
    mixed = ~same.all(axis=1)
    assert mixed.mean() == pytest.approx(probability, abs=0.2)
    assert probability not in (0.0, 1.0) or mixed.mean() == probability
    crossovers = set(same[mixed].sum(axis=1).tolist())
    assert crossovers == (set(range(1, used)) if probability == 1.0 else crossovers & set(range(1, used)))
    for example in np.flatnonzero(mixed):  # the others' styles are those of one latent, too
        rest = styles[example, same[example].sum() :]
        np.testing.assert_array_equal(rest, np.repeat(rest[:1], len(rest), axis=0))


def test_mixing_keeps_the_class():
    gan = small.stylegan2(num_classes=3, mixing_probability=1.0)
    first = gan.generator.mapping.get_layer("dense0").kernel
    first.assign(first * (np.arange(16) >= small.LATENT_DIM)[:, None])  # styles follow from the class alone
    view = view_of_a_step(gan, num_classes=3)
    np.testing.assert_allclose(view.styles, plain(gan, view), atol=1e-6)
    assert np.std(plain(gan, view)[:3], axis=0).min() > 0


def test_what_a_view_offers_makes_the_images_of_the_step():
    gan = small.stylegan2()
    for layer in gan.generator.synthesis.layers:
        if "noise" in layer.name and layer.trainable_weights:
            layer.trainable_weights[0].assign(1.0)  # the strength, which starts at 0
    view = view_of_a_step(gan)
    np.testing.assert_allclose(view.synthesize(view.styles), view.fake_images, atol=1e-5)
    np.testing.assert_allclose(view.synthesize(view.styles[:3]), view.fake_images[:3], atol=1e-5)
    np.testing.assert_allclose(view.generate(view.latents), view.fake_images, atol=1e-5)
    stored = gan.generator.synthesize(view.styles)
    assert np.abs(stored - view.fake_images).max() > 0.1  # training draws its own noise
    assert view.path_length_mean is gan.path_length_mean


def test_the_probability_of_mixing_is_checked():
    with pytest.raises(ValueError, match=r"`mixing_probability` must be in \[0, 1\]. Received: 1.5"):
        small.stylegan2(mixing_probability=1.5)


# === Path length ===


def test_the_mean_path_length_moves_on_the_steps_that_measure_it():
    gan = small.compile_(small.stylegan2())
    means = []
    for step in range(4):
        small.fit(gan, small.data(1, start=step))
        means.append(float(gan.path_length_mean.numpy()))
    assert 0.0 < means[0] == means[1] < means[2] == means[3]
    assert [v.path for v in gan.state()["path_length"]] == [gan.path_length_mean.path]


def test_a_mean_that_is_not_finite_is_not_kept():
    gan = small.compile_(small.stylegan2())
    small.fit(gan, small.data(1))
    mean = float(gan.path_length_mean.numpy())
    constant = next(v for v in gan.generator.trainable_variables if "const" in v.path)
    constant.assign(constant * np.nan)
    small.fit(gan, small.data(2, start=1))
    assert float(gan.path_length_mean.numpy()) == mean > 0
    assert int(gan.skipped_steps.numpy()) == 2


def test_replicas_agree_on_the_mean_path_length(two_replicas):
    """It is the mean of what each makes of its own images."""
    with two_replicas.scope():
        gan = small.compile_(small.stylegan2(mixing_probability=0.0), optimizer=sgd)
    small.fit(gan, small.data(1))
    copies = [float(v.numpy()) for v in gan.path_length_mean.value.values]
    assert copies[0] == copies[1] > 0
    alone = small.compile_(small.stylegan2(mixing_probability=0.0), optimizer=sgd)
    small.fit(alone, small.data(1))
    # One step from 0: the mean over replicas of the means of equal parts.
    assert copies[0] == pytest.approx(float(alone.path_length_mean.numpy()), rel=1e-4)


# === Augmentation ===


def test_both_players_see_augmented_images():
    shown = []

    class Recorder(augment.NoAugmentation):
        def call(self, images, draws):
            shown.append(images.shape)
            return -images

    gan = small.stylegan2(augmentation=Recorder(), discriminator_terms=[], generator_terms=[])
    gan.discriminator_losses({"images": tf.zeros((4, 8, 8, 3))}, Draws(0, 0))
    gan.generator_losses({"images": tf.zeros((4, 8, 8, 3))}, Draws(0, 0))
    assert shown == [(4, 8, 8, 3)] * 3  # real, fake, and the generator's fake


def test_the_probability_follows_the_discriminator_and_is_reported():
    gan = small.compile_(small.stylegan2())
    last = gan.discriminator.get_layer("4x4_dense1")
    bias = next(weight for weight in last.weights if "bias" in weight.path)
    for value, sign in ((100.0, 1.0), (-100.0, -1.0)):
        before = float(gan.augmentation.probability.numpy())
        bias.assign([value])
        history = small.fit(gan, small.data(2)).history
        after = float(gan.augmentation.probability.numpy())
        assert after - before == pytest.approx(sign * 2 * 8 / 200, abs=1e-6)
        assert float(np.squeeze(history["augmentation/probability"])) == pytest.approx(after)


# === The whole ===


@pytest.mark.slow
def test_stylegan2_as_a_trainer(tmp_path, two_replicas):
    def make(optimizer):
        return small.compile_(small.stylegan2(generator_terms=[]), optimizer=optimizer)

    check_trainer(
        make,
        lambda steps, start: small.data(steps, start=start),
        directory=tmp_path,
        replicas=two_replicas,
    )


@pytest.mark.slow
def test_resuming_with_all_terms(tmp_path):
    """Path length is measured on the rows of a replica, so that replicas equal each other, not one."""
    from harness import check_resume

    check_resume(
        tf.distribute.get_strategy(),
        lambda: small.compile_(small.stylegan2(), optimizer=adam),
        lambda steps, start: small.data(steps, start=start),
        tmp_path,
    )


@pytest.mark.slow
def test_stylegan_as_a_trainer(tmp_path, two_replicas):
    def make(optimizer):
        return small.compile_(grown(noisy(small.stylegan())), optimizer=optimizer)

    check_trainer(
        make,
        lambda steps, start: small.data(steps, start=start),
        directory=tmp_path,
        replicas=two_replicas,
    )


def test_stylegan_grows_from_8_px():
    gan = small.stylegan()
    for resolution, start in ((8, 0), (16, 128)):
        small.compile_(grown(gan, resolution, start=start))
        assert gan.generate(tf.zeros((2, 8)) + 1.0).shape == (2, resolution, resolution, 3)
        before = values(gan)
        assert difference(before, state_after(gan, small.data(2, resolution=resolution))) > 0


@pytest.mark.slow
def test_stylegan_in_float16_from_its_first_step():
    """Without strengths of noise AdaIN multiplies the constant's gradient: the loss scale has far to fall."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    gan = small.stylegan()
    keras.mixed_precision.set_global_policy("float32")
    small.compile_(grown(gan))
    gan.fit(
        small.data(24).repeat(),
        steps_per_epoch=24,
        verbose=0,
        callbacks=[callbacks.StopOnNonFinite()],
    )
    assert int(gan.skips_in_a_row.numpy()) == 0
    assert 0 < int(gan.skipped_steps.numpy()) < 20


@pytest.mark.parametrize("make", [small.stylegan2, small.stylegan])
def test_config_round_trip(make):
    gan = make(mixing_probability=0.25)
    again = type(gan).from_config(gan.get_config())
    assert again.mixing_probability == 0.25
    assert again.get_config()["augmentation"] == gan.get_config()["augmentation"]
    assert type(again.augmentation) is type(gan.augmentation)
