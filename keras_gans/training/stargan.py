"""StarGAN: one generator between all of several domains."""

import tensorflow as tf

from keras_gans.losses import DiscriminatorView, DomainView
from keras_gans.serialization import register
from keras_gans.training.adversarial import OneGenerator
from keras_gans.training.distribution import replicas_in_sync
from keras_gans.training.translation import TranslationTrainer


@register
class StarGAN(OneGenerator, TranslationTrainer):
    """Trains a generator to turn images into any of several domains, or to give them attributes.

    The discriminator judges patches and names the domain of the whole image. The domains asked for are those
    of the batch in another order. Calling the trainer calls the average of the generator.

    Args:
        generator: network from `[images, domains]` to images, domains `(batch, num_classes)` of 0 and 1, such
            as `keras_gans.networks.StarGANGenerator`.
        discriminator: network from images to `[scores, class_logits]`, such as
            `keras_gans.networks.StarGANDiscriminator`.
        **kwargs: of `AdversarialTrainer`. Terms of the discriminator get a
            `keras_gans.losses.DiscriminatorView`, whose `discriminate` gives the sum of an image's patches;
            those of the generator a `keras_gans.losses.DomainView`.

    Input of `fit`:
        dicts with `"images"`, float32 `(batch, height, width, channels)` in `[-1, 1]`, and `"labels"`, int32
        `(batch,)`, or of several attributes at once float32 `(batch, num_classes)`, as
        `keras_gans.data.DomainData` has them.

    Example:
    ```python
    losses = keras_gans.losses
    trainer = keras_gans.training.StarGAN(
        keras_gans.networks.StarGANGenerator(name="generator"),
        keras_gans.networks.StarGANDiscriminator(name="discriminator"),
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=[losses.GradientPenalty(), losses.RealDomainClassification()],
        generator_terms=[losses.TargetDomainClassification(), losses.DomainReconstruction()],
        discriminator_steps=5,
        average=keras_gans.training.ExponentialMovingAverage(decay=0.0),
    )
    ```

    Reference:
        [1711.09020](https://arxiv.org/abs/1711.09020), sections 3 and 5.3. The gradient penalty is that of
        the sum of the patches, as in the public code; the score that it bounds is their mean.
    """

    def exported_network(self, labels=None):
        """The average of the generator."""
        return self.generator_average

    def generate(self, inputs):
        """Translated images, of `[images, domains]`, images in `[-1, 1]`, domains `(batch, num_classes)`."""
        return self.generator_average(inputs)

    def sheet(self, batch):
        """Input, a column for every domain, and the first of them translated back.

        For attributes, each column shows the image with that attribute reversed.
        """
        images, own = batch["images"], self._vectors(batch["labels"])
        count = self.generator.num_classes
        if len(batch["labels"].shape) > 1:
            asked = [tf.abs(own - tf.one_hot(i, count)) for i in range(count)]
        else:
            asked = [tf.one_hot(tf.fill([len(images)], i), count) for i in range(count)]
        translated = [self.generate([images, domains]) for domains in asked]
        return tf.stack([images, *translated, self.generate([translated[0], own])], axis=1)

    def discriminator_losses(self, batch, draws):
        images, labels = batch["images"], batch["labels"]
        targets = shuffled(labels, draws)
        fake_images = tf.stop_gradient(self.generator([images, self._vectors(targets)], training=True))
        real_logits, real_class_logits = self.discriminator(images, training=True)
        fake_logits, fake_class_logits = self.discriminator(fake_images, training=True)

        def discriminate(images, draws):
            scores, _ = self.discriminator(images, training=True)
            return tf.reduce_sum(scores, axis=(1, 2))

        view = DiscriminatorView(
            real_images=images,
            fake_images=fake_images,
            labels=labels,
            real_logits=real_logits,
            fake_logits=fake_logits,
            real_class_logits=real_class_logits,
            fake_class_logits=fake_class_logits,
            discriminate=discriminate,
            draws=draws,
        )
        adversarial = self.adversarial_loss.discriminator(real_logits, fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        images, labels = batch["images"], batch["labels"]
        targets = shuffled(labels, draws)

        def generate(images, labels):
            return self.generator([images, self._vectors(labels)], training=True)

        fake_images = generate(images, targets)
        fake_logits, fake_class_logits = self.discriminator(fake_images, training=True)
        view = DomainView(
            images=images,
            labels=labels,
            target_labels=targets,
            fake_images=fake_images,
            reconstructed_images=generate(fake_images, labels),
            generate=generate,
            fake_logits=fake_logits,
            fake_class_logits=fake_class_logits,
            draws=draws,
        )
        adversarial = self.generator_loss(fake_logits, lambda: self.discriminator(images, training=True)[0])
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}

    def _vectors(self, labels):
        """Labels as the generator takes them, float32 `(batch, num_classes)`."""
        if len(labels.shape) > 1:
            return tf.cast(labels, "float32")
        return tf.one_hot(labels, self.generator.num_classes)


def shuffled(labels, draws):
    """Labels of the global batch in another order: this replica's rows, of the same shape and dtype.

    Args:
        labels: `(batch,)` or `(batch, attributes)`. Numbers that float32 holds exactly.
        draws: `keras_gans.random.Draws`.
    """
    batch = labels.shape[0]
    order = tf.argsort(_of_all_replicas(draws.uniform("order", (batch,))))
    start = tf.distribute.get_replica_context().replica_id_in_sync_group * batch
    everywhere = _of_all_replicas(tf.cast(labels, "float32"))
    return tf.cast(tf.gather(everywhere, order[start : start + batch]), labels.dtype)


def _of_all_replicas(rows):
    """The rows of all replicas, one after the other: `(replicas * batch, ...)`."""
    context, replicas = tf.distribute.get_replica_context(), replicas_in_sync()
    own = tf.one_hot(context.replica_id_in_sync_group, replicas)
    placed = tf.reshape(own, (replicas,) + (1,) * rows.shape.rank) * rows
    summed = context.all_reduce(tf.distribute.ReduceOp.SUM, placed)
    return tf.reshape(summed, (-1, *rows.shape[1:]))
