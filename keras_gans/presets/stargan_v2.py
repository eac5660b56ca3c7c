"""Presets of StarGAN v2."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import GroupedAdam


@dataclass(frozen=True, kw_only=True)
class StarGANv2Preset(base.Preset):
    """A preset of StarGAN v2.

    Attributes:
        mapping_rate: float. Learning rate of the mapping network, as a share of the others'.
        weight_decay: float. L2 decay of all weights.
    """

    trainer_class: ClassVar[type[training.Trainer]] = training.StarGANv2Trainer
    trainer_fields: ClassVar[tuple[str, ...]] = ("mapping_rate", "weight_decay")

    mapping_rate: float = 0.01
    weight_decay: float = 1e-4


def _stargan_v2(name, *, networks, diversity, steps, spec, hint="", **more):
    """Weights of the terms and the optimizer are the paper's (appendix B); weight decay is its public code's.

    Diversity has no optimum: its weight falls to 0 over the whole run.
    """
    length = base.one_resolution(name, batch_size=8, learning_rate=1e-4, steps=steps)
    adam = GroupedAdam(beta_1=0.0, beta_2=0.99)
    return StarGANv2Preset(
        **base.origin("stargan_v2", "StarGAN v2", "1912.01865"),
        **length,
        networks={
            role: base.configured(f"StarGANv2{kind}", **arguments) for role, kind, arguments in networks
        },
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=(losses.R1(weight=1.0),),
        generator_terms=(
            losses.StyleReconstruction(weight=1.0),
            losses.StyleDiversity(
                weight=losses.LinearWeight(first=diversity, last=0.0, images=length["images"])
            ),
            losses.SourceConsistency(weight=1.0),
        ),
        optimizers={"discriminator": adam, "generator": adam},
        # What the domains of the embedded set are; other sets say themselves.
        data=base.Data(spec=spec, hint=hint, kind="references", conditional=True, domains="styles"),
        **more,
    )


def _networks(generator, discriminator, mapping_network, style_encoder):
    return (
        ("generator", "Generator", generator),
        ("discriminator", "Discriminator", discriminator),
        ("mapping_network", "MappingNetwork", mapping_network),
        ("style_encoder", "StyleEncoder", style_encoder),
    )


def _published(name, **more):
    """The networks of both data sets, with the paper's 100,000 steps."""
    return _stargan_v2(
        name,
        networks=_networks({}, {}, {}, {}),
        steps=100_000,
        average=training.ExponentialMovingAverage(decay=0.999),
        spec=None,
        section="appendix B",
        **more,
    )


PRESETS = (
    _stargan_v2(
        "stargan_v2_emoji_64",
        networks=_networks(
            {"width": 24, "max_width": 96, "style_dim": 32},
            {"width": 16, "max_width": 128},
            {"style_dim": 32, "width": 128},
            {"width": 16, "max_width": 128, "style_dim": 32},
        ),
        diversity=1.0,
        steps=12_500,
        average=base.SHORT_AVERAGE,
        spec="emoji:noto,fluent,twemoji",
        num_classes=3,
        parameters={
            "generator": 873_171,
            "discriminator": 714_515,
            "mapping_network": 212_704,
            "style_encoder": 726_512,
        },
        source=base.OWN,
    ),
    _published(
        "stargan_v2_afhq_256",
        diversity=2.0,
        hint="a folder of AFHQ images with a folder for each domain: cat, dog, wild",
        parameters={
            "generator": 33_892_995,
            "discriminator": 20_852_803,
            "mapping_network": 3_259_072,
            "style_encoder": 20_949_760,
        },
        num_classes=3,
        scores=(base.Score(metric="FID", value=16.2, note="latent-guided"),),
    ),
    _published(
        "stargan_v2_celebahq_256",
        diversity=1.0,
        hint="a folder of CelebA-HQ images with a folder for each domain: female, male",
        source="without the paper's high-pass branch, which needs a network that finds landmarks of faces",
        parameters={
            "generator": 33_892_995,
            "discriminator": 20_852_290,
            "mapping_network": 2_438_272,
            "style_encoder": 20_916_928,
        },
        num_classes=2,
    ),
)
