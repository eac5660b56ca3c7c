"""Presets of WGAN-GP."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses
from keras_gans.presets import base
from keras_gans.presets.classifier import AuxiliaryClassifier
from keras_gans.presets.optimizers import Adam, Linear


@dataclass(frozen=True, kw_only=True)
class WGANGPPreset(AuxiliaryClassifier):
    """A preset of WGAN-GP, with an auxiliary classifier where there are classes."""

    any_shape: ClassVar[bool] = False


def _wgan_gp(name, *, discriminator, length, channel_max, rate=None, **more):
    """Losses are the paper's (algorithm 1).

    Class terms have the weights of the public implementation, 1 and 0.1; there the critic learns classes from
    real images only, and the generator's batch is twice as large.
    """
    width = {"channel_base": 4096, "channel_max": channel_max}
    adam = Adam(beta_1=0.0, beta_2=0.9, **({"rate": rate} if rate else {}))
    return WGANGPPreset(
        **base.origin("wgan_gp", "WGAN-GP", "1704.00028"),
        **base.one_resolution(name, **length, discriminator_steps=5),
        networks=base.players(
            base.configured("WGANGPGenerator", latent_dim=128, **width),
            base.configured(discriminator, **width),
        ),
        adversarial_loss=losses.Wasserstein(),
        discriminator_terms=(losses.GradientPenalty(weight=10.0),),
        discriminator_class_terms=(losses.RealFakeClassification(weight=1.0),),
        generator_class_terms=(losses.FakeClassification(weight=0.1),),
        optimizers=base.players(adam, adam),
        **more,
    )


PRESETS = (
    _wgan_gp(
        "wgan_gp_emoji_32",
        discriminator="WGANGPCIFARDiscriminator",
        channel_max=64,
        length={"batch_size": 32, "learning_rate": 2e-4, "steps": 2_500},
        **base.embedded(flip=False),
        parameters=base.players(368_579, 264_769),
    ),
    _wgan_gp(
        "wgan_gp_cifar10_32",
        discriminator="WGANGPCIFARDiscriminator",
        channel_max=128,
        length={"batch_size": 64, "learning_rate": 2e-4, "steps": 100_000},
        rate=Linear(generator_steps=100_000),
        average=base.NO_AVERAGE,
        data=base.Data(spec="tfds:cifar10"),
        section="section 5.3 and appendix",
        parameters=base.players(1_204_099, 1_053_825),
        scores=(
            base.Score(metric="inception score", value=7.86),
            base.Score(metric="inception score", value=8.42, note="with classes"),
        ),
    ),
    _wgan_gp(
        "wgan_gp_lsun_64",
        discriminator="WGANGPDiscriminator",
        channel_max=512,
        length={"batch_size": 64, "learning_rate": 1e-4, "steps": 200_000},
        average=base.NO_AVERAGE,
        data=base.LSUN_64,
        section="algorithm 1",
        source="the residual networks of the public implementation at 64 px",
        parameters=base.players(8_540_483, 7_491_841),
    ),
)
