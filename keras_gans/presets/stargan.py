"""Presets of StarGAN."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam, SecondHalf


@dataclass(frozen=True, kw_only=True)
class StarGANPreset(base.Preset):
    """A preset of StarGAN."""

    trainer_class: ClassVar[type[training.Trainer]] = training.StarGAN


def _stargan(*, width, num_blocks, num_layers, generator_terms=(), **more):
    """Losses and optimizer are the paper's (sections 3.2 and 5.3); `generator_terms` are added to them."""
    adam = Adam(beta_1=0.5, beta_2=0.999, rate=SecondHalf())
    return StarGANPreset(
        **base.origin("stargan", "StarGAN", "1711.09020"),
        networks=base.players(
            base.configured("StarGANGenerator", width=width, num_blocks=num_blocks),
            base.configured("StarGANDiscriminator", width=width, num_layers=num_layers),
        ),
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=(
            losses.GradientPenalty(weight=10.0),
            losses.RealDomainClassification(weight=1.0),
        ),
        generator_terms=(
            losses.TargetDomainClassification(weight=1.0),
            losses.DomainReconstruction(weight=10.0),
            *generator_terms,
        ),
        optimizers=base.players(adam, adam),
        **more,
    )


PRESETS = (
    _stargan(
        **base.one_resolution(
            "stargan_emoji_32", batch_size=8, learning_rate=4e-4, steps=5_000, discriminator_steps=3
        ),
        width=24,
        num_blocks=3,
        num_layers=4,
        generator_terms=(losses.DomainIdentity(weight=10.0),),
        average=training.ExponentialMovingAverage(half_life=5_000, ramp_up=0.05),
        data=base.Data(spec="emoji", kind="domains", conditional=True, domains="tones"),
        num_classes=6,
        parameters=base.players(697_728, 394_920),
        source=base.OWN,
    ),
    _stargan(
        **base.one_resolution(
            "stargan_celeba_128",
            batch_size=16,
            learning_rate=1e-4,
            steps=20 * 200_599 // (5 * 16),
            discriminator_steps=5,
        ),
        width=64,
        num_blocks=6,
        num_layers=6,
        average=base.NO_AVERAGE,
        data=base.Data(
            spec="tfds:celeb_a",
            kind="domains",
            conditional=True,
            domains=("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young"),
            crop="center",
        ),
        section="sections 5.1 and 5.3",
        source="20 epochs of the paper's 200,599 images",
        parameters=base.players(8_430_528, 44_762_048),
        num_classes=5,
    ),
)
