"""Presets of Progressive GAN."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.classifier import AuxiliaryClassifier
from keras_gans.presets.optimizers import Adam


@dataclass(frozen=True, kw_only=True)
class ProGANPreset(base.GrowingPreset, AuxiliaryClassifier):
    """A preset of Progressive GAN, with an auxiliary classifier where there are classes."""

    trainer_class: ClassVar[type[training.Trainer]] = training.ProgressiveGAN


def _progan(
    name,
    *,
    batch_sizes,
    latent_dim=512,
    channel_base=8192,
    channel_max=512,
    fade_images=800_000,
    minibatch_group_size=16,
    **more,
):
    """Losses, optimizer and average are the paper's (appendix A.1).

    So are the statistics of the whole batch (section 3): groups of 4 would not divide batches of 14 and 6.
    """
    resolution = base.resolution_of(name)
    resolutions = [2**n for n in range(2, resolution.bit_length())]
    shape = {"channel_base": channel_base, "channel_max": channel_max}
    adam = Adam(beta_1=0.0, beta_2=0.99)
    return ProGANPreset(
        name=name,
        **base.origin("progan", "Progressive GAN", "1710.10196"),
        resolution=resolution,
        networks=base.players(
            base.configured("ProGANGenerator", latent_dim=latent_dim, **shape),
            base.configured("ProGANDiscriminator", **shape, minibatch_group_size=minibatch_group_size),
        ),
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=(
            losses.GradientPenalty(weight=10.0, target=1.0),
            losses.Drift(weight=1e-3),
        ),
        discriminator_class_terms=(losses.RealFakeClassification(),),
        generator_class_terms=(losses.FakeClassification(),),
        optimizers=base.players(adam, adam),
        fade_images=fade_images,
        stable_images=fade_images,
        batch_sizes={size: batch_sizes.get(size, 16) for size in resolutions},
        learning_rates=dict.fromkeys(resolutions, 1e-3),
        average=training.ExponentialMovingAverage(decay=0.999),
        **more,
    )


def _small_progan(name, **more):
    """Sized for two CPU cores and the embedded data; losses and optimizer are the paper's."""
    width = 4 * base.resolution_of(name)
    return _progan(
        name,
        batch_sizes={4: 32, 8: 32},
        latent_dim=width,
        channel_base=4 * width,
        channel_max=width,
        minibatch_group_size=4,
        data=base.Data(spec="emoji", flip=False),
        source=base.OWN,
        **more,
    )


PRESETS = (
    _small_progan(
        "progan_emoji_32",
        fade_images=30_000,
        final_images=220_000,
        parameters=base.players(844_524, 846_241),
    ),
    _small_progan(
        "progan_emoji_16",
        fade_images=8_000,
        final_images=48_000,
        parameters=base.players(204_585, 205_409),
    ),
    _progan(
        "progan_celeba_128",
        batch_sizes={},
        data=base.Data(spec="tfds:celeb_a"),
        section="appendix A.1",
        parameters=base.players(22_933_394, 22_941_313),
    ),
    _progan(
        "progan_celebahq_1024",
        batch_sizes={256: 14, 512: 6, 1024: 3},
        data=base.Data(spec=None, hint="a folder of CelebA-HQ images at 1024 px"),
        section="appendix A.1",
        parameters=base.players(23_079_115, 23_087_249),
        scores=(base.Score(metric="FID", value=7.79),),
    ),
)
