"""Presets of StyleGAN, and what its successor shares with it."""

from dataclasses import dataclass
from typing import Any, ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


@dataclass(frozen=True, kw_only=True)
class StylePreset(base.Preset):
    """What the presets of StyleGAN and StyleGAN2 share.

    `replace(gamma=...)` is short for another weight of the R1 term, which depends on the data most of all:
    more for more varied or larger images.

    Attributes:
        mixing_probability: float in `[0, 1]`. Share of the fake images whose style changes on the way.
    """

    shorthands: ClassVar[tuple[str, ...]] = ("gamma",)
    trainer_fields: ClassVar[tuple[str, ...]] = ("mixing_probability",)

    mixing_probability: float = 0.9

    def replace(self: base.AnyPreset, *, gamma: float | None = None, **changes: Any) -> base.AnyPreset:
        """Returns a copy with other values in some fields, or with another weight of R1 (`gamma`)."""
        if gamma is not None:
            terms = changes.get("discriminator_terms", self.discriminator_terms)
            changes["discriminator_terms"] = tuple(
                type(term)(**{**term.arguments, "weight": gamma}) if isinstance(term, losses.R1) else term
                for term in terms
            )
        return super().replace(**changes)


@dataclass(frozen=True, kw_only=True)
class StyleGANPreset(base.GrowingPreset, StylePreset):
    """A preset of StyleGAN, which grows from 8 px."""

    trainer_class: ClassVar[type[training.Trainer]] = training.StyleGAN

    first_resolution: int = 8


def _stylegan(name, *, generator, discriminator, gamma, **more):
    """What the paper trains everything with (section 3.1, appendix C)."""
    adam = Adam(beta_1=0.0, beta_2=0.99)
    return StyleGANPreset(
        name=name,
        **base.origin("stylegan", "StyleGAN", "1812.04948"),
        resolution=base.resolution_of(name),
        networks=base.players(
            base.configured("StyleGANGenerator", **generator),
            base.configured("StyleGANDiscriminator", **discriminator),
        ),
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=(losses.R1(weight=gamma),),
        optimizers=base.players(adam, adam),
        **more,
    )


PRESETS = (
    _stylegan(
        "stylegan_emoji_32",
        generator={
            "latent_dim": 128,
            "style_dim": 128,
            "mapping_width": 128,
            "mapping_layers": 4,
            "channel_base": 512,
            "channel_max": 128,
        },
        discriminator={"channel_base": 512, "channel_max": 128},
        gamma=1.0,  # at 32 px gradients of the paper's weight would drown the rest
        fade_images=20_000,
        stable_images=20_000,
        final_images=160_000,
        batch_sizes={8: 32, 16: 16, 32: 16},
        learning_rates={8: 1e-3, 16: 1e-3, 32: 1e-3},
        **base.embedded(flip=False),
        parameters=base.players(832_812, 846_241),
    ),
    _stylegan(
        "stylegan_ffhq_1024",
        generator={},
        discriminator={},
        gamma=10.0,
        fade_images=600_000,
        stable_images=600_000,
        final_images=16_600_000,  # 25 million in all
        batch_sizes={8: 256, 16: 128, 32: 64, 64: 32, 128: 32, 256: 32, 512: 32, 1024: 32},
        learning_rates={
            **dict.fromkeys((8, 16, 32, 64), 1e-3),
            **{128: 1.5e-3, 256: 2e-3, 512: 3e-3, 1024: 3e-3},
        },
        average=training.ExponentialMovingAverage(half_life=10_000),
        data=base.Data(spec=None, hint="a folder of FFHQ images at 1024 px"),
        section="section 2.1 and appendix C, configuration F",
        source="batches and rates of the resolutions below 1024 px are those of eight GPUs",
        parameters=base.players(26_219_627, 23_087_249),
        scores=(base.Score(metric="FID", value=4.40),),
    ),
)
