"""A generator of images from latents against a discriminator of images."""

import numpy as np
import tensorflow as tf

from keras_gans.augment import NoAugmentation
from keras_gans.losses import DiscriminatorView, GeneratorView
from keras_gans.networks import folded, standing_statistics, truncated
from keras_gans.random import counter_normal
from keras_gans.serialization import register
from keras_gans.training.adversarial import AdversarialTrainer, OneGenerator
from keras_gans.training.distribution import replicas_in_sync, total_over_replicas
from keras_gans.training.trainer import as_logs

STATISTICS_BATCHES = 16
STATISTICS_BATCH = 128


@register
class LatentGAN(OneGenerator, AdversarialTrainer):
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
        super().__init__(generator, discriminator, **kwargs)
        self.augmentation = NoAugmentation() if augmentation is None else augmentation

    @property
    def latent_dim(self):
        """Width of the latents."""
        return self.generator.latent_dim

    def exported_network(self, labels=None):
        """The network that a run exports: the average of the generator, ready for use.

        Its kernels are divided by their spectral norms once and for all. Batch normalisation gets statistics
        that belong to the averaged weights, from 2,048 latents, of the classes as they occur in `labels`.
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
        _, average = self.active_averages()["generator"]
        return average(inputs)

    def call(self, inputs):
        """Images of the averaged generator from latents, or from `[latents, labels]`."""
        return self.generate(inputs)

    def discriminator_losses(self, batch, draws):
        labels = batch.get("labels")
        real_images = self.real_images(batch["images"])
        fake_images = self.make(real_images.shape[0], labels, draws)["fake_images"]
        real = self._judge(real_images, labels, draws.scoped("real"))
        fake = self._judge(fake_images, labels, draws.scoped("fake"))
        self.augmentation.observe(real[..., :1], total_over_replicas)
        view = DiscriminatorView(
            real_images=real_images,
            fake_images=fake_images,
            labels=labels,
            real_logits=real[..., :1],
            fake_logits=fake[..., :1],
            real_class_logits=real[..., 1:],
            fake_class_logits=fake[..., 1:],
            discriminate=lambda images, draws: self._judge(images, labels, draws)[..., :1],
            draws=draws,
        )
        adversarial = self.adversarial_loss.discriminator(view.real_logits, view.fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        labels = batch.get("labels")
        made = self.make(batch["images"].shape[0], labels, draws)
        logits = self._judge(made["fake_images"], labels, draws.scoped("fake"))
        view = self.generator_view(
            **made,
            labels=labels,
            fake_logits=logits[..., :1],
            fake_class_logits=logits[..., 1:],
            draws=draws,
        )

        def real_logits():
            return self._judge(self.real_images(batch["images"]), labels, draws.scoped("real"))[..., :1]

        adversarial = self.generator_loss(view.fake_logits, real_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}

    def _judge(self, images, labels, draws):
        """What the discriminator says of images that it sees through the augmentation."""
        discriminator = self.active_networks()["discriminator"]["discriminator"]
        return call_with(discriminator, self.augmentation(images, draws=draws), labels)

    def real_images(self, images):
        """What the discriminator is shown of a batch of real images."""
        return images

    def make(self, batch_size, labels, draws):
        """Makes images, and returns what a `GeneratorView` says of them."""
        generator = self.active_networks()["generator"]["generator"]
        latents = draws.normal("latents", (batch_size, self.latent_dim))

        def generate(latents=latents):
            return call_with(generator, latents, labels)

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


def call_with(network, *values):
    """Calls a functional network, in training, with as many of the values as it has inputs."""
    inputs = list(values[: len(network.inputs)])
    return network(inputs if len(inputs) > 1 else inputs[0], training=True)
