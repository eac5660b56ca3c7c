"""Presets of CycleGAN."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam, SecondHalf

GENERATORS = ("forward_generator", "backward_generator")
DISCRIMINATORS = ("target_discriminator", "source_discriminator")


@dataclass(frozen=True, kw_only=True)
class CycleGANPreset(base.Preset):
    """A preset of CycleGAN.

    Attributes:
        pool_size: int. Images of the past that each discriminator may be shown again; 0 means none.
    """

    trainer_class: ClassVar[type[training.Trainer]] = training.CycleGAN
    trainer_fields: ClassVar[tuple[str, ...]] = ("resolution", "pool_size")

    pool_size: int = 50


def _cyclegan(name, *, generator, discriminator, batch_size, steps, parameters, **more):
    """Losses, pool and optimizer are the paper's (section 4); so is the learning rate, with its decay.

    The identity loss, which keeps colours, is that of section 5.2, paintings to photos, for all presets.
    """
    adam = Adam(beta_1=0.5, beta_2=0.999, rate=SecondHalf())
    networks = {
        **dict.fromkeys(GENERATORS, base.configured("CycleGANGenerator", **generator)),
        **dict.fromkeys(
            DISCRIMINATORS, base.configured("PatchGANDiscriminator", **discriminator, batch_norm=False)
        ),
    }
    return CycleGANPreset(
        **base.origin("cyclegan", "CycleGAN", "1703.10593"),
        **base.one_resolution(name, batch_size=batch_size, learning_rate=2e-4, steps=steps),
        networks=networks,
        # `LeastSquares` halves both sides, the paper the discriminator's alone (section 4).
        adversarial_loss=losses.ScaledLoss(losses.LeastSquares(), generator_weight=2.0),
        generator_terms=(losses.CycleConsistency(weight=10.0), losses.IdentityMapping(weight=5.0)),
        optimizers=base.players(adam, adam),
        parameters={
            **dict.fromkeys(GENERATORS, parameters[0]),
            **dict.fromkeys(DISCRIMINATORS, parameters[1]),
        },
        **more,
    )


PRESETS = (
    _cyclegan(
        "cyclegan_emoji_32",
        generator={"num_blocks": 4, "width": 16},
        discriminator={"num_layers": 2, "width": 32},
        batch_size=4,
        steps=12_500,
        **base.embedded("emoji:twemoji,fluent", kind="unpaired", jitter=1.125),
        parameters=(346_371, 167_649),
    ),
    _cyclegan(
        "cyclegan_horse2zebra_256",
        generator={"num_blocks": 9, "width": 64},
        discriminator={"num_layers": 3, "width": 64},
        batch_size=1,
        steps=200 * 1334,
        average=base.NO_AVERAGE,
        data=base.Data(
            spec=None,
            kind="unpaired",
            hint="two folders of the authors' photos, trainA,trainB",
            jitter=286 / 256,
        ),
        section="sections 4 and 7.1, and the identity loss of section 5.2",
        source="200 epochs of the 1,334 zebras",
        parameters=(11_378_179, 2_764_737),
    ),
)
