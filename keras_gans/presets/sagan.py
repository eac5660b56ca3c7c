"""Presets of SAGAN."""

from keras_gans import losses
from keras_gans.presets.base import (
    NO_AVERAGE,
    OWN,
    SHORT_AVERAGE,
    Data,
    Preset,
    Score,
    configured,
    one_resolution,
    players,
)
from keras_gans.presets.optimizers import Adam


def _sagan(name, resolution, *, batch_size, steps, generator, discriminator, **more):
    """The discriminator learns at four times the generator's rate (section 4)."""
    return Preset(
        name=name,
        model="sagan",
        title="SAGAN",
        paper="https://arxiv.org/abs/1805.08318",
        **one_resolution(resolution, batch_size=batch_size, learning_rate=1e-4, steps=steps),
        networks={
            "generator": configured("SAGANGenerator", **generator),
            "discriminator": configured("SAGANDiscriminator", **discriminator),
        },
        adversarial_loss=losses.Hinge(),
        optimizers={
            "discriminator": Adam(beta_1=0.0, beta_2=0.9, factor=4.0),
            "generator": Adam(beta_1=0.0, beta_2=0.9),
        },
        **more,
    )


PRESETS = (
    _sagan(
        "sagan_emoji_32",
        32,
        generator={"latent_dim": 64, "width": 32, "attention_resolution": 16},
        discriminator={"width": 24, "attention_resolution": 16},
        batch_size=32,
        steps=6_250,
        average=SHORT_AVERAGE,
        data=Data(spec="emoji", flip=False),
        precision="mixed_bfloat16",
        parameters=players(897_924, 685_274),
        source=OWN,
    ),
    _sagan(
        "sagan_imagenet_128",
        128,
        generator={"latent_dim": 128, "width": 64, "attention_resolution": 64},
        discriminator={"width": 64, "attention_resolution": 64},
        batch_size=256,
        steps=1_000_000,
        average=NO_AVERAGE,
        data=Data(spec="tfds:imagenet2012", conditional=True),
        section="section 4",
        parameters=players(42_017_412, 39_448_258),
        num_classes=1000,
        scores=(Score(metric="FID", value=18.65),),
    ),
)
