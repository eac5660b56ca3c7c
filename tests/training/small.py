"""Small players for the tests of the training loop."""

import keras
import numpy as np
import tensorflow as tf

from keras_gans import diffusion, losses, networks, training

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
    """The simplest pair that a `LatentGAN` takes, compiled: one dense layer each."""
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
    compile_(gan)
    return gan


@keras.saving.register_keras_serializable("tests")
class Plain(keras.Model):
    """A functional model with the members that the trainer asks of a network."""

    @property
    def latent_dim(self):
        return self.input_shape[-1]

    def get_config(self):
        # Rebuilt from a functional description, so that a copy has the same class.
        return {"inner": keras.Model(self.inputs, self.outputs).get_config(), "name": self.name}

    @classmethod
    def from_config(cls, config):
        inner = keras.Model.from_config(config["inner"])
        return cls(inner.inputs, inner.outputs[0], name=config["name"])


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


def fit(gan, batches):
    return gan.fit(batches, verbose=0, shuffle=False)


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
