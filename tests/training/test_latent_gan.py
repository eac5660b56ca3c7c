import keras
import numpy as np
import tensorflow as tf

import small
from keras_gans import losses, training
from keras_gans.random import Draws
from keras_gans.training.latent_gan import call_with


class Spy(losses.Term):
    """Keeps the view that it was shown."""

    def __init__(self, *, weight=1.0, interval=1, name="spy"):
        super().__init__(weight=weight, interval=interval, name=name)
        self.views = []

    def value(self, view):
        self.views.append(view)
        if hasattr(view, "generate"):
            self.again = view.generate(view.latents)
        return tf.zeros((view.fake_logits.shape[0],))


def conditional_gan(**options):
    """Labels enter both networks, as in a projection discriminator."""
    keras.utils.set_random_seed(1)
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    x = keras.layers.Concatenate()([latents, keras.ops.one_hot(labels, 3)])
    fake = keras.layers.Reshape((2, 2, 1))(keras.layers.Dense(4)(x))
    pixels = keras.Input((2, 2, 1), name="images")
    d_labels = keras.Input((), dtype="int32", name="labels")
    y = keras.layers.Concatenate()([keras.layers.Flatten()(pixels), keras.ops.one_hot(d_labels, 3)])
    generator = Labelled([latents, labels], fake, name="generator")
    discriminator = Labelled([pixels, d_labels], keras.layers.Dense(1)(y), name="discriminator")
    return training.LatentGAN(
        generator,
        discriminator,
        adversarial_loss=losses.Hinge(),
        average=training.ExponentialMovingAverage(decay=0.9),
        **options,
    )


@keras.saving.register_keras_serializable("tests")
class Labelled(small.Plain):
    latent_dim = 4

    @classmethod
    def from_config(cls, config):
        inner = keras.Model.from_config(config["inner"])
        return cls(inner.inputs, inner.outputs[0], name=config["name"])


def test_labels_reach_both_networks():
    gan = conditional_gan()
    small.compile_(gan)
    batches = small.data(2, resolution=2, channels=1, num_classes=3)
    before = gan.generator.get_weights()[0]
    small.fit(gan, batches)
    moved = np.any(gan.generator.get_weights()[0] != before, axis=1)
    assert moved[4:].all()  # the rows of the one-hot labels


def test_the_view_of_a_step():
    spy, other = Spy(), Spy(name="other")
    gan = conditional_gan(discriminator_terms=[spy], generator_terms=[other])
    small.compile_(gan, run_eagerly=True)
    batch = next(iter(small.data(1, resolution=2, channels=1, num_classes=3)))
    gan.train_step(batch)
    [view] = spy.views
    np.testing.assert_array_equal(view.real_images, batch["images"])
    np.testing.assert_array_equal(view.labels, batch["labels"])
    assert view.real_logits.shape == view.fake_logits.shape == (8, 1)
    assert view.real_class_logits.shape == (8, 0)
    [view] = other.views
    np.testing.assert_allclose(other.again, view.fake_images, atol=1e-6)
    assert view.latents.shape == (8, 4)


def test_each_update_draws_its_own_latents():
    spy, other = Spy(), Spy(name="other")
    gan = conditional_gan(discriminator_terms=[spy], generator_terms=[other], discriminator_steps=2)
    small.compile_(gan, run_eagerly=True)
    batch = next(iter(small.data(1, resolution=2, channels=1, num_classes=3)))
    gan.train_step(batch)
    first, second = (view.fake_images.numpy() for view in spy.views)
    assert np.all(first != second)
    expected = Draws(0, 0).scoped("generator").normal("latents", (4, 4))
    np.testing.assert_array_equal(other.views[0].latents, expected)
    np.testing.assert_array_equal(other.views[0].labels, batch["labels"][4:])  # of the last part


def test_class_logits_are_split_off():
    gan = small.progan(num_classes=5)
    spy = Spy()
    gan.terms["discriminator"] = (spy,)
    gan.begin_phase(small.phase(4))
    batch = next(iter(small.data(1, resolution=4, num_classes=5)))
    gan.discriminator_losses(batch, Draws(0, 0))
    [view] = spy.views
    assert view.real_logits.shape == (8, 1)
    assert view.real_class_logits.shape == (8, 5)
    assert view.discriminate(batch["images"], Draws(0, 0)).shape == (8, 1)


def test_a_network_gets_as_many_values_as_it_has_inputs():
    gan = conditional_gan()
    images, labels = np.ones((2, 2, 2, 1), "float32"), np.array([0, 1], "int32")
    logits = call_with(gan.discriminator, images, labels)
    np.testing.assert_allclose(logits, gan.discriminator([images, labels]), atol=1e-6)
    plain = small.latent_gan().discriminator
    pixels = np.ones((2, 4, 4, 1), "float32")
    np.testing.assert_allclose(call_with(plain, pixels, labels), plain(pixels), atol=1e-6)


def test_prediction_and_export_use_the_average():
    gan = small.progan()
    exported = gan.exported_network()
    assert exported is not gan.generator_average and type(exported) is type(gan.generator_average)
    for one, other in zip(exported.get_weights(), gan.generator_average.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert gan.latent_dim == small.LATENT_DIM


@keras.saving.register_keras_serializable("tests")
class NormedGenerator(Labelled):
    """A generator with batch normalisation, whose labels are a gain."""


def test_an_export_has_the_statistics_of_its_own_weights_and_classes():
    gan = conditional_gan()
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    x = keras.layers.Dense(4)(latents) * keras.ops.cast(labels + 1, "float32")[:, None]
    x = keras.layers.BatchNormalization(center=False, scale=False, epsilon=0.0)(x)
    normed = NormedGenerator([latents, labels], keras.layers.Reshape((2, 2, 1))(x), name="generator")
    gan = training.LatentGAN(
        normed,
        gan.discriminator,
        adversarial_loss=losses.Hinge(),
        average=training.ExponentialMovingAverage(decay=0.9),
    )
    small.compile_(gan)
    small.fit(gan, small.data(2, resolution=2, channels=1, num_classes=3))
    before = [weight.copy() for weight in gan.generator_average.get_weights()]
    exported = gan.exported_network(labels=np.array([0, 2, 2, 2]))
    for one, other in zip(gan.generator_average.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    kernel, bias, mean, variance = exported.get_weights()
    np.testing.assert_array_equal(kernel, before[0])
    # x = label gain * (kernel z + bias): gain 1 in a quarter of the images, else 3.
    squares = np.sum(kernel**2, axis=0) + bias**2
    np.testing.assert_allclose(mean, 2.5 * bias, atol=0.2)
    np.testing.assert_allclose(variance + mean**2, 7.0 * squares, rtol=0.15)
