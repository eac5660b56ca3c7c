"""StarGAN v2: images into the styles of several domains, without pairs."""

import keras
import tensorflow as tf

from keras_gans.losses import DiscriminatorView, StyleGuidedView
from keras_gans.networks import StarGANv2
from keras_gans.random import counter_normal
from keras_gans.serialization import register
from keras_gans.training.ema import averaged_copy
from keras_gans.training.grouped_adam import GroupedAdam
from keras_gans.training.optimizers import innermost
from keras_gans.training.translation import TranslationTrainer

AVERAGED = ("generator", "mapping_network", "style_encoder")


@register
class StarGANv2Trainer(TranslationTrainer):
    """Trains a generator to turn images into other domains, in styles drawn from latents or read in images.

    Every image of a batch is translated into its target domain twice: latent-guided, in a style that the
    mapping network makes of a latent, and reference-guided, in the style of another image of that domain.
    Both losses are the same function of the style, and a player's loss is their mean. So a step has all that
    an iteration of the paper has, in one update of each player; R1, which sees real images alone, is
    evaluated once.

    Calling the trainer calls the average of the generator, on `[images, styles]`.

    Args:
        generator: `keras_gans.networks.StarGANv2Generator`, without its high-pass branch: that one needs the
            masks of a network that finds landmarks of faces, and the batches have none.
        mapping_network: `keras_gans.networks.StarGANv2MappingNetwork`.
        style_encoder: `keras_gans.networks.StarGANv2StyleEncoder`.
        discriminator: `keras_gans.networks.StarGANv2Discriminator`.
        mapping_rate: float. Learning rate of the mapping network, as a share of the others'. Other than 1 it
            needs a `GroupedAdam` as the generator's optimizer.
        weight_decay: float. All weights w of both players get `weight_decay * w` added to their gradients, by
            an L2 regularizer: the decay of Adam as it was before AdamW, which Keras' `weight_decay` is.
        **kwargs: of `AdversarialTrainer`. Terms of the generator get a `keras_gans.losses.StyleGuidedView`
            with twice as many rows as the batch, the latent-guided images first. Terms of the discriminator
            get a `DiscriminatorView` of real images and their domains; its generated ones are latent-guided.

    Input of `fit`:
        dicts with `"images"`, `"references"` and `"other_references"`, float32
        `(batch, height, width, channels)` in `[-1, 1]`, and `"labels"` and `"target_labels"`, int32
        `(batch,)` in `[0, num_classes)`: images and their domains; domains to translate into, and for each
        image two of that domain.

    Raises:
        ValueError: if the networks do not fit together, or the generator has a high-pass branch.

    Example:
    ```python
    networks, losses = keras_gans.networks, keras_gans.losses
    trainer = keras_gans.training.StarGANv2Trainer(
        networks.StarGANv2Generator(name="generator"),
        networks.StarGANv2MappingNetwork(num_classes=3, name="mapping_network"),
        networks.StarGANv2StyleEncoder(num_classes=3, name="style_encoder"),
        networks.StarGANv2Discriminator(num_classes=3, name="discriminator"),
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=[losses.R1(weight=1.0)],
        generator_terms=[
            losses.StyleReconstruction(), losses.StyleDiversity(weight=2.0), losses.SourceConsistency()
        ],
        average=keras_gans.training.ExponentialMovingAverage(decay=0.999),
    )
    ```

    Reference:
        [1912.01865](https://arxiv.org/abs/1912.01865), section 2.2 and appendix B. Reference-guided training
        happens "in the same manner" there (section 2.2): so it trains all three networks of the generator's
        player here, as equation 5 does, also through both images of the diversity term. The published
        training updates the generator alone in its reference-guided half. Weight decay is the published
        training's, not the paper's.
    """

    def __init__(
        self,
        generator,
        mapping_network,
        style_encoder,
        discriminator,
        *,
        mapping_rate=0.01,
        weight_decay=1e-4,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if generator.high_pass:
            raise ValueError(
                "The generator must have no high-pass branch: there are no masks to train it with. "
                f"Received: high_pass={generator.high_pass}"
            )
        if discriminator.num_classes != mapping_network.num_classes:
            raise ValueError(
                "The discriminator must have the mapping network's domains. "
                f"Received: num_classes={discriminator.num_classes} and {mapping_network.num_classes}"
            )
        self.generator, self.discriminator = generator, discriminator
        self.mapping_network, self.style_encoder = mapping_network, style_encoder
        self.mapping_rate = mapping_rate
        self.weight_decay = weight_decay
        self.averaged = StarGANv2(
            generator=averaged_copy(generator),
            mapping_network=averaged_copy(mapping_network),
            style_encoder=averaged_copy(style_encoder),
        )
        if weight_decay:
            for network in (generator, mapping_network, style_encoder, discriminator):
                for variable in network.trainable_variables:
                    variable.regularizer = keras.regularizers.L2(weight_decay / 2)

    def compile(self, **options):
        """Sets the optimizers, and the mapping network's share of the rate.

        Args:
            **options: of `AdversarialTrainer.compile`.

        Raises:
            ValueError: if the generator's optimizer has one rate only, and the mapping network another.
        """
        super().compile(**options)
        if self.mapping_rate != 1.0:
            optimizer = innermost(self.generator_optimizer)
            if not isinstance(optimizer, GroupedAdam):
                raise ValueError(
                    f"With mapping_rate={self.mapping_rate} the generator's optimizer must be a "
                    f"`keras_gans.training.GroupedAdam`. Received: {type(optimizer).__name__}"
                )
            optimizer.set_share(self.mapping_network.trainable_variables, self.mapping_rate)

    def networks(self):
        return {
            "discriminator": {"discriminator": self.discriminator},
            "generator": {name: getattr(self, name) for name in AVERAGED},
        }

    def averages(self):
        return {name: (getattr(self, name), getattr(self.averaged, name)) for name in AVERAGED}

    def exported_network(self, labels=None):
        """The averages of generator, mapping network and style encoder, as one."""
        return self.averaged

    def generate(self, inputs):
        """Translated images, of `[images, styles]`."""
        return self.averaged(inputs)

    def sheet(self, batch):
        """Input, reference, its style on the input, that translated back, and a latent's by domain.

        The latent is the same all along a row.
        """
        generator, mapping_network, style_encoder = (average for _, average in self.averages().values())
        batch = {name: tf.convert_to_tensor(value) for name, value in batch.items()}
        images, references = batch["images"], batch["references"]
        guided = generator([images, style_encoder([references, batch["target_labels"]])])
        back = generator([guided, style_encoder([images, batch["labels"]])])
        rows = tf.range(images.shape[0], dtype="int64")
        seeds = tf.fill(rows.shape, tf.constant(self.seed, "int64"))
        latents = counter_normal(seeds, rows, self._latent_shape)
        drawn = [
            generator([images, mapping_network([latents, tf.fill(rows.shape, domain)])])
            for domain in range(mapping_network.num_classes)
        ]
        return tf.stack([images, references, guided, back, *drawn], axis=1)

    def discriminator_losses(self, batch, draws):
        images, labels, targets = batch["images"], batch["labels"], batch["target_labels"]
        styles = self._styles(targets, batch["references"], draws)
        fake_images = self.generator.decode(_twice(self.generator.encode(images)), styles)

        def discriminate(images, draws):
            return self.discriminator([images, labels], training=True)

        real_logits = discriminate(images, draws)
        fake_logits = tf.split(self.discriminator([fake_images, _twice(targets)], training=True), 2)
        view = DiscriminatorView(
            real_images=images,
            fake_images=tf.split(fake_images, 2)[0],
            labels=labels,
            real_logits=real_logits,
            fake_logits=fake_logits[0],
            real_class_logits=None,
            fake_class_logits=None,
            discriminate=discriminate,
            draws=draws,
        )
        by_guidance = [self.adversarial_loss.discriminator(real_logits, fake) for fake in fake_logits]
        adversarial = tf.add_n(by_guidance) / 2
        return {"adversarial": adversarial, **self.evaluate_terms("discriminator", view)}

    def generator_losses(self, batch, draws):
        images, targets = _twice(batch["images"]), batch["target_labels"]
        styles = self._styles(targets, batch["references"], draws)
        other_styles = self._styles(targets, batch["other_references"], draws)
        own_styles = self.style_encoder([batch["images"], batch["labels"]], training=True)
        # The generator's half that sees no style runs once for both guidances and both styles of each.
        encode, decode = self.generator.encode, self.generator.decode
        features = _twice(encode(batch["images"]))
        fake_images = decode(features, styles)
        view = StyleGuidedView(
            images=images,
            fake_images=fake_images,
            other_fake_images=decode(features, other_styles),
            cycled_images=decode(encode(fake_images), _twice(own_styles)),
            styles=styles,
            read_styles=self.style_encoder([fake_images, _twice(targets)], training=True),
            fake_logits=self.discriminator([fake_images, _twice(targets)], training=True),
            draws=draws,
        )

        def real_logits():
            return _twice(self.discriminator([batch["images"], batch["labels"]], training=True))

        adversarial = self.generator_loss(view.fake_logits, real_logits)
        values = {"adversarial": adversarial, **self.evaluate_terms("generator", view)}
        return {name: tf.add_n(tf.split(value, 2)) / 2 for name, value in values.items()}

    def _styles(self, labels, references, draws):
        """Styles of domains: first those of drawn latents, then those of the references."""
        latents = draws.normal("latents", (labels.shape[0], *self._latent_shape))
        by_latent = self.mapping_network([latents, labels], training=True)
        return tf.concat([by_latent, self.style_encoder([references, labels], training=True)], axis=0)

    @property
    def _latent_shape(self):
        return (self.mapping_network.latent_dim,)


def _twice(values):
    return tf.nest.map_structure(lambda value: tf.concat([value, value], axis=0), values)
