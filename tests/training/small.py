"""Small players for the tests of the training loop."""

import keras
import numpy as np
import tensorflow as tf

from keras_gans import augment, diffusion, losses, networks, training

LATENT_DIM = 8


def progan(*, num_classes=0, resolution=8, group_size=None, **options):
    """A ProGAN of 8 pixels and 8 channels, still to be compiled."""
    shape = {"resolution": resolution, "channel_base": 32, "channel_max": 8, "num_classes": num_classes}
    options = {
        "adversarial_loss": losses.Wasserstein(),
        "discriminator_terms": [
            losses.GradientPenalty(),
            losses.Drift(),
            *([losses.RealFakeClassification()] if num_classes else []),
        ],
        "generator_terms": [losses.FakeClassification()] if num_classes else [],
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    keras.utils.set_random_seed(3)
    generator = networks.ProGANGenerator(latent_dim=LATENT_DIM, name="generator", **shape)
    discriminator = networks.ProGANDiscriminator(
        minibatch_group_size=group_size, name="discriminator", **shape
    )
    return training.ProgressiveGAN(generator, discriminator, **options)


def phase(resolution=8, *, start=0, batch_size=8, fade_images=64):
    return training.Phase(
        resolution=resolution,
        start=start,
        fade_images=0 if resolution == 4 else fade_images,
        stable_images=64,
        batch_size=batch_size,
        learning_rate=1e-3,
    )


def latent_gan(**options):
    """The simplest pair that a `LatentGAN` takes, compiled: one dense layer each.

    On a single replica its steps are not traced: a few of them cost less so.
    """
    keras.utils.set_random_seed(3)
    latents = keras.Input((LATENT_DIM,), name="latents")
    image = keras.layers.Reshape((4, 4, 1))(keras.layers.Dense(16, name="out")(latents))
    pixels = keras.Input((4, 4, 1), name="images")
    logit = keras.layers.Dense(1, name="logit")(keras.layers.Flatten()(pixels))
    options = {
        "adversarial_loss": losses.NonSaturating(),
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    gan = training.LatentGAN(
        Plain(latents, image, name="generator"), Plain(pixels, logit, name="discriminator"), **options
    )
    return compile_(gan, run_eagerly=not tf.distribute.has_strategy())


@keras.saving.register_keras_serializable("tests")
class Plain(keras.Model):
    """A functional model with the members that the trainer asks of a network."""

    @property
    def latent_dim(self):
        return self.inputs[0].shape[-1]

    def get_config(self):
        # Rebuilt from a functional description, so that a copy has the same class.
        return {"inner": keras.Model(self.inputs, self.outputs).get_config(), "name": self.name}

    @classmethod
    def from_config(cls, config):
        inner = keras.Model.from_config(config["inner"])
        [output] = inner.outputs
        return cls(inner.inputs, output, name=config["name"])


def compile_(gan, *, optimizer=None, **options):
    """Compiles with one fresh optimizer a player."""
    make = optimizer or (lambda: keras.optimizers.Adam(1e-2, beta_1=0.0, beta_2=0.99))
    with gan.distribute_strategy.scope():
        gan.compile(discriminator_optimizer=make(), generator_optimizer=make(), **options)
    return gan


def data(steps, *, batch_size=8, resolution=8, channels=3, num_classes=0, start=0):
    """Batches that depend only on the position."""
    random = np.random.default_rng(5)
    shape = (64 * batch_size, resolution, resolution, channels)
    content = {"images": random.uniform(-1, 1, shape).astype("float32")}
    if num_classes:
        content["labels"] = random.integers(0, num_classes, len(content["images"])).astype("int32")
    content = {k: v[start * batch_size : (start + steps) * batch_size] for k, v in content.items()}
    return tf.data.Dataset.from_tensor_slices(content).batch(batch_size, drop_remainder=True)


def batches(make, **options):
    """Returns `(steps, start) -> batches` of one of the functions of this file, with options."""
    return lambda steps, start=0: make(steps, start=start, **options)


def fit(gan, batches):
    return gan.fit(batches, verbose=0, shuffle=False)


def xla_difference(make, batches):
    """The largest difference that XLA makes to what `fit` says of trainers, relative to its number."""
    plain, compiled = (
        fit(compile_(make(), optimizer=lambda: keras.optimizers.SGD(1e-3), jit_compile=jit), batches).history
        for jit in (False, True)
    )
    assert plain.keys() == compiled.keys()
    return max(
        float(np.abs(plain[key][0] - compiled[key][0]) / max(np.abs(plain[key][0]), 1e-3)) for key in plain
    )


def unet(*, num_classes=0, resolution=8, **options):
    """A U-Net of one level and eight channels."""
    options = {
        "width": 8,
        "channel_multipliers": (1,),
        "blocks_per_level": 1,
        "attention_resolutions": (),
        "num_groups": 4,
        "dropout": 0.0,
        **options,
    }
    keras.utils.set_random_seed(3)
    network = networks.UNet(resolution=resolution, num_classes=num_classes, name="denoiser", **options)
    random = np.random.default_rng(4)
    for weight in network.trainable_weights:  # the last layers start at zero, where nothing could differ
        if not np.any(weight.numpy()):
            weight.assign(0.1 * random.standard_normal(weight.shape))
    return network


def process(**options):
    return diffusion.DiffusionProcess(diffusion.CosineSchedule(timesteps=20), **options)


def diffusion_trainer(*, network=None, num_classes=0, **options):
    """A trainer of `unet`, still to be compiled."""
    options = {
        "sampling_steps": 4,
        "label_dropout": 0.5 if num_classes else 0.0,
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    make_process = options.pop("process", None) or process()
    return training.DiffusionTrainer(network or unet(num_classes=num_classes), make_process, **options)


def pairs(steps, *, batch_size=8, resolution=8, start=0):
    """Batches of images and targets, both at random."""
    batches = data(2 * steps, batch_size=batch_size, resolution=resolution, start=2 * start)
    batches = batches.unbatch().batch(2 * batch_size, drop_remainder=True)
    return batches.map(
        lambda batch: {"images": batch["images"][:batch_size], "targets": batch["images"][batch_size:]}
    )


def pix2pix(**options):
    """A U-Net of three levels with dropout and batch norm against patches, still to be compiled."""
    keras.utils.set_random_seed(3)
    options = {
        "adversarial_loss": losses.ScaledLoss(losses.NonSaturating(), discriminator_weight=0.5),
        # 100 would overflow float16 at the first loss scale: so few pixels have large gradients.
        "generator_terms": [losses.TargetReconstruction(weight=1.0)],
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    return training.Pix2Pix(
        networks.Pix2PixGenerator(num_downs=2, width=4, name="generator"),
        networks.PatchGANDiscriminator(channels=6, num_layers=0, width=4, name="discriminator"),
        **options,
    )


def cyclegan(*, resolution=4, **options):
    """Convolutions of one layer, still to be compiled."""
    keras.utils.set_random_seed(3)

    def network(name, channels, activation=None):
        images = keras.Input((resolution, resolution, 3), name="images")
        output = keras.layers.Conv2D(channels, 3, padding="same", activation=activation, dtype="float32")
        return Plain(images, output(keras.layers.Conv2D(4, 1)(images)), name=name)

    options = {
        "adversarial_loss": losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0),
        "generator_terms": [losses.CycleConsistency(weight=10.0), losses.IdentityMapping(weight=5.0)],
        "average": training.ExponentialMovingAverage(decay=0.9),
        "pool_size": 16,
        **options,
    }
    return training.CycleGAN(
        network("forward_generator", 3, "tanh"),
        network("backward_generator", 3, "tanh"),
        network("target_discriminator", 1),
        network("source_discriminator", 1),
        resolution=resolution,
        **options,
    )


def stylegan2(*, num_classes=0, resolution=8, pair=None, **options):
    """With everything that a step may have, by default of eight channels, still to be compiled."""
    keras.utils.set_random_seed(3)
    shape = {"resolution": resolution, "num_classes": num_classes, "channel_base": 64, "channel_max": 8}
    options = {
        "adversarial_loss": losses.NonSaturating(),
        "discriminator_terms": [losses.R1(weight=1.0, interval=2)],
        "generator_terms": [losses.PathLength(weight=0.1, interval=2, shrink=1)],
        "augmentation": augment.AdaptiveAugmentation(
            augment.AugmentationPipeline(), interval=2, images=200, initial_probability=0.5
        ),
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    pair = pair or (
        networks.StyleGAN2Generator(
            latent_dim=LATENT_DIM, style_dim=8, mapping_layers=2, name="generator", **shape
        ),
        networks.StyleGAN2Discriminator(
            minibatch_group_size=None, mapping_layers=1, name="discriminator", **shape
        ),
    )
    return training.StyleGAN2(*pair, **options)


def stylegan(*, resolution=16, **options):
    """A StyleGAN of eight channels, still without phase and to be compiled."""
    keras.utils.set_random_seed(3)
    shape = {"resolution": resolution, "channel_base": 64, "channel_max": 8}
    options = {
        "adversarial_loss": losses.NonSaturating(),
        "discriminator_terms": [losses.R1(weight=1.0)],
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    generator = networks.StyleGANGenerator(
        latent_dim=LATENT_DIM, style_dim=8, mapping_layers=2, mapping_width=8, name="generator", **shape
    )
    discriminator = networks.StyleGANDiscriminator(minibatch_group_size=None, name="discriminator", **shape)
    return training.StyleGAN(generator, discriminator, **options)


def guided(steps, *, batch_size=4, resolution=32, num_classes=2, start=0):
    """Batches for StarGAN v2, all at random."""
    rows = 3 * batch_size
    batches = data(steps, batch_size=rows, resolution=resolution, num_classes=num_classes**2, start=start)

    def split(batch):
        images, labels = batch["images"], batch["labels"][:batch_size]
        return {
            "images": images[:batch_size],
            "references": images[batch_size : 2 * batch_size],
            "other_references": images[2 * batch_size :],
            "labels": labels % num_classes,
            "target_labels": labels // num_classes,
        }

    return batches.map(split)


def stargan_v2(*, num_classes=2, made=None, **options):
    """Four networks, by default the paper's with two channels, still to be compiled."""
    keras.utils.set_random_seed(3)
    size = {"resolution": 32, "width": 2, "max_width": 2}
    domains = {"num_classes": num_classes}
    options = {
        "adversarial_loss": losses.NonSaturating(),
        "discriminator_terms": [losses.R1(weight=1.0)],
        "generator_terms": [
            losses.StyleReconstruction(),
            losses.StyleDiversity(weight=losses.LinearWeight(first=1.0, last=0.0, images=32)),
            losses.SourceConsistency(),
        ],
        "average": training.ExponentialMovingAverage(decay=0.9),
        "mapping_rate": 0.5,
        **options,
    }
    made = made or [
        networks.StarGANv2Generator(style_dim=3, **size, name="generator"),
        networks.StarGANv2MappingNetwork(
            latent_dim=4,
            style_dim=3,
            width=4,
            shared_layers=1,
            domain_layers=1,
            **domains,
            name="mapping_network",
        ),
        networks.StarGANv2StyleEncoder(style_dim=3, **size, **domains, name="style_encoder"),
        networks.StarGANv2Discriminator(**size, **domains, name="discriminator"),
    ]
    return training.StarGANv2Trainer(*made, **options)


def domains(steps, *, batch_size=8, resolution=8, num_classes=3, attributes=False, start=0):
    """Batches of images with the domain of each, or with several attributes."""
    batches = data(steps, batch_size=batch_size, resolution=resolution, num_classes=num_classes, start=start)
    if not attributes:
        return batches
    powers = tf.constant([1, 2, 4][:num_classes])
    bits = lambda labels: tf.cast(labels[:, None] // powers % 2, "float32")  # noqa: E731
    return batches.map(lambda batch: {**batch, "labels": bits(batch["labels"])})


def stargan(*, num_classes=3, resolution=8, pair=None, **options):
    """By default a generator of one block and patches of one layer, still to be compiled."""
    keras.utils.set_random_seed(3)
    options = {
        "adversarial_loss": losses.Wasserstein(),
        "discriminator_terms": [losses.GradientPenalty(), losses.RealDomainClassification()],
        "generator_terms": [losses.TargetDomainClassification(), losses.DomainReconstruction()],
        "average": training.ExponentialMovingAverage(decay=0.9),
        **options,
    }
    pair = pair or (
        networks.StarGANGenerator(num_classes=num_classes, width=2, num_blocks=1, name="generator"),
        networks.StarGANDiscriminator(
            resolution=resolution, num_classes=num_classes, width=4, num_layers=2, name="discriminator"
        ),
    )
    return training.StarGAN(*pair, **options)


def small_autoencoder(kind=networks.KLAutoencoder, **options):
    """Images of 8 px, latents of 4 px with 2 channels."""
    shape = {"resolution": 8, "width": 4, "channel_multipliers": (1, 1), "num_groups": 2}
    return kind(blocks_per_level=1, latent_channels=2, name="autoencoder", **{**shape, **options})


def autoencoder(network=None, **options):
    """With all of the paper's terms but the network that sees, still to be compiled."""
    keras.utils.set_random_seed(3)
    options = {
        "adversarial_loss": losses.Hinge(),
        "adversarial_weight": 0.5,
        "generator_terms": [
            losses.TargetReconstruction(weight=1.0),
            losses.PerceptualDistance(),
            losses.PosteriorDivergence(weight=1.0),
        ],
        "average": training.ExponentialMovingAverage(decay=0.9),
        "perceptual": "pixels",
        **options,
    }
    return training.AutoencoderTrainer(
        small_autoencoder() if network is None else network,
        networks.PatchGANDiscriminator(num_layers=0, width=4, batch_norm=False, name="discriminator"),
        **options,
    )


def latent_diffusion(network, *, made=None, **options):
    """A denoiser of latents of 4 px with 2 channels, still to be compiled."""
    return training.LatentDiffusionTrainer(
        network,
        small_autoencoder() if made is None else made,
        process(prediction=diffusion.V(), clip=False),
        average=training.ExponentialMovingAverage(decay=0.9),
        sampling_steps=3,
        label_dropout=0.5 if network.num_classes else 0.0,
        **options,
    )
