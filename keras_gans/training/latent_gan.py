"""A generator of images from latents against a discriminator of images."""

import keras
import numpy as np
import tensorflow as tf

from keras_gans.augment import NoAugmentation
from keras_gans.losses import DiscriminatorView, GeneratorView
from keras_gans.networks import folded, standing_statistics, truncated
from keras_gans.random import counter_normal
from keras_gans.serialization import register
from keras_gans.training.adversarial import AdversarialTrainer
from keras_gans.training.distribution import replicas_in_sync, total_over_replicas
from keras_gans.training.ema import averaged_copy
from keras_gans.training.trainer import as_logs

STATISTICS_BATCHES = 16
STATISTICS_BATCH = 128


@register
class LatentGAN(AdversarialTrainer):
    """Trains a generator from latents, with or without class labels.

    Calling the trainer calls the average of the generator, as `predict`, sample grids and exports do.

    Args:
        generator: network from latents, or `[latents, labels]`, to images.
        discriminator: network from images, or `[images, labels]`, to logits `(batch, 1)` or a patch map;
            further channels are class logits of an auxiliary classifier.
        augmentation: layer of `keras_gans.augment`, through which the discriminator sees all images; `None`
            means `NoAugmentation`.
        **kwargs: of `AdversarialTrainer`.

    Example:
    ```python
    gan = keras_gans.training.LatentGAN(
        generator,
        discriminator,
        adversarial_loss=keras_gans.losses.NonSaturating(),
        discriminator_terms=[keras_gans.losses.R1(weight=10.0)],
        average=keras_gans.training.ExponentialMovingAverage(half_life=10_000),
    )
    gan.compile(
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.0, 0.99),
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.0, 0.99),
    )
    gan.fit(batches, steps_per_epoch=1000)
    ```
    """

    def __init__(self, generator, discriminator, *, augmentation=None, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.augmentation = NoAugmentation() if augmentation is None else augmentation
        self.generator_average = averaged_copy(generator)

    def get_config(self):
        parts = {name: getattr(self, name) for name in ("generator", "discriminator", "augmentation")}
        serialize = keras.saving.serialize_keras_object
        return {**super().get_config(), **{name: serialize(part) for name, part in parts.items()}}

    @property
    def latent_dim(self):
        """Width of the latents."""
        return self.generator.latent_dim

    def players(self):
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def averaged_networks(self):
        return [(self.generator, self.generator_average)]

    def exported_network(self, labels=None):
        """The network that a run exports: the average of the generator, ready for use.

        Spectral normalisation is worked into its kernels. Batch normalisation gets statistics that belong to
        the averaged weights, from 2,048 latents, of the classes as they occur in `labels`.
        """
        average = self.generator_average
        network = type(average).from_config(average.get_config())  # a copy: the run goes on with its own
        network.set_weights(average.get_weights())
        network = folded(network)

        def draw(index, truncation):
            seeds = tf.fill([STATISTICS_BATCH], tf.constant(self.seed, "int64"))
            indices = index * STATISTICS_BATCH + tf.range(STATISTICS_BATCH, dtype="int64")
            latents = counter_normal(seeds, indices, (self.latent_dim,))
            if truncation is not None:
                latents = truncated(latents, truncation)
            if labels is None:
                return latents
            picks = np.random.default_rng([self.seed, index]).integers(len(labels), size=STATISTICS_BATCH)
            return [latents, tf.constant(np.asarray(labels)[picks], "int32")]

        standing_statistics(network, draw, STATISTICS_BATCHES)
        return network

    def generate(self, inputs):
        [(_, average)] = self.averaged_networks()
        return average(inputs)

    def call(self, inputs):
        """Images of the averaged generator from latents, or from `[latents, labels]`."""
        return self.generate(inputs)

    def discriminator_losses(self, batch, draws):
        [discriminator] = self.active_players()["discriminator"]
        labels = batch.get("labels")
        real_images = self.real_images(batch["images"])
        fake_images = self.make(real_images.shape[0], labels, draws)["fake_images"]

        def discriminate(images):
            return feed(discriminator, images=self.augmentation(images, draws=draws), labels=labels)

        real, fake = discriminate(real_images), discriminate(fake_images)
        self.augmentation.observe(real[..., :1], total_over_replicas)
        view = DiscriminatorView(
            real_images=real_images,
            fake_images=fake_images,
            labels=labels,
            real_logits=real[..., :1],
            fake_logits=fake[..., :1],
            real_class_logits=real[..., 1:],
            fake_class_logits=fake[..., 1:],
            discriminate=lambda images: discriminate(images)[..., :1],
            draws=draws,
        )
        adversarial = self.adversarial_loss.discriminator(view.real_logits, view.fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        [discriminator] = self.active_players()["discriminator"]
        labels = batch.get("labels")
        made = self.make(batch["images"].shape[0], labels, draws)
        shown = self.augmentation(made["fake_images"], draws=draws)
        logits = feed(discriminator, images=shown, labels=labels)
        view = self.generator_view(
            **made,
            labels=labels,
            fake_logits=logits[..., :1],
            fake_class_logits=logits[..., 1:],
            draws=draws,
        )
        adversarial = self.adversarial_loss.generator(view.fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}

    def real_images(self, images):
        """What the discriminator is shown of a batch of real images."""
        return images

    def make(self, batch_size, labels, draws):
        """Makes images, and returns what a `GeneratorView` says of them."""
        [generator] = self.active_players()["generator"]
        latents = draws.normal((batch_size, self.latent_dim))

        def generate(latents=latents):
            return feed(generator, latents=latents, labels=labels)

        return {"latents": latents, "generate": generate, "fake_images": generate()}

    def generator_view(self, **seen):
        """What the generator's terms may see."""
        return GeneratorView(**seen)

    def end_step(self, batch_size, finite):
        self.augmentation.adjust(self.step.value, batch_size * replicas_in_sync())
        super().end_step(batch_size, finite)

    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, **as_logs(self.augmentation.logs())}

    def state(self):
        return {**super().state(), "augmentation": self.augmentation.variables}


def feed(network, **values):
    """Calls a functional network with those of `values` that its inputs name, in training mode."""
    inputs = [values[tensor.name] for tensor in network.inputs]
    return network(inputs if len(inputs) > 1 else inputs[0], training=True)
