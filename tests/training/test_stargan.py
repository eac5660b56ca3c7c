import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
import plain_networks
import small
from keras_gans import losses, networks, training
from keras_gans.random import Draws
from keras_gans.training.stargan import shuffled

DOMAINS = {"labels": np.array([0, 2, 1, 1, 0, 2, 2, 0], "int32")}


class Tinter:
    """G(x, c) = x + 0.1 * (1 + number of the domain), as networks that are numbers."""

    num_classes = 3

    def __call__(self, inputs, training=False):
        images, labels = inputs
        self.labels = np.asarray(labels)
        return images + 0.1 * tf.reduce_sum(labels * [1.0, 2.0, 3.0], axis=1)[:, None, None, None]


class Judge:
    """Scores: the four pixels, each twice the sum of its colours; class logits: colours of the first."""

    def __call__(self, images, training=False):
        return [2.0 * tf.reduce_sum(images, axis=-1, keepdims=True), images[:, 0, 0] * 5.0]


@pytest.fixture
def linear():
    trainer = small.stargan()
    trainer.generator, trainer.discriminator = Tinter(), Judge()
    return trainer


def batch_of_two_by_two():
    return {**next(small.data(1, resolution=2).as_numpy_iterator()), **DOMAINS}


def cross_entropy(labels, logits):
    odds = np.exp(logits.astype("float64"))
    return -np.log(odds[np.arange(len(labels)), labels] / odds.sum(axis=1))


def test_the_discriminator_loses_as_in_the_paper(linear):
    """Equations 2, 5 and 8 of 1711.09020, on networks that are numbers."""
    batch = batch_of_two_by_two()
    found = linear.discriminator_losses(batch, Draws(0, 0))
    targets = linear.generator.labels.argmax(axis=1)
    x, shift = batch["images"].astype("float64"), 0.1 * (1 + targets)[:, None, None, None]
    scores, mean = (lambda v: 2.0 * v.sum(axis=-1)), (lambda v: v.mean(axis=(1, 2)))
    np.testing.assert_allclose(found["adversarial"], mean(scores(x + shift)) - mean(scores(x)), atol=1e-5)
    # Of real images, with their own domains.
    np.testing.assert_allclose(
        found["classification"], cross_entropy(batch["labels"], 5.0 * x[:, 0, 0]), rtol=1e-4
    )
    # The sum of the patches has the gradient 2 at each of 12 numbers.
    np.testing.assert_allclose(found["gradient_penalty"], [(2.0 * np.sqrt(12.0) - 1.0) ** 2] * 8,
                               rtol=1e-5)  # fmt: skip
    assert set(found) == {"adversarial", "gradient_penalty", "classification"}


def test_the_generator_loses_as_in_the_paper(linear):
    """Equations 3, 4 and 6 of 1711.09020."""
    batch = batch_of_two_by_two()
    targets = shuffled(batch["labels"], Draws(0, 0)).numpy()
    linear.terms["generator"] += (losses.DomainIdentity(weight=2.0),)
    found = linear.generator_losses(batch, Draws(0, 0))
    x, shift = batch["images"].astype("float64"), 0.1 * (1 + targets)[:, None, None, None]
    back = 0.1 * (1 + batch["labels"])
    scores = 2.0 * (x + shift).sum(axis=-1)
    np.testing.assert_allclose(found["adversarial"], -scores.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(
        found["classification"], cross_entropy(targets, 5.0 * (x + shift)[:, 0, 0]), rtol=1e-4
    )
    np.testing.assert_allclose(found["reconstruction"], shift[:, 0, 0, 0] + back, rtol=1e-4)
    np.testing.assert_allclose(found["identity"], back, rtol=1e-4)
    assert set(found) == {"adversarial", "classification", "reconstruction", "identity"}


@pytest.mark.parametrize("attributes", [False, True])
def test_domains_asked_for_are_those_of_the_batch_in_another_order(attributes):
    labels = next(iter(small.domains(1, attributes=attributes)))["labels"]
    draw = tf.function(lambda step: shuffled(labels, Draws(0, step)))
    orders = [draw(tf.constant(step)).numpy() for step in range(20)]
    assert all(order.dtype == labels.dtype and order.shape == labels.shape for order in orders)
    rows = sorted(np.asarray(labels).tolist())
    assert all(sorted(order.tolist()) == rows for order in orders)
    assert len({str(order) for order in orders}) > 10
    np.testing.assert_array_equal(orders[3], shuffled(labels, Draws(0, 3)).numpy())


def test_every_place_is_as_likely():
    """Number 0 of 4 comes to each place in a quarter of 400 draws: 100 +- 5 * 8.7."""
    draw = tf.function(lambda step: shuffled(tf.range(4), Draws(1, step)))
    places = [int(np.argmin(draw(tf.constant(step)))) for step in range(400)]
    assert np.abs(np.bincount(places, minlength=4) - 100).max() < 44


def test_both_kinds_of_labels_are_trained():
    for attributes in (False, True):
        trainer = small.compile_(small.stargan(discriminator_steps=2), run_eagerly=True)
        before = harness.values(trainer)
        batches = small.domains(1, attributes=attributes, batch_size=4)
        history = small.fit(trainer, batches).history
        assert all(np.isfinite(value).all() for value in history.values())
        assert {"discriminator/gradient_penalty", "generator/reconstruction"} <= set(history)
        assert int(trainer.discriminator_optimizer.iterations) == 2
        assert harness.difference(before, harness.values(trainer)) > 1e-3


def test_a_column_for_every_domain_and_the_way_back(linear):
    linear.generator_average = linear.generator
    batch = batch_of_two_by_two()
    sheet = np.asarray(linear.sheet(batch))
    x = batch["images"]
    assert sheet.shape == (8, 5, 2, 2, 3)
    np.testing.assert_array_equal(sheet[:, 0], x)
    for domain in range(3):
        np.testing.assert_allclose(sheet[:, 1 + domain], x + 0.1 * (1 + domain), atol=1e-6)
    back = 0.1 * (1 + batch["labels"])[:, None, None, None]
    np.testing.assert_allclose(sheet[:, 4], x + 0.1 + back, atol=1e-6)


def test_a_column_for_every_attribute_the_other_way_round(linear):
    linear.generator_average = linear.generator
    batch = {**batch_of_two_by_two(), "labels": np.tile(np.float32([[1, 0, 1]]), (8, 1))}
    sheet = np.asarray(linear.sheet(batch))
    added = [0.3, 0.6, 0.1]  # with the labels 001, 111, 100, of 0.1, 0.2 and 0.3
    for attribute in range(3):
        np.testing.assert_allclose(sheet[:, 1 + attribute], batch["images"] + added[attribute], atol=1e-6)
    np.testing.assert_allclose(sheet[:, 4], batch["images"] + 0.3 + 0.4, atol=1e-6)


def test_the_average_is_shown_and_exported():
    trainer = small.stargan()
    assert trainer.exported_network() is trainer.generator_average
    assert type(trainer.generator_average) is networks.StarGANGenerator
    images, labels = np.zeros((2, 8, 8, 3), "float32"), np.eye(3, dtype="float32")[:2]
    expected = trainer.generator_average([images, labels])
    np.testing.assert_allclose(trainer.generate([images, labels]), expected, atol=1e-6)
    np.testing.assert_allclose(trainer([images, labels]), expected, atol=1e-6)


def test_configuration():
    trainer = small.stargan(discriminator_steps=5)
    again = training.StarGAN.from_config(trainer.get_config())
    serialized = {"generator", "discriminator"}
    assert {k: v for k, v in again.get_config().items() if k not in serialized} == {
        k: v for k, v in trainer.get_config().items() if k not in serialized
    }
    assert again.discriminator.get_config() == trainer.discriminator.get_config()
    assert again.terms["generator"] == (losses.TargetDomainClassification(), losses.DomainReconstruction())


@pytest.mark.full
def test_xla_changes_nothing():
    assert small.xla_difference(small.stargan, small.domains(1)) < 1e-4


@pytest.mark.slow
def test_trainer(two_replicas, tmp_path):
    """The labels that images are translated to are those of the global batch in another order."""
    harness.check_trainer(
        lambda optimizer: small.compile_(
            small.stargan(pair=plain_networks.domain_pair()), optimizer=optimizer
        ),
        small.batches(small.domains, resolution=4),
        directory=tmp_path,
        replicas=two_replicas,
    )


@pytest.mark.full
def test_in_full(two_replicas, tmp_path):
    """At 16 px: instance norm over the four pixels in the middle of 8 px multiplies rounding errors."""

    def make(optimizer):
        if keras.config.dtype_policy().name == "mixed_float16":
            # The gradient penalty overflows at the usual first scale, which would be halved once.
            optimizer = functools.partial(scaled, optimizer)
        return small.compile_(small.stargan(resolution=16), optimizer=optimizer)

    def scaled(optimizer):
        return keras.optimizers.LossScaleOptimizer(optimizer(), initial_scale=1024.0)

    harness.check_trainer_in_full(
        make,
        small.batches(small.domains, resolution=16),
        directory=tmp_path,
        replicas=two_replicas,
        # At ten times the rate, rounding errors grow at the kinks of ReLU: how much depends on the CPU.
        smooth=lambda: keras.optimizers.SGD(1e-3),
    )
