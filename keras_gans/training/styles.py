"""Training of generators with styles: StyleGAN, which grows, and StyleGAN2."""

import tensorflow as tf

from keras_gans.losses import StyleView
from keras_gans.networks import mix_styles
from keras_gans.serialization import register
from keras_gans.training.growth import ProgressiveGAN
from keras_gans.training.latent_gan import LatentGAN


class StyleMixing:
    """Mixes styles and tracks path lengths: a mixin in front of `LatentGAN`, for generators with styles.

    A share of the images takes its styles from two latents, changing over at a random layer; every image has
    noise of its own. The trainer keeps the moving mean of `keras_gans.losses.PathLength`.

    Args:
        generator: as in `LatentGAN`, with `styles`, `synthesis` and `noise_shapes`.
        discriminator: as in `LatentGAN`.
        mixing_probability: float in `[0, 1]`. Share of images with two latents.
        **kwargs: of the trainer.
    """

    def __init__(self, generator, discriminator, *, mixing_probability=0.9, **kwargs):
        if not 0.0 <= mixing_probability <= 1.0:
            raise ValueError(f"`mixing_probability` must be in [0, 1]. Received: {mixing_probability}")
        super().__init__(generator, discriminator, **kwargs)
        self.mixing_probability = mixing_probability
        self.path_length_mean = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="none",  # assigned where a lazy term is due; `train_step` makes it equal again
            name="path_length_mean",
        )

    def synthesis(self):
        """The synthesis network that the step trains, and the number of styles that it uses."""
        return self.generator.synthesis, self.generator.num_styles

    def make(self, batch_size, labels, draws):
        synthesis, num_styles = self.synthesis()
        latents = draws.normal("latents", (batch_size, self.latent_dim))
        noise = [draws.normal("noise", (batch_size, *tensor.shape[1:])) for tensor in synthesis.inputs[1:]]
        mixing = self._mixing(num_styles, batch_size, labels, draws)

        def synthesize(styles):
            # Fewer styles than images were made take the noise of the first.
            return synthesis([styles, *(image[: styles.shape[0]] for image in noise)], training=True)

        styles = mixing(latents)
        return {
            "latents": latents,
            "styles": styles,
            "synthesize": synthesize,
            "generate": lambda latents=latents: synthesize(mixing(latents)),
            "fake_images": synthesize(styles),
        }

    def generator_view(self, **seen):
        return StyleView(**seen, path_length_mean=self.path_length_mean)

    def train_step(self, data):
        before = tf.identity(self.path_length_mean.value)
        logs = super().train_step(data)
        replica = tf.distribute.get_replica_context()
        mean = replica.all_reduce(tf.distribute.ReduceOp.MEAN, tf.identity(self.path_length_mean.value))
        self.path_length_mean.assign(tf.where(tf.math.is_finite(mean), mean, before))
        return logs

    def state(self):
        return {**super().state(), "path_length": [self.path_length_mean]}

    def _mixing(self, num_styles, batch_size, labels, draws):
        """Returns the function from latents to the styles of this step's images."""
        generator = self.generator
        # Batches carry the labels of the data, also for networks without classes.
        classes = tf.one_hot(labels, generator.num_classes) if generator.num_classes else None
        if not self.mixing_probability:
            return lambda latents: generator.styles(latents, classes, training=True)
        others = draws.normal("other_latents", (batch_size, self.latent_dim))
        mixes = draws.uniform("mixes", (batch_size,)) < self.mixing_probability
        crossover = 1 + draws.integers("crossover", (batch_size,), num_styles - 1)
        crossover = tf.where(mixes, crossover, generator.num_styles)
        both = None if classes is None else tf.concat([classes, classes], axis=0)

        def mixing(latents):
            styles = generator.styles(tf.concat([latents, others], axis=0), both, training=True)
            return mix_styles(*tf.split(styles, 2), crossover)

        return mixing


@register
class StyleGAN(StyleMixing, ProgressiveGAN):
    """Trains a StyleGAN, which grows.

    Args:
        generator: as in `ProgressiveGAN`, with styles.
        discriminator: as in `ProgressiveGAN`.
        mixing_probability: float in `[0, 1]`. Share of images that take their styles from two latents,
            changing over at a random layer.
        **kwargs: of `AdversarialTrainer`.

    Example:
    ```python
    gan = keras_gans.training.StyleGAN(
        keras_gans.networks.StyleGANGenerator(resolution=32, channel_base=256, channel_max=32),
        keras_gans.networks.StyleGANDiscriminator(resolution=32, channel_base=256, channel_max=32),
        adversarial_loss=keras_gans.losses.NonSaturating(),
        discriminator_terms=[keras_gans.losses.R1(weight=10.0)],
        average=keras_gans.training.ExponentialMovingAverage(half_life=10_000),
    )
    ```

    Reference:
        [1812.04948](https://arxiv.org/abs/1812.04948), section 3.1 and appendix C.
    """

    def begin_phase(self, phase):
        super().begin_phase(phase)
        self._views.synthesis = self.generator.synthesis_at(phase.resolution)

    def synthesis(self):
        network = self._views.synthesis
        return network, len(network.inputs) - 1  # a style for each layer with noise


@register
class StyleGAN2(StyleMixing, LatentGAN):
    """Trains a StyleGAN2.

    Arguments are those of `LatentGAN`, whose generator has styles, and `mixing_probability` as in `StyleGAN`.

    Example:
    ```python
    gan = keras_gans.training.StyleGAN2(
        keras_gans.networks.StyleGAN2Generator(resolution=32, channel_base=512, channel_max=32),
        keras_gans.networks.StyleGAN2Discriminator(resolution=32, channel_base=512, channel_max=32),
        adversarial_loss=keras_gans.losses.NonSaturating(),
        discriminator_terms=[keras_gans.losses.R1(weight=10.0, interval=16)],
        generator_terms=[keras_gans.losses.PathLength(interval=4)],
        augmentation=keras_gans.augment.AdaptiveAugmentation(keras_gans.augment.AugmentationPipeline()),
        average=keras_gans.training.ExponentialMovingAverage(half_life=10_000, ramp_up=0.05),
    )
    ```

    Reference:
        [1912.04958](https://arxiv.org/abs/1912.04958), section 3 and appendix B;
        [2006.06676](https://arxiv.org/abs/2006.06676).
    """
