"""Presets of StyleGAN2, with and without adaptive discriminator augmentation."""

from dataclasses import dataclass
from typing import Any, ClassVar

import keras

from keras_gans import losses, training
from keras_gans.presets import base
from keras_gans.presets.optimizers import Adam
from keras_gans.presets.stylegan import StylePreset

_ADA_PAPER = "2006.06676"

_AVERAGE = training.ExponentialMovingAverage(half_life=20_000)
_NARROW = {"channel_base": 1024, "channel_max": 128, "mapping_layers": 2}
_ADA = base.configured("AdaptiveAugmentation", pipeline=base.configured("AugmentationPipeline"))


@dataclass(frozen=True, kw_only=True)
class StyleGAN2Preset(StylePreset):
    """A preset of StyleGAN2.

    Attributes:
        augmentation: dict. A layer of `keras_gans.augment` as Keras writes it (`configured`), through which
            the discriminator sees all images; `None` means that it sees them as they are.
    """

    trainer_class: ClassVar[type[training.Trainer]] = training.StyleGAN2

    augmentation: dict[str, Any] | None = None

    def options(self, num_classes: int) -> dict[str, Any]:
        """Returns the arguments of the trainer besides its networks, `average` and `seed`."""
        augmentation = self.augmentation
        if augmentation is not None:
            augmentation = keras.saving.deserialize_keras_object(augmentation)
        return {**super().options(num_classes), "augmentation": augmentation}


def _stylegan2(
    name,
    *,
    paper=_ADA_PAPER,
    generator,
    discriminator,
    gamma,
    images,
    batch_size,
    learning_rate=2.5e-3,
    average=_AVERAGE,
    path_length=True,
    augmentation=_ADA,
    plain=False,
    **more,
):
    """What both papers train with; numbers by data set are in appendix C of the ADA paper."""
    kind = "StyleGAN2PlainDiscriminator" if plain else "StyleGAN2Discriminator"
    adam = Adam(beta_1=0.0, beta_2=0.99, lazy_correction=True)
    return StyleGAN2Preset(
        **base.origin("stylegan2", "StyleGAN2", paper),
        **base.one_resolution(
            name, batch_size=batch_size, learning_rate=learning_rate, steps=images // batch_size
        ),
        networks=base.players(
            base.configured("StyleGAN2Generator", **generator), base.configured(kind, **discriminator)
        ),
        adversarial_loss=losses.NonSaturating(),
        discriminator_terms=(losses.R1(weight=gamma, interval=16),),
        generator_terms=(losses.PathLength(weight=2.0, interval=4),) if path_length else (),
        augmentation=augmentation,
        optimizers=base.players(adam, adam),
        average=average,
        **more,
    )


def _at_64_images(name, *, networks=None, **more):
    """What the ADA paper trains with where a step has 64 images."""
    networks = networks or {}
    return _stylegan2(
        name,
        generator=networks,
        discriminator={**networks, "minibatch_group_size": 8},
        images=25_000_000,
        batch_size=64,
        section="appendix C of the ADA paper",
        **more,
    )


def _ffhq_1024(name, *, networks, **more):
    """What the first paper trains with on faces."""
    return _stylegan2(
        name,
        paper="1912.04958",
        generator=networks,
        discriminator=networks,
        gamma=10.0,
        images=25_000_000,
        batch_size=32,
        learning_rate=2e-3,
        average=training.ExponentialMovingAverage(half_life=10_000),
        augmentation=None,
        data=base.Data(spec=None, hint="a folder of FFHQ images at 1024 px"),
        **more,
    )


PRESETS = (
    _stylegan2(
        "stylegan2_emoji_32",
        generator={"latent_dim": 128, "style_dim": 128, **_NARROW},
        discriminator=_NARROW,
        gamma=1.0,  # with 0.05 a short run drew texture without shapes
        images=320_000,
        batch_size=16,
        path_length=False,
        mixing_probability=0.0,
        augmentation=base.configured(
            "AdaptiveAugmentation", pipeline=base.configured("AugmentationPipeline"), images=200_000
        ),
        **base.embedded(flip=False),
        precision="mixed_bfloat16",
        parameters=base.players(749_427, 871_585),
    ),
    _stylegan2(
        "stylegan2_cifar10_32",
        generator={"mapping_layers": 2},
        discriminator={"minibatch_group_size": 32},
        gamma=0.01,
        images=100_000_000,
        batch_size=64,
        average=training.ExponentialMovingAverage(half_life=500_000, ramp_up=0.05),
        plain=True,
        path_length=False,
        mixing_probability=0.0,
        data=base.Data(spec="tfds:cifar10", flip=False),
        section="appendix C of the ADA paper",
        source="parameters with classes (--conditional)",
        parameters=base.players(20_215_315, 23_089_664),
        num_classes=10,
        scores=(
            base.Score(metric="FID", value=2.92),
            base.Score(metric="FID", value=2.42, note="with classes"),
        ),
    ),
    _at_64_images(
        "stylegan2_ffhq_256",
        networks={"channel_base": 16384},
        gamma=1.0,
        data=base.Data(spec=None, hint="a folder of FFHQ images at 256 px"),
        parameters=base.players(24_767_458, 24_001_089),
    ),
    _at_64_images(
        "stylegan2_afhq_512",
        gamma=0.5,
        data=base.Data(spec=None, hint="a folder of AFHQ images at 512 px, of one kind of animal"),
        parameters=base.players(30_276_583, 28_982_849),
    ),
    _ffhq_1024(
        "stylegan2_ffhq_1024",
        networks={},
        section="configuration F",
        parameters=base.players(30_370_060, 29_012_513),
        scores=(base.Score(metric="FID", value=2.84),),
    ),
    _ffhq_1024(
        "stylegan2_e_ffhq_1024",
        networks={"channel_base": 16384},
        section="configuration E",
        parameters=base.players(24_900_764, 24_038_161),
    ),
)
