"""pix2pix: image to image, learnt from pairs."""

import keras
import tensorflow as tf

from keras_gans.losses import PairView
from keras_gans.serialization import register
from keras_gans.training.ema import averaged_copy
from keras_gans.training.latent_gan import feed
from keras_gans.training.translation import TranslationTrainer


@register
class Pix2Pix(TranslationTrainer):
    """Trains a generator to turn images into their targets, against a discriminator that sees both.

    The discriminator judges pairs, (image, target) and (image, translated image), concatenated along the
    channels. The generator's noise is dropout, by a seed for each example. Calling the trainer calls the
    average of the generator.

    Args:
        generator: network from images, or `[images, seeds]`, to images, such as
            `keras_gans.networks.Pix2PixGenerator`.
        discriminator: network from pairs of images to logits, such as
            `keras_gans.networks.PatchGANDiscriminator` with the channels of both.
        **kwargs: of `AdversarialTrainer`. Terms of the generator get a `keras_gans.losses.PairView`; there
            are none of the discriminator.

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

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.generator_average = averaged_copy(generator)

    def get_config(self):
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        serialize = keras.saving.serialize_keras_object
        return {**super().get_config(), **{name: serialize(net) for name, net in networks.items()}}

    def players(self):
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def averaged_networks(self):
        return [(self.generator, self.generator_average)]

    def exported_network(self, labels=None):
        """The average of the generator."""
        return self.generator_average

    def generate(self, inputs):
        """Translated images, of images in `[-1, 1]`; image number `i` has the seed `i`."""
        average = self.generator_average
        seeds = tf.range(len(inputs), dtype="int64")
        return average([inputs, seeds][: len(average.inputs)])

    def call(self, inputs):
        """As `generate`."""
        return self.generate(inputs)

    def sheet(self, batch):
        """Input, output and target in columns."""
        return tf.stack([batch["images"], self.generate(batch["images"]), batch["targets"]], axis=1)

    def discriminator_losses(self, batch, draws):
        fake_images = self._translate(batch["images"], draws)
        real_logits = self._judge(batch["images"], batch["targets"])
        fake_logits = self._judge(batch["images"], fake_images)
        return {"adversarial": self.adversarial_loss.discriminator(real_logits, fake_logits)}

    def generator_losses(self, batch, draws):
        fake_images = self._translate(batch["images"], draws)
        fake_logits = self._judge(batch["images"], fake_images)
        view = PairView(
            fake_images=fake_images, targets=batch["targets"], fake_logits=fake_logits, draws=draws
        )
        adversarial = self.adversarial_loss.generator(fake_logits)
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}

    def _translate(self, images, draws):
        seeds = draws.integers((images.shape[0],), 2**31 - 1)
        return feed(self.generator, images=images, seeds=tf.cast(seeds, "int64"))

    def _judge(self, images, others):
        return self.discriminator(tf.concat([images, others], axis=-1), training=True)
