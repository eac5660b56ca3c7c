"""Training of an autoencoder: the first stage of latent diffusion."""

import keras
import tensorflow as tf

from keras_gans.losses import AutoencoderView
from keras_gans.metrics.perceptual import AUTO, perceptual_distance, resolve
from keras_gans.serialization import register
from keras_gans.training.adversarial import OneGenerator
from keras_gans.training.distribution import replicas_in_sync, total_over_replicas
from keras_gans.training.translation import TranslationTrainer

MOST = 1e4  # of the adaptive factor


@register
class AutoencoderTrainer(OneGenerator, TranslationTrainer):
    """Trains an autoencoder to give back its images, against a discriminator that starts late.

    The generator is the whole autoencoder. The adversarial loss of the autoencoder is multiplied by
    `adversarial_weight` and by an adaptive factor, `|g_r| / (|g_a| + 1e-4)`, at most 10,000: the norms of the
    gradients of all terms and of the adversarial loss at the kernel of the decoder's last convolution, over
    all replicas. The discriminator's loss is multiplied by 0 until the weight counts.

    Latents of a `KLAutoencoder` are drawn from their distribution in training, and are its mean otherwise.
    The logs of a `VQAutoencoder` show "codes_in_use", the share of the codes that was chosen since the last
    line.

    Args:
        autoencoder: `keras_gans.networks.KLAutoencoder` or `VQAutoencoder`.
        discriminator: network from images to logits, such as `keras_gans.networks.PatchGANDiscriminator`.
        adversarial_weight: float from 0, or `keras_gans.losses.StepWeight`, whose start is when the
            discriminator begins to learn.
        perceptual: str. What compares images, as of `keras_gans.metrics.perceptual_distance`, or "auto": the
            network "efficientnet-lite0" where its weights are installed, else "pixels".
        **kwargs: of `AdversarialTrainer`. Terms of the generator get a `keras_gans.losses.AutoencoderView`;
            those of the discriminator a `keras_gans.losses.DiscriminatorView`.

    Input of `fit`:
        dicts with `"images"`, float32 `(batch, height, width, channels)` in `[-1, 1]`.

    Example:
    ```python
    trainer = keras_gans.training.AutoencoderTrainer(
        keras_gans.networks.KLAutoencoder(resolution=64, width=32, channel_multipliers=(1, 2, 2)),
        keras_gans.networks.PatchGANDiscriminator(width=32, num_layers=2),
        adversarial_loss=keras_gans.losses.Hinge(),
        adversarial_weight=keras_gans.losses.StepWeight(weight=0.5, start=100_000),
        generator_terms=[
            keras_gans.losses.TargetReconstruction(weight=1.0),
            keras_gans.losses.PerceptualDistance(),
            keras_gans.losses.PosteriorDivergence(),
        ],
        average=keras_gans.training.ExponentialMovingAverage(decay=0.0),
    )
    ```

    Reference:
        [2112.10752](https://arxiv.org/abs/2112.10752), section 3.1 and appendix G; the adaptive factor:
        [2012.09841](https://arxiv.org/abs/2012.09841), equation 7. Deviation: there its gradient is that of
        the reconstruction alone; the terms on latents have none at the last layer, so that it is the same.
    """

    role = "autoencoder"

    def __init__(self, autoencoder, discriminator, *, adversarial_weight=0.5, perceptual=AUTO, **kwargs):
        super().__init__(autoencoder, discriminator, **kwargs)
        self.adversarial_weight = adversarial_weight
        self.perceptual = resolve(perceptual)
        self._distance = perceptual_distance(self.perceptual)
        if autoencoder.num_codes:
            self.trackers["codes_in_use"] = ShareInUse(autoencoder.num_codes, name="codes_in_use")
        self._generate = tf.function(self.generator_average, reduce_retracing=True, autograph=False)

    # === What a run needs ===

    def exported_network(self, labels=None):
        """The average of the autoencoder."""
        return self.generator_average

    def kept_networks(self):
        """The average of the autoencoder, which diffusion is trained with."""
        return {self.role: self.generator_average}

    def generate(self, inputs):
        """Reconstructions of images, both in `[-1, 1]`."""
        return self._generate(inputs)

    def sheet(self, batch):
        """Input and output in columns."""
        return tf.stack([batch["images"], self.generate(batch["images"])], axis=1)

    # === Losses ===

    def discriminator_losses(self, batch, draws):
        real = batch["images"]
        latents = self._latents(self.generator.encode(real), draws)
        view = self.told_apart(real, self.generator.decode(latents), draws)
        adversarial = self.adversarial_loss.discriminator(view.real_logits, view.fake_logits)
        started = tf.cast(self._weight() > 0.0, "float32")
        return {"adversarial": started * adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        autoencoder, images = self.generator, batch["images"]
        encoded = autoencoder.encode(images, training=True)
        features = autoencoder.features(self._latents(encoded, draws), training=True)
        kernel = autoencoder.last_conv.kernel.value
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(kernel)
            fake = autoencoder.last_conv(features)
            fake_logits = self._judge(fake)
            terms = self.evaluate_terms("generator", self._view(images, encoded, fake, fake_logits, draws))
            adversarial = self.generator_loss(fake_logits, lambda: self._judge(images))
            factors = self._factors("generator")
            others = tf.add_n([factors[name] * value for name, value in terms.items()])
            sums = [tf.reduce_sum(others), tf.reduce_sum(adversarial)]
        norms = [self._norm(tape.gradient(one, kernel)) for one in sums]
        adaptive = tf.minimum(norms[0] / (norms[1] + 1e-4), MOST)
        return {"adversarial": self._weight() * adaptive * adversarial, **terms}

    def _view(self, images, encoded, fake, fake_logits, draws):
        return AutoencoderView(
            fake_images=fake,
            targets=images,
            **self._seen_of_latents(encoded),
            distance=self._distance,
            total=total_over_replicas,
            fake_logits=fake_logits,
            draws=draws,
        )

    def _seen_of_latents(self, encoded):
        """What terms may see of latents: their distribution, or their codes."""
        nothing = dict.fromkeys(("divergence", "encoded", "codebook", "codes", "chosen"))
        if not self.generator.num_codes:
            return {**nothing, "divergence": self.generator.kl(encoded)}
        codes = self.generator.quantized(encoded)[1]
        self.trackers["codes_in_use"].update_state(codes)
        return {
            **nothing,
            "encoded": encoded,
            "codebook": tf.convert_to_tensor(self.generator.codebook.codebook.value),
            "codes": codes,
            "chosen": self.generator.codes(codes),
        }

    def _latents(self, encoded, draws):
        return self.generator.drawn(encoded, lambda shape: draws.normal("posterior", shape))

    def _judge(self, images):
        return self.discriminator(images, training=True)

    def _norm(self, gradient):
        """Norm of a gradient of the mean over all replicas' examples, itself without gradient."""
        return tf.stop_gradient(tf.norm(total_over_replicas(gradient))) / replicas_in_sync()

    def _weight(self):
        """Of the adversarial loss now, float32 scalar."""
        weight = self.adversarial_weight
        return tf.cast(weight(self.images_seen.value) if callable(weight) else weight, "float32")


class ShareInUse(keras.metrics.Metric):
    """Share of the codes that were chosen at least once since the last reset.

    Args:
        count: int. Codes in all.
        name: str.
    """

    def __init__(self, count, *, name):
        super().__init__(name=name)
        self.count = count
        self.chosen = self.add_variable((count,), "zeros", dtype="float32", name="chosen")

    def update_state(self, codes):
        """Adds int32 `(batch, h, w)` codes."""
        counts = tf.math.bincount(tf.reshape(codes, (-1,)), minlength=self.count, maxlength=self.count)
        self.chosen.assign_add(tf.cast(counts, "float32"))

    def result(self):
        return tf.reduce_mean(tf.cast(self.chosen.value > 0.0, "float32"))
