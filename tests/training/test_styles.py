"""Trainers of generators with styles: mixing, noise, path length, augmentation, growth."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import plain_networks
import small
from keras_gans import augment, losses
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
    gan.begin_phase(small.phase(resolution, start=start))
    return gan


# === Mixing and noise ===


@pytest.fixture(scope="module", params=["stylegan2", "stylegan"])
def pair(request):
    return small.stylegan2() if request.param == "stylegan2" else grown(small.stylegan())


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_coarse_styles_are_the_latents_and_the_fine_ones_another_s(pair, probability):
    gan = pair
    gan.mixing_probability = probability
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


def everything(optimizer=harness.momentum, **options):
    """A StyleGAN2 trainer with all that a step may have, of plain networks.

    A path is measured on the rows of a replica, so that its weight must be small where replicas equal one.
    """
    off = {name: type(value)(0) for name, value in augment.AugmentationPipeline().arguments.items()}
    pipeline = augment.AugmentationPipeline(**{**off, "noise": 0.1})
    augmentation = augment.AdaptiveAugmentation(pipeline, interval=3, images=200, initial_probability=0.5)
    options = {
        "augmentation": augmentation,
        "generator_terms": [losses.PathLength(weight=0.01, interval=2, shrink=1)],
        **options,
    }
    trainer = small.stylegan2(pair=plain_networks.style_pair(), **options)
    return small.compile_(trainer, optimizer=optimizer)


four_pixels = small.batches(small.data, resolution=4)


@pytest.fixture(scope="module")
def traced():
    """One trainer, so one traced step, and the values that its variables start with."""
    trainer = everything()
    return trainer, [variable.numpy().copy() for variable in harness.all_variables(trainer)]


@pytest.fixture
def gan(traced):
    """The trainer of the module at its start."""
    trainer, start = traced
    for variable, value in zip(harness.all_variables(trainer), start, strict=True):
        variable.assign(value)
    return trainer


def test_the_mean_path_length_moves_on_the_steps_that_measure_it(gan):
    means = []
    for step in range(4):
        small.fit(gan, four_pixels(1, start=step))
        means.append(float(gan.path_length_mean.numpy()))
    assert 0.0 < means[0] == means[1] < means[2] == means[3]
    assert [v.path for v in gan.state()["path_length"]] == [gan.path_length_mean.path]


def test_a_mean_that_is_not_finite_is_not_kept(gan):
    small.fit(gan, four_pixels(1))
    mean = float(gan.path_length_mean.numpy())
    weight = gan.generator.synthesis.trainable_variables[0]
    weight.assign(weight * np.nan)
    small.fit(gan, four_pixels(2, start=1))
    assert float(gan.path_length_mean.numpy()) == mean > 0
    assert int(gan.skipped_steps.numpy()) == 2


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


def test_the_probability_follows_the_discriminator_and_is_reported(gan):
    last = gan.discriminator.get_layer("logit")
    bias = next(weight for weight in last.weights if "bias" in weight.path)
    for value, sign in ((100.0, 1.0), (-100.0, -1.0)):
        before = float(gan.augmentation.probability.numpy())
        bias.assign([value])
        history = small.fit(gan, four_pixels(3)).history
        after = float(gan.augmentation.probability.numpy())
        assert after - before == pytest.approx(sign * 3 * 8 / 200, abs=1e-6)
        assert float(np.squeeze(history["augmentation/probability"])) == pytest.approx(after)


# === The whole ===


@pytest.mark.slow
def test_stylegan2_as_a_trainer(gan, tmp_path, two_replicas):
    """With path length and adaptive augmentation, whose means replicas share.

    The probability moves after three of the four steps, so that signs of the last are counted at the end.
    """

    def make(optimizer):
        return everything(optimizer) if tf.distribute.has_strategy() else gan

    harness.check_trainer(make, four_pixels, directory=tmp_path, replicas=two_replicas)
    assert float(gan.path_length_mean.numpy()) > 0 and float(gan.augmentation.count.numpy()) == 8
    assert float(gan.augmentation.probability.numpy()) != 0.5


@pytest.mark.slow
def test_stylegan_as_a_trainer(tmp_path):
    def make(optimizer):
        return small.compile_(grown(noisy(small.stylegan(resolution=8))), optimizer=optimizer)

    harness.check_trainer(make, small.batches(small.data), directory=tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", ["stylegan2", "stylegan"])
def test_in_full(name, tmp_path, two_replicas):
    """Without path lengths: each replica measures its own rows."""

    def make(optimizer):
        gan = small.stylegan2(generator_terms=[]) if name == "stylegan2" else grown(noisy(small.stylegan()))
        return small.compile_(gan, optimizer=optimizer)

    harness.check_trainer_in_full(make, small.batches(small.data), directory=tmp_path, replicas=two_replicas)


@pytest.mark.full
def test_resuming_with_all_terms(tmp_path):
    gan, fresh = (small.compile_(small.stylegan2(), optimizer=harness.adam) for _ in range(2))
    harness.check_resume(gan, small.batches(small.data), tmp_path, into=fresh)


def test_stylegan_grows_from_8_px():
    gan = small.stylegan(discriminator_terms=[])
    for resolution, start in ((8, 0), (16, 128)):
        small.compile_(grown(gan, resolution, start=start), run_eagerly=True)
        assert gan.generate(tf.zeros((2, 8)) + 1.0).shape == (2, resolution, resolution, 3)
        before = harness.values(gan)
        assert harness.difference(before, harness.state_after(gan, small.data(1, resolution=resolution))) > 0


@pytest.mark.full
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
