"""pix2pix: image to image, learnt from pairs."""

import tensorflow as tf

from keras_gans.losses import PairView
from keras_gans.serialization import register
from keras_gans.training.adversarial import OneGenerator
from keras_gans.training.latent_gan import call_with
from keras_gans.training.translation import TranslationTrainer


@register
class Pix2Pix(OneGenerator, TranslationTrainer):
    """Trains a generator to turn images into their targets, against a discriminator that sees both.

    The discriminator judges pairs, (image, target) and (image, translated image), concatenated along the
    channels. The generator's noise is dropout, by a seed for each example. Calling the trainer calls the
    average of the generator.

    Args:
        generator: network from images, or `[images, seeds]`, to images, such as
            `keras_gans.networks.Pix2PixGenerator`.
        discriminator: network from pairs of images to logits, such as
            `keras_gans.networks.PatchGANDiscriminator` with the channels of both.
        **kwargs: of `AdversarialTrainer`. Terms of the generator get a `keras_gans.losses.PairView`; those of
            the discriminator a `keras_gans.losses.DiscriminatorView`, whose images are pairs along the
            channels.

    Input of `fit`:
        dicts with `"images"` and `"targets"`, float32 `(batch, height, width, channels)` in `[-1, 1]`, as
        `keras_gans.data.PairData` has them.

    Example:
    ```python
    trainer = keras_gans.training.Pix2Pix(
        keras_gans.networks.Pix2PixGenerator(name="generator"),
        keras_gans.networks.PatchGANDiscriminator(channels=6, name="discriminator"),
        adversarial_loss=keras_gans.losses.ScaledLoss(
            keras_gans.losses.NonSaturating(), discriminator_weight=0.5
        ),
        generator_terms=[keras_gans.losses.TargetReconstruction(weight=100.0)],
        average=keras_gans.training.ExponentialMovingAverage(decay=0.0),
    )
    ```

    Reference:
        [1611.07004](https://arxiv.org/abs/1611.07004), section 3.
    """

    def exported_network(self, labels=None):
        """The average of the generator."""
        return self.generator_average

    def generate(self, inputs):
        """Translated images, of images in `[-1, 1]`; image number `i` has the seed `i`."""
        average = self.generator_average
        seeds = tf.range(len(inputs), dtype="int64")
        return average([inputs, seeds][: len(average.inputs)])

    def sheet(self, batch):
        """Input, output and target in columns."""
        return tf.stack([batch["images"], self.generate(batch["images"]), batch["targets"]], axis=1)

    def discriminator_losses(self, batch, draws):
        real = pair(batch["images"], batch["targets"])
        view = self.told_apart(real, pair(batch["images"], self._translate(batch["images"], draws)), draws)
        adversarial = self.adversarial_loss.discriminator(view.real_logits, view.fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        fake_images = self._translate(batch["images"], draws)
        fake_logits = self._judge(pair(batch["images"], fake_images))
        view = PairView(
            fake_images=fake_images, targets=batch["targets"], fake_logits=fake_logits, draws=draws
        )
        real = pair(batch["images"], batch["targets"])
        adversarial = self.generator_loss(fake_logits, lambda: self._judge(real))
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}

    def _translate(self, images, draws):
        seeds = draws.integers("dropout", (images.shape[0],), 2**31 - 1)
        return call_with(self.generator, images, tf.cast(seeds, "int64"))

    def _judge(self, pairs):
        return self.discriminator(pairs, training=True)


def pair(images, others):
    """Images and what belongs to them, along the channels."""
    return tf.concat([images, others], axis=-1)
