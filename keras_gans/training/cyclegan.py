"""CycleGAN: image to image and back, learnt without pairs."""

import tensorflow as tf

from keras_gans.losses import CycleView, DiscriminatorView
from keras_gans.networks import CycleGANTranslator
from keras_gans.serialization import register
from keras_gans.training.ema import averaged_copy
from keras_gans.training.image_pool import ImagePool
from keras_gans.training.translation import TranslationTrainer


@register
class CycleGAN(TranslationTrainer):
    """Trains two generators, one for each direction between two domains, against a discriminator of each.

    The discriminators are shown generated images of the past among those of the step. Calling the trainer
    calls the average of the forward generator.

    Args:
        forward_generator: G, network from images of the first domain to the second, such as
            `keras_gans.networks.CycleGANGenerator`.
        backward_generator: F, likewise the other way.
        target_discriminator: network from images of the second domain to logits, such as
            `keras_gans.networks.PatchGANDiscriminator`.
        source_discriminator: likewise of the first domain.
        resolution: int. Height and width of the images in training.
        pool_size: int. Generated images kept for each discriminator, see `ImagePool`.
        **kwargs: of `AdversarialTrainer`. Terms of the generator get a `keras_gans.losses.CycleView`. Terms
            of the discriminator are evaluated for each of the two, on a `keras_gans.losses.DiscriminatorView`
            whose generated images come from the pool, and their values are added.

    Input of `fit`:
        dicts with `"images"`, of the first domain, and `"targets"`, of the second, float32
        `(batch, resolution, resolution, channels)` in `[-1, 1]`, as `keras_gans.data.PairData` has them.

    Example:
    ```python
    networks = keras_gans.networks
    trainer = keras_gans.training.CycleGAN(
        networks.CycleGANGenerator(name="forward_generator"),
        networks.CycleGANGenerator(name="backward_generator"),
        networks.PatchGANDiscriminator(batch_norm=False, name="target_discriminator"),
        networks.PatchGANDiscriminator(batch_norm=False, name="source_discriminator"),
        resolution=256,
        adversarial_loss=keras_gans.losses.ScaledLoss(
            keras_gans.losses.LeastSquares(), generator_weight=2.0
        ),
        generator_terms=[keras_gans.losses.CycleConsistency(), keras_gans.losses.IdentityMapping()],
        average=keras_gans.training.ExponentialMovingAverage(decay=0.0),
    )
    ```

    Reference:
        [1703.10593](https://arxiv.org/abs/1703.10593), sections 3 and 4.
    """

    def __init__(
        self,
        forward_generator,
        backward_generator,
        target_discriminator,
        source_discriminator,
        *,
        resolution,
        pool_size=50,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.forward_generator, self.backward_generator = forward_generator, backward_generator
        self.target_discriminator, self.source_discriminator = target_discriminator, source_discriminator
        self.resolution, self.pool_size = resolution, pool_size
        self.forward_average = averaged_copy(forward_generator)
        self.backward_average = averaged_copy(backward_generator)
        self.target_pool, self.source_pool = (
            ImagePool(
                self, size=pool_size, shape=(resolution, resolution, network.output_shape[-1]), name=name
            )
            for name, network in (("target_pool", forward_generator), ("source_pool", backward_generator))
        )

    def networks(self):
        return {
            "discriminator": {
                "target_discriminator": self.target_discriminator,
                "source_discriminator": self.source_discriminator,
            },
            "generator": {
                "forward_generator": self.forward_generator,
                "backward_generator": self.backward_generator,
            },
        }

    def averages(self):
        return {
            "forward_generator": (self.forward_generator, self.forward_average),
            "backward_generator": (self.backward_generator, self.backward_average),
        }

    def state(self):
        pools = self.target_pool.variables + self.source_pool.variables
        return {**super().state(), "pools": pools}

    def exported_network(self, labels=None):
        """Both directions, made of the averages."""
        return CycleGANTranslator(self.forward_average, self.backward_average)

    def generate(self, inputs):
        """Images of the second domain, of images of the first, in `[-1, 1]`."""
        return self.forward_average(inputs)

    def call(self, inputs):
        """As `generate`."""
        return self.generate(inputs)

    def sheet(self, batch):
        """Of each domain an image, its translation, that one translated back, and the image as it stays."""
        columns = []
        for name, there, back in (
            ("images", self.forward_average, self.backward_average),
            ("targets", self.backward_average, self.forward_average),
        ):
            translated = there(batch[name])
            columns += [batch[name], translated, back(translated), back(batch[name])]
        return tf.stack(columns, axis=1)

    def discriminator_losses(self, batch, draws):
        images, targets = batch["images"], batch["targets"]
        fake_targets = self.forward_generator(images, training=True)
        fake_images = self.backward_generator(targets, training=True)
        step = self.step.value
        shown_targets = self.target_pool.exchange(fake_targets, draws.scoped("target_pool"), step)
        shown_images = self.source_pool.exchange(fake_images, draws.scoped("source_pool"), step)

        def losses(discriminator, real, fake, draws):
            view = DiscriminatorView(
                real_images=real,
                fake_images=fake,
                labels=None,
                real_logits=discriminator(real, training=True),
                fake_logits=discriminator(fake, training=True),
                real_class_logits=None,
                fake_class_logits=None,
                discriminate=lambda images, draws: discriminator(images, training=True),
                draws=draws,
            )
            adversarial = self.adversarial_loss.discriminator(view.real_logits, view.fake_logits)
            return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

        of_targets = losses(self.target_discriminator, targets, shown_targets, draws.scoped("target"))
        of_images = losses(self.source_discriminator, images, shown_images, draws.scoped("source"))
        return {name: value + of_images[name] for name, value in of_targets.items()}

    def generator_losses(self, batch, draws):
        images, targets = batch["images"], batch["targets"]

        def forward(images):
            return self.forward_generator(images, training=True)

        def backward(images):
            return self.backward_generator(images, training=True)

        fake_targets, fake_images = forward(images), backward(targets)
        target_logits = self.target_discriminator(fake_targets, training=True)
        source_logits = self.source_discriminator(fake_images, training=True)
        view = CycleView(
            images=images,
            targets=targets,
            cycled_images=backward(fake_targets),
            cycled_targets=forward(fake_images),
            forward=forward,
            backward=backward,
            fake_logits=target_logits,
            draws=draws,
        )
        adversarial = self.generator_loss(
            target_logits, lambda: self.target_discriminator(targets, training=True)
        )
        adversarial += self.generator_loss(
            source_logits, lambda: self.source_discriminator(images, training=True)
        )
        return {"adversarial": adversarial, **self.evaluate_terms("generator", view)}
