"""Presets of pix2pix."""

from dataclasses import dataclass
from typing import ClassVar

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam


@dataclass(frozen=True, kw_only=True)
class Pix2PixPreset(base.Preset):
    """A preset of pix2pix."""

    trainer_class: ClassVar[type[training.Trainer]] = training.Pix2Pix


def _pix2pix(name, *, generator, discriminator, batch_size, steps, **more):
    """Losses and optimizer are the paper's (section 3)."""
    adam = Adam(beta_1=0.5, beta_2=0.999)
    return Pix2PixPreset(
        **base.origin("pix2pix", "pix2pix", "1611.07004"),
        **base.one_resolution(name, batch_size=batch_size, learning_rate=2e-4, steps=steps),
        networks=base.players(
            base.configured("Pix2PixGenerator", **generator),
            base.configured("PatchGANDiscriminator", channels=6, **discriminator),
        ),
        adversarial_loss=losses.ScaledLoss(losses.NonSaturating(), discriminator_weight=0.5),
        generator_terms=(losses.TargetReconstruction(weight=100.0),),
        optimizers=base.players(adam, adam),
        **more,
    )


PRESETS = (
    _pix2pix(
        "pix2pix_emoji_64",
        generator={"num_downs": 5, "width": 16},
        discriminator={"num_layers": 2, "width": 32},
        batch_size=16,
        steps=12_500,
        **base.embedded("emoji:noto,fluent", kind="aligned", jitter=1.125),
        parameters=base.players(1_043_619, 169_377),
    ),
    _pix2pix(
        "pix2pix_facades_256",
        generator={"num_downs": 8, "width": 64, "batch_norm": False, "affine": True},
        discriminator={"num_layers": 3, "width": 64, "batch_norm": False, "affine": True},
        batch_size=1,
        steps=200 * 400,
        average=base.NO_AVERAGE,
        data=base.Data(
            spec=None,
            kind="aligned",
            hint="right-to-left:DIR, a folder of the authors' pictures, photo left and labels right",
            jitter=286 / 256,
        ),
        section="section 6.2",
        source="200 epochs of 400 images. The paper's batch norm with the statistics of a single image, in "
        "training and at test time, is instance norm with gains and offsets here",
        parameters=base.players(54_413_955, 2_768_705),
    ),
)
